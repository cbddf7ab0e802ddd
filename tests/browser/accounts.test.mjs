// Accounts in a real browser: from the first invitations to work, each role seeing what it may.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { axe, openBrowser, shot } from './browser.mjs';

const GUARDED = process.env.SUITU_GUARDED_URL;
const PASSWORD = 'Lychee-Bay-2026';
let browser;
/** Pages by person: each has a browser profile of their own. */
const pages = {};
const complaints = [];

before(async () => {
  ({ browser } = await openBrowser());
});
after(() => browser?.close());

async function pageOf(name) {
  if (pages[name]) return pages[name];
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN', acceptDownloads: true });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`${name}: ${error}`));
  return (pages[name] = page);
}

/** Sets the password of an invitation, and is signed in. */
async function accept(name, address) {
  const page = await pageOf(name);
  await page.goto(address);
  await page.locator('input[name=new]').fill(PASSWORD);
  await page.locator('input[name=again]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.locator('details.user').waitFor({ timeout: 90_000 });
  return page;
}

const inMap = (page) => page.locator('[data-ready=true]').waitFor({ timeout: 90_000 });
const row = (page, name) => page.locator('tbody tr', { hasText: name }).first();

test('nobody sees anything before signing in', async () => {
  const page = await pageOf('nobody');
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(GUARDED);
  await page.locator('input[name=username]').waitFor();
  assert.deepEqual(asked.filter((path) => /^\/(api|tiles|styles)/.test(path)), ['/api/session']);
  await shot(page, 'accounts-sign-in');
  assert.deepEqual(await axe(page), []);
  await page.locator('input[name=username]').fill('secadmin');
  await page.locator('input[name=password]').fill('wrong');
  await page.locator('button[type=submit]').click();
  await page.getByText('账户名、密码或验证码不对').waitFor();
  // The language that is chosen here outlives the page.
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('Account, password or code is wrong').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByRole('button', { name: '中文' }).click();
  await page.reload();
  await page.getByRole('heading', { name: '登录' }).waitFor();
});

test('three administrators set their passwords; one makes accounts, another grants', async () => {
  const text = await readFile(process.env.SUITU_INVITATIONS, 'utf8');
  const invited = [...text.matchAll(/\/#invitation=[0-9a-f]+/g)].map(([path]) => GUARDED + path);
  assert.equal(invited.length, 3);
  const system = await accept('system', invited[0]);
  await system.getByText('系统管理员建立、锁定和重置账户').waitFor();
  const links = {};
  for (const [name, title] of [['chenyu', '陈雨 市规划院'], ['liwen', '李文 天河区'], ['heming', '何明 数据局'], ['zhao', '赵']]) {
    await system.locator('form input').first().fill(name);
    await system.locator('form input').nth(1).fill(title);
    await system.locator('form button[type=submit]').click();
    await system.locator('.note strong', { hasText: name }).waitFor();
    links[name] = await system.locator('.note code').textContent();
  }
  await shot(system, 'accounts-users');
  assert.deepEqual(await axe(system), []);

  const security = await accept('security', invited[1]);
  for (const [name, role] of [['chenyu', '规划人员'], ['heming', '数据管理员'], ['liwen', '区、街道人员']]) {
    await row(security, name).getByRole('button', { name: '授权' }).click();
    await security.getByLabel(role).check();
    if (name === 'liwen') await security.getByLabel('辖区代码').fill('440106');
    if (name === 'chenyu') await shot(security, 'accounts-grant');
    await security.getByRole('button', { name: '保存授权' }).click();
    await row(security, name).getByText(role).waitFor();
  }
  assert.deepEqual(await axe(security), []);
  await accept('audit', invited[2]);
  for (const [name, link] of Object.entries(links)) if (name !== 'zhao') pages[name] = Object.assign(await pageOf(name), { link });
});

test('a planner and a steward see the map, each by their own name', async () => {
  for (const [name, title] of [['chenyu', '陈雨 市规划院'], ['heming', '何明 数据局']]) {
    const page = await accept(name, pages[name].link);
    await inMap(page);
    await page.locator('details.user summary', { hasText: title }).waitFor();
    assert.ok(!page.url().includes('invitation'));
  }
  await pages.chenyu.locator('details.user summary').click();
  await shot(pages.chenyu, 'accounts-planner');
});

test('whose role reads rounded counts is told that there are none yet', async () => {
  const page = await pageOf('liwen');
  await page.goto(pages.liwen.link);
  await page.locator('input[name=new]').fill(PASSWORD);
  await page.locator('input[name=again]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.getByText('只能查看经保护处理的数据').waitFor();
  await page.getByRole('button', { name: '退出登录' }).waitFor();
  await shot(page, 'accounts-district');
});

test('signing out ends it, and signing in comes back to the same view', async () => {
  const page = pages.chenyu;
  await page.goto(`${GUARDED}/?mode=balance`);
  await inMap(page);
  await page.locator('details.user summary').click();
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.locator('input[name=username]').fill('ChenYu');
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await inMap(page);
  assert.match(page.url(), /mode=balance/);
});

/** What a program is told that asks with a token and no cookie. */
const program = (secret) => fetch(`${GUARDED}/api/session`, { headers: { authorization: `Bearer ${secret}` } });

test('a token is made, asks in its owner’s name, and is refused once it is withdrawn', async () => {
  const page = pages.chenyu;
  await page.locator('details.user summary').click();
  await page.locator('details.user').getByRole('button', { name: '接口令牌' }).click();
  const dialog = page.getByRole('dialog', { name: '接口令牌' });
  await dialog.getByText('还没有令牌').waitFor();
  // The only role is chosen, and said in words.
  assert.ok(await dialog.getByRole('checkbox', { name: /规划人员.*全市精确数据/ }).isChecked());
  assert.equal(await dialog.locator('input[name=days]').inputValue(), '90');
  // What the server refuses is told beside its field.
  await dialog.locator('input[name=days]').fill('400');
  await dialog.getByRole('checkbox', { name: /规划人员/ }).uncheck();
  await dialog.getByRole('button', { name: '新建令牌' }).click();
  await dialog.locator('.labelled', { has: page.locator('input[name=days]') }).getByText('1 至 366').waitFor();
  await dialog.locator('.labelled', { has: page.locator('input[name=title]') }).getByText('请写明用途').waitFor();
  await dialog.locator('fieldset').getByText('至少选一个').waitFor();
  assert.deepEqual(await dialog.evaluate((whole) => [...whole.querySelectorAll('form, form *')].filter((part) => part.scrollWidth > part.clientWidth && part.tagName !== 'INPUT' && part.clientWidth > 0).map((part) => part.outerHTML.slice(0, 80))), []);
  await dialog.locator('input[name=days]').fill('30');
  await dialog.locator('input[name=title]').fill('每周取数');
  await dialog.getByRole('checkbox', { name: /规划人员/ }).check();
  await dialog.getByRole('button', { name: '新建令牌' }).click();

  const secret = await dialog.locator('.note code').first().textContent();
  assert.match(secret, /^suitu_/);
  await dialog.getByText('只显示这一次').waitFor();
  const own = dialog.locator('li', { hasText: '每周取数' });
  await own.getByText('还有 30 天').waitFor();
  await shot(page, 'accounts-token');
  assert.deepEqual(await axe(page), []);
  const told = await (await program(secret)).json();
  assert.deepEqual([told.user, told.roles.map((role) => role.id)], ['chenyu', ['planner']]);
  assert.ok(!told.rights.includes('POST /api/tokens'), 'a program makes no tokens');

  // A refusal is told beside the secret that is still shown.
  await page.route('**/api/tokens/*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ title: 'Service Unavailable', status: 503, reason: 'no_home' }) }));
  await own.getByRole('button', { name: '撤销令牌' }).click();
  await own.getByRole('button', { name: '确认撤销' }).click();
  await dialog.getByRole('alert').getByText('暂时连不上').waitFor();
  assert.equal(await dialog.locator('.note code').first().textContent(), secret);
  await page.unroute('**/api/tokens/*');

  // Opened again, the secret is nowhere.
  await dialog.getByRole('button', { name: '关闭' }).first().click();
  await page.locator('details.user summary').click();
  await page.locator('details.user').getByRole('button', { name: '接口令牌' }).click();
  await own.waitFor();
  assert.ok(!(await page.content()).includes(secret));

  // By keyboard: asked first, kept, then withdrawn.
  await own.getByRole('button', { name: '撤销令牌' }).press('Enter');
  await own.getByText('不能恢复').waitFor();
  await own.getByRole('button', { name: '取消' }).press('Enter');
  assert.equal((await program(secret)).status, 200);
  await own.getByRole('button', { name: '撤销令牌' }).press('Enter');
  await own.getByRole('button', { name: '确认撤销' }).press('Enter');
  await dialog.getByText('令牌“每周取数”已撤销').waitFor();
  await dialog.getByText('还没有令牌').waitFor();
  assert.equal((await program(secret)).status, 401);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});

test('who is locked out loses the map with the next question', async () => {
  const system = pages.system;
  await row(system, 'chenyu').getByRole('button', { name: '锁定' }).click();
  await row(system, 'chenyu').getByText('已锁定').waitFor();
  const page = pages.chenyu;
  await page.locator('#search').fill('天河');
  await page.locator('input[name=username]').waitFor({ timeout: 30_000 });
  await page.getByText('会话已结束').waitFor();
});

test('the audit administrator finds it all, and the chain holds', async () => {
  const page = pages.audit;
  await page.goto(GUARDED);
  await page.locator('tbody tr').nth(5).waitFor();
  await page.getByLabel('账户', { exact: true }).fill('sysadmin');
  await page.getByRole('button', { name: '搜索' }).click();
  await row(page, 'chenyu locked').waitFor();
  // Words, outcomes and days of the reader find what they say.
  await page.getByLabel('账户', { exact: true }).fill('');
  await page.getByLabel('操作').fill('登录');
  await page.getByLabel('结果').selectOption({ label: '被拒绝' });
  const today = await page.evaluate(() => new Date().toLocaleDateString('sv'));
  await page.getByLabel('自', { exact: true }).fill(today);
  await page.getByLabel('至', { exact: true }).fill(today);
  await page.getByRole('button', { name: '搜索' }).click();
  await row(page, '401').waitFor();
  assert.equal(await page.locator('tbody tr', { hasText: '成功' }).count(), 0);
  await page.getByRole('button', { name: '校验完整性' }).click();
  await page.getByText(/审计链完整/).waitFor();
  await shot(page, 'accounts-audit');
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(complaints, []);
});
