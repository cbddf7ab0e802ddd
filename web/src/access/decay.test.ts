import { describe, expect, it } from 'vitest';
import { DECAY_KINDS, askedDecay, decodeDecay, encodeDecay, usualValues } from './decay.ts';

describe('a decay', () => {
  it('is asked with exactly the parameters of its form', () => {
    const asked = Object.fromEntries(DECAY_KINDS.map((kind) => [kind, askedDecay({ kind, values: [] }, 900)]));
    expect(asked).toEqual({
      gaussian: { kind: 'gaussian', sigma: 450 },
      exponential: { kind: 'exponential', beta: 0.00333 },
      power: { kind: 'power', alpha: 1, floor: 90 },
      logistic: { kind: 'logistic', midpoint: 450, sigma: 150 },
      linear: { kind: 'linear' },
      bands: { kind: 'bands', bands: [[300, 1], [600, 0.68], [900, 0.22]] },
    });
  });

  it('keeps the values that were given, whatever the cutoff', () => {
    expect(askedDecay({ kind: 'power', values: [2, 50] }, 800)).toEqual({ kind: 'power', alpha: 2, floor: 50 });
    expect(askedDecay({ kind: 'bands', values: [300, 1, 500, 0.5] }, 800)).toEqual({ kind: 'bands', bands: [[300, 1], [500, 0.5]] });
  });

  it('comes back from the address, and nothing comes of what is none', () => {
    for (const kind of DECAY_KINDS) {
      for (const values of [[], usualValues(kind, 30)]) expect(decodeDecay(encodeDecay({ kind, values }))).toEqual({ kind, values });
    }
    for (const text of ['', 'bell', 'gaussian:', 'gaussian:1;2', 'gaussian:-1', 'gaussian:x', 'bands:1;2;3']) {
      expect([text, decodeDecay(text)]).toEqual([text, text === 'gaussian:' ? { kind: 'gaussian', values: [] } : null]);
    }
  });
});
