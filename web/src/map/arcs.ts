import type { Layer } from '@deck.gl/core';
import type { Map as MapLibre } from 'maplibre-gl';
import type { Flow } from '../state/commute.svelte.ts';
import { beforeId } from './zorder.ts';

type Color = [number, number, number, number];

/** Where people live and where they work, at the two ends of an arc; as the legend has them. */
export const HOME_COLOR = '#5b3f9e';
export const WORK_COLOR = '#d9730d';
const POINTED: Color = [34, 39, 43, 255];

/** The widest arc, pixels. */
const WIDEST_PX = 11;
const THINNEST_PX = 0.6;

/** What the arcs show of the flows. */
export interface Shown {
  flows: readonly Flow[];
  /** Commuters of the widest arc. */
  most: number;
  pointed: string | null;
}

export interface Arcs {
  show: (shown: Shown) => void;
  remove: () => void;
}

/** Width of an arc: in proportion to its commuters. */
export const widthOf = (commuters: number, most: number) => Math.max(THINNEST_PX, (commuters / Math.max(1, most)) * WIDEST_PX);

/**
 * Flows as arcs over the map (通勤弧线), drawn into the map itself so that pictures have them; fetched
 * when they are first wanted. An arc bends to the right of who goes to work, so that the two
 * directions between the same areas lie side by side.
 */
export async function createArcs(map: MapLibre, point: (key: string | null) => void, press: (key: string) => void): Promise<Arcs> {
  const [{ MapboxOverlay }, { ArcLayer }] = await Promise.all([import('@deck.gl/mapbox'), import('@deck.gl/layers')]);
  lendTransform(map);
  const overlay = new MapboxOverlay({ interleaved: true, layers: [] });
  map.addControl(overlay as unknown as Parameters<MapLibre['addControl']>[0]);

  function layers({ flows, most, pointed }: Shown): Layer[] {
    const common = {
      greatCircle: false,
      widthUnits: 'pixels' as const,
      getHeight: 0.35,
      getTilt: 90,
      numSegments: 32,
      getSourcePosition: (flow: Flow) => flow.from,
      getTargetPosition: (flow: Flow) => flow.to,
      beforeId: beforeId('lines'),
      parameters: { depthWriteEnabled: false, depthCompare: 'always' as const },
    };
    // Large flows lie above small ones.
    const sorted = flows.toReversed();
    const opacity = (flow: Flow) => 110 + Math.round(130 * Math.sqrt(Number(flow.row['commuters']) / Math.max(1, most)));
    return [
      new ArcLayer<Flow>({
        ...common,
        id: 'flows',
        data: sorted,
        pickable: true,
        getWidth: (flow) => widthOf(Number(flow.row['commuters']), most),
        getSourceColor: (flow) => [...rgb(HOME_COLOR), opacity(flow)] as Color,
        getTargetColor: (flow) => [...rgb(WORK_COLOR), opacity(flow)] as Color,
        onHover: ({ object }) => point((object as Flow | undefined)?.key ?? null),
        onClick: ({ object }) => {
          if (object) press((object as Flow).key);
          return Boolean(object);
        },
        updateTriggers: { getWidth: most, getSourceColor: most, getTargetColor: most },
      }),
      new ArcLayer<Flow>({
        ...common,
        id: 'flow-pointed',
        data: flows.filter((flow) => flow.key === pointed),
        getWidth: (flow) => widthOf(Number(flow.row['commuters']), most) + 2,
        getSourceColor: POINTED,
        getTargetColor: POINTED,
      }),
    ];
  }

  return {
    show: (shown) => overlay.setProps({ layers: layers(shown) }),
    remove: () => map.removeControl(overlay as unknown as Parameters<MapLibre['removeControl']>[0]),
  };
}

/**
 * deck.gl reads the camera at `map.transform`, which maplibre-gl 6 keeps in its camera instead. To be
 * left out once deck.gl knows.
 */
function lendTransform(map: MapLibre): void {
  if ('transform' in map) return;
  Object.defineProperty(map, 'transform', { configurable: true, get: () => map._camera.transform });
}

const rgb = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
