import type { Map as MapLibre } from 'maplibre-gl';
import type { Position } from '../state/url.ts';
import { ACCENT } from './ground.ts';

/** A polygon that can be drawn and whose corners can be moved. */
export interface Pen {
  draw(): void;
  /** Shows a polygon for editing; null shows none. */
  show(corners: Position[] | null): void;
  stop(): void;
}

/** Loads the drawing tool, which few visits need. */
export async function createPen(map: MapLibre, changed: (corners: Position[]) => void, ended: () => void): Promise<Pen> {
  const [{ TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode }, { TerraDrawMapLibreGLAdapter }] = await Promise.all([
    import('terra-draw'),
    import('terra-draw-maplibre-gl-adapter'),
  ]);
  const corner = { selectionPointColor: '#ffffff', selectionPointOutlineColor: ACCENT, selectionPointOutlineWidth: 2, selectionPointWidth: 5 } as const;
  const pen = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 6 }),
    modes: [
      new TerraDrawPolygonMode({
        styles: {
          fillColor: ACCENT,
          fillOpacity: 0.12,
          outlineColor: ACCENT,
          outlineWidth: 2,
          closingPointColor: '#ffffff',
          closingPointOutlineColor: ACCENT,
          closingPointOutlineWidth: 2,
          closingPointWidth: 5,
        },
      }),
      new TerraDrawSelectMode({
        flags: {
          polygon: {
            feature: { draggable: true, coordinates: { draggable: true, midpoints: true, deletable: true } },
          },
        },
        styles: {
          selectedPolygonColor: ACCENT,
          selectedPolygonFillOpacity: 0.12,
          selectedPolygonOutlineColor: ACCENT,
          selectedPolygonOutlineWidth: 2,
          ...corner,
          midPointColor: ACCENT,
          midPointOutlineColor: '#ffffff',
          midPointOutlineWidth: 1,
          midPointWidth: 3,
        },
      }),
    ],
  });
  pen.start();
  let shown = '';

  const polygon = () => pen.getSnapshot().find((feature) => feature.geometry.type === 'Polygon' && !feature.properties['midPoint']);
  const cornersOf = (): Position[] => {
    const ring = (polygon()?.geometry.coordinates as Position[][] | undefined)?.[0] ?? [];
    return ring.slice(0, -1).map(([lon, lat]) => [round(lon), round(lat)]);
  };
  const tell = () => {
    const corners = cornersOf();
    if (corners.length < 3) return;
    shown = JSON.stringify(corners);
    changed(corners);
  };
  const edit = () => {
    const id = polygon()?.id;
    pen.setMode('select');
    if (id !== undefined) pen.selectFeature(id);
  };

  pen.on('finish', (_id, context) => {
    tell();
    if (context.action === 'draw') {
      ended();
      // The tool still finishes its own click; editing starts after it.
      setTimeout(edit);
    }
  });

  return {
    draw() {
      pen.clear();
      shown = '';
      pen.setMode('polygon');
    },
    show(corners) {
      const next = corners ? JSON.stringify(corners) : '';
      if (next === shown) return;
      shown = next;
      pen.clear();
      if (!corners) {
        pen.setMode('static');
        return;
      }
      const ring = [...corners, corners[0]!].map(([lon, lat]) => [lon, lat]);
      pen.addFeatures([{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: { mode: 'polygon' } }]);
      edit();
    },
    stop() {
      pen.stop();
    },
  };
}

const round = (value: number) => Number(value.toFixed(5));
