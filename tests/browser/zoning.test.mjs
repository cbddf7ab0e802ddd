// The planner's classification in a real browser: a class for each street with its reasons, thresholds moved, one set by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVER, axe, getJson, open, openBrowser, shot } from './browser.mjs';

let browser, page, complaints, foreign;
let first;

const asked = async (more = {}) => {
  const body = JSON.stringify({ level: 'subdistrict', ...more });
  return (await fetch(`${SERVER}/api/zoning`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
};

before(async () => {
  ({ browser, page, complaints, foreign } = await openBrowser());
  first = await asked();
});
after(() => browser?.close());

const settled = async () => {
  await page.waitForTimeout(600);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.stale'), null, { timeout: 120_000 });
};
const finding = () => page.locator('.finding').innerText();
const share = (value) => `${(value * 100).toFixed(1)}%`;
/** The rows of the summary: title, areas. */
const summary = async () => {
  const rows = page.locator('.panel section', { hasText: '分类汇总' }).locator('tbody tr');
  return rows.evaluateAll((all) => all.map((row) => [row.children[0].textContent.trim(), Number(row.children[1].textContent.replaceAll(',', ''))]));
};
const inWords = ({ classes }) => classes.map(({ class_title, areas }) => [class_title.zh, areas]);
const card = () => page.locator('.card');

test('one click from the first screen, every street has a class', async () => {
  await open(page);
  await page.locator('.tasks button', { hasText: '人口布局分类指引' }).click();
  await settled();
  assert.deepEqual(await summary(), inWords(first));
  assert.ok(first.rows.every((row) => row.class !== null), 'the default rules leave none without a class');
  assert.ok((await finding()).includes(`${share(first.stability.stable_share)} 的单元分类不变`), await finding());
  assert.match(await page.locator('.panel').innerText(), /阈值为占位值，须由本市设定/);
  await shot(page, 'zh-zoning');
  assert.deepEqual(await axe(page), []);
});

test('a street says its class, why, how firmly, and what the plan has for it', async () => {
  const row = first.rows[1];
  await page.locator('.drawer').getByRole('button', { name: '数据表' }).click();
  await page.locator('.drawer tbody tr th', { hasText: row.name }).first().click();
  await settled();
  const told = await card().innerText();
  assert.ok(told.includes(row.class_title.zh) && told.includes(row.guidance.zh), told);
  for (const reason of row.reasons.zh.split('；')) assert.ok(told.includes(reason), reason);
  assert.ok(told.includes(row.stability.zh), row.stability.zh);
  assert.ok(told.includes(row.planned_residents.toLocaleString('en')), told);
  await shot(page, 'zh-zoning-street');
  assert.deepEqual(await axe(page), []);
});

test('a moved threshold changes the classes and their stability, and can be put back', async () => {
  const classes = page.locator('.panel section', { hasText: '阈值' }).locator('details', { has: page.locator('summary', { hasText: '疏解区' }) });
  await classes.locator('summary').click();
  await classes.locator('input[type=number]').first().fill('12000');
  await classes.locator('input[type=number]').first().press('Enter');
  await page.waitForURL(/thresholds=/);
  await settled();
  const moved = await asked({ thresholds: { 'disperse.1': 12_000 } });
  assert.notDeepEqual(inWords(moved), inWords(first));
  assert.deepEqual(await summary(), inWords(moved));
  assert.ok((await finding()).includes(`${share(moved.stability.stable_share)} 的单元分类不变`), await finding());
  // The slider itself, by the keyboard: a step of 500.
  await classes.locator('input[type=range]').first().press('ArrowRight');
  await page.waitForFunction(() => decodeURIComponent(location.search).includes('12500'));
  await settled();
  assert.deepEqual(await summary(), inWords(await asked({ thresholds: { 'disperse.1': 12_500 } })));
  await shot(page, 'zh-zoning-threshold');
  await page.getByRole('button', { name: '恢复规则原值' }).click();
  await settled();
  assert.deepEqual(await summary(), inWords(first));
});

test('a class set by hand needs a reason, holds, and is taken back', async () => {
  const row = first.rows.find((row) => row.class !== 'gather');
  await page.locator('.drawer .scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
  await page.locator('.drawer tbody tr th', { hasText: row.name }).first().click();
  await settled();
  await card().locator('summary', { hasText: '人工判定' }).click();
  const form = card().locator('form');
  await form.locator('select').selectOption('gather');
  await form.getByRole('button', { name: '保存' }).click();
  assert.equal(await form.locator('textarea:invalid').count(), 1, 'no reason, no class');
  await form.locator('textarea').fill('轨道新线已批复');
  await form.locator('input').fill('规资局');
  await form.getByRole('button', { name: '保存' }).click();
  await card().locator('h2 em', { hasText: '人工' }).waitFor({ timeout: 120_000 });
  await settled();
  const set = (await asked()).rows.find(({ code }) => code === row.code);
  assert.deepEqual([set.class, set.computed_class, set.override.reason, set.override.by], ['gather', row.class, '轨道新线已批复', '规资局']);
  const told = await card().innerText();
  assert.ok(told.includes('重点集聚区') && told.includes('轨道新线已批复'), told);
  await card().locator('h2 em').scrollIntoViewIfNeeded();
  await shot(page, 'zh-zoning-by-hand');
  await card().getByRole('button', { name: '撤销人工判定' }).click();
  await card().locator('h2 em').waitFor({ state: 'detached', timeout: 120_000 });
  await settled();
  assert.deepEqual(await summary(), inWords(first));
});

test('conflicts stand by kind, and the plan beside what is so', async () => {
  const conflicts = page.locator('.panel details', { has: page.locator('summary', { hasText: '规划冲突' }) }).first();
  assert.ok((await conflicts.innerText()).includes(`规划冲突 ${first.conflicts.length} 处`));
  await conflicts.locator('summary').first().click();
  const kinds = conflicts.locator('details');
  const counts = (await kinds.locator('summary').allInnerTexts()).map((text) => Number(/\d+$/.exec(text.trim())?.[0]));
  assert.equal(counts.reduce((sum, count) => sum + count, 0), first.conflicts.length);
  await kinds.first().locator('summary').click();
  assert.equal(await kinds.first().locator('li button').first().innerText(), first.conflicts[0].sentence.zh);
  const { rows } = await getJson('/api/plan');
  const city = rows.find(({ level, target_year }) => level === 'city' && target_year === 2035);
  const plan = page.locator('.panel details', { has: page.locator('summary', { hasText: '规划目标与现状' }) });
  assert.ok((await plan.innerText()).includes((city.target / 10_000).toLocaleString('en', { minimumFractionDigits: 2 })));
});

test('the classes come as a workbook', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.panel').getByRole('button', { name: '下载 Excel' }).first().click()]);
  assert.match(download.suggestedFilename(), /\.xlsx$/);
});

test('in English too, and the address keeps it', async () => {
  await page.locator('.language').click();
  await page.waitForURL(/lang=en/);
  await settled();
  assert.doesNotMatch(await finding(), /[\u4e00-\u9fff]/);
  const told = await card().locator('section', { has: page.locator('h2.class') }).innerText();
  assert.doesNotMatch(told, /[\u4e00-\u9fff]/);
  // Who says the thresholds and the figures of plans, too.
  for (const part of await page.locator('.panel details').all()) await part.evaluate((details) => (details.open = true));
  const panel = await page.locator('.panel').innerText();
  assert.match(panel, /Placeholder/);
  assert.doesNotMatch(panel.replace('中文', ''), /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/);
  const address = page.url();
  await open(page, new URL(address).search);
  await settled();
  assert.equal(page.url(), address);
  await shot(page, 'en-zoning');
});

test('nothing was loaded from outside and nothing went wrong on the way', () => {
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
