/** Edits made of points that were clicked one after another: a transit line, a street. */
import type { Edit } from '../api/scenarios.ts';

/** A clicked point; where a station was hit, the line stops there. */
export interface SketchPoint {
  lon: number;
  lat: number;
  station?: string;
}

export interface Sketch {
  kind: 'line' | 'street';
  points: SketchPoint[];
}

export interface LineSaid {
  name: string;
  /** Of stations that are new; empty for none. */
  mode: string;
  headway_min: number;
  /** Of travel between stops, along the straight line. */
  speed_km_h: number;
}

const EARTH_RADIUS_M = 6_371_008.8;
const DWELL_S = 30;

/** Great-circle metres. */
export function metres(a: SketchPoint, b: SketchPoint): number {
  const rad = Math.PI / 180;
  const [north, east] = [((b.lat - a.lat) * rad) / 2, ((b.lon - a.lon) * rad) / 2];
  const half = Math.sin(north) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(east) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

export const streetEdit = (points: readonly SketchPoint[]): Edit => ({ kind: 'street', points: points.map(({ lon, lat }) => [lon, lat]) });

/** A line both ways from 6:00 to 23:00; run times are those of the straight way at its speed. */
export function lineEdit(points: readonly SketchPoint[], said: LineSaid): Edit {
  const stops = points.map((point, i) => {
    const next = points[i + 1];
    const run_s = next && Math.max(30, Math.round(metres(point, next) / (said.speed_km_h / 3.6)));
    const at = point.station !== undefined ? { station: point.station } : { lon: point.lon, lat: point.lat, name: `${said.name} ${i + 1}` };
    return { ...at, dwell_s: DWELL_S, ...(run_s !== undefined && { run_s }) };
  });
  return { kind: 'line', name: said.name, ...(said.mode && { mode: said.mode }), stops, headways: [{ from: '06:00', until: '23:00', headway_min: said.headway_min }] };
}
