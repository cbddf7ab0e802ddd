// The planner's task in a real browser, in the order a planner would do it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVER, atRest, axe, getJson, open, openBrowser, pointOf, shot } from './browser.mjs';

let browser, page, complaints, foreign;

before(async () => {
  ({ browser, page, complaints, foreign } = await openBrowser());
});
after(() => browser?.close());

const cells = (column) => page.locator(`.drawer tbody tr:not(.spacer) > :nth-child(${column})`).allInnerTexts();
const numberIn = (text) => Number(text.replaceAll(',', ''));

test('the first screen says a finding in Chinese and offers the tasks', async () => {
  await open(page);
  assert.match(await page.locator('.finding').innerText(), /职住比在 0\.8–1\.2 之间/);
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  assert.ok((await page.locator('.tasks button').count()) >= 3);
  await page.locator('.legend li').first().waitFor();
  await shot(page, 'zh-overview');
  assert.deepEqual(await axe(page), []);
});

test('the job-housing view by district comes with its table in one click', async () => {
  await page.locator('.tasks button').first().click();
  await page.locator('.drawer tbody tr').first().waitFor();
  const answer = await getJson('/api/balance?level=district');
  assert.equal((await cells(1)).length, answer.rows.length);
  const total = await page.locator('.drawer tfoot td').nth(3).innerText();
  assert.equal(numberIn(total), answer.totals.jobs);
});

test('sorting the table by the ratio puts the highest first', async () => {
  await page.locator('.drawer thead th', { hasText: '职住比' }).locator('.sort').click();
  const ratios = (await cells(6)).map(numberIn);
  assert.ok(ratios.length > 2);
  assert.deepEqual(ratios, ratios.toSorted((a, b) => b - a));
  await shot(page, 'zh-balance');
});

test('a click on the map chooses a district, marks its row and opens its card', async () => {
  const { rows } = await getJson('/api/areas?level=district');
  const largest = rows.toSorted((a, b) => b.area_km2 - a.area_km2)[0];
  await page.getByRole('button', { name: '全市' }).click();
  await atRest(page);
  // Beside the middle, where a station or a name may lie.
  const [west, south, east, north] = largest.bbox;
  const point = await pointOf(page, largest.center[0] + (east - west) * 0.12, largest.center[1] + (north - south) * 0.1);
  await page.mouse.click(point.x, point.y);
  await page.locator('.card h2', { hasText: largest.name }).waitFor();
  assert.equal(await page.locator('.drawer tr[aria-selected=true] th').innerText(), largest.name);
  assert.equal(new URL(page.url()).searchParams.get('area') ?? largest.code, largest.code);
  await shot(page, 'zh-district');
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press('Escape');
  await page.locator('.card').waitFor({ state: 'detached' });
});

test('a drawn polygon shows the sums inside', async () => {
  await page.locator('.canvas').focus().catch(() => {});
  await page.keyboard.press('d');
  await page.locator('.map .hint').waitFor();
  await page.waitForTimeout(800);
  const box = await page.locator('.canvas').boundingBox();
  const [x, y] = [box.x + box.width * 0.55, box.y + box.height * 0.5];
  for (const [dx, dy] of [[-60, -50], [70, -40], [60, 60], [-50, 50]]) {
    await page.mouse.move(x + dx, y + dy);
    await page.mouse.click(x + dx, y + dy);
    await page.waitForTimeout(350);
  }
  await page.keyboard.press('Enter');
  await page.locator('[data-answer=statistics]').waitFor();
  await page.waitForTimeout(500);
  const drawn = new URL(page.url()).searchParams.get('polygon').split(';').map((corner) => corner.split(',').map(Number));
  assert.equal(drawn.length, 4);
  const response = await fetch(`${SERVER}/api/statistics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ geometry: { type: 'Polygon', coordinates: [[...drawn, drawn[0]]] } }),
  });
  const answer = await response.json();
  const people = answer.rows.find((row) => row.attribute === 'usual_residents');
  const shown = await page.locator('[data-answer=statistics] tr', { hasText: people.title.zh }).first().locator('td').first().innerText();
  assert.equal(numberIn(shown), people.value);
  await shot(page, 'zh-polygon');
});

test('the language changes and nothing else does', async () => {
  const before = new URL(page.url()).searchParams;
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  assert.match(await page.locator('.finding').innerText(), /jobs per employed resident/);
  const after = new URL(page.url()).searchParams;
  after.delete('lang');
  assert.equal(after.toString(), before.toString());
  // A language is named in itself.
  const words = (await page.locator('.panel').innerText()).replaceAll('中文', '');
  assert.doesNotMatch(words, /[\u4e00-\u9fff]/);
  await shot(page, 'en-polygon');
});

test('a reloaded address restores the same view', async () => {
  const address = page.url();
  const [finding, heading, table] = [
    await page.locator('.finding').innerText(),
    await page.locator('.card h2').first().innerText(),
    await cells(1),
  ];
  await open(page, new URL(address).search);
  await page.locator('[data-answer=statistics]').waitFor();
  await page.waitForTimeout(500);
  assert.equal(page.url(), address);
  assert.equal(await page.locator('.finding').innerText(), finding);
  assert.equal(await page.locator('.card h2').first().innerText(), heading);
  assert.deepEqual(await cells(1), table);
});

test('the history goes back one decision at a time', async () => {
  await page.goBack();
  await page.waitForFunction(() => !location.search.includes('lang=en'));
  assert.match(await page.locator('.finding').innerText(), /职住比/);
  await page.keyboard.press('Escape');
  await page.locator('.card').waitFor({ state: 'detached' });
});

test('a place is found by its pinyin initials with the keyboard alone', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('th');
  await page.locator('[role=option][aria-selected=true]', { hasText: '天河区' }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.card h2', { hasText: '天河' }).waitFor();
  await page.keyboard.press('Escape');
});

test('the table downloads as a workbook', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.panel .primary').click()]);
  assert.match(download.suggestedFilename(), /\.xlsx$/);
});

test('the map downloads as a picture that carries its marks', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载图片' }).click()]);
  assert.match(download.suggestedFilename(), /\.png$/);
  const { mkdirSync } = await import('node:fs');
  const shots = new URL('../screenshots/', import.meta.url).pathname;
  mkdirSync(shots, { recursive: true });
  await download.saveAs(`${shots}picture.png`);
});

test('a station shows people and jobs within 500 and 800 m', async () => {
  const { features } = await getJson('/api/layers/stations/features?limit=3');
  assert.ok(features.length > 0);
  await open(page, `?mode=stations&stations=${encodeURIComponent(features[0].id)}&table=1`);
  await page.locator('.card table').waitFor({ timeout: 60_000 });
  assert.match(await page.locator('.card table thead').innerText(), /500 m\s+800 m/);
  await shot(page, 'zh-stations');
  assert.deepEqual(await axe(page), []);
});

test('layers, densities and two variables draw without a complaint', async () => {
  for (const [name, query] of [
    ['zh-browse', '?mode=browse&level=subdistrict&display=density'],
    ['zh-points', '?mode=browse&display=points'],
    ['en-bivariate', '?mode=balance&level=subdistrict&bivariate=1&lang=en'],
    ['en-overview', '?lang=en'],
  ]) {
    await open(page, query);
    await page.locator('.legend').waitFor();
    await shot(page, name);
    assert.deepEqual(await axe(page), [], name);
  }
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
