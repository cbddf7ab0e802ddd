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

test('new sites are proposed where places lack, and say what they make up for and what is short after them', async () => {
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
      objective: 'shortfall',
      shortfall: { norms: 'public_services', service: 'primary_school', level: 'subdistrict', capacity: Math.round(total.capacity / total.facilities) },
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
  assert.deepEqual(shown, rows.map((row) => `+${inWords(row.shortfall_closed)}`));
  const told = await page.locator('[data-answer=siting]').innerText();
  assert.ok(told.includes(`缺口由 ${inWords(total.shortfall)} 降至 ${inWords(totals.shortfall_after)}`), told);
  assert.ok(told.includes(`补足全部缺口需 ${totals.sites_to_close} 处`), told);
  assert.ok(told.includes(`${inWords(totals.demand - totals.served_before)} 名需求人口轮不到`), told);
  const short = (code) => gaps.find((row) => primary(row) && row.code === code).shortfall;
  for (const row of rows) assert.ok(short(row.code) > 0, `${row.name} lacks nothing`);
  const added = (code) => rows.filter((row) => row.code === code).reduce((sum, { added_capacity }) => sum + added_capacity, 0);
  const after = gaps.filter(primary).map(({ code, required, capacity }) => Math.max(0, required - capacity - added(code)));
  const foot = await page.locator('[data-answer=remaining] tfoot td').allInnerTexts();
  assert.deepEqual(foot.map(numberIn), [total.shortfall, 3 * rows[0].added_capacity, after.reduce((sum, n) => sum + n, 0)]);
  await page.locator('[data-answer=siting]').scrollIntoViewIfNeeded();
  await shot(page, 'zh-gaps-sites');
  assert.deepEqual(await axe(page), []);
});

test('candidates, capacity and aims are chosen on the same card', async () => {
  const siting = page.locator('[data-answer=siting]');
  await siting.locator('input[name=aims]').check();
  await page.locator('[data-answer=aims] tbody tr').nth(3).waitFor({ timeout: 180_000 });
  const [now, shortfall, cover] = (await page.locator('[data-answer=aims] tbody tr').evaluateAll((rows) => rows.map((row) => row.cells[1].textContent))).map(numberIn);
  assert.ok(shortfall < now && shortfall < cover, `${now}: ${shortfall} by shortfall, ${cover} by cover`);
  await siting.locator('input[name=aims]').uncheck();
  await siting.locator('select[name=candidates]').selectOption({ label: '居住用地' });
  await siting.locator('input[aria-label=每处规模]').fill('540');
  await siting.locator('input[aria-label=每处规模]').press('Enter');
  await settled();
  await page.waitForFunction(() => document.querySelector('[data-answer=siting] .says')?.textContent.includes('每处 540 个'), null, { timeout: 180_000 });
  assert.match(await siting.locator('ol').innerText(), /居住用地/);
  assert.match(page.url(), /candidates=residential_land/);
  await siting.getByRole('button', { name: '恢复现有平均规模' }).click();
  await siting.locator('select[name=candidates]').selectOption('');
  await settled();
});

test('what lacks is in sight without scrolling sideways', async () => {
  const room = await page.locator('.drawer .scroller').boundingBox();
  for (const title of ['缺口', '富余', '满足率']) {
    const head = await page.locator('.drawer thead th', { hasText: new RegExp(`^\\s*${title}`) }).first().boundingBox();
    assert.ok(head.x + head.width <= room.x + room.width, title);
  }
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

test('in English sources and punctuation are English, and the map draws whom a service reaches and whom not', async () => {
  const asked = `?lang=en&mode=gaps&level=subdistrict&service=kindergarten&within=${district.code}&gap_way=straight`;
  await open(page, asked);
  await settled();
  const chinese = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;
  const norm = page.locator('[data-answer=norm]');
  await norm.locator('summary').click();
  for (const told of [page.locator('p.origin'), page.locator('.panel .source'), norm]) assert.doesNotMatch(await told.innerText(), chinese);
  const legend = await page.locator('.legend').innerText();
  assert.match(legend, /Kindergartens\n.*Service radius 300 m/s);
  // Over a blind spot the map names the areas that its people live in.
  const { features } = await getJson(`/api/gaps/blind_spots?service=kindergarten&level=subdistrict&area=${district.code}&mode=straight`);
  const { areas, uncovered } = features[0].properties;
  assert.equal(areas.reduce((sum, area) => sum + area.uncovered, 0), uncovered);
  const box = await page.locator('.maplibregl-canvas').boundingBox();
  const tip = page.locator('[data-answer=spot]');
  for (let step = 1; step < 40 && (await tip.count()) === 0; step++) {
    await page.mouse.move(box.x + box.width * (0.3 + 0.015 * step), box.y + box.height * (0.35 + 0.006 * step));
    await page.waitForTimeout(60);
  }
  const names = features.map(({ properties }) => properties.areas[0].name_en ?? properties.areas[0].name);
  const told = await tip.innerText();
  assert.ok(names.some((name) => told.includes(name)), told);
  assert.match(told, /not covered: [\d,]+ people/);
  await shot(page, 'en-gaps-circles');
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
  const added = sites.rows.slice(0, -1).map((row) => row[sites.columns.indexOf('shortfall_closed')]);
  const shown = await page.locator('[data-answer=siting] ol b').evaluateAll((all) => all.map((one) => one.firstChild.textContent.trim()));
  assert.deepEqual(added.map((n) => `+${inWords(n)}`), shown);
  const remaining = seal.tables.find(({ id }) => id === 'remaining.primary_school').rows.at(-1).slice(1);
  const foot = await page.locator('[data-answer=remaining] tfoot td').allInnerTexts();
  assert.deepEqual(foot.map(numberIn), remaining);
  const gaps = seal.tables.find(({ id }) => id === 'service.primary_school');
  const { totals } = await answerOf();
  assert.equal(gaps.rows.at(-1)[gaps.columns.indexOf('shortfall')], totals.find(primary).shortfall);
});

test('every set of norms answers on the screen, chosen from the list too', async () => {
  const { rows: sets } = await getJson('/api/norms');
  assert.ok(sets.length >= 3);
  for (const set of sets) {
    await page.locator('select[name=norms]').selectOption(set.id);
    await page.waitForFunction((id) => new URLSearchParams(location.search).get('norms') === id || id === 'public_services', set.id);
    await settled();
    const answer = await getJson(`/api/gaps?level=subdistrict&area=${district.code}&norms=${set.id}`);
    assert.ok(Array.isArray(answer.norms.bands), set.id);
    const list = page.locator('.panel li', { has: page.locator('button[aria-pressed]') });
    assert.equal(await list.count(), answer.totals.length, set.id);
    const pressed = await page.locator('.panel li button[aria-pressed=true]').innerText();
    const item = answer.norms.items.find(({ title }) => pressed.startsWith(title.zh));
    assert.ok(item, `${set.id}: ${pressed}`);
    const rows = answer.rows.filter(({ service }) => service === item.id).length;
    assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${rows} `), set.id);
    await shot(page, `zh-gaps-${set.id}`);
  }
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
