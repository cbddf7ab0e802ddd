/** The map as a picture for a report: title, map, legend, scale, north, source and marks. */
import type { Map as MapLibre } from 'maplibre-gl';
import { session } from '../accounts/session.svelte.ts';
import { markOf } from '../accounts/words.ts';
import { fileName, save } from '../api/download.ts';
import type { City } from '../api/types.ts';
import { NO_DATA } from '../classes/palettes.ts';
import { decimals, distance } from '../format/number.ts';
import { t, titled } from '../i18n/index.ts';
import { ground } from '../state/city.svelte.ts';
import { heading } from '../state/columns.ts';
import { BEFORE, PAIR_OPACITY, pairLegend } from '../reach/pair.ts';
import { change } from '../state/change.svelte.ts';
import { reach, reachLegend, reachedTitle } from '../state/reach.svelte.ts';
import { theme } from '../state/theme.svelte.ts';
import { view } from '../state/view.svelte.ts';
import { PAGE_FONT } from './fonts.ts';
import { ACCENT } from './ground.ts';
import { markLine, sourceLine } from './marks-of-origin.ts';
import { markedLayers } from './marks.ts';
import { scaleOf } from './scale.ts';

const MARGIN = 24;
const HEAD = 64;
const FOOT = 60;

interface LegendRow {
  color: string;
  label: string;
  round: boolean;
}

/** Composes the picture and hands it to the browser as a download. */
export function downloadPicture(map: MapLibre, city: City): void {
  map.once('render', () => {
    // The drawing buffer is only there to be read while its frame is being drawn.
    const picture = compose(map, city);
    picture.toBlob((blob) => {
      if (blob) save(blob, `${fileName([title(), taker()].filter(Boolean).join(' '), city.synthetic ? t('synthetic') : '')}.png`);
    }, 'image/png');
  });
  map.triggerRepaint();
}

function title(): string {
  if (!theme.question) return [t('task_reach'), reach.origins.length > 0 ? reachedTitle() : ''].filter(Boolean).join(' · ');
  const level = ground.level ? titled(ground.level.title) : '';
  return [theme.isBivariate ? t('bivariate_title') : heading(theme.column), level].filter(Boolean).join(' · ');
}

function compose(map: MapLibre, city: City): HTMLCanvasElement {
  const source = map.getCanvas();
  const ratio = source.width / source.clientWidth;
  const [width, height] = [source.clientWidth, source.clientHeight];
  const canvas = document.createElement('canvas');
  canvas.width = (width + 2 * MARGIN) * ratio;
  canvas.height = (height + HEAD + FOOT) * ratio;
  const pen = canvas.getContext('2d')!;
  pen.scale(ratio, ratio);
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, width + 2 * MARGIN, height + HEAD + FOOT);
  pen.drawImage(source, MARGIN, HEAD, width, height);
  pen.strokeStyle = '#22272b';
  pen.lineWidth = 1;
  pen.strokeRect(MARGIN + 0.5, HEAD + 0.5, width - 1, height - 1);

  write(pen, title(), MARGIN, 36, 20, 600);
  write(pen, [titled(city.title), periodLine()].filter(Boolean).join(' · '), MARGIN, 54, 12, 400, '#5b6167');
  write(pen, markLine(city), width + MARGIN, 36, 12, 500, '#22272b', 'right');

  legend(pen, MARGIN + 12, HEAD + height - 12);
  scaleAndNorth(pen, map, width + MARGIN - 14, HEAD + height - 14);

  write(pen, sourceLine(), MARGIN, HEAD + height + 22, 11, 400, '#5b6167');
  const today = new Date().toISOString().slice(0, 10);
  write(pen, `${t('picture_date', { date: today })} · ${city.software}`, MARGIN, HEAD + height + 40, 11, 400, '#5b6167');
  if (city.synthetic) across(pen, width, height, t('synthetic'));
  repeated(pen, canvas.width / ratio, canvas.height / ratio, taker());
  return canvas;
}

const periodLine = () => theme.answer.value?.provenance.inputs[0]?.reference_date ?? view.period;

function legendRows(): LegendRow[] {
  const classes = theme.isClassed && !theme.isBivariate
    ? theme.colors.map((color, i) => ({ color: theme.isPale ? mixed(color, theme.opacity) : color, label: `${theme.label(i)}   ${t('legend_count', { n: decimals(theme.counts[i] ?? 0, 0) })}`, round: false }))
    : [];
  if (classes.length > 0 && theme.undefinedCount > 0) classes.push({ color: NO_DATA, label: theme.unlabelled, round: false });
  const marks = markedLayers()
    .filter((layer) => layer.kind !== 'ground')
    .map((layer) => ({ color: layer.style.color, label: titled(layer.title), round: layer.geometry === 'point' }));
  return [...classes, ...marks, ...(reach.origins.length > 0 || change.isShown ? reachRows() : [])];
}

function reachRows(): LegendRow[] {
  if (change.isShown) {
    const colors = { before: BEFORE, after: ACCENT };
    return pairLegend().map(({ title, is }) => ({ color: is.reduce((under, side) => mixed(colors[side], PAIR_OPACITY, under), '#ffffff'), label: title, round: false }));
  }
  const { reached, circles } = reachLegend();
  return [...reached.map(({ title, opacity }) => ({ color: mixed(ACCENT, opacity), label: title, round: false })), ...(circles ? [{ color: '#ffffff', label: circles, round: true }] : [])];
}

/** A colour as it looks over another one, or over white paper. */
function mixed(color: string, opacity: number, under = '#ffffff'): string {
  const part = (of: string, at: number) => parseInt(of.slice(at, at + 2), 16);
  const parts = [1, 3, 5].map((at) => Math.round(part(under, at) + (part(color, at) - part(under, at)) * opacity));
  return `#${parts.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function legend(pen: CanvasRenderingContext2D, left: number, bottom: number): void {
  const rows = legendRows();
  const square = theme.isBivariate ? 96 : 0;
  if (rows.length === 0 && square === 0) return;
  pen.font = `400 12px "${PAGE_FONT}"`;
  const width = Math.max(130, square + 90, ...rows.map((row) => pen.measureText(row.label).width + 52));
  const height = rows.length * 19 + square + (square ? 22 : 0) + 16;
  const top = bottom - height;
  pen.fillStyle = 'rgba(255,255,255,0.95)';
  pen.fillRect(left, top, width, height);
  if (square) bivariate(pen, left + 14, top + 12);
  rows.forEach((row, i) => {
    const y = top + 10 + (square ? square + 22 : 0) + i * 19;
    pen.fillStyle = row.color;
    pen.strokeStyle = 'rgba(0,0,0,0.25)';
    pen.beginPath();
    if (row.round) pen.arc(left + 22, y + 7, 5, 0, 7);
    else pen.rect(left + 12, y, 20, 14);
    pen.fill();
    pen.stroke();
    write(pen, row.label, left + 42, y + 11.5, 12, 400);
  });
}

function bivariate(pen: CanvasRenderingContext2D, left: number, top: number): void {
  theme.colors.forEach((color, i) => {
    pen.fillStyle = color;
    pen.fillRect(left + 16 + (i % 3) * 28, top + (2 - Math.floor(i / 3)) * 28, 27, 27);
  });
  write(pen, `${t('bivariate_jobs')} →`, left + 16, top + 99, 11, 400, '#5b6167');
  pen.save();
  pen.translate(left + 10, top + 84);
  pen.rotate(-Math.PI / 2);
  write(pen, `${t('bivariate_employed')} →`, 0, 0, 11, 400, '#5b6167');
  pen.restore();
}

function scaleAndNorth(pen: CanvasRenderingContext2D, map: MapLibre, right: number, bottom: number): void {
  const scale = scaleOf(map, 120);
  const left = right - scale.width_px;
  pen.fillStyle = 'rgba(255,255,255,0.8)';
  pen.fillRect(left - 40, bottom - 34, scale.width_px + 50, 44);
  pen.strokeStyle = '#22272b';
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(left, bottom - 6);
  pen.lineTo(left, bottom);
  pen.lineTo(right, bottom);
  pen.lineTo(right, bottom - 6);
  pen.stroke();
  write(pen, distance(scale.metres), (left + right) / 2, bottom - 6, 11, 400, '#22272b', 'center');
  pen.fillStyle = '#22272b';
  pen.beginPath();
  pen.moveTo(left - 22, bottom - 30);
  pen.lineTo(left - 16, bottom - 12);
  pen.lineTo(left - 22, bottom - 16);
  pen.lineTo(left - 28, bottom - 12);
  pen.fill();
  write(pen, t('map_north'), left - 22, bottom, 11, 400, '#22272b', 'center');
}

/** Who takes the picture and when, where the security administrator asks for it; else empty. */
function taker(): string {
  const { user, watermark } = session.told ?? {};
  return user && watermark ? markOf(user, Date.now()) : '';
}

function across(pen: CanvasRenderingContext2D, width: number, height: number, text: string): void {
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN, HEAD, width, height);
  pen.clip();
  pen.translate(MARGIN + width / 2, HEAD + height / 2);
  pen.rotate(-Math.PI / 9);
  write(pen, text, 0, 0, 56, 600, 'rgba(34,39,43,0.08)', 'center');
  pen.restore();
}

function repeated(pen: CanvasRenderingContext2D, width: number, height: number, text: string): void {
  if (!text) return;
  pen.save();
  pen.rotate(-Math.PI / 9);
  const reach = width + height;
  for (let y = 0; y < reach; y += 150) {
    for (let x = -height; x < reach; x += 330) write(pen, text, x, y, 14, 400, 'rgba(34,39,43,0.13)');
  }
  pen.restore();
}

function write(
  pen: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  size: number,
  weight: number,
  color = '#22272b',
  align: CanvasTextAlign = 'left',
): void {
  pen.font = `${weight} ${size}px "${PAGE_FONT}", sans-serif`;
  pen.textAlign = align;
  pen.fillStyle = color;
  pen.fillText(text, x, y);
}
