// Starts Debian's Chromium on a page of Suitu, for the tests beside this file.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export const SERVER = process.env.SUITU_URL ?? 'http://127.0.0.1:8080';
const SHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url));
const FLAGS =
  '--no-sandbox --disable-gpu --use-angle=swiftshader --enable-unsafe-swiftshader --disable-quic --no-first-run ' +
  '--disable-background-networking --disable-component-update --disable-sync';

/** A fresh browser, whose profile is thrown away with it. */
export async function openBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS.split(' '),
  });
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, acceptDownloads: true });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  const foreign = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(SERVER) && !/^(data|blob):/.test(url)) foreign.push(url);
  });
  return { browser, context, page, complaints, foreign };
}

/** Opens an address and waits until the map can be used. */
export async function open(page, query = '') {
  await page.goto(`${SERVER}/${query}`);
  await page.locator('[data-ready=true]').waitFor({ timeout: 30_000 });
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(900);
  await page.screenshot({ path: `${SHOTS}${name}.png` });
}

/** The axe-core findings of the page as it stands. */
export async function axe(page) {
  // Evaluated by the debugger: the page's content policy rightly refuses an injected script.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(readFileSync(require.resolve('axe-core'), 'utf8'));
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
}

/** Waits until the map has stopped and the address says where. */
export async function atRest(page) {
  let address = '';
  while (address !== page.url()) {
    address = page.url();
    await page.waitForTimeout(1200);
  }
}

const lonToX = (degrees) => (degrees + 180) / 360;
const latToY = (degrees) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI);

/** Where a place is on the screen, from the camera in the address or, without one, from the city's extent. */
export async function pointOf(page, lon, lat) {
  const box = await page.locator('.canvas').boundingBox();
  const camera = new URL(page.url()).searchParams.get('map');
  let x, y, size;
  if (camera) {
    const [atLon, atLat, zoom] = camera.split(',').map(Number);
    [x, y, size] = [lonToX(atLon), latToY(atLat), 512 * 2 ** zoom];
  } else {
    const { bbox } = await getJson('/api/city');
    const [west, east, north, south] = [lonToX(bbox[0]), lonToX(bbox[2]), latToY(bbox[3]), latToY(bbox[1])];
    // The room that the page leaves for its legend and its source line.
    const [top, right, bottom, left] = [32, 64, 40, 200];
    size = Math.min((box.width - left - right) / (east - west), (box.height - top - bottom) / (south - north));
    [x, y] = [(west + east) / 2 - (left - right) / 2 / size, (north + south) / 2 - (top - bottom) / 2 / size];
  }
  return { x: box.x + box.width / 2 + (lonToX(lon) - x) * size, y: box.y + box.height / 2 + (latToY(lat) - y) * size };
}

export const getJson = async (path) => (await fetch(SERVER + path)).json();
