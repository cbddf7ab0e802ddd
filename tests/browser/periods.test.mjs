// A city of two dates in a real browser: the stops of time, and what has changed since.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser, shot } from './browser.mjs';

const DATED = process.env.SUITU_DATED_URL;
const PEOPLE = 'residences.usual_residents';
let browser, page, complaints;

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(() => browser?.close());

const getJson = async (path) => (await fetch(DATED + path)).json();
const settled = async () => {
  await page.waitForTimeout(500);
  await page.waitForFunction(() => !document.querySelector('[role=progressbar]') && !document.querySelector('.stale'), null, { timeout: 60_000 });
};
const open = async (query) => {
  await page.goto(`${DATED}/${query}`);
  await page.locator('[data-ready=true]').waitFor({ timeout: 30_000 });
  await settled();
};
const finding = () => page.locator('.finding').innerText();
const grouped = (number) => number.toLocaleString('en');
const stop = (date) => page.locator('.stops label', { hasText: date });

test('the stops of time set the date of everything that is shown', async () => {
  await open('?mode=browse');
  assert.deepEqual(await page.locator('.stops label').allInnerTexts(), ['2010', '2020-11-01 最新']);
  const [now, then] = [await getJson('/api/areas?level=district'), await getJson('/api/areas?level=district&period=2010')];
  assert.ok(now.totals[PEOPLE] > then.totals[PEOPLE]);
  assert.ok((await finding()).includes(grouped(now.totals[PEOPLE])), await finding());
  await stop('2010').click();
  await page.waitForURL(/period=2010/);
  await settled();
  assert.ok((await finding()).includes(grouped(then.totals[PEOPLE])), await finding());
  // What is of later days alone is neither drawn nor asked for.
  assert.deepEqual(complaints, []);
  await shot(page, 'zh-period');
  assert.deepEqual(await axe(page), []);
  // By the keyboard, and back: the newest is the bare address.
  await page.locator('.stops input').first().press('ArrowRight');
  await page.waitForFunction(() => !location.search.includes('period'));
  await settled();
  assert.ok((await finding()).includes(grouped(now.totals[PEOPLE])), await finding());
});

test('what has changed since is a map around no change, a sentence and a table', async () => {
  await open('?mode=browse&table=1');
  await page.locator('select[name=since]').selectOption('2010');
  await page.waitForURL(/since=2010/);
  await settled();
  const found = await getJson('/api/change?question=areas&level=district&from=2010');
  const total = found.totals[0];
  const told = await finding();
  for (const key of [`then.${PEOPLE}`, `now.${PEOPLE}`, `difference.${PEOPLE}`]) assert.ok(told.includes(grouped(total[key])), `${key}: ${told}`);
  assert.ok(told.includes(`${(total[`change_share.${PEOPLE}`] * 100).toFixed(1)}%`), told);
  assert.match(await page.locator('.legend').innerText(), /2010 → 2020-11-01/);
  const text = await page.locator('.drawer tbody').innerText();
  for (const row of found.rows) assert.ok(text.includes(grouped(row[`difference.${PEOPLE}`])), row.name);
  await shot(page, 'zh-change');
  assert.deepEqual(await axe(page), []);
  await page.getByRole('button', { name: '增减率' }).click();
  await page.waitForURL(/since_share=1/);
  await settled();
  assert.match(await page.locator('.legend').innerText(), /%/);
  await shot(page, 'zh-change-share');
});

test('then and now of smaller areas, in English', async () => {
  await open('?lang=en&mode=browse&since=2010&level=subdistrict');
  const found = await getJson('/api/change?question=areas&level=subdistrict&from=2010');
  assert.ok((await finding()).includes(grouped(found.totals[0][`now.${PEOPLE}`])), await finding());
  assert.match(await finding(), /The largest gain/);
  await shot(page, 'en-change');
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(complaints, []);
});
