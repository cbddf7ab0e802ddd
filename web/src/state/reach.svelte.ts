import { catchmentsBody, computeCatchments, travelOf } from '../api/questions.ts';
import type { Bbox, Catchment, Catchments, CatchmentUnion } from '../api/types.ts';
import { exact } from '../format/number.ts';
import { t } from '../i18n/index.ts';
import { seenOf } from '../reach/ramp.ts';
import { asked, ground } from './city.svelte.ts';
import { Resource } from './resource.svelte.ts';
import { stations, type Origin } from './stations.svelte.ts';
import { travel, wayTitle } from './travel.svelte.ts';
import { view } from './view.svelte.ts';

/** How long a question may run on while a slider already asks the next one, milliseconds. */
const PATIENCE_MS = 400;

/** Who and what is within reach of the chosen places (可达范围), and circles to hold it against. */
class Reach {
  answer = new Resource<Catchments>(PATIENCE_MS);
  circle = new Resource<Catchments>(PATIENCE_MS);

  /** In the mode the chosen places, elsewhere the station or facility whose card is open. */
  origins = $derived.by((): Origin[] => {
    if (view.mode === 'reach') return stations.originsOf(view.chosen);
    const chosen = view.selection;
    return chosen?.kind === 'feature' && hasCatchment(chosen.layer) ? [{ layer: chosen.layer, id: chosen.id }] : [];
  });

  /** Radius of the circle beside each cutoff; null where there is none. */
  radii = $derived.by((): Map<number, number> | null => {
    if (view.mode !== 'reach' || !view.beside || travel.way === 'straight') return null;
    if (view.circle_m !== null) return new Map([[travel.cutoff, view.circle_m]]);
    const found = travel.cutoffs.flatMap((cutoff) => {
      const metres = travel.metresOf(cutoff);
      return metres === null ? [] : [[cutoff, metres] as const];
    });
    return found.length > 0 ? new Map(found) : null;
  });

  /** Those radii, each once. */
  distances = $derived(this.radii ? [...new Set(this.radii.values())].toSorted((a, b) => a - b) : []);

  body = $derived.by(() => catchmentsBody(this.origins, travel.cutoffs, travel.asked, asked()));

  /** What a file is asked by: with the circle beside each cutoff, as map and table have it. */
  fileBody = $derived.by(() => {
    const { radii } = this;
    if (!radii) return this.body;
    // A radius that was typed is that of every cutoff.
    const straight_m = travel.cutoffs.flatMap((cutoff) => radii.get(cutoff) ?? view.circle_m ?? []);
    return { ...this.body, straight_m };
  });

  circleBody = $derived.by(() => (this.distances.length === 0 ? null : catchmentsBody(this.origins, this.distances, travelOf('straight', 'm', travel.departure), asked())));

  /** Whether what is there answers what is asked now. */
  isStale = $derived(this.answer.loading || (this.circleBody !== null && this.circle.loading));

  /** As far as the answer goes, the places themselves included; null before it is there. */
  extent = $derived.by((): Bbox | null => {
    const shapes = (this.answer.value?.union ?? []).flatMap(({ geometry }) => (geometry ? [geometry] : []));
    const boxes = [...shapes.map(bboxOf), stations.bboxOf(view.chosen)].filter((box) => box !== null);
    if (shapes.length === 0) return null;
    return [0, 1, 2, 3].map((side) => (side < 2 ? Math.min : Math.max)(...boxes.map((box) => box[side]!))) as Bbox;
  });

  /** All chosen places together at the cutoff on the slider; at the largest while that is on its way. */
  together = $derived.by((): CatchmentUnion | null => at(this.answer.value, travel.cutoff));

  circleTogether = $derived.by((): CatchmentUnion | null => {
    const radius = this.radii?.get(travel.cutoff);
    return radius === undefined ? null : at(this.circle.value, radius);
  });

  retry(): void {
    this.answer.retry();
    if (this.circleBody) this.circle.retry();
  }

  follow(): void {
    $effect(() => ask(this.answer, this.origins.length > 0 ? this.body : null));
    $effect(() => ask(this.circle, this.origins.length > 0 ? this.circleBody : null));
  }
}

/** The extent of a polygon or of several. */
function bboxOf(geometry: GeoJSON.Geometry): Bbox | null {
  const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.type === 'MultiPolygon' ? geometry.coordinates.flat() : [];
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of rings.flat() as [number, number][]) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return Number.isFinite(box[0]) ? box : null;
}

type Body = ReturnType<typeof catchmentsBody> & { mode?: unknown };

function ask(resource: Resource<Catchments>, body: Body | null): void {
  if (body) resource.ask(JSON.stringify(body), (signal, tell) => computeCatchments(body, signal, tell));
  else resource.clear();
}

function at(answer: Catchments | null, cutoff: number): CatchmentUnion | null {
  return answer?.union.find((union) => union.cutoff === cutoff) ?? answer?.union.at(-1) ?? null;
}

export const reach = new Reach();

/** The key of a catchment's origin, for rows and shapes. */
export const originKey = ({ origin }: Catchment) => (origin.id === null ? `@${origin.lon};${origin.lat}` : origin.id);

/** What an origin is called: its name, its id, or which of the places it is. */
export function originName({ origin }: Catchment): string {
  if (origin.id !== null) return stations.byId.get(origin.id)?.name ?? (origin.name || origin.id);
  const places = view.chosen.filter((choice) => choice.kind === 'place');
  return t('place_n', { n: places.findIndex((place) => place.lon === origin.lon && place.lat === origin.lat) + 1 });
}

/** 步行 800 m: how the catchments at hand were measured. */
export const reachedTitle = () => `${wayTitle(travel.way)} ${travel.say(travel.cutoff)}`;

/** Whether one asks who lives and works around a place of this layer. */
export function hasCatchment(layerId: string): boolean {
  const layer = ground.layer(layerId);
  return layer?.geometry === 'point' && (layer.kind === 'station' || layer.kind === 'facility');
}

/**
 * For legends: 步行 500 m and 步行 800 m, each with the opacity that the map shows it in, and
 * 圆形 500 · 800 m, empty without circles.
 */
export function reachLegend(): { reached: { title: string; opacity: number }[]; circles: string } {
  const radii = (reach.circle.value ? reach.distances : []).map(exact).join(' · ');
  const cutoffs = (reach.answer.value?.union ?? []).map((found) => found.cutoff);
  return {
    reached: cutoffs.map((cutoff, i) => ({ title: `${wayTitle(travel.way)} ${travel.say(cutoff)}`, opacity: seenOf(cutoffs.length, i) })),
    circles: radii ? `${t('circle')} ${radii} m` : '',
  };
}
