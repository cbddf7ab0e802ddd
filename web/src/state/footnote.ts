import type { Answer } from '../api/types.ts';
import { t, titled } from '../i18n/index.ts';
import { decimals } from '../format/number.ts';
import { ground } from './city.svelte.ts';
import { heading, type Column } from './columns.ts';

/** The sentence that a report prints under a figure (脚注). */
export function footnoteOf(column: Column, answer: Answer | null): string {
  const inputs = (answer?.provenance.inputs ?? []).map((input) =>
    [titled(input.title), input.source, input.reference_date].filter(Boolean).join(', '),
  );
  return t('footnote', {
    title: heading(column),
    definition: column.definition,
    inputs: inputs.join('; '),
    version: answer?.provenance.data_version ?? '',
    software: answer?.provenance.software ?? '',
  });
}

/** What an answer left out, one line for each cause. */
export function leftOutLines(answer: Pick<Answer, 'left_out'>): string[] {
  return Object.entries(answer.left_out).flatMap(([key, counts]) => {
    const [layerId, attributeId] = key.split('.');
    const layer = ground.layer(layerId ?? '');
    const attribute = layer?.attributes.find((attribute) => attribute.id === attributeId);
    const names = { layer: titled(layer?.title) || (layerId ?? ''), name: titled(attribute?.title) || (attributeId ?? '') };
    const lines: string[] = [];
    if (counts.missing) lines.push(t('left_out_missing', { ...names, n: decimals(counts.missing, 0) }));
    if (counts.outside_areas) lines.push(t('left_out_outside', { ...names, n: decimals(counts.outside_areas, 0) }));
    return lines;
  });
}
