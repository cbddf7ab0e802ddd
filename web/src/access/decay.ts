/** How willing people are to bear a distance or a time (距离衰减): the forms and what sets them. */
import type { AccessMeasure, AskedDecay, DecayKind } from '../api/types.ts';

/** What sets each form, in the order of its values; those of bands are pairs of an end and a weight. */
export const PARAMETERS = {
  gaussian: ['sigma'],
  exponential: ['beta'],
  power: ['alpha', 'floor'],
  logistic: ['midpoint', 'sigma'],
  linear: [],
  bands: [],
} as const satisfies Record<DecayKind, readonly (keyof AskedDecay)[]>;

export const DECAY_KINDS = Object.keys(PARAMETERS) as DecayKind[];

/** Measures whose decay can be told; without one gravity takes a bell, the others what their authors took. */
export const DECAYING: readonly AccessMeasure[] = ['gravity', 'competitive', 'e2sfca', '3sfca', 'bfca'];

export const MOST_BANDS = 6;

/** A form with its values in the unit of the question; none for those that suit the cutoff. */
export interface Decay {
  kind: DecayKind;
  values: number[];
}

/** Values with which little is left of the weight at the cutoff. */
export function usualValues(kind: DecayKind, cutoff: number): number[] {
  const tidy = (value: number) => Number(value.toPrecision(3));
  switch (kind) {
    case 'gaussian':
      return [tidy(cutoff / 2)];
    case 'exponential':
      return [tidy(3 / cutoff)];
    case 'power':
      return [1, tidy(cutoff / 10)];
    case 'logistic':
      return [tidy(cutoff / 2), tidy(cutoff / 6)];
    case 'linear':
      return [];
    case 'bands':
      return [tidy(cutoff / 3), 1, tidy((cutoff * 2) / 3), 0.68, cutoff, 0.22];
  }
}

export const valuesOf = ({ kind, values }: Decay, cutoff: number) => (values.length > 0 ? values : usualValues(kind, cutoff));

/** Ends and weights. */
export const pairsOf = (values: readonly number[]) => Array.from({ length: Math.floor(values.length / 2) }, (_, i) => [values[2 * i]!, values[2 * i + 1]!] as [number, number]);

/** As the server is asked. */
export function askedDecay(decay: Decay, cutoff: number): AskedDecay {
  const values = valuesOf(decay, cutoff);
  if (decay.kind === 'bands') return { kind: 'bands', bands: pairsOf(values) };
  return { kind: decay.kind, ...Object.fromEntries(PARAMETERS[decay.kind].map((name, i) => [name, values[i]!])) };
}

/** gaussian, gaussian:400, bands:300;1;600;0.5 */
export const encodeDecay = ({ kind, values }: Decay) => (values.length > 0 ? `${kind}:${values.join(';')}` : kind);

/** Null for what is none. */
export function decodeDecay(text: string): Decay | null {
  const [name = '', rest = ''] = text.split(':');
  const kind = DECAY_KINDS.find((known) => known === name);
  if (!kind) return null;
  const values = rest.split(';').filter(Boolean).map(Number);
  const isWhole = kind === 'bands' ? values.length % 2 === 0 && values.length <= 2 * MOST_BANDS : values.length === 0 || values.length === PARAMETERS[kind].length;
  return isWhole && values.every((value) => value >= 0 && Number.isFinite(value)) ? { kind, values } : null;
}
