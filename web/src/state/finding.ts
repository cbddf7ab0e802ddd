import type { Row } from '../api/types.ts';
import { cell, decimals, told } from '../format/number.ts';
import { inSentence, named, reasonTitle, spaced, t, titled } from '../i18n/index.ts';
import { ground } from './city.svelte.ts';
import { columnOf, mainCounts } from './columns.ts';
import { gaps } from './gaps.svelte.ts';
import { periods } from './periods.svelte.ts';
import { reachedTitle } from './reach.svelte.ts';
import { scales } from './scales.svelte.ts';
import { numberAt, theme } from './theme.svelte.ts';
import { view } from './view.svelte.ts';
import { zoning } from './zoning.svelte.ts';

/** One sentence that says what the map shows, from the rows alone; empty where there is nothing to say. */
export function findingOf(): string {
  if (!theme.fits || theme.isBivariate) return '';
  const { key, column, totals } = theme;
  if (theme.question?.kind === 'change') return changeSentence(totals);
  if (theme.isPeriods) return periodSentence(totals);
  if (theme.question?.kind === 'zoning') return zoningSentence();
  if (theme.isGaps) return gapSentence(totals);
  if (theme.isCommute) return commuteSentence(totals);
  if (scales.isShown) return scalesSentence();
  const known = theme.rows
    .filter((row) => numberAt(row, key) !== null)
    .toSorted((a, b) => numberAt(b, key)! - numberAt(a, key)!);
  const [highest, lowest] = [known[0], known.at(-1)];
  const unit = column.unit ? ` ${column.unit}` : '';
  const say = (value: number | null) => told(value, column) + (value === null ? '' : unit);
  // A city without areas has one row: its own.
  if (theme.isCoverage && !ground.level && highest) return t('finding_whole', { name: column.short, total: say(numberAt(highest, key)) });
  if (!highest || !lowest || known.length < 2) return '';
  const total = numberAt(totals, key);
  if (view.mode === 'browse' && view.display === 'total') {
    if (total === null || total === 0) return '';
    return t('finding_sum', {
      name: column.title,
      total: `${decimals(total, 0)} ${column.unit}`.trim(),
      high: named(highest),
      share: cell(numberAt(highest, key)! / total, 'share', 2),
    });
  }
  if (view.mode === 'browse' && view.display === 'points') return '';
  const missing = theme.rows.length - known.length;
  const undefinedToo = missing > 0 ? `${view.lang === 'en' ? ' ' : ''}${t('finding_undefined', { n: decimals(missing, 0) })}` : '';
  if (theme.isCells) return t('finding_cells', { n: decimals(known.length, 0), name: column.title, total: say(total) }) + undefinedToo;
  const values = {
    n: decimals(known.length, 0),
    name: column.short,
    level: inSentence(titled(ground.level?.title)),
    high: named(highest),
    high_value: say(numberAt(highest, key)),
    low: named(lowest),
    low_value: say(numberAt(lowest, key)),
    total: say(total),
  };
  const inside = known.filter((row) => numberAt(row, key)! >= 0.8 && numberAt(row, key)! <= 1.2).length;
  const first = key === 'jobs_per_employed_resident' ? t('finding_balance', { ...values, inside: decimals(inside, 0) }) : t('finding_measure', values);
  return first + undefinedToo;
}

/** 176 个街道(镇)：疏解区 32 个、1,200 万人……；12 个未分类；阈值±10% 内 85% 不变。 */
function zoningSentence(): string {
  const found = zoning.found(theme.answer.value);
  if (!found) return '';
  const parts = found.classes
    .filter((summary) => summary.areas > 0)
    .map((summary) => t('zoning_finding_class', { name: titled(summary.class_title), n: summary.areas, share: cell(summary.residents_share, 'share', 1) }));
  return t('zoning_finding', {
    level: inSentence(titled(ground.level?.title)),
    n: found.stability.areas,
    parts: parts.join(view.lang === 'en' ? '; ' : '；'),
    swing: decimals(found.stability.swing * 100, 0),
    stable: cell(found.stability.stable_share, 'share', 1),
  });
}

/** 小学：现状 12,345 个，需 13,000 个，缺 1,200 个，3 个街道不足；步行 10 分钟覆盖 78.2%。 */
function gapSentence(totals: Row): string {
  const [capacity, required, short] = ['capacity', 'required', 'shortfall'].map((key) => numberAt(totals, key));
  // By the way that the map shows; the other one where that is not known.
  const ways = [
    ['finding_covered_walk', numberAt(totals, 'network_share_covered')],
    ['finding_covered_straight', numberAt(totals, 'straight_share_covered')],
  ] as const;
  const known = (gaps.way === 'straight' ? ways.toReversed() : ways).find(([, share]) => share !== null);
  const reached = known ? t(known[0], { share: cell(known[1], 'share', 1) }) : '';
  if (typeof capacity !== 'number' || typeof required !== 'number' || typeof short !== 'number') {
    return reached && t('finding_gap_unknown', { service: gaps.title, reason: reasonTitle(totals['reason']), reached });
  }
  const lacking = theme.rows.filter((row) => (numberAt(row, 'shortfall') ?? 0) > 0).length;
  const values = { service: gaps.title, capacity: decimals(capacity, 0), required: decimals(required, 0), short: decimals(short, 0), lacking, n: theme.rows.length, level: inSentence(titled(ground.level?.title)), reached };
  return t('finding_gap', values);
}

/** 8.56% 的通勤者就在居住单元内工作；平均单程 5.52 km，同样的居住与岗位最少可到 2.39 km。 */
function commuteSentence(totals: Row): string {
  const [contained, mean, least] = ['self_containment', 'observed_commute', 'minimum_commute'].map((key) => numberAt(totals, key));
  if (typeof contained !== 'number') return '';
  const unit = String(totals['unit'] ?? 'km');
  const values = { share: cell(contained, 'share', 2), level: inSentence(titled(ground.level?.title)) };
  if (typeof mean !== 'number' || typeof least !== 'number') return t('finding_contained', values);
  const sentence = t('finding_commute', { ...values, mean: `${decimals(mean, 2)} ${unit}`, least: `${decimals(least, 2)} ${unit}` });
  const [leaving, entering] = ['leaving_city', 'entering_city'].map((key) => numberAt(totals, key) ?? 0);
  return leaving || entering ? sentence + t('finding_outside', { leaving: decimals(leaving ?? 0, 0), entering: decimals(entering ?? 0, 0) }) : sentence;
}

/** 2010 年至 2020 年，常住人口由 1,270 万人变为 1,868 万人，增加 598 万人（47.1%）；增加最多的是白云区。 */
function periodSentence(totals: Row): string {
  const key = theme.counted;
  const column = columnOf(key);
  const [then, now] = ['then', 'now'].map((side) => numberAt(totals, `${side}.${key}`));
  if (typeof then !== 'number' || typeof now !== 'number') return '';
  const say = (value: number) => `${told(value, column)}${column.unit ? ` ${column.unit}` : ''}`;
  const share = numberAt(totals, `change_share.${key}`);
  const changes = theme.rows.map((row) => ({ row, by: numberAt(row, `difference.${key}`) ?? 0 })).toSorted((a, b) => b.by - a.by);
  const most = now >= then ? changes[0] : changes.at(-1);
  const moved = most && Math.sign(most.by) === Math.sign(now - then) && most.by !== 0 ? t(now > then ? 'finding_most_gain' : 'finding_most_loss', { name: named(most.row), by: say(Math.abs(most.by)) }) : '';
  const values = { from: periods.since, to: periods.until, name: column.short, then: say(then), now: say(now), by: say(Math.abs(now - then)), share: share === null ? '' : t('finding_share', { share: cell(Math.abs(share), 'share', 1) }) };
  return t(now === then ? 'finding_periods_same' : now > then ? 'finding_periods_gain' : 'finding_periods_loss', values) + moved;
}

/** 职住比在 0.8–1.2 之间的单元所占比例，随尺度而变：区 45.5%、街道(镇) 29.2%、1000 米网格 6.8%。 */
function scalesSentence(): string {
  const { band } = scales;
  const parts = scales.rows
    .filter((row) => numberAt(row, 'units') !== 1 && numberAt(row, 'share_balanced_units') !== null)
    .map((row) => t('finding_scale', { name: inSentence(String(row['name'])), share: cell(row['share_balanced_units'], 'share', 1) }));
  return band && parts.length > 0 ? t('finding_scales', { ...band, parts: parts.join(view.lang === 'en' ? ', ' : '、') }) : '';
}

/** 步行 800 m 内的常住人口由 14.59 万人变为 32.66 万人，增加 180,737 人。 */
function changeSentence(totals: Row): string {
  const { people } = mainCounts();
  const column = people && columnOf(people);
  const [before, after, difference] = ['before', 'after', 'difference'].map((what) => numberAt(totals, `${what}_residents`));
  if (!column || typeof before !== 'number' || typeof after !== 'number' || typeof difference !== 'number') return '';
  const say = (value: number) => `${decimals(value, 0)} ${column.unit}`;
  const values = { how: spaced(reachedTitle()), name: column.title, before: say(before), after: say(after), difference: say(Math.abs(difference)) };
  return t(difference === 0 ? 'finding_same' : difference > 0 ? 'finding_gain' : 'finding_loss', values);
}
