// A viewer, a district official and a steward look at one city at the same time, each within their rights.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { axe, openBrowser, shot } from './browser.mjs';

const SHARED = process.env.SUITU_SHARED_URL;
const PASSWORD = 'Baiyun-Hill-2026';
/** The district of the official, 天河区, and one that is not. */
const OWN = '440106';
const OTHER = '440104';
const complaints = [];
let browser, steward, official, viewer, school;

async function signIn(invitation) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(SHARED + invitation);
  await page.locator('input[name=new]').fill(PASSWORD);
  await page.locator('input[name=again]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.locator('details.user').waitFor({ timeout: 90_000 });
  return page;
}

/** Asks within the session of a page: status and answer. */
const ask = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const headers = { 'x-suitu': '1', ...(body && { 'content-type': 'application/json' }) };
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      return { status: response.status, answer: await response.json().catch(() => null) };
    },
    [method, path, body],
  );
const goTo = async (page, query) => {
  await page.goto(`${SHARED}/${query}`);
  await page.locator('[data-ready=true]').waitFor({ timeout: 90_000 });
};
const card = (page) => page.locator('aside.card');
const seats = (number) => number.toLocaleString('en-US');
/** The residents of every district, by its code. */
async function residents(page) {
  const { status, answer } = await ask(page, 'GET', '/api/balance?level=district');
  assert.equal(status, 200);
  return Object.fromEntries(answer.rows.map((row) => [row.code, row.usual_residents]));
}

before(async () => {
  ({ browser } = await openBrowser());
  const text = await readFile(process.env.SUITU_INVITED, 'utf8');
  const invited = [...text.matchAll(/\/#invitation=[0-9a-f]+/g)].map(([path]) => path);
  [steward, official, viewer] = [await signIn(invited[0]), await signIn(invited[1]), await signIn(invited[2])];
  const found = await ask(steward, 'GET', `/api/layers/schools/features?limit=1&where=${encodeURIComponent(`kind='primary' AND district_code='${OWN}'`)}`);
  school = found.answer.features[0];
});
after(() => browser?.close());

test('each reads the counts of their right: exact, exact in the district, rounded', async () => {
  const [exact, scoped, rounded] = [await residents(steward), await residents(official), await residents(viewer)];
  assert.equal(scoped[OWN], exact[OWN]);
  assert.equal(scoped[OTHER], rounded[OTHER]);
  assert.notDeepEqual(rounded, exact);
  await goTo(viewer, '?mode=overview');
  await viewer.getByText('保护数据').first().waitFor();
  await shot(viewer, 'zh-rights-viewer');
  assert.deepEqual(await axe(viewer), []);
  await goTo(official, `?mode=gaps&within=${OWN}&level=subdistrict`);
  await shot(official, 'zh-rights-official');
});

test('only the steward may change the city', async () => {
  const place = { id: 'not-mine', lon: 113.36, lat: 23.13, values: { name: 'x', kind: 'primary' } };
  const path = `/api/layers/schools/features`;
  for (const page of [viewer, official]) {
    assert.equal((await ask(page, 'POST', path, place)).status, 403);
    assert.equal((await ask(page, 'DELETE', `${path}/${school.id}`)).status, 403);
    assert.equal((await ask(page, 'GET', `${path}/${school.id}/history`)).status, 403);
    assert.equal((await ask(page, 'PUT', '/api/policy', {})).status, 403);
    await goTo(page, `?mode=browse&feature=schools/${school.id}`);
    await card(page).getByText(school.properties.name).first().waitFor();
    assert.equal(await page.getByRole('heading', { name: '编辑数据' }).count(), 0);
  }
});

test('an edit by the steward is on the other screens', async () => {
  const old = school.properties.seats_primary;
  const now = old + 360;
  for (const page of [official, viewer]) {
    await card(page).locator('dd', { hasText: seats(old) }).first().waitFor();
    await page.evaluate(() => (window.isStill = true));
  }
  await goTo(steward, `?mode=browse&feature=schools/${school.id}`);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.locator('input[name=seats_primary]').fill(String(now));
  await steward.getByRole('button', { name: '保存', exact: true }).click();
  await steward.getByText(`已保存：${school.properties.name}`).waitFor();
  // At once where the city is exact; with the next publication where counts are rounded.
  await card(official).locator('dd', { hasText: seats(now) }).first().waitFor();
  await shot(official, 'zh-rights-edit-seen');
  assert.equal((await ask(viewer, 'GET', `/api/layers/schools/features/${school.id}`)).answer.properties.seats_primary, old);
  const { SUITU, SUITU_SHARED, SUITU_PROTECTED_CITY, SUITU_KEY } = process.env;
  execFileSync(SUITU, ['protect', 'publish', '--city', SUITU_SHARED, '--to', SUITU_PROTECTED_CITY, '--key', SUITU_KEY]);
  await card(viewer).locator('dd', { hasText: seats(now) }).first().waitFor();
  for (const page of [official, viewer]) assert.equal(await page.evaluate(() => window.isStill), true, 'nothing was loaded anew');
  assert.deepEqual(complaints, []);
});
