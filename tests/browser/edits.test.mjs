// A steward edits the city; whoever else has it open sees it at once.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { axe, openBrowser, pointOf, shot } from './browser.mjs';

const GUARDED = process.env.SUITU_GUARDED_URL;
const PASSWORD = 'Kapok-Red-2026';
const complaints = [];
let browser, steward, planner, school;

/** A person in a browser profile of their own, signed in by an invitation. */
async function signIn(invitation) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(GUARDED + invitation);
  await page.locator('input[name=new]').fill(PASSWORD);
  await page.locator('input[name=again]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.locator('details.user').waitFor({ timeout: 90_000 });
  return page;
}

const goTo = async (page, query) => {
  await page.goto(`${GUARDED}/${query}`);
  await page.locator('[data-ready=true]').waitFor({ timeout: 90_000 });
};
const ask = (page, path) => page.evaluate(async (path) => (await fetch(path)).json(), path);
const card = (page) => page.locator('aside.card');
const choose = (page) => goTo(page, `?mode=browse&feature=schools/${school.id}`);

before(async () => {
  ({ browser } = await openBrowser());
  const text = await readFile(process.env.SUITU_EDITORS, 'utf8');
  const invited = [...text.matchAll(/\/#invitation=[0-9a-f]+/g)].map(([path]) => path);
  steward = await signIn(invited[0]);
  planner = await signIn(invited[1]);
  const found = await ask(steward, "/api/layers/schools/features?limit=1&where=kind='primary'");
  school = found.features[0];
});
after(() => browser?.close());

test('a planner sees no way to edit, a steward does', async () => {
  await choose(planner);
  await card(planner).getByText(school.properties.name).first().waitFor();
  assert.equal(await planner.getByRole('heading', { name: '编辑数据' }).count(), 0);
  await choose(steward);
  await steward.getByRole('heading', { name: '编辑数据' }).waitFor();
  await shot(steward, 'zh-edit-card');
});

test('a saved number is on the other screen without a reload, and so is its undoing', async () => {
  await planner.evaluate(() => (window.isStill = true));
  const number = String(school.properties.seats_primary + 7);
  const written = Number(number).toLocaleString('en-US');
  const old = school.properties.seats_primary.toLocaleString('en-US');
  await card(planner).getByText(old, { exact: false }).first().waitFor();
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.locator('input[name=seats_primary]').fill(number);
  await shot(steward, 'zh-edit-form');
  assert.deepEqual(await axe(steward), []);
  await steward.getByRole('button', { name: '保存', exact: true }).click();
  await steward.getByText(`已保存：${school.properties.name}`).waitFor();
  await card(planner).locator('dd', { hasText: written }).waitFor();
  await shot(planner, 'zh-edit-seen');
  // The school's own history says who and what.
  await steward.getByRole('button', { name: '历史', exact: true }).click();
  await steward.locator('ol li', { hasText: `→ ${written}` }).getByText('xulin').waitFor();
  await shot(steward, 'zh-edit-history');
  await steward.locator('[role=status]').getByRole('button', { name: '撤销' }).click();
  await steward.getByText(`已撤销：${school.properties.name}`).waitFor();
  await card(planner).locator('dd', { hasText: old }).waitFor();
  assert.equal(await planner.evaluate(() => window.isStill), true, 'nothing was loaded anew');
});

/** How many pixels around a point of the page have the accent colour. */
async function accented(page, { x, y }) {
  const reach = 16;
  const picture = await page.screenshot({ clip: { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach } });
  return page.evaluate(async (bytes) => {
    const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    pen.drawImage(picture, 0, 0);
    const { data } = pen.getImageData(0, 0, picture.width, picture.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) found += Math.hypot(data[at] - 11, data[at + 1] - 110, data[at + 2] - 117) < 12;
    return found;
  }, [...picture]);
}

test('a chosen feature is marked although its layer is not shown', async () => {
  const [lon, lat] = school.geometry.coordinates;
  const at = `map=${lon},${lat},15&layers=`;
  await goTo(planner, `?mode=browse&${at}&feature=schools/${school.id}`);
  await card(planner).getByText(school.properties.name).first().waitFor();
  await planner.waitForTimeout(1500);
  const point = await pointOf(planner, lon, lat);
  assert.ok((await accented(planner, point)) > 60, 'a ring is around it');
  await shot(planner, 'zh-chosen-ring');
  await planner.keyboard.press('Escape');
  await card(planner).waitFor({ state: 'detached' });
  await planner.waitForTimeout(1500);
  assert.ok((await accented(planner, await pointOf(planner, lon, lat))) < 10, 'and gone with its card');
  await choose(planner);
});

test('a proxy that answers for the server loses nothing of what was typed', async () => {
  await choose(steward);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.locator('input[name=seats_primary]').fill('123');
  const page = '<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1>nginx</body></html>';
  await steward.route((url) => url.pathname.endsWith(`/schools/features/${school.id}`), (route) => (route.request().method() === 'PATCH' ? route.fulfill({ status: 504, contentType: 'text/html', body: page }) : route.fallback()));
  await steward.getByRole('button', { name: '保存', exact: true }).click();
  await steward.getByText(/不知道这次修改是否已保存.*所填的内容还在/).waitFor();
  assert.equal(await steward.getByText(/Gateway|nginx/).count(), 0);
  assert.equal(await steward.locator('input[name=seats_primary]').inputValue(), '123');
  await shot(steward, 'zh-edit-unanswered');
  // It outlives even the page.
  await steward.unrouteAll();
  await choose(steward);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.getByRole('button', { name: '接着改' }).click();
  assert.equal(await steward.locator('input[name=seats_primary]').inputValue(), '123');
  await steward.getByRole('button', { name: '取消' }).click();
});

test('whoever saves second is shown both versions and chooses', async () => {
  await choose(steward);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.locator('input[name=seats_primary]').fill('111');
  // Somebody else comes first, by a hair.
  const first = async (route) => {
    const headers = { 'x-suitu': '1', 'if-match': '*', 'content-type': 'application/json' };
    const data = JSON.stringify({ values: { seats_primary: 222 } });
    const other = await steward.context().request.fetch(route.request().url(), { method: 'PATCH', headers, data });
    assert.equal(other.status(), 200);
    await route.continue();
  };
  await steward.route((url) => url.pathname.endsWith(`/schools/features/${school.id}`), first, { times: 1 });
  await steward.getByRole('button', { name: '保存', exact: true }).click();
  await steward.getByText('保存前已有他人修改').waitFor();
  await steward.locator('tr', { hasText: '222' }).getByText('111').waitFor();
  await shot(steward, 'zh-edit-conflict');
  await steward.getByRole('button', { name: '改成我的' }).click();
  await card(planner).locator('dd', { hasText: '111' }).first().waitFor();
});

test('who has the form open is told of a change meanwhile, and overwrites nothing unseen', async () => {
  await choose(steward);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.locator('input[name=seats_primary]').fill('333');
  const path = `${GUARDED}/api/layers/schools/features/${school.id}`;
  const headers = { 'x-suitu': '1', 'if-match': '*', 'content-type': 'application/json' };
  const other = await steward.context().request.fetch(path, { method: 'PATCH', headers, data: JSON.stringify({ values: { seats_primary: 222 } }) });
  assert.equal(other.status(), 200);
  await steward.getByText('他人修改了这个要素').waitFor();
  await shot(steward, 'zh-edit-meanwhile');
  const refused = steward.waitForResponse((response) => response.request().method() === 'PATCH');
  await steward.getByRole('button', { name: '保存', exact: true }).click();
  assert.equal((await refused).status(), 412);
  await steward.getByText('保存前已有他人修改').waitFor();
  assert.equal((await ask(steward, `/api/layers/schools/features/${school.id}`)).properties.seats_primary, 222);
  await steward.getByRole('button', { name: '保留他人的' }).click();
  await card(steward).locator('dd', { hasText: '222' }).waitFor();
});

test('what was typed is offered again after the page was loaded anew', async () => {
  await choose(steward);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.locator('input[name=seats_primary]').fill('444');
  await choose(steward);
  await steward.getByRole('button', { name: '修改', exact: true }).click();
  await steward.getByRole('button', { name: '接着改' }).click();
  assert.equal(await steward.locator('input[name=seats_primary]').inputValue(), '444');
  await steward.locator('form').getByRole('button', { name: '取消', exact: true }).click();
});

test('a removed feature comes back from its history', async () => {
  await choose(steward);
  await steward.getByRole('button', { name: '删除', exact: true }).click();
  await steward.getByRole('button', { name: '确认删除' }).click();
  await steward.getByText('已删除').waitFor();
  await choose(steward);
  await steward.getByText('可以从历史中恢复').waitFor();
  await steward.locator('ol li').first().getByRole('button', { name: '恢复到此前' }).click();
  await steward.getByRole('heading', { name: '编辑数据' }).waitFor();
});

test('a place is added by a click, moved, and removed', async () => {
  await goTo(steward, '?mode=browse');
  await steward.getByText('增加要素').click();
  await steward.locator('details select').first().selectOption('clinics');
  await steward.getByRole('textbox', { name: '机构名称' }).fill('新诊所');
  await steward.getByRole('button', { name: '点地图放置' }).click();
  const box = await steward.locator('.canvas').boundingBox();
  // Without an answer it is said on the map, and the form is as it was.
  const isAdding = (url) => url.pathname.endsWith('/clinics/features');
  await steward.route(isAdding, (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>502 Bad Gateway</h1>' }) : route.fallback()));
  await steward.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await steward.locator('.map').getByRole('alert').getByText('不知道这次修改是否已保存').waitFor();
  await shot(steward, 'zh-add-unanswered');
  assert.equal(await steward.getByRole('textbox', { name: '机构名称' }).inputValue(), '新诊所');
  await steward.unroute(isAdding);
  await steward.getByRole('button', { name: '点地图放置' }).click();
  await steward.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await steward.getByRole('heading', { name: '新诊所', exact: true }).waitFor();
  await shot(steward, 'zh-edit-added');
  const address = new URL(steward.url());
  await steward.getByRole('button', { name: '移动', exact: true }).click();
  await steward.mouse.click(box.x + box.width / 2 - 60, box.y + box.height / 2 + 20);
  await steward.getByText('已移动').waitFor();
  await steward.getByRole('button', { name: '删除', exact: true }).click();
  await steward.getByRole('button', { name: '确认删除' }).click();
  await steward.getByText('已删除：新诊所').waitFor();
  await steward.locator('[role=status]').getByRole('button', { name: '撤销' }).click();
  await steward.getByText('已撤销').waitFor();
  await steward.goto(address.href);
  await steward.getByRole('heading', { name: '新诊所', exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});
