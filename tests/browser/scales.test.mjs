// The job-housing balance at several scales at once, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, getJson, open, openBrowser, shot } from './browser.mjs';

let browser, page, complaints, foreign;

before(async () => {
  ({ browser, page, complaints, foreign } = await openBrowser());
});
after(() => browser?.close());

const share = (value, places) => `${(value * 100).toFixed(places)}%`;
const settled = async () => {
  await page.waitForTimeout(600);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.drawer .stale'), null, { timeout: 60_000 });
};
const column = (n) => page.locator(`.drawer tbody tr:not(.spacer) > :nth-child(${n})`).allInnerTexts();

test('every scale stands in one table, with its definition above', async () => {
  await open(page, '?mode=balance&table=1');
  await page.getByRole('button', { name: '多尺度' }).click();
  await page.locator('[data-answer=scales] li').first().waitFor({ timeout: 60_000 });
  await settled();
  const { rows, title } = await getJson('/api/balance_report');
  assert.equal(await page.locator('.drawer caption').innerText(), title.zh);
  assert.deepEqual((await column(2)).map((text) => Number(text.replaceAll(',', ''))), rows.map((row) => row.units));
  assert.deepEqual(await column(7), rows.map((row) => share(row.share_balanced_units, 2)));
  assert.deepEqual(await page.locator('[data-answer=scales] li b').allInnerTexts(), rows.map((row) => share(row.share_balanced_units, 1)));
  const district = rows.find((row) => row.scale === 'district');
  assert.ok((await page.locator('.finding').innerText()).includes(`区 ${share(district.share_balanced_units, 1)}`));
});

test('a scale with areas is shown on the map, one without is not', async () => {
  await page.getByRole('button', { name: /^街道/ }).click();
  await settled();
  const { rows } = await getJson('/api/balance_report');
  const street = rows.find((row) => row.scale === 'subdistrict');
  assert.match(page.url(), /balance=scales/);
  assert.match(page.url(), /level=subdistrict/);
  // The class around 1 of the legend is the balanced units of the table.
  assert.match(await page.locator('.legend').innerText(), new RegExp(`0\\.8 – 1\\.2\\s+${street.balanced_units} 个`));
  const before = page.url();
  await page.locator('.drawer tr.inert', { hasText: '1000 米网格' }).click();
  assert.equal(page.url(), before);
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.drawer').getByRole('button', { name: '下载为 Excel' }).click()]);
  assert.match(download.suggestedFilename(), /多尺度.*\.xlsx$/);
  await shot(page, 'zh-scales');
  assert.deepEqual(await axe(page), []);
});

test('places balanced by count but not in fact are listed and lead to the map', async () => {
  const { nominal } = await getJson('/api/balance_report');
  await page.locator('.drawer').getByRole('button', { name: '名义平衡', exact: true }).click();
  assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${nominal.length} `));
  const place = nominal.find((row) => row.level === 'district');
  await page.locator('.drawer tbody tr', { hasText: place.name }).first().click();
  await page.waitForURL((url) => url.searchParams.get('area') === place.code && ['', 'district', null].includes(url.searchParams.get('level')));
  await page.locator('.card', { hasText: place.name }).waitFor();
  await shot(page, 'zh-nominal');
  assert.deepEqual(await axe(page), []);
});

test('the address keeps it, in English too', async () => {
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  await settled();
  const address = page.url();
  await open(page, new URL(address).search);
  await page.locator('[data-answer=nominal]').waitFor({ timeout: 60_000 });
  assert.equal(page.url(), address);
  const words = (await page.locator('.panel').innerText()).replaceAll('中文', '');
  assert.doesNotMatch(words, /[\u4e00-\u9fff]/);
  await shot(page, 'en-scales');
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
