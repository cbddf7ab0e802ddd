/** The questions of the contract as paths and calls. */
import { get, post, withQuery } from './client.ts';
import type {
  AreaCard,
  Catchments,
  City,
  FeatureCard,
  FoundPlace,
  Layer,
  Statistics,
  Term,
} from './types.ts';

export interface Asked {
  period?: string;
  caliber?: string;
}

export const findCity = () => get<City>('/api/city');
export const listTerms = () => get<{ rows: Term[] }>('/api/terms').then((answer) => answer.rows);
export const listLayers = (asked: Asked) =>
  get<{ rows: Layer[] }>(withQuery('/api/layers', { period: asked.period })).then((answer) => answer.rows);

/** The areas of a level with every count inside. */
export const areasPath = (level: string, asked: Asked) => withQuery('/api/areas', { level, ...asked });

/** The job-housing balance (职住平衡) of a level. */
export const balancePath = (level: string, catchment_m: number | null, asked: Asked) =>
  withQuery('/api/balance', { level, catchment_m, ...asked });

/** The same rows as a file. */
export const downloadPath = (path: string, format: 'xlsx' | 'csv' | 'geojson', lang: string) =>
  withQuery(path, { format, lang });

export const layerDownloadPath = (layer: string, format: string, lang: string, asked: Asked) =>
  withQuery(`/api/layers/${encodeURIComponent(layer)}/download`, { format, lang, period: asked.period });

export const tilesUrl = (layer: string, asked: Asked) =>
  withQuery(`${location.origin}/tiles/${encodeURIComponent(layer)}/{z}/{x}/{y}`, { period: asked.period });

export const findArea = (code: string, asked: Asked, signal: AbortSignal) =>
  get<AreaCard>(withQuery(`/api/areas/${encodeURIComponent(code)}`, { period: asked.period }), signal);

export const findFeature = (layer: string, id: string, asked: Asked, signal: AbortSignal) =>
  get<FeatureCard>(
    withQuery(`/api/layers/${encodeURIComponent(layer)}/features/${encodeURIComponent(id)}`, {
      period: asked.period,
    }),
    signal,
  );

export const search = (q: string, signal: AbortSignal) =>
  get<{ rows: FoundPlace[] }>(withQuery('/api/search', { q, limit: 10 }), signal).then((answer) => answer.rows);

export const statisticsBody = (geometry: GeoJSON.Polygon, asked: Asked) => ({ geometry, ...periodOf(asked) });

export const computeStatistics = (geometry: GeoJSON.Polygon, asked: Asked, signal: AbortSignal) =>
  post<Statistics>('/api/statistics', statisticsBody(geometry, asked), signal);

export const computeCatchments = (
  origins: { layer: string; id: string }[],
  cutoffs: number[],
  mode: 'straight' | 'walk',
  asked: Asked,
  signal: AbortSignal,
) =>
  post<Catchments>(
    '/api/catchments',
    { origins, mode, cutoffs, unit: 'm', geometry: true, ...periodOf(asked) },
    signal,
  );

const periodOf = (asked: Asked) => (asked.period ? { period: asked.period } : {});
