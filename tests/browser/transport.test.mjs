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
  assert.match(await page.locator('[data-answer=beside] p').first().innerText(), /^步行 10 分钟覆盖常住人口 .*比 800 m 圆形少 \d+\.\d%。$/);
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
  // The circle stands beside it, as in the table.
  const [round] = await expected(12, 800);
  assert.ok(lines.some((line) => line.startsWith('合并') && line.split(',').map(Number).includes(round)), lines.join('\n').slice(0, 2000));
  for (const format of ['GeoJSON', 'Excel']) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.drawer').getByRole('button', { name: `下载为 ${format}` }).click()]);
    if (format === 'GeoJSON') assert.ok(readFileSync(await file.path(), 'utf8').includes(`:${round}`), 'the circle in GeoJSON');
  }
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
  // A language is named in itself.
  const words = (await page.locator('.panel').innerText()).replaceAll('中文', '');
  assert.doesNotMatch(words, /[\u4e00-\u9fff]/);
  await shot(page, 'en-reach');
  assert.deepEqual(await axe(page), []);
});

test('a link from before still opens', async () => {
  await open(page, `?mode=stations&stations=${picked[0].id}&reach=walk&cutoffs=500,800`);
  await page.locator('[data-answer=beside]').waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('.panel .chip', { hasText: picked[0].properties.name }).count(), 1);
});

const post = async (path, body) => (await fetch(`${SERVER}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
const origins = () => picked.map(({ id }) => ({ layer: 'stations', id }));
const ids = () => picked.map(({ id }) => id).join(',');
const tableCell = async (row, column) => numberIn(await page.locator('.drawer tbody tr:not(.spacer)', { hasText: row }).first().locator(`:nth-child(${column})`).innerText());
/** The people within reach, as the row that counts each once says. */
const together = async () => numberIn(await page.locator('.drawer tfoot td').first().innerText());
const answered = async () => {
  await page.waitForTimeout(500);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.drawer .stale'), null, { timeout: 120_000 });
};

test('by timetable the window of departure moves with two thumbs, and the answer follows', async () => {
  await open(page, `?mode=reach&stations=${ids()}&by=transit&unit=min&cutoffs=30,45&table=1&map=113.3,23.1,10.5`);
  await page.locator('[data-answer=reach]').waitFor({ timeout: 120_000 });
  const { transit } = await getJson('/api/city');
  const asked = (when) => post('/api/catchments', { origins: origins(), mode: 'transit', unit: 'min', cutoffs: [45], ...when });
  const within = async (from, to) => (await asked({ departure: { date: transit.default_date, from, to, percentile: 50 } })).union[0].totals['residences.usual_residents'];
  await answered();
  assert.equal(await together(), await within('08:00', '09:00'));
  await page.getByRole('slider', { name: '最晚出发' }).focus();
  for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => location.search.includes('08:00,10:00'));
  await answered();
  assert.equal(await together(), await within('08:00', '10:00'));
  // The first thumb pushes the second: a window never ends before it begins.
  await page.getByRole('slider', { name: '最早出发' }).focus();
  await page.keyboard.press('End');
  assert.equal(await page.getByRole('textbox', { name: '最早出发' }).inputValue(), '25:55');
  assert.equal(await page.getByRole('textbox', { name: '最晚出发' }).inputValue(), '26:00');
  await page.getByRole('textbox', { name: '最早出发' }).fill('7:30');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: '最晚出发' }).fill('08:30');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.search.includes('07:30,08:30'));
  await answered();
  assert.equal(await together(), await within('07:30', '08:30'));
  await shot(page, 'zh-transit');
  assert.deepEqual(await axe(page), []);

  // Who can be there by a time is another question.
  await page.getByRole('button', { name: '到达时刻' }).click();
  await answered();
  const inward = await asked({ direction: 'to', arrival: { date: transit.default_date, by: '09:00' } });
  assert.equal(await together(), inward.union[0].totals['residences.usual_residents']);
  assert.match(await page.locator('.card header').innerText(), /09:00 前到达/);
});

test('play goes through the cutoffs and through the day, and can be stopped', async () => {
  await open(page, `?mode=reach&stations=${picked[0].id}&table=1`);
  await answered();
  const cutoff = () => page.getByRole('slider', { name: '距离' }).inputValue().then(Number);
  await page.getByRole('button', { name: '播放：由近及远' }).click();
  await page.waitForFunction(() => Number(document.querySelector('.panel input[type=range]').value) < 300);
  const seen = [];
  for (let i = 0; i < 6; i++) {
    seen.push([await cutoff(), await page.locator('.card [data-answer=reach] dd').first().innerText()]);
    await page.waitForTimeout(400);
  }
  assert.ok(new Set(seen.map(([at]) => at)).size >= 3, String(seen));
  assert.deepEqual(seen.map(([at]) => at), seen.map(([at]) => at).toSorted((a, b) => a - b));
  assert.ok(new Set(seen.map(([, people]) => people)).size >= 2, 'the people within reach change with it');
  await page.getByRole('button', { name: '暂停' }).click();
  await answered();
  const stopped = await cutoff();
  await page.waitForTimeout(900);
  assert.equal(await cutoff(), stopped);

  await open(page, `?mode=reach&stations=${picked[0].id}&by=transit&unit=min&cutoffs=30`);
  await answered();
  await page.getByRole('button', { name: '播放：一天之内' }).click();
  await page.waitForFunction(() => document.querySelector('.panel .times input').value === '07:00', null, { timeout: 60_000 });
  assert.equal(await page.getByRole('textbox', { name: '最晚出发' }).inputValue(), '08:00');
  await page.getByRole('button', { name: '暂停' }).click();
});

test('two sets of stations are compared, before and after', async () => {
  await open(page, `?mode=reach&stations=${picked[0].id}`);
  await answered();
  const keep = (side) => page.locator('.side', { hasText: side }).getByRole('button', { name: '存入所选' }).click();
  await keep('原方案');
  for (const { properties } of picked.slice(1)) {
    await page.locator('.panel .filter').fill(properties.name);
    await page.getByRole('checkbox', { name: properties.name }).check();
  }
  await keep('新方案');
  await page.locator('.drawer tfoot').waitFor({ timeout: 60_000 });
  await answered();
  const answer = await post('/api/station_change', { before: origins().slice(0, 1), after: origins(), level: 'district', mode: 'walk', unit: 'm', cutoffs: [800] });
  const [totals] = answer.totals;
  const shown = (await page.locator('.drawer tfoot td').allInnerTexts()).slice(0, 3).map(numberIn);
  assert.deepEqual(shown, [totals.before_residents, totals.after_residents, totals.difference_residents]);
  assert.ok(totals.difference_residents > 0);
  assert.match(await page.locator('.finding').innerText(), new RegExp(`增加 ${totals.difference_residents.toLocaleString('en')} 人`));
  // What only one set reaches and what both do are told apart; words are those of the table.
  assert.equal(await page.locator('[data-legend=pair] li').count(), 3);
  assert.match(await page.locator('.drawer thead').innerText(), /原方案人口/);
  await shot(page, 'zh-change');
  assert.deepEqual(await axe(page), []);
  await page.locator('.panel').getByRole('button', { name: '清除', exact: true }).click();
  await page.waitForFunction(() => !location.search.includes('before='));
});

test('the station table has every station, and a row chooses one', async () => {
  await open(page, '?mode=reach&tab=stations&table=1');
  await page.locator('.drawer tbody tr').first().waitFor({ timeout: 60_000 });
  const answer = await getJson('/api/station_areas?layer=stations&mode=walk&core=500&influence=800');
  assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${answer.rows.length} `));
  const row = answer.rows.find(({ name }) => name === picked[1].properties.name);
  await page.locator('.drawer thead th', { hasText: /^核心区 步行 500 m 人口/ }).locator('.sort').click();
  const first = await page.locator('.drawer tbody tr:not(.spacer)').first().innerText();
  const most = answer.rows.toSorted((a, b) => b.core_residents - a.core_residents)[0];
  assert.ok(first.startsWith(most.name), first);
  assert.ok(first.includes(most.core_residents.toLocaleString('en')), first);
  // Each person once: less than the sum of the rows.
  const [once] = Array.isArray(answer.totals) ? answer.totals : [answer.totals];
  assert.ok((await page.locator('.drawer tfoot').innerText()).includes(once.core_residents.toLocaleString('en')));
  assert.match(await page.locator('.drawer tfoot th').innerText(), /合并（去重）/);
  await page.locator('.drawer tbody tr:not(.spacer)').first().click();
  await page.locator('.panel .chip', { hasText: most.name }).waitFor();
  assert.ok(row);
  await shot(page, 'zh-station-table');
});

test('the network table tells 300, 500, 600 and 800 m by district, circle beside streets, and is a map', async () => {
  await open(page, '?mode=reach&tab=coverage&table=1');
  await page.locator('.drawer tbody tr').first().waitFor({ timeout: 60_000 });
  const { rows, totals } = await getJson('/api/station_coverage?layer=stations&level=district&cutoffs=300,500,600,800');
  assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${rows.length + totals.length} `));
  const city = totals.find(({ cutoff }) => cutoff === 800);
  assert.match(await page.locator('.finding').innerText(), new RegExp(`全市 ${(city.walk_share_residents * 100).toFixed(2)}%`));
  const row = rows[1];
  const shown = page.locator('.drawer tbody tr:not(.spacer)').nth(1);
  assert.deepEqual((await shown.locator('td').allInnerTexts()).slice(0, 4).map(numberIn), [row.cutoff, row.residents, row.straight_residents, row.walk_residents]);
  await shown.click();
  await page.locator('.card h2', { hasText: row.name }).waitFor();
  await page.waitForFunction(() => location.search.includes('network_m=500'));
  assert.equal(await page.locator('.panel [aria-pressed=true]', { hasText: '500 m' }).count(), 1);
  assert.match(await page.locator('.legend h2').innerText(), /500 m/);
  await shot(page, 'zh-coverage');
  assert.deepEqual(await axe(page), []);
  for (const format of ['CSV', 'GeoJSON']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.drawer').getByRole('button', { name: `下载为 ${format}` }).click()]);
    const text = readFileSync(await download.path(), 'utf8');
    assert.ok(text.includes(String(row.walk_residents)), format);
  }
});

test('access by timetable is asked from homes, for who arrives by a time or leaves in a window', async () => {
  await open(page, '?mode=access&facility=clinics&by=transit&unit=min&cutoffs=30,45&table=1');
  await page.locator('[data-answer=lorenz] svg').waitFor({ timeout: 120_000 });
  const { transit } = await getJson('/api/city');
  const asked = (when, from) =>
    post('/api/access', { ...from, to: { layer: 'clinics', capacity: 'beds' }, demand: 'usual_residents', measure: '2sfca', mode: 'transit', unit: 'min', cutoff: 45, ...when });
  const arrival = await asked({ arrival: { date: transit.default_date, by: '09:00' } }, { from: 'residences', by: 'district' });
  const gini = async () => (await page.locator('[data-answer=lorenz] p').first().innerText()).match(/基尼系数 (\d\.\d\d)/)[1];
  assert.equal(await gini(), arrival.summary.gini.toFixed(2));
  await shot(page, 'zh-access-transit');
  await page.getByRole('button', { name: '500 m 格网' }).click();
  await page.getByRole('button', { name: '出发时段' }).click();
  await answered();
  const departure = await asked({ departure: { date: transit.default_date, from: '08:00', to: '09:00', percentile: 50 } }, { from: 'grid' });
  assert.equal(await gini(), departure.summary.gini.toFixed(2));
  assert.match(await page.locator('.drawer .rows').innerText(), new RegExp(`^${departure.rows.length.toLocaleString('en')} `));
  assert.deepEqual(await axe(page), []);
});

/** No figure, map or table of another date is left under the date that was asked last. */
const refusedDate = async () => {
  await page.locator('input[type=date]').fill('2031-01-01');
  await page.keyboard.press('Tab');
  await page.locator('.panel [role=alert]').waitFor({ timeout: 60_000 });
  await answered();
};

test('after a refusal nothing of the old answer stands under the new question', async () => {
  await open(page, `?mode=reach&stations=${ids()}&by=transit&unit=min&cutoffs=30,45&table=1&map=113.3,23.1,10`);
  await page.locator('[data-answer=reach]').waitFor({ timeout: 120_000 });
  assert.equal(await page.locator('.legend', { hasText: '公交 30 分钟' }).count(), 1);
  assert.equal(await page.locator('.legend', { hasText: '公交 45 分钟' }).count(), 1);
  await refusedDate();
  assert.match(await page.locator('.card header').innerText(), /2031-01-01/);
  assert.equal(await page.locator('[data-answer=reach], [data-answer=beside]').count(), 0);
  assert.equal(await page.locator('.drawer tbody tr').count(), 0);
  assert.match(await page.locator('.drawer').innerText(), /没有得到结果/);
  assert.doesNotMatch(await page.locator('.card').innerText(), /\d 万?人/);
  await shot(page, 'zh-refused');
  // The date before is answered again.
  await page.locator('input[type=date]').fill((await getJson('/api/city')).transit.default_date);
  await page.keyboard.press('Tab');
  await page.locator('[data-answer=reach]').waitFor({ timeout: 120_000 });

  await open(page, '?mode=access&facility=clinics&by=transit&unit=min&cutoffs=30,45&table=1');
  await page.locator('[data-answer=lorenz] svg').waitFor({ timeout: 120_000 });
  await refusedDate();
  assert.equal(await page.locator('[data-answer=lorenz], .finding, .drawer tbody tr').count(), 0);
  assert.doesNotMatch(await page.locator('.legend').innerText(), /床位/);
  await shot(page, 'zh-refused-access');
  // The refusals are not what the last test looks for.
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/(422|400).*api\/(catchments|access)/.test(text)));
});

test('a time that cannot be asked is told, and any other is taken as it was typed', async () => {
  await open(page, `?mode=reach&stations=${picked[0].id}&by=transit&unit=min&cutoffs=30`);
  const [from, to] = ['最早出发', '最晚出发'].map((name) => page.getByRole('textbox', { name }));
  await from.fill('abc');
  await page.keyboard.press('Enter');
  await page.getByText('请输入 00:00–29:55 的时刻').waitFor();
  assert.equal(await from.inputValue(), '08:00');
  await from.fill('03:00');
  await page.keyboard.press('Enter');
  await to.fill('03:30');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.search.includes('03:00,03:30'));
  assert.equal(await page.getByText('请输入').count(), 0);
  assert.deepEqual([await from.inputValue(), await to.inputValue()], ['03:00', '03:30']);
  // Vehicles may not run then: what the server says of it is not what this test looks for.
  await answered();
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/(422|400).*api\/catchments/.test(text)));
});

test('a window that nobody chose lies within the service, and what an answer is to be read with is told', async () => {
  const note = { zh: '时段内无车可乘，结果为步行', en: 'no vehicle is boarded within the window: this is walking' };
  await page.route('**/api/city', async (route) => {
    const city = await (await route.fetch()).json();
    city.transit.default_date_hours = { first_departure: '11:00', last_departure: '16:59:00', last_arrival: '17:40' };
    await route.fulfill({ json: city });
  });
  await page.route('**/api/jobs/*/answer', async (route) => {
    const answer = await (await route.fetch()).json();
    for (const input of answer.provenance.inputs) if (input.layer === 'transit') input.notes = [note];
    await route.fulfill({ json: answer });
  });
  await open(page, `?mode=reach&stations=${picked[0].id}&by=transit&unit=min&cutoffs=30`);
  await page.locator('[data-answer=reach]').waitFor({ timeout: 120_000 });
  assert.equal(await page.getByRole('textbox', { name: '最早出发' }).inputValue(), '11:00');
  assert.equal(await page.getByRole('textbox', { name: '最晚出发' }).inputValue(), '12:00');
  assert.match(await page.locator('.card header').innerText(), /11:00–12:00/);
  assert.match(await page.locator('.panel').innerText(), /当日首班 11:00，末班 16:59/);
  for (const place of ['.panel', '.card', '.legend']) assert.equal(await page.locator(`${place} [data-note=timetable]`).innerText(), note.zh, place);
  await shot(page, 'zh-no-vehicle');
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  assert.equal(await page.locator('.card [data-note=timetable]').innerText(), note.en);
  await open(page, '?mode=access&facility=clinics&by=transit&unit=min&cutoffs=30,45');
  await page.locator('.finding [data-note=timetable]').waitFor({ timeout: 120_000 });
  await page.unrouteAll({ behavior: 'wait' });
});

test('a cutoff is told as it was asked, never rounded', async () => {
  await open(page, `?mode=reach&stations=${picked[0].id}&cutoff=1350`);
  await settled();
  assert.match(await page.locator('.card header').innerText(), /^步行 1\.35 km/);
  assert.match(await page.locator('[data-answer=beside] p').first().innerText(), /^步行 1\.35 km 覆盖常住人口 .*比 1\.35 km 圆形少/);
  await page.getByRole('button', { name: '保留 1.35 km' }).waitFor();
});

test('facilities within reach stand on the card, with what they offer', async () => {
  await open(page, `?mode=reach&stations=${ids()}`);
  await settled();
  const totals = await ask('walk', 800, 'm');
  const rows = page.locator('[data-answer=facilities]');
  const text = async (title) => (await rows.locator(`dt:text-is("${title}") + dd`).innerText()).replaceAll(',', '');
  for (const [title, ...keys] of [['中小学', 'schools.features', 'schools.seats_primary'], ['幼儿园', 'kindergartens.features', 'kindergartens.seats'], ['医疗卫生机构', 'clinics.features', 'clinics.beds'], ['轨道站点', 'stations.features']]) {
    for (const key of keys) assert.match(await text(title), new RegExp(`\\b${totals[key]}\\b`), key);
  }
  // Two layers have classes: each count is told with its layer.
  await page.locator('.card').getByRole('button', { name: /^全部/ }).click();
  const titles = await page.locator('.card table th[scope=row]').allInnerTexts();
  assert.equal(new Set(titles).size, titles.length);
  assert.ok(titles.some((title) => title.startsWith('幼儿园 · 班数')), String(titles));
});

test('escape stops what plays, then takes the places away one by one', async () => {
  await open(page, `?mode=reach&stations=${ids()}`);
  await settled();
  await page.getByRole('button', { name: '播放：由近及远' }).click();
  await page.getByRole('button', { name: '暂停' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '播放：由近及远' }).waitFor();
  assert.equal(params().get('stations').split(',').length, 3);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('stations')?.split(',').length === 2);
  assert.deepEqual(params().get('stations').split(','), picked.slice(0, 2).map(({ id }) => id));
});

test('the table of stations goes by the chosen way, and that of the network says that it does not', async () => {
  await open(page, '?mode=reach&by=bicycle&cutoffs=1000,2000&tab=stations&table=1');
  await page.locator('.drawer tbody tr').first().waitFor({ timeout: 120_000 });
  const { rows } = await getJson('/api/station_areas?layer=stations&level=district&mode=bicycle&core=1000&influence=2000');
  const heading = page.locator('.drawer thead th', { hasText: /^核心区 骑行 1 km 人口/ });
  await heading.locator('.sort').click();
  const most = rows.toSorted((a, b) => b.core_residents - a.core_residents)[0];
  assert.ok((await page.locator('.drawer tbody tr:not(.spacer)').first().innerText()).includes(most.core_residents.toLocaleString('en')));
  assert.match(await page.locator('.panel').innerText(), /各站按骑行量算：核心区 1 km，影响区 2 km/);
  await page.locator('.drawer').getByRole('button', { name: '线网覆盖' }).click();
  await page.getByText('与所选的“骑行”无关').waitFor();
});

test('the downloads of the table are in reach beside an open card, in English too', async () => {
  await open(page, `?mode=reach&stations=${ids()}&table=1&lang=en`);
  await settled();
  const button = page.locator('.drawer').getByRole('button', { name: 'Download as GeoJSON' });
  const [own, card] = [await button.boundingBox(), await page.locator('.card').boundingBox()];
  assert.ok(own.x + own.width <= card.x, `${own.x + own.width} beyond ${card.x}`);
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  assert.match(download.suggestedFilename(), /\.geojson$/);
});

test('a city without areas has its coverage as a whole, in words and as a table', async () => {
  await page.route('**/api/city', async (route) => {
    const city = await (await route.fetch()).json();
    await route.fulfill({ json: { ...city, levels: [] } });
  });
  await open(page, '?mode=reach&tab=coverage&table=1');
  await page.locator('.drawer tbody tr').first().waitFor({ timeout: 60_000 });
  const { totals } = await getJson('/api/station_coverage?layer=stations&level=city&cutoffs=300,500,600,800');
  const rows = page.locator('.drawer tbody tr:not(.spacer)');
  assert.equal(await rows.count(), 4);
  assert.deepEqual((await rows.nth(3).locator('td').allInnerTexts()).slice(0, 4).map(numberIn), ['cutoff', 'residents', 'straight_residents', 'walk_residents'].map((key) => totals[3][key]));
  assert.match(await page.locator('.drawer thead').innerText(), /步行网络覆盖人口/);
  assert.match(await page.locator('.finding').innerText(), new RegExp(`全市 ${(totals[3].walk_share_residents * 100).toFixed(2)}%`));
  await page.unrouteAll({ behavior: 'wait' });
});

test('the cost of balance has no unit, takes minutes with it and tells how near to balance it is', async () => {
  await open(page, '?mode=access&facility=clinics');
  await page.locator('[data-answer=lorenz] svg').waitFor({ timeout: 60_000 });
  await page.locator('select[name=access]').selectOption('raam');
  await page.waitForFunction(() => location.search.includes('access=raam') && location.search.includes('unit=min'));
  await page.locator('[data-value=gap]').waitFor({ timeout: 60_000 });
  await answered();
  const { summary } = await post('/api/access', { from: 'residences', by: 'district', to: { layer: 'clinics', capacity: 'beds' }, demand: 'usual_residents', measure: 'raam', mode: 'walk', unit: 'min', cutoff: 10 });
  assert.match(await page.locator('[data-value=gap]').innerText(), new RegExp(`${summary.rounds} 轮后`));
  assert.doesNotMatch(await page.locator('.legend h2').innerText(), /分钟/);
  assert.doesNotMatch(await page.locator('.finding').innerText(), /分钟/);
  assert.match(await page.locator('[data-answer=lorenz] p').first().innerText(), /成本最低的一半人口占全部均衡成本的/);
  await shot(page, 'zh-access-raam');
  // By metres there is none, and that is said.
  await page.locator('.panel .units').getByRole('button', { name: 'm', exact: true }).click();
  await page.getByText('上限为距离时没有').waitFor();
});

test('a number out of range is told and the box says again what is asked', async () => {
  await open(page, `?mode=reach&stations=${picked[0].id}&by=transit&unit=min&cutoffs=30,45`);
  const box = page.getByRole('spinbutton', { name: '时间 (分钟)' });
  await box.fill('5000');
  await page.keyboard.press('Enter');
  await page.getByText('可输入 1–480').waitFor();
  assert.equal(await box.inputValue(), '45');
  await box.fill('50');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.search.includes('cutoff=50'));
  assert.equal(await page.getByText('可输入 1–480').count(), 0);
});

test('a place that no street is near is named among the others, with why it has no figure', async () => {
  await open(page, `?mode=reach&stations=${picked[0].id},@112.2;21.5`);
  await settled();
  const row = page.locator('.card li', { hasText: '地点 1' });
  assert.match(await row.innerText(), /量不出来/);
  assert.doesNotMatch(await row.innerText(), /—/);
});

test('a line that is none is told', async () => {
  await open(page, `?mode=reach&stations=line:99,${picked[0].id}`);
  await page.locator('.panel .chip', { hasText: '没有 99 号线' }).waitFor();
});

test('access with competition and any decay is what the server says', async () => {
  const gini = async () => (await page.locator('[data-answer=lorenz] p').first().innerText()).match(/基尼系数 (\d\.\d\d)/)[1];
  const asked = (measure, decay, more) =>
    post('/api/access', { from: 'residences', by: 'district', to: { layer: 'clinics', capacity: 'beds' }, demand: 'usual_residents', measure, mode: 'walk', unit: 'm', cutoff: 800, ...(decay && { decay }), ...more });
  await open(page, '?mode=access&facility=clinics&access=competitive');
  await page.locator('[data-answer=lorenz] svg').waitFor({ timeout: 60_000 });
  assert.equal(await gini(), (await asked('competitive')).summary.gini.toFixed(2));
  await page.locator('select[name=access]').selectOption('gravity');
  await page.locator('select[name=decay]').selectOption('power');
  await answered();
  assert.equal(await gini(), (await asked('gravity', { kind: 'power', alpha: 1, floor: 80 })).summary.gini.toFixed(2));
  await page.getByRole('spinbutton', { name: 'α' }).fill('2');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.search.includes('decay=power:2;80'));
  await answered();
  const power = await asked('gravity', { kind: 'power', alpha: 2, floor: 80 });
  assert.equal(await gini(), power.summary.gini.toFixed(2));
  await shot(page, 'zh-access-decay');

  // What is too little, as values are shown: the share of people below it.
  await page.locator('select[name=access]').selectOption('2sfca');
  await answered();
  await page.getByRole('spinbutton', { name: '低于' }).fill('3');
  await page.keyboard.press('Enter');
  await page.locator('[data-value=share_below]').waitFor({ timeout: 60_000 });
  const { fgt } = (await asked('2sfca', null, { poverty_line: 3 / 1000 })).summary;
  assert.equal(await page.locator('[data-value=share_below]').innerText(), `${(fgt.share_below * 100).toFixed(1)}%`);
  assert.deepEqual(await axe(page), []);
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
  // A language is named in itself.
  const words = (await page.locator('.panel').innerText()).replaceAll('中文', '');
  assert.doesNotMatch(words, /[\u4e00-\u9fff]/);
  await shot(page, 'en-access-grid');
  assert.deepEqual(await axe(page), []);
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
