// The transport bureau's task in a real browser: who is within reach of stations, on foot and by circle.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { SERVER, atRest, axe, getJson, open, openBrowser, pointOf, shot } from './browser.mjs';

let browser, page, complaints, foreign;
let picked;

before(async () => {
  ({ browser, page, complaints, foreign } = await openBrowser());
  const { features } = await getJson('/api/layers/stations/features?limit=1000');
  picked = ['体育西路', '公园前', '芳村'].map((name) => features.find((feature) => feature.properties.name === name));
});
after(() => browser?.close());

const numberIn = (text) => Number(text.replaceAll(',', ''));
const params = () => new URL(page.url()).searchParams;
const chosenInAddress = ({ id }) => page.waitForFunction((wanted) => new URLSearchParams(location.search).get('stations')?.includes(wanted), id);
const settled = async () => {
  await page.waitForTimeout(500);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]'));
  await page.locator('[data-answer=beside]').waitFor({ timeout: 60_000 });
};

async function ask(mode, cutoff, unit) {
  const origins = picked.map(({ id }) => ({ layer: 'stations', id }));
  const response = await fetch(`${SERVER}/api/catchments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ origins, mode, cutoffs: [cutoff], unit }),
  });
  return (await response.json()).union[0].totals;
}

/** What the bars say: circle and streets, people then jobs. */
const bars = async () => (await page.locator('[data-answer=beside] .bars b').allInnerTexts()).map(numberIn);

async function expected(minutes, radius) {
  const [walk, circle] = [await ask('walk', minutes, 'min'), await ask('straight', radius, 'm')];
  return ['residences.usual_residents', 'workplaces.jobs'].flatMap((key) => [circle[key], walk[key]]);
}

test('the mode teaches what to do before anything is chosen', async () => {
  await open(page);
  await page.getByRole('button', { name: '可达', exact: true }).click();
  assert.match(await page.locator('.panel').innerText(), /点选站点或地图上任意位置/);
  await page.locator('.panel .lines .chip').first().waitFor();
  await shot(page, 'zh-reach-empty');
  assert.deepEqual(await axe(page), []);
});

test('three stations are chosen by search, from the list and on the map', async () => {
  await page.locator('#search').fill(picked[0].properties.name);
  await page.locator('[role=option]', { hasText: picked[0].properties.name }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.panel .filter').fill(picked[1].properties.name);
  await page.getByRole('checkbox', { name: picked[1].properties.name }).check();
  await chosenInAddress(picked[1]);
  const [lon, lat] = picked[2].geometry.coordinates;
  await open(page, `?mode=reach&stations=${params().get('stations')}&map=${lon},${lat},13`);
  await atRest(page);
  const point = await pointOf(page, lon, lat);
  await page.mouse.click(point.x, point.y);
  await chosenInAddress(picked[2]);
  assert.deepEqual(params().get('stations').split(','), picked.map(({ id }) => id));
  assert.equal(await page.locator('.panel ul').first().locator('.chip').count(), 3);
});

test('ten minutes on foot stand beside a circle of 800 m, in words and as bars', async () => {
  await page.locator('.panel').getByRole('button', { name: '分钟' }).click();
  await page.getByRole('spinbutton', { name: '圆形半径 (m)' }).fill('800');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.search.includes('circle_m=800'));
  await settled();
  assert.deepEqual(await bars(), await expected(10, 800));
  assert.match(await page.locator('[data-answer=beside] p').first().innerText(), /^步行 10 分钟 覆盖常住人口 .*比 800 m 圆形少 \d+\.\d%。$/);
  assert.equal((await page.locator('.card [data-answer=reach] dd').count()) >= 2, true);
  await shot(page, 'zh-reach');
  assert.deepEqual(await axe(page), []);
});

test('the cutoff moves with the keyboard and the answer follows', async () => {
  await page.getByRole('slider', { name: '时间' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => location.search.includes('cutoff=12'));
  await settled();
  assert.deepEqual(await bars(), await expected(12, 800));
});

test('the table has a row for each station and each person once below', async () => {
  await page.locator('.drawer .open-close').click();
  await page.locator('.drawer tbody tr').first().waitFor();
  assert.equal(await page.locator('.drawer tbody tr:not(.spacer)').count(), 3);
  const total = await page.locator('.drawer tfoot td').first().innerText();
  assert.equal(numberIn(total), (await expected(12, 800))[1]);
  await shot(page, 'zh-reach-table');
  assert.deepEqual(await axe(page), []);
});

test('the table downloads as the server writes it', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.panel').getByRole('button', { name: '下载为 CSV' }).click()]);
  assert.match(download.suggestedFilename(), /\.csv$/);
  const lines = readFileSync(await download.path(), 'utf8').split(/\r?\n/).filter(Boolean);
  for (const { properties } of picked) assert.ok(lines.some((line) => line.startsWith(properties.name)), properties.name);
  const [people] = [(await expected(12, 800))[1]];
  assert.ok(lines.some((line) => line.startsWith('合并') && line.split(',').map(Number).includes(people)), lines.join('\n').slice(0, 2000));
});

test('a reloaded address restores the same view', async () => {
  const address = page.url();
  const [shown, title] = [await bars(), await page.locator('.card h2').first().innerText()];
  await open(page, new URL(address).search);
  await settled();
  assert.equal(page.url(), address);
  assert.deepEqual(await bars(), shown);
  assert.equal(await page.locator('.card h2').first().innerText(), title);
});

test('a place on the map is added and taken away with a click', async () => {
  const box = await page.locator('.canvas').boundingBox();
  const [x, y] = [box.x + box.width * 0.7, box.y + box.height * 0.25];
  await page.mouse.click(x, y);
  await page.locator('.panel .chip', { hasText: '地点 1' }).waitFor();
  await settled();
  await page.waitForTimeout(800);
  await page.mouse.click(x, y);
  await page.locator('.panel .chip', { hasText: '地点 1' }).waitFor({ state: 'detached' });
});

test('the same in English leaves no Chinese but names', async () => {
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  await settled();
  assert.match(await page.locator('[data-answer=beside] p').first().innerText(), /Walk 12 min covers .* fewer than the 800 m circle/);
  assert.doesNotMatch(await page.locator('.panel').innerText(), /[\u4e00-\u9fff]/);
  await shot(page, 'en-reach');
  assert.deepEqual(await axe(page), []);
});

test('a link from before still opens', async () => {
  await open(page, `?mode=stations&stations=${picked[0].id}&reach=walk&cutoffs=500,800`);
  await page.locator('[data-answer=beside]').waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('.panel .chip', { hasText: picked[0].properties.name }).count(), 1);
});

test('access to clinics is mapped with its Lorenz curve, and comes as a file', async () => {
  await open(page, '?mode=access&facility=clinics&table=1');
  await page.locator('[data-answer=lorenz] svg').waitFor({ timeout: 60_000 });
  const response = await fetch(`${SERVER}/api/access`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'residences',
      by: 'district',
      to: { layer: 'clinics', capacity: await page.locator('select[name=capacity]').inputValue() },
      demand: 'usual_residents',
      measure: '2sfca',
      mode: 'walk',
      cutoff: 800,
      unit: 'm',
    }),
  });
  const { rows, summary } = await response.json();
  assert.match(await page.locator('[data-answer=lorenz] p').first().innerText(), new RegExp(`基尼系数 ${summary.gini.toFixed(2)}`));
  assert.equal(await page.locator('.drawer tbody tr:not(.spacer)').count(), rows.length);
  const shown = numberIn(await page.locator('.drawer tbody tr', { hasText: rows[0].name }).locator('td').last().innerText());
  // For a thousand people.
  assert.ok(Math.abs(shown / 1000 - rows[0].value) <= 0.01 * rows[0].value, `${shown} for ${rows[0].value}`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.panel').getByRole('button', { name: '下载 Excel' }).click()]);
  assert.match(download.suggestedFilename(), /\.xlsx$/);
  await shot(page, 'zh-access');
  assert.deepEqual(await axe(page), []);
});

test('access is shown by cells too, in English', async () => {
  await open(page, '?mode=access&facility=clinics&grid=1&lang=en&access=nearest');
  await page.locator('[data-answer=lorenz] svg').waitFor({ timeout: 60_000 });
  assert.match(await page.locator('[data-answer=lorenz] p').first().innerText(), /^Gini \d\.\d\d/);
  assert.doesNotMatch(await page.locator('.panel').innerText(), /[\u4e00-\u9fff]/);
  await shot(page, 'en-access-grid');
  assert.deepEqual(await axe(page), []);
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
