// Who commutes where: arcs on the map, their table and the card of an area, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, getJson, open, openBrowser, shot } from './browser.mjs';

let browser, page, complaints, foreign;

before(async () => {
  ({ browser, page, complaints, foreign } = await openBrowser());
});
after(() => browser?.close());

const numberIn = (text) => Number(text.replaceAll(',', ''));
const share = (value, places) => `${(value * 100).toFixed(places)}%`;
const settled = async () => {
  await page.waitForTimeout(600);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.drawer .stale'), null, { timeout: 60_000 });
};
const column = (n) => page.locator(`.drawer tbody tr:not(.spacer) > :nth-child(${n})`).allInnerTexts();
test('commuting is one click away from the ratio, with a finding and the excess', async () => {
  await open(page, '?mode=balance&table=1');
  await page.getByRole('button', { name: '通勤', exact: true }).click();
  await page.locator('[data-answer=excess]').waitFor({ timeout: 60_000 });
  await settled();
  const { rows, totals } = await getJson('/api/commute?level=district');
  assert.match(await page.locator('.finding').innerText(), new RegExp(`^${share(totals.self_containment, 2)} 的通勤者`));
  assert.match(await page.locator('[data-answer=excess]').innerText(), new RegExp(share(totals.excess_share, 1)));
  assert.equal((await column(1)).length, rows.length);
  assert.deepEqual((await column(2)).map(numberIn), rows.map((row) => row.commuters));
  await shot(page, 'zh-commute');
  assert.deepEqual(await axe(page), []);
});

test('the table of flows is the largest of them, and the arcs are drawn into the map', async () => {
  await page.getByRole('button', { name: '通勤流' }).click();
  await settled();
  const { features, totals } = await getJson('/api/flows?level=district&limit=200');
  assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${features.length} `));
  assert.deepEqual((await column(3)).slice(0, 5).map(numberIn), features.slice(0, 5).map(({ properties }) => properties.commuters));
  assert.equal(numberIn(await page.locator('.drawer tfoot td').nth(1).innerText()), totals.commuters);
  // The camera's own picture has them, so a downloaded one has too.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载图片' }).click()]);
  assert.match(download.suggestedFilename(), /\.png$/);
  await download.saveAs(new URL('../screenshots/picture-commute.png', import.meta.url).pathname);
});

test('an area shows where its people go and where its workers come from', async () => {
  const { rows } = await getJson('/api/commute?level=district');
  const row = rows.find(({ name }) => name === '天河区');
  await page.getByRole('button', { name: '单元', exact: true }).click();
  await page.locator('.drawer tbody tr', { hasText: row.name }).click();
  await page.locator('[data-answer=commute]').waitFor();
  await settled();
  assert.match(await page.locator('[data-answer=commute]').innerText(), new RegExp(share(row.self_containment, 1).replace('.', '\\.')));
  const { features } = await getJson(`/api/flows?level=district&area=${row.code}&limit=200`);
  const into = features.filter(({ properties }) => properties.destination_code === row.code);
  const [out, inward] = [page.locator('.card section', { hasText: '去往' }), page.locator('.card section', { hasText: '来自' })];
  assert.equal(await inward.locator('button').first().innerText(), into[0].properties.origin_name);
  assert.ok((await inward.locator('b').first().innerText()).startsWith(into[0].properties.commuters.toLocaleString('en')));
  assert.ok((await out.locator('li').count()) > 0);
  await shot(page, 'zh-commute-area');
  assert.deepEqual(await axe(page), []);
});

test('the address keeps it, in English too', async () => {
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  await settled();
  const address = page.url();
  await open(page, new URL(address).search);
  await page.locator('[data-answer=commute]').waitFor({ timeout: 60_000 });
  assert.equal(page.url(), address);
  // A language is named in itself.
  const words = (await page.locator('.panel').innerText()).replaceAll('中文', '');
  assert.doesNotMatch(words, /[\u4e00-\u9fff]/);
  assert.match(await page.locator('.finding').innerText(), /% of commuters work where they live/);
  await shot(page, 'en-commute-area');
});

test('leaving the view takes the arcs away', async () => {
  await page.getByRole('button', { name: 'Ratio', exact: true }).click();
  await settled();
  assert.equal(await page.locator('.legend .arcs').count(), 0);
  await page.getByRole('button', { name: 'Commuting', exact: true }).click();
  await page.locator('.legend .arcs').waitFor();
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
