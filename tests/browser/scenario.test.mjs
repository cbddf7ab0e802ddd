// The planner's what-if task in a real browser: a scenario, a facility, growth, undo, the comparison.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVER, atRest, axe, getJson, open, openBrowser, pointOf, shot } from './browser.mjs';

let browser, page, complaints;

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(() => browser?.close());

const scenario = async () => (await getJson('/api/scenarios')).rows.at(-1);
const indicators = () => page.locator('[data-answer=indicators] tbody tr');
const numberIn = (text) => Number(text.replaceAll(',', '').replace('−', '-').match(/-?[\d.]+/)?.[0]);
/** Waits until the indicators tell of so many steps. */
const stepsAre = (count) => page.waitForFunction((wanted) => document.querySelectorAll('[data-answer=indicators] tbody tr').length === wanted && !document.querySelector('.stale [data-answer=indicators]'), count + 1);

test('a scenario is made and stands in the address', async () => {
  await open(page);
  await page.locator('.rail button', { hasText: '方案' }).click();
  await page.getByLabel('方案名称').fill('南站新区');
  await page.getByRole('button', { name: '新建', exact: true }).click();
  await page.locator('.bar .scenario', { hasText: '南站新区' }).waitFor();
  const made = await scenario();
  assert.equal(made.name, '南站新区');
  await page.waitForFunction((id) => new URL(location.href).searchParams.get('scenario') === String(id), made.id);
  await stepsAre(0);
  assert.deepEqual(await axe(page), []);
});

test('jobs grow in a chosen district by exactly what was said', async () => {
  const { rows } = await getJson('/api/areas?level=district');
  const area = rows.toSorted((a, b) => b.area_km2 - a.area_km2)[0];
  await atRest(page);
  const [west, south, east, north] = area.bbox;
  const point = await pointOf(page, area.center[0] + (east - west) * 0.12, area.center[1] + (north - south) * 0.1);
  await page.mouse.click(point.x, point.y);
  await page.locator('.panel', { hasText: `范围：${area.name}` }).waitFor();
  await page.getByLabel('对象').selectOption('workplaces');
  await page.getByLabel('增减多少').fill('12345');
  await page.getByRole('button', { name: '应用' }).click();
  await stepsAre(1);
  const [base, after] = await indicators().locator('td:nth-of-type(2)').allInnerTexts();
  assert.equal(numberIn(after.split('\n')[0]) - numberIn(base), 12345);
  assert.match(after, /\+12,345/);
  await page.keyboard.press('Escape');
});

test('a school is put on the map and counted', async () => {
  await page.locator('.panel label:has(> span:text-is("图层")) select').selectOption('schools');
  await page.locator('.panel .entries', { hasText: '图层' }).locator('input[type=text]').fill('南站小学');
  await page.getByRole('button', { name: '点地图放置' }).click();
  await page.locator('.map .hint').waitFor();
  const { rows } = await getJson('/api/areas?level=district');
  const area = rows.toSorted((a, b) => b.area_km2 - a.area_km2)[0];
  const point = await pointOf(page, area.center[0], area.center[1]);
  await page.mouse.click(point.x, point.y);
  await stepsAre(2);
  const kept = await scenario();
  assert.deepEqual(kept.edits.map((edit) => edit.kind), ['grow', 'add']);
  const card = await getJson(`/api/layers/schools/features/scenario-2?scenario=${kept.id}`);
  assert.equal(card.properties.name, '南站小学');
  await shot(page, 'zh-scenario');
});

test('undo, redo and a note are kept', async () => {
  await page.getByRole('button', { name: '撤销' }).click();
  await stepsAre(1);
  await page.getByRole('button', { name: '重做' }).click();
  await stepsAre(2);
  const note = page.getByLabel('备注 1');
  await note.fill('一期');
  await note.press('Enter');
  await page.waitForFunction(async (url) => (await (await fetch(url)).json()).rows.at(-1).edits[0].note === '一期', `${SERVER}/api/scenarios`);
});

test('the school is changed on its card and dragged elsewhere on the map', async () => {
  const kept = await scenario();
  await page.goto(`${SERVER}/?mode=scenario&scenario=${kept.id}&feature=schools/scenario-2`);
  await page.locator('[data-ready=true]').waitFor();
  await page.locator('.card').getByRole('button', { name: '修改', exact: true }).click();
  await page.locator('.card').getByLabel(/小学学位/).fill('960');
  await page.locator('.card').getByRole('button', { name: '应用' }).click();
  await stepsAre(3);
  const before = await getJson(`/api/layers/schools/features/scenario-2?scenario=${kept.id}`);
  assert.equal(before.properties.seats_primary, 960);
  const ring = page.locator('.place-handle');
  await ring.waitFor();
  await atRest(page);
  const box = await ring.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 30, y - 20, { steps: 5 });
  await page.mouse.up();
  await stepsAre(4);
  const after = await getJson(`/api/layers/schools/features/scenario-2?scenario=${kept.id}`);
  assert.ok(after.geometry.coordinates[0] > before.geometry.coordinates[0] && after.geometry.coordinates[1] > before.geometry.coordinates[1]);
  await shot(page, 'zh-scenario-card');
  await page.keyboard.press('Escape');
});

test('jobs move from one district to another with their commuters', async () => {
  const { rows } = await getJson('/api/areas?level=district');
  const [from, to] = rows.toSorted((a, b) => b['workplaces.jobs'] - a['workplaces.jobs']);
  const kept = await scenario();
  await page.goto(`${SERVER}/?mode=scenario&scenario=${kept.id}&area=${from.code}`);
  await page.locator('[data-ready=true]').waitFor();
  await page.locator('summary', { hasText: '搬迁岗位' }).click();
  const take = page.locator('.panel').getByRole('button', { name: '取用' });
  await take.first().click();
  await page.locator('.panel dd', { hasText: from.name }).waitFor();
  const row = page.locator('.drawer tbody tr', { hasText: to.name });
  const toggle = page.locator('.drawer .open-close');
  if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.click();
  await row.first().click();
  await take.last().click();
  await page.locator('.panel dd', { hasText: to.name }).waitFor();
  await page.getByRole('spinbutton', { name: '岗位数' }).fill('500');
  await page.locator('.panel details', { hasText: '搬迁岗位' }).getByRole('button', { name: '应用' }).click();
  await stepsAre(5);
  const moved = (await scenario()).edits.at(-1);
  assert.deepEqual([moved.kind, moved.jobs, moved.from.area, moved.to.area], ['move_jobs', 500, from.code, to.code]);
  await toggle.click();
});

test('base and scenario stand beside one another, by a divider and on two maps', async () => {
  await page.keyboard.press('Escape');
  await page.getByLabel('对比指标').selectOption('balance.jobs');
  await page.getByRole('radio', { name: '卷帘' }).click();
  await page.locator('[data-base-ready=true]').waitFor();
  const divider = page.getByRole('slider', { name: /分隔线/ });
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await divider.getAttribute('aria-valuenow'), '48');
  const box = await divider.boundingBox();
  await page.mouse.move(box.x + 1, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x - 150, box.y + 200, { steps: 4 });
  await page.mouse.up();
  assert.ok(Number(await divider.getAttribute('aria-valuenow')) < 40);
  await page.waitForFunction(() => new URL(location.href).searchParams.get('sides') === 'swipe');
  await shot(page, 'zh-scenario-swipe');
  assert.deepEqual(await axe(page), []);
  await page.getByRole('radio', { name: '并排' }).click();
  await page.locator('.frame .between').waitFor();
  const widths = await page.locator('.map .canvas, .map .other').evaluateAll((maps) => maps.map((map) => map.clientWidth));
  assert.ok(Math.abs(widths[0] - widths[1]) <= 1, String(widths));
  await shot(page, 'zh-scenario-two');
  await page.getByRole('radio', { name: '差值' }).click();
  await page.locator('.frame').waitFor({ state: 'detached' });
  await page.getByLabel('对比指标').selectOption('balance.jobs_per_employed_resident');
});

test('a street is drawn point by point and taken back', async () => {
  const count = (await scenario()).edits.length;
  await page.locator('summary', { hasText: '新增线路或道路' }).click();
  await page.getByRole('button', { name: '画道路' }).click();
  const box = await page.locator('.canvas').boundingBox();
  for (const [x, y] of [[0.5, 0.5], [0.52, 0.48]]) await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
  await page.locator('.panel', { hasText: '已点 2 处' }).waitFor();
  await page.locator('.panel details', { hasText: '新增线路或道路' }).getByRole('button', { name: '应用' }).click();
  await stepsAre(count + 1);
  assert.equal((await scenario()).edits.at(-1).kind, 'street');
  await page.getByRole('button', { name: '撤销' }).click();
  await stepsAre(count);
  while ((await scenario()).edits.length > 2) {
    const left = (await scenario()).edits.length;
    await page.getByRole('button', { name: '撤销' }).click();
    await stepsAre(left - 1);
  }
});

test('the table compares and the file has both sides', async () => {
  const toggle = page.locator('.drawer .open-close');
  if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.click();
  await page.locator('.drawer thead th', { hasText: '变化 就业岗位' }).waitFor();
  const kept = await scenario();
  const answer = await getJson(`/api/scenarios/${kept.id}/compare?question=balance&level=district`);
  assert.equal(answer.totals[0]['difference.jobs'], 12345);
  assert.equal(answer.rows.filter((row) => row['difference.jobs'] !== 0).length, 1);
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.panel .downloads .primary').click()]);
  assert.match(download.suggestedFilename(), /方案.*南站新区.*\.xlsx$/);
  await shot(page, 'zh-scenario-table');
});

test('the key figures are those of the open question, step by step', async () => {
  const kept = await scenario();
  const { rows } = await getJson('/api/areas?level=district');
  const [lon, lat] = rows[0].center;
  const edit = { kind: 'add', layer: 'schools', lon, lat, values: { kind: 'primary', seats_primary: 960 } };
  const headers = { 'content-type': 'application/json', 'if-match': `"${kept.id}.${kept.version}.${kept.data_version}"` };
  const added = await fetch(`${SERVER}/api/scenarios/${kept.id}/edits`, { method: 'POST', headers, body: JSON.stringify(edit) });
  assert.equal(added.status, 200);
  const steps = (await scenario()).edits.length;
  const title = (of) => page.locator('.panel h2', { hasText: `关键指标逐步变化 · ${of}` });
  const shown = async (address, of, columns) => {
    await page.goto(`${SERVER}/?scenario=${kept.id}&${address}`);
    await page.locator('[data-ready=true]').waitFor();
    await title(of).waitFor();
    for (const column of columns) await page.locator('[data-answer=indicators] th', { hasText: column }).first().waitFor();
    await page.waitForFunction(() => !document.querySelector('.stale [data-answer=indicators]'));
    const texts = await indicators().allInnerTexts();
    // The last steps only: the mode's own controls need the room.
    assert.equal(texts.length, Math.min(steps, 2) + 1);
    return texts;
  };
  const whole = async (question) => (await getJson(`/api/scenarios/${kept.id}/compare?${question}`)).totals[0];
  const balance = await shown('mode=balance', '职住', ['就业岗位', '就业人口', '职住比']);
  assert.ok(balance.at(-1).includes((await whole('question=balance&level=city'))['scenario.jobs'].toLocaleString('en-US')), balance.at(-1));
  await shown('mode=balance&balance=commuting', '通勤', ['自足性', '通勤距离']);
  const reach = await shown('mode=reach', '可达 · 800 m', ['人口覆盖率']);
  const covered = (await whole('question=station_coverage&level=city&cutoffs=800'))['scenario.walk_residents'];
  assert.ok(reach.at(-1).includes(covered.toLocaleString('en-US')), reach.at(-1));
  await shown('mode=access&facility=schools&capacity=seats_primary', '设施可达', ['中小学 · ']);
  await shot(page, 'zh-scenario-access');
  const gap = await shown('mode=gaps&service=primary_school', '缺口 · 小学', ['现状规模', '缺口']);
  assert.match(gap.at(-1), /\+960/);
  await page.locator('[role=progressbar]').waitFor({ state: 'detached', timeout: 60_000 });
  assert.deepEqual(await axe(page), []);
  await shot(page, 'zh-scenario-gaps');
  // Whoever goes on editing sees what the question was about.
  await page.locator('.rail button', { hasText: '方案' }).click();
  await title('缺口 · 小学').waitFor();
  await stepsAre(steps);
  assert.match((await indicators().allInnerTexts()).at(-1), /\+960/);
  await page.waitForFunction(() => new URL(location.href).searchParams.get('about') === 'gaps');
  await page.goto(`${SERVER}/?scenario=${kept.id}`);
  await title('总览').waitFor();
  await page.locator('[data-answer=indicators] th', { hasText: '人口覆盖率 · 800 m' }).waitFor();
  await shot(page, 'zh-scenario-overview');
  await page.locator('.rail button', { hasText: '方案' }).click();
  await stepsAre(steps);
});

test('a reload opens the same scenario, leaving it shows the city as it is', async () => {
  await page.reload();
  await page.locator('.bar .scenario', { hasText: '南站新区' }).waitFor();
  await page.locator('.bar .scenario button').click();
  await page.locator('.bar .scenario').waitFor({ state: 'detached' });
  await page.locator('.panel li', { hasText: '南站新区' }).first().waitFor();
  assert.deepEqual(complaints, []);
});
