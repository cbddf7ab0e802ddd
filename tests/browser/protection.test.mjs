// The security administrator sets k and the key of the protected city, reads what another key means, and takes one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { axe, openBrowser, shot } from './browser.mjs';

const SERVER = process.env.SUITU_PUBLISHING_URL;
const PASSWORD = 'Baiyun-Hill-2026';
const complaints = [];
let browser, security, viewer;

async function signIn(invitation) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(SERVER + invitation);
  await page.locator('input[name=new]').fill(PASSWORD);
  await page.locator('input[name=again]').fill(PASSWORD);
  await Promise.all([
    page.waitForResponse((response) => response.url().endsWith('/api/invitation') && response.ok()),
    page.locator('button[type=submit]').click(),
  ]);
  return page;
}

/** Asks as whoever is signed in there; their page may be on its way elsewhere. */
const statusOf = async (page, path) => (await page.context().request.get(SERVER + path)).status();
const fingerprint = () => security.locator('[data-answer=protection] code').innerText();
const served = () => security.getByText('已提供，与精确数据一致').waitFor({ timeout: 90_000 });

before(async () => {
  ({ browser } = await openBrowser());
  const invited = async (file) => [...(await readFile(file, 'utf8')).matchAll(/\/#invitation=[0-9a-f]+/g)].map(([path]) => path);
  security = await signIn((await invited(process.env.SUITU_PUBLISHING_THREE))[1]);
  viewer = await signIn((await invited(process.env.SUITU_PUBLISHING_VIEWER))[0]);
});
after(() => browser?.close());

test('k and the key are set once, and the city is published', async () => {
  assert.equal(await statusOf(viewer, '/api/balance?level=district'), 403);
  await security.getByRole('button', { name: '统计保护' }).click();
  await security.getByText('未提供').waitFor();
  await shot(security, 'zh-protection-none');
  assert.deepEqual(await axe(security), []);
  await security.getByLabel('k', { exact: true }).fill('5');
  await security.getByRole('button', { name: '设定 k 并生成密钥' }).click();
  await served();
  assert.match(await fingerprint(), /^[0-9a-f]{16}$/);
  assert.equal(await statusOf(viewer, '/api/balance?level=district'), 200);
  await shot(security, 'zh-protection-served');
});

test('another key is taken by who has read what it means and types the fingerprint', async () => {
  const before = await fingerprint();
  await security.getByText('更换密钥', { exact: true }).click();
  const take = security.getByRole('button', { name: '撤回旧数据并更换密钥' });
  assert.equal(await take.isDisabled(), true);
  await shot(security, 'zh-protection-rotate');
  assert.deepEqual(await axe(security), []);
  await security.getByRole('button', { name: 'English' }).click();
  await shot(security, 'en-protection-rotate');
  await security.getByRole('button', { name: '中文' }).click();
  await security.getByLabel('输入现在的密钥指纹').fill(`${before.slice(0, -1)}x`);
  assert.equal(await take.isDisabled(), true);
  await security.getByLabel('输入现在的密钥指纹').fill(before);
  await take.click();
  await security.waitForFunction((old) => document.querySelector('[data-answer=protection] code')?.textContent !== old, before);
  await served();
  assert.equal(await statusOf(viewer, '/api/balance?level=district'), 200);
  const key = await readFile(process.env.SUITU_PUBLISHING_KEY, 'utf8');
  assert.match(key, /\nk = 5\n/);
  assert.deepEqual(complaints, []);
});

test('both are on record, with fingerprints and without keys', async () => {
  const suitu = process.env.SUITU;
  const said = execFileSync(suitu, ['audit', 'list', '--city', process.env.SUITU_PUBLISHING], { encoding: 'utf8' });
  assert.match(said, /POST \/api\/protection\/key.*key made k=5 fingerprint=[0-9a-f]{16}/);
  assert.match(said, /POST \/api\/protection\/rotation.*withdrawn k=5 fingerprint=[0-9a-f]{16}/);
  const key = await readFile(process.env.SUITU_PUBLISHING_KEY, 'utf8');
  assert.ok(!said.includes(/key = "(\w{12})/.exec(key)[1]));
});
