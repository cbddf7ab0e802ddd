import { expression, featureFilter } from '@maplibre/maplibre-gl-style-spec';
import { expect, test } from 'vitest';
import { metresAsPixels, ofService, pixels } from './circles.ts';

test('a circle is as wide on the ground at every zoom', () => {
  // At the equator the 512 pixels of zoom 0 are the whole way round.
  expect(pixels(40_075_016.686, 0, 0)).toBeCloseTo(512, 6);
  // At 60 degrees a metre is twice as wide.
  expect(pixels(1000, 60, 10) / pixels(1000, 0, 10)).toBeCloseTo(2, 9);
  const written = expression.createExpression(metresAsPixels(500, 23.1) as never, { type: 'number', expression: { interpolated: true, parameters: ['zoom'] }, 'property-type': 'data-constant' } as never);
  if (written.result !== 'success') throw new Error('no expression');
  for (const zoom of [8, 11, 13.5, 16]) expect(written.value.evaluate({ zoom })).toBeCloseTo(pixels(500, 23.1, zoom), 6);
});

test('only facilities of the service are drawn, and no sums of several', () => {
  const { filter } = featureFilter(ofService({ kind: ['primary', 'nine_year'] }) as never, 'layers[0].filter');
  const drawn = (properties: Record<string, unknown>) => filter({ zoom: 12 }, { type: 1, properties } as never);
  expect(drawn({ kind: 'primary' })).toBe(true);
  expect(drawn({ kind: 'senior' })).toBe(false);
  expect(drawn({ kind: 'primary', features: 7 })).toBe(false);
});
