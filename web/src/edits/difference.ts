/** What differs between two states of a feature, in the words of its layer. */
import type { Attribute, Layer, Row } from '../api/types.ts';
import { cell } from '../format/number.ts';
import { t, titled } from '../i18n/index.ts';

/** One attribute, or the place, before and after. */
export interface Difference {
  title: string;
  before: string;
  after: string;
}

/** The value of an attribute as people read it. */
export function told(attribute: Attribute, value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  const category = attribute.values.find((option) => option.code === value);
  if (category) return titled(category);
  if (attribute.type === 'flag') return t(value ? 'yes' : 'no');
  const format = attribute.type === 'count' || attribute.type === 'integer' ? 'integer' : attribute.type === 'number' ? 'number' : 'text';
  return cell(value as string | number, format, 2);
}

const placeOf = (geometry: GeoJSON.Geometry | null): string => (geometry?.type === 'Point' ? geometry.coordinates.map((degrees) => degrees.toFixed(5)).join(', ') : t('edit_shape'));

/** What a feature has and where it is. */
interface State {
  geometry: GeoJSON.Geometry | null;
  properties: Row;
}

export function differences(layer: Layer | undefined, before: State, after: State): Difference[] {
  const found = (layer?.attributes ?? [])
    .filter((attribute) => before.properties[attribute.id] !== after.properties[attribute.id])
    .map((attribute) => ({
      title: titled(attribute.title),
      before: told(attribute, before.properties[attribute.id]),
      after: told(attribute, after.properties[attribute.id]),
    }));
  const isMoved = JSON.stringify(before.geometry) !== JSON.stringify(after.geometry);
  return isMoved ? [...found, { title: t('edit_where'), before: placeOf(before.geometry), after: placeOf(after.geometry) }] : found;
}
