// School places of the next years and the figures of a norm, in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVER, axe, getJson, open, openBrowser, shot } from './browser.mjs';

let browser, page, complaints;

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(() => browser?.close());

const numberIn = (text) => Number(text.replaceAll(',', ''));
const settled = async () => {
  await page.waitForTimeout(600);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.drawer .stale'), null, { timeout: 60_000 });
};
const question = '/api/school_places?services=primary_school&norms=public_services&mode=straight&ahead=1,2,3,4,5,6&area=440106';

test('the years ahead of a school stand in the panel, with what is assumed', async () => {
  await open(page, '?mode=gaps&service=primary_school&within=440106&level=subdistrict&gap_way=straight');
  await page.locator('[data-answer=school-places] tbody tr').nth(6).waitFor({ timeout: 60_000 });
  await settled();
  const { totals: [total] } = await getJson(question);
  const cells = await page.locator('[data-answer=school-places] tbody td').allInnerTexts();
  const expected = [total, ...total.expected].flatMap((year) => [year.children_nearest, year.shortfall]);
  assert.deepEqual(cells.map(numberIn), expected);
  assert.match(await page.locator('[data-answer=school-places]').innerText(), /不计迁移/);
  assert.match(await page.locator('[data-answer=school-places]').innerText(), /2021 年/);
});

test('street by street the years are columns whose sums are the total', async () => {
  await page.getByRole('button', { name: '逐街道看各年' }).click();
  await settled();
  assert.match(await page.locator('.drawer caption').innerText(), /^小学学位预测/);
  const { rows } = await getJson(question);
  const figures = (schools) => {
    const years = schools.map((school) => [school, ...school.expected]);
    const sum = (key) => years[0].map((_, at) => years.reduce((all, of) => all + of[at][key], 0));
    return [schools.length, schools.reduce((all, school) => all + school.capacity, 0), ...sum('children_nearest'), ...sum('shortfall')];
  };
  assert.deepEqual((await page.locator('.drawer tfoot td').allInnerTexts()).map(numberIn), figures(rows));
  const street = rows.filter((row) => row.code === rows[0].code);
  const first = page.locator('.drawer tbody tr:not(.spacer)').first();
  assert.deepEqual((await first.locator('td').allInnerTexts()).map(numberIn), figures(street));
  await shot(page, 'zh-school-places');
  assert.deepEqual(await axe(page), []);
});

test('a figure that nobody published is said to be set by the city, and the city sets it', async () => {
  await page.getByRole('button', { name: /^普通高中/ }).click();
  const norm = page.locator('[data-answer=norm]');
  await norm.locator('summary').click();
  assert.match(await norm.innerText(), /服务半径\s+标准值由本市设定/);
  await norm.getByRole('button', { name: '改为本市标准' }).click();
  await norm.locator('[name="service_radius.value"]').fill('2000');
  assert.ok(await norm.getByRole('button', { name: '保存为本市标准' }).isDisabled(), 'a value without a source');
  await norm.locator('[name="service_radius.source"]').fill('市教育设施专项规划');
  await norm.locator('[name="service_radius.date"]').fill('2024');
  await shot(page, 'zh-norm-edit');
  await norm.getByRole('button', { name: '保存为本市标准' }).click();
  await norm.getByText('2,000 m').waitFor();
  const set = await getJson('/api/norms/public_services');
  const { value, source, date, confidence } = set.items.find((item) => item.id === 'senior_school').service_radius;
  assert.deepEqual([set.own, value, source, date, confidence], [true, 2000, '市教育设施专项规划', '2024', 'city']);
  await shot(page, 'zh-norm');
  assert.deepEqual(await axe(page), []);
});

test('what somebody else changed meanwhile is not undone unseen', async () => {
  const norm = page.locator('[data-answer=norm]');
  await norm.getByRole('button', { name: '修改' }).click();
  const path = '/api/norms/public_services';
  const set = await getJson(path);
  set.items.find((item) => item.id === 'senior_school').class_size = { value: 48, unit: 'person', source: '他人', date: '2025', confidence: 'city' };
  await fetch(`${SERVER}${path}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(set) });
  await norm.locator('[name="service_radius.value"]').fill('1800');
  await norm.getByRole('button', { name: '保存为本市标准' }).click();
  await norm.getByText('这套标准已被他人修改').waitFor();
  await norm.getByText('48 人').waitFor();
  const radius = (await getJson(path)).items.find((item) => item.id === 'senior_school').service_radius;
  assert.equal(radius.value, 2000);
});

test('a wrong figure is refused, and the built-in norm comes back', async () => {
  const norm = page.locator('[data-answer=norm]');
  await norm.getByRole('button', { name: '修改' }).click();
  // Shares are written in percent.
  assert.match(await norm.innerText(), /入学率（%）/);
  await norm.locator('[name="enrolment_rate.value"]').fill('700');
  await norm.locator('[name="enrolment_rate.source"]').fill('?');
  await norm.getByRole('button', { name: '保存为本市标准' }).click();
  await norm.locator('[role=alert]').waitFor();
  await norm.getByRole('button', { name: '取消' }).click();
  await norm.getByRole('button', { name: '恢复内置标准' }).click();
  await norm.getByRole('button', { name: '恢复内置标准' }).click();
  await norm.locator('summary', { hasText: '内置标准' }).waitFor();
  assert.equal((await getJson('/api/norms/public_services')).own, false);
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/status of (400|412)/.test(text)));
});

test('nothing went wrong on the way', () => assert.deepEqual(complaints, []));
