import type { LayerSpecification } from 'maplibre-gl';

/** What is drawn above what, from the ground up: the one place that says so. */
export const SLOTS = [
  'land',
  'water',
  'theme',
  'streets',
  'boundaries',
  'outlines',
  'lines',
  'circles',
  'points',
  'station-marks',
  'chosen',
  'labels',
] as const;

export type Slot = (typeof SLOTS)[number];

const anchor = (slot: Slot) => `above:${slot}`;

/** Invisible layers that mark the upper end of each slot. */
export const anchors: LayerSpecification[] = SLOTS.map((slot) => ({
  id: anchor(slot),
  type: 'background',
  layout: { visibility: 'none' },
}));

/** The layer that a new layer of `slot` goes under. */
export const beforeId = anchor;
