import { expect, it } from 'vitest';
import type { Input, Provenance } from '../api/types.ts';
import { timetableNotes } from './notes.ts';

const input = (layer: string, notes?: Input['notes']) => ({ layer, ...(notes && { notes }) }) as Input;

it('tells what the timetable lacks, and nothing of other layers', () => {
  const walking = { zh: '无车可乘', en: 'no vehicle' };
  const provenance = { inputs: [input('streets', [{ zh: '路', en: 'street' }]), input('transit', [walking]), input('transit')] } as Provenance;
  expect(timetableNotes({ provenance })).toEqual([walking]);
  expect(timetableNotes(null)).toEqual([]);
});
