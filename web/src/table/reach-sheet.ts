import type { Row, Title, Unit, Way } from '../api/types.ts';
import { spaced, t, titled, type Key } from '../i18n/index.ts';
import { moves } from '../map/moves.svelte.ts';
import { chooseArea } from '../state/choose.ts';
import { ground } from '../state/city.svelte.ts';
import { columnsOf, worded, type Column } from '../state/columns.ts';
import { places } from '../state/places.svelte.ts';
import { reachTables } from '../state/reach-tables.svelte.ts';
import { stations, toggleStation } from '../state/stations.svelte.ts';
import { theme } from '../state/theme.svelte.ts';
import { travel, wayTitle } from '../state/travel.svelte.ts';
import { view } from '../state/view.svelte.ts';
import { chosenSheet } from './chosen-sheet.ts';
import type { Sheet } from './sheet.ts';

/** The open table of the mode 可达. */
export function reachSheet(): Sheet {
  if (view.tab === 'chosen') return chosenSheet();
  const isStations = view.tab === 'stations';
  const answer = isStations ? reachTables.shown : theme.fits ? theme.answer.value : null;
  const resource = isStations ? reachTables.answer : theme.answer;
  const totals = answer ? (Array.isArray(answer.totals) ? (answer.totals as Row[]) : [answer.totals]) : [];
  // One row for each cutoff, the whole city's among them; a city without areas has these alone.
  const rows = isStations ? (answer?.rows ?? []) : [...(answer?.rows ?? []), ...totals];
  return {
    name: t(`tab_${view.tab}` satisfies Key),
    columns: answer ? columnsOf({ rows }).map((column) => (isStations ? headed(column, answer.query) : column)) : [],
    rows: rows.map((row) => (isStations ? ofStation(row, answer!.query) : ofCutoff(row))),
    totals: isStations ? (totals[0] ?? null) : null,
    ...(isStations && { together: t('catchment_union') }),
    question: isStations ? reachTables.question : theme.question,
    answer: resource,
    version: answer?.provenance.data_version,
    mapped: isStations ? '' : theme.key,
    chosen: isStations || view.selection?.kind !== 'area' ? null : view.selection.code,
    empty: t(resource.problem ? 'table_failed' : 'table_empty'),
    choose: isStations ? chooseStation : chooseRow,
  };
}

/** The station and its district are called what they are here; core and influence areas say how far they reach. */
function headed(column: Column, query: Record<string, unknown>): Column {
  const level = query['level'];
  const area = /^(core|influence)_/.exec(column.key)?.[1];
  if (area && typeof query[area] === 'number') {
    const reach = travel.say(query[area], query['unit'] as Unit);
    const name = t(`station_${area as 'core' | 'influence'}`);
    const title = column.title.replace(name, spaced(`${name} ${wayTitle(query['mode'] as Way)} ${reach}`));
    return { ...column, title, short: title };
  }
  const title = column.key === 'name' ? ground.stations?.title : column.key === 'area' ? ground.city?.levels.find((other) => other.id === level)?.title : undefined;
  return title ? { ...column, ...worded(titled(title)), definition: '' } : column;
}

/** A row of the station table, its categories in words. */
function ofStation(row: Row, query: Record<string, unknown>): Row {
  const types = (query['station_types'] as { types?: { key: string; title: Title }[] } | undefined)?.types ?? [];
  const type = types.find((known) => known.key === row['station_type']);
  const tier = ground.layers.flatMap((layer) => layer.attributes).find((attribute) => attribute.id === 'tier')?.values.find((value) => value.code === row['tier']);
  return { ...row, code: row['id'], ...(type && { station_type: titled(type.title) }), ...(tier && { tier: titled(tier) }) };
}

function ofCutoff(row: Row): Row {
  const name = row['name'] || t('table_total');
  // The row that the map shows goes by the area's own code, so that both point at one another.
  const isShown = row['code'] && row['cutoff'] === view.network_m;
  return { ...row, name, name_en: row['name_en'] || name, area: row['code'], code: isShown ? row['code'] : `${row['code']} ${row['cutoff']}` };
}

/** The whole city has no card. */
function chooseRow(row: Row): void {
  const code = String(row['area']);
  view.network_m = Number(row['cutoff']);
  if (places.name(code)) chooseArea(code);
}

function chooseStation(row: Row): void {
  const id = String(row['code']);
  if (!stations.chosen.has(id)) toggleStation(id);
  const station = stations.byId.get(id);
  if (station) moves.fly(station.lon, station.lat, 14);
}
