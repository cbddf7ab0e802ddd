import { get, withQuery } from '../api/client.ts';
import type { Bbox, FeatureCard } from '../api/types.ts';
import { named, t } from '../i18n/index.ts';
import { alongLine } from '../reach/along.ts';
import { isSame, type Choice } from './choices.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { view } from './view.svelte.ts';

export interface Station {
  id: string;
  name: string;
  lines: string[];
  /** Whether trains stop there: planned and closed ones are chosen one by one only. */
  inUse: boolean;
  lon: number;
  lat: number;
}

/** Room for what is within reach of the outermost place, degrees: about a kilometre. */
const MARGIN = 0.01;

/** What a catchment starts from, as the server is asked. */
export type Origin = { layer: string; id: string } | { lon: number; lat: number };

/** All stations of the city, and those that are chosen. */
class Stations {
  answer = new Resource<{ features: FeatureCard[] }>();

  all = $derived.by((): Station[] =>
    (this.answer.value?.features ?? []).map((feature) => ({
      id: String(feature.id),
      name: named(feature.properties) || String(feature.id),
      lines: linesOf(feature.properties['lines']),
      inUse: (feature.properties['status'] ?? 'open') === 'open',
      ...positionOf(feature.geometry),
    })),
  );

  byId = $derived(new Map(this.all.map((station) => [station.id, station])));

  lines = $derived.by(() => {
    const order = new Intl.Collator('zh-CN', { numeric: true });
    return [...new Set(this.all.flatMap((station) => station.lines))].toSorted(order.compare);
  });

  /** Ids of the chosen stations, those of chosen lines among them. */
  chosen = $derived(new Set(this.idsOf(view.chosen)));

  /** The stations of a set, each once, in the order of choosing; those of a line from one end to the other. */
  idsOf(choices: readonly Choice[]): string[] {
    const ids = choices.flatMap((choice) => {
      if (choice.kind === 'station') return [choice.id];
      return choice.kind === 'line' ? alongLine(this.all.filter((station) => station.inUse && station.lines.includes(choice.line))).map((station) => station.id) : [];
    });
    return [...new Set(ids)];
  }

  originsOf(choices: readonly Choice[]): Origin[] {
    const layer = ground.stations?.id;
    const stations = layer ? this.idsOf(choices).map((id) => ({ layer, id })) : [];
    const places = choices.flatMap((choice) => (choice.kind === 'place' ? [{ lon: choice.lon, lat: choice.lat }] : []));
    return [...stations, ...places];
  }

  /** The extent of a set; null where nothing is chosen. */
  bboxOf(choices: readonly Choice[]): Bbox | null {
    const found = this.idsOf(choices).flatMap((id) => this.byId.get(id) ?? []);
    const points = [...found, ...choices.filter((choice) => choice.kind === 'place')];
    const [lons, lats] = [points.map((point) => point.lon), points.map((point) => point.lat)];
    return points.length > 0 ? [Math.min(...lons) - MARGIN, Math.min(...lats) - MARGIN, Math.max(...lons) + MARGIN, Math.max(...lats) + MARGIN] : null;
  }

  /** Call once, inside a component. */
  follow(): void {
    $effect(() => {
      const layer = ground.stations?.id;
      if (!layer) return;
      const path = withQuery(`/api/layers/${layer}/features`, { limit: 1000, period: asked().period });
      this.answer.ask(path, (signal) => get(path, signal));
    });
  }
}

export const stations = new Stations();

const positionOf = (geometry: GeoJSON.Geometry) => ({
  lon: geometry.type === 'Point' ? geometry.coordinates[0]! : NaN,
  lat: geometry.type === 'Point' ? geometry.coordinates[1]! : NaN,
});

/** 3 号线; a line with a name keeps it. */
export const lineTitle = (line: string) => (/^\d+[A-Z]?$/.test(line) ? t('line_numbered', { line }) : line);

/** 1号线/3号线, 1号线、3号线 … */
function linesOf(text: unknown): string[] {
  return typeof text === 'string' ? text.split(/[/,，、;；|]/).map((line) => line.trim()).filter(Boolean) : [];
}

/** Adds or removes a station; one of a chosen line leaves the others of that line chosen. */
export function toggleStation(id: string): void {
  if (!stations.chosen.has(id)) {
    view.chosen = [...view.chosen, { kind: 'station', id }];
    return;
  }
  const isOn = (choice: Choice) => choice.kind === 'line' && stations.byId.get(id)?.lines.includes(choice.line);
  const loosened = view.chosen.flatMap((choice): Choice[] =>
    isOn(choice) ? stations.idsOf([choice]).map((other) => ({ kind: 'station', id: other })) : [choice],
  );
  const left = loosened.filter((choice) => !isSame(choice, { kind: 'station', id }));
  view.chosen = left.filter((choice, i) => left.findIndex((other) => isSame(other, choice)) === i);
}

/** Adds or removes a line or a place. */
export function toggleChoice(choice: Choice): void {
  const isChosen = view.chosen.some((other) => isSame(other, choice));
  view.chosen = isChosen ? view.chosen.filter((other) => !isSame(other, choice)) : [...view.chosen, choice];
}
