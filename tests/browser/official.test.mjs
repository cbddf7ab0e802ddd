// The district official's task in a real browser: what one's own district lacks, where, and what closes it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { SERVER, axe, getJson, open, openBrowser, shot } from './browser.mjs';

let browser, page, complaints, foreign;
let district;

before(async () => {
  ({ browser, page, complaints, foreign } = await openBrowser());
  const { rows } = await getJson('/api/areas?level=district');
  district = rows.find(({ name }) => name === '天河区') ?? rows[0];
});
after(() => browser?.close());

const numberIn = (text) => Number(text.replaceAll(',', ''));
const inWords = (n) => n.toLocaleString('en');
const settled = async () => {
  await page.waitForTimeout(600);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.drawer .stale'), null, { timeout: 180_000 });
};
const answerOf = (level = 'subdistrict') => getJson(`/api/gaps?level=${level}&area=${district.code}`);
const primary = ({ service }) => service === 'primary_school';

test('one click from the first screen, and the own district is chosen with another', async () => {
  await open(page);
  await page.locator('.tasks button', { hasText: '公共服务缺口' }).click();
  await page.locator('select[name=within]').selectOption({ label: district.name });
  await settled();
  await page.waitForFunction((code) => location.search.includes(`within=${code}`), district.code);
  const { rows, totals } = await answerOf();
  const total = totals.find(primary);
  const finding = await page.locator('.finding').innerText();
  assert.ok(finding.includes(`现状规模 ${inWords(total.capacity)}，需求规模 ${inWords(total.required)}`), finding);
  assert.ok(finding.includes(`共缺 ${inWords(total.shortfall)}`), finding);
  assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${rows.filter(primary).length} `));
  await shot(page, 'zh-gaps');
  assert.deepEqual(await axe(page), []);
});

test('every service says what is short, or why that cannot be said', async () => {
  const { totals } = await answerOf();
  const list = page.locator('.panel li', { has: page.locator('button[aria-pressed]') });
  assert.equal(await list.count(), totals.length);
  for (const total of totals.filter(({ shortfall }) => shortfall > 0)) {
    assert.equal(await list.locator('b', { hasText: `缺 ${inWords(total.shortfall)}` }).count() >= 1, true, total.service);
  }
  assert.doesNotMatch(await page.locator('.panel').innerText(), /undefined|null|NaN/);
});

test('the table of a service adds up, and its totals are those of the server', async () => {
  const { totals } = await answerOf();
  const total = totals.find(primary);
  const heads = (await page.locator('.drawer thead th').allInnerTexts()).map((text) => text.split('\n')[0].trim());
  const column = heads.findIndex((head) => head === '缺口');
  assert.equal(numberIn(await page.locator('.drawer tfoot tr > *').nth(column).innerText()), total.shortfall);
  await page.locator('.drawer thead th').nth(column).locator('.sort').click();
  const shortfalls = (await page.locator(`.drawer tbody tr:not(.spacer) > :nth-child(${column + 1})`).allInnerTexts()).map(numberIn);
  assert.deepEqual(shortfalls, shortfalls.toSorted((a, b) => b - a));
});

test('who is not served is told by age, and lies on the map', async () => {
  const spots = await getJson(`/api/gaps/blind_spots?service=primary_school&level=subdistrict&area=${district.code}&mode=walk`);
  await page.locator('[data-answer=uncovered]').waitFor({ timeout: 60_000 });
  const shown = await page.locator('[data-answer=uncovered]').innerText();
  assert.ok(shown.includes(`${inWords(spots.totals.uncovered)} 人`), shown);
  for (const age of spots.totals.ages) assert.ok(shown.includes(inWords(age.uncovered)), age.attribute);
  assert.match(await page.locator('.legend').innerText(), /小学盲区/);
});

test('new sites are proposed by unmet demand in order, and say what they add and what is short after them', async () => {
  const { rows: gaps, totals: sums } = await answerOf();
  const total = sums.find(primary);
  await page.locator('[data-answer=siting]').getByRole('button', { name: '怎样补上小学' }).click();
  await page.locator('[data-answer=siting] ol li').first().waitFor({ timeout: 180_000 });
  await settled();
  const response = await fetch(`${SERVER}/api/siting`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      layer: 'schools',
      where: "kind IN ('primary', 'nine_year', 'twelve_year')",
      area: district.code,
      demand: 'age_6_11',
      sites: 3,
      objective: 'cover',
      mode: 'walk',
      cutoff: 10,
      unit: 'min',
      candidates: { grid_m: 500 },
      capacity: Math.round(total.capacity / total.facilities),
      existing_capacity: 'seats_primary',
    }),
  });
  const { rows, totals } = await response.json();
  const shown = await page.locator('[data-answer=siting] ol b').evaluateAll((all) => all.map((one) => one.firstChild.textContent.trim()));
  assert.deepEqual(shown, rows.map((row) => `+${inWords(row.site_served)}`));
  assert.match(await page.locator('[data-answer=siting]').innerText(), new RegExp(`新增 ${inWords(totals.newly_served)} 名`));
  const added = (code) => rows.filter(({ areas }) => areas.includes(code)).reduce((sum, { site_capacity }) => sum + site_capacity, 0);
  const after = gaps.filter(primary).map(({ code, required, capacity }) => Math.max(0, required - capacity - added(code)));
  const foot = await page.locator('[data-answer=remaining] tfoot td').allInnerTexts();
  assert.deepEqual(foot.map(numberIn), [total.shortfall, 3 * rows[0].site_capacity, after.reduce((sum, n) => sum + n, 0)]);
  await page.locator('[data-answer=siting]').scrollIntoViewIfNeeded();
  await shot(page, 'zh-gaps-sites');
  assert.deepEqual(await axe(page), []);
});

test('the gap table comes as a workbook', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.panel').getByRole('button', { name: '下载 Excel' }).click()]);
  assert.match(download.suggestedFilename(), /\.xlsx$/);
});

test('a street has its gap on its card, in English too, and the address keeps it', async () => {
  const { rows } = await answerOf();
  const row = rows.filter(primary).toSorted((a, b) => b.shortfall - a.shortfall)[0];
  await page.locator('.drawer tbody tr', { hasText: row.name }).first().click();
  await page.locator('[data-answer=gap]').waitFor();
  assert.ok((await page.locator('[data-answer=gap]').innerText()).includes(inWords(row.shortfall)));
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  await settled();
  assert.doesNotMatch(await page.locator('.finding').innerText(), /[\u4e00-\u9fff]/);
  const address = page.url();
  await open(page, new URL(address).search);
  await page.locator('[data-answer=gap]').waitFor({ timeout: 60_000 });
  assert.equal(page.url(), address);
  await shot(page, 'en-gaps');
});

test('from the streets that lack places to a Word report with three sites, in four clicks', async (t) => {
  await open(page);
  const began = performance.now();
  await page.locator('.tasks button', { hasText: '公共服务缺口' }).click();
  await page.locator('select[name=within]').selectOption({ label: district.name });
  await settled();
  await page.locator('[data-answer=siting]').getByRole('button', { name: '怎样补上小学' }).click();
  await page.locator('[data-answer=siting] ol li').nth(2).waitFor({ timeout: 180_000 });
  await settled();
  const section = page.getByRole('region', { name: '报告' });
  await section.scrollIntoViewIfNeeded();
  assert.match(await section.innerText(), new RegExp(district.name));
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 180_000 }),
    section.getByRole('button', { name: 'Word' }).click(),
  ]);
  t.diagnostic(`${Math.round(performance.now() - began)} ms from the first click to the file`);
  assert.match(download.suggestedFilename(), new RegExp(`小学.*${district.name}.*\\.docx$`));
  const bytes = await readFile(await download.path());
  assert.equal(bytes.subarray(0, 2).toString(), 'PK');
  assert.ok(bytes.length > 50_000, `${bytes.length} bytes`);
  await shot(page, 'zh-gaps-report');
  assert.deepEqual(await axe(page), []);
  // The same report as a page: its sites are those of the screen.
  const query = `area=${district.code}&by=subdistrict&norms=public_services&services=primary_school&sites=3`;
  const html = await (await fetch(`${SERVER}/api/reports/service-gap?${query}&format=html&lang=zh`)).text();
  const seal = JSON.parse(html.match(/id="suitu-report">(.*?)<\/script>/s)[1]);
  const sites = seal.tables.find(({ id }) => id === 'sites.primary_school');
  const added = sites.rows.slice(0, -1).map((row) => row[sites.columns.indexOf('site_served')]);
  const shown = await page.locator('[data-answer=siting] ol b').evaluateAll((all) => all.map((one) => one.firstChild.textContent.trim()));
  assert.deepEqual(added.map((n) => `+${inWords(n)}`), shown);
  const remaining = seal.tables.find(({ id }) => id === 'remaining.primary_school').rows.at(-1).slice(1);
  const foot = await page.locator('[data-answer=remaining] tfoot td').allInnerTexts();
  assert.deepEqual(foot.map(numberIn), remaining);
  const gaps = seal.tables.find(({ id }) => id === 'service.primary_school');
  const { totals } = await answerOf();
  assert.equal(gaps.rows.at(-1)[gaps.columns.indexOf('shortfall')], totals.find(primary).shortfall);
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
