// The settings pages on a real node: groups with the server's validation, a conflict of two administrators, the calendar, the
// lists of things, webhooks that another system receives, a bot from nothing to its first conversation, and what an agent sees.

import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Node, accessible, agent, complaints, customer, gallery, launch, looks, open, otherLanguage, shoot, signInTo, startChat, toasts } from './rig';

let node: Node;
let browser: Browser;
const opened: Page[] = [];
const kept = <T extends Page>(p: T): T => (opened.push(p), p);
const size = { viewport: { width: 1440, height: 900 } };

beforeAll(async () => {
  browser = await launch();
  node = new Node(['--webhook-private']);
  await node.start();
});
afterAll(async () => {
  await browser?.close();
  await node?.stop();
});
afterEach(async () => {
  const said = opened.flatMap((p) => complaints.get(p) ?? []);
  for (const p of opened.splice(0)) await p.context().close();
  expect(said, 'what the pages complained about').toEqual([]);
});

async function settings(account = 'admin', page = ''): Promise<Page> {
  const p = kept(await open(browser, `${node.url}/settings/?site=demo#/${page}`, size));
  await signInTo(p, account);
  await p.locator('#page-title').waitFor();
  return p;
}
const to = async (p: Page, id: string) => {
  await p.click(`#page-${id}-link`);
  await p.locator(`#page-${id}`).waitFor();
};
const setting = (p: Page, name: string) => p.locator(`[data-setting="${name}"]`);
const save = async (p: Page) => {
  await p.click('#save');
  await expect.poll(() => p.locator('#save').count()).toBe(0); // nothing is left to be saved
  await expect.poll(() => toasts(p)).toContain('저장했습니다.');
};
const now = async (name: string) => (await node.call('GET', '/v1/sites/demo/settings'))[name];

test('groups: the server refuses at the field, saves together, and says when somebody else was faster', async () => {
  const p = await settings();
  await expect.poll(() => p.locator('#page-title').innerText()).toBe('기본 정보');
  await p.fill('#f-name', ' ');
  await p.locator('.savebar').waitFor();
  await p.click('#save');
  await expect.poll(() => setting(p, 'name').locator('.problem').innerText()).toBe('1~60자로 입력해 주세요.');
  await expect.poll(() => p.evaluate(() => document.activeElement?.id)).toBe('f-name');
  await p.fill('#f-name', '가을 상점');
  await p.fill('#f-origins', 'https://shop.example/path');
  await p.click('#save');
  await expect.poll(() => setting(p, 'origins').locator('.problem').innerText()).toContain('https://shop.example처럼');
  expect(await now('name'), 'all or none').toBe('데모'); // at once: the refusal is there
  await p.fill('#f-origins', 'https://shop.example');
  await save(p);
  expect([await now('name'), await now('origins')], 'at once: the page said that it is saved').toEqual(['가을 상점', ['https://shop.example']]);

  // What is changed on one page waits while another is looked at.
  await to(p, 'distribution');
  await setting(p, 'distribution.mode').getByText('혼합').click();
  await setting(p, 'distribution.offer').getByRole('switch').check();
  await p.fill('#f-distribution-offer', '4');
  await to(p, 'autoclose');
  await expect.poll(() => p.locator('#page-distribution-link .changed').count()).toBe(1);
  await setting(p, 'autoclose.agent_delay').getByRole('switch').check();
  await p.fill('#f-autoclose-agent_delay', '15');
  await p.click('#save');
  await expect.poll(() => setting(p, 'autoclose.agent_delay').locator('.problem').innerText()).toBe('10부터 10,070까지, 10 단위로 쓸 수 있습니다.');
  await p.press('#f-autoclose-agent_delay', 'ArrowUp');
  await p.fill('#f-autoclose-agent_delay', '20');
  await save(p);
  await to(p, 'distribution');
  await p.click('#save');
  await expect.poll(() => setting(p, 'distribution.offer').locator('.problem').innerText()).toBe('5부터 600까지 쓸 수 있습니다.');
  await p.fill('#f-distribution-offer', '30');

  // Somebody saves something else: that is no conflict of people. The same thing is.
  await node.set({ busy_time: true });
  await save(p);
  expect([await now('distribution.mode'), await now('distribution.offer'), await now('busy_time')], 'at once: the page said that it is saved').toEqual(['HYBRID', 30, true]);
  await p.fill('#f-distribution-offer', '40');
  let theirs = 50;
  await node.set({ 'distribution.offer': theirs });
  await p.click('#save');
  await expect.poll(() => p.locator('.conflict').innerText()).toContain('50초');
  await looks(p, 'settings-conflict', async () => {
    await otherLanguage(p); // the bar is drawn anew, and has nothing to say any more
    await node.set({ 'distribution.offer': ++theirs });
    await p.click('#save');
    await p.locator('.conflict').waitFor();
  });
  expect(await now('distribution.offer')).toBe(theirs); // at once: the conflict is told instead of a change
  // What was decided is decided over what was shown: somebody who saves between is told, too.
  await node.set({ 'distribution.offer': 60 });
  await p.click('#save');
  await expect.poll(() => p.locator('.conflict').innerText()).toContain('60초');
  expect(await now('distribution.offer')).toBe(60); // at once, too
  await p.click('#save'); // mine
  await expect.poll(() => now('distribution.offer')).toBe(40);
  await node.set({ 'distribution.offer': null, 'distribution.mode': 'AUTO', busy_time: false, 'autoclose.agent_delay': null });

  // a period is confirmed, and no other one that stands there by the time of the second click.
  await to(p, 'data');
  await setting(p, 'retention.rooms').getByRole('switch').check();
  await p.click('#save');
  await expect.poll(() => p.locator('.conflict').count()).toBe(1);
  const sure = await p.locator('#save').innerText();
  await p.fill('#f-retention-rooms', '30');
  await expect.poll(() => p.locator('.conflict').count()).toBe(0);
  expect(await p.locator('#save').innerText()).not.toBe(sure); // at once: it is the same drawing
  await p.click('#save');
  await expect.poll(() => p.locator('.conflict').count()).toBe(1);
  expect(await now('retention.rooms')).toBe(0); // at once: it is asked instead of done
  await save(p);
  expect(await now('retention.rooms')).toBe(30); // at once: the page said that it is saved
  await node.set({ 'retention.rooms': 0 });
});

test('the calendar: hours, a registered date, and whether the site is open at an instant', async () => {
  const p = await settings('admin', 'hours');
  await p.selectOption('#f-hours-weekday', 'span');
  await setting(p, 'hours.weekday').getByLabel('시작').fill('10:00');
  await setting(p, 'hours.weekday').getByLabel('끝').fill('03:00');
  await p.fill('#at', '2026-12-24T02:00'); // Thursday, still Wednesday's night
  await p.click('#save');
  await expect.poll(() => setting(p, 'hours.weekday').locator('.problem').innerText()).toContain('익일');
  await setting(p, 'hours.weekday').getByLabel('익일').check();
  await expect.poll(() => p.locator('.verdict').innerText()).toBe('상담 시간입니다');
  await expect.poll(() => p.locator('#open-now').innerText()).toContain('저장하지 않은');
  await save(p);
  await p.click('#holiday-new');
  await p.fill('#holiday-date', '2026-12-25');
  await p.fill('#holiday-name', '성탄절');
  await shoot(p, 'settings-holiday');
  await accessible(p);
  await p.click('#holiday button[type=submit]');
  await p.locator('td', { hasText: '성탄절' }).waitFor();
  await p.fill('#at', '2026-12-25T11:00');
  await expect.poll(() => p.locator('.verdict').innerText()).toContain('상담 시간이 아닙니다');
  await expect.poll(() => p.locator('#open-now').innerText()).toContain('열립니다');
  await p.getByRole('button', { name: '2026-12-25 삭제' }).click();
  await p.locator('#holiday-remove .danger').click();
  await expect.poll(() => p.locator('td', { hasText: '성탄절' }).count()).toBe(0);
  await expect.poll(() => p.locator('.verdict').innerText()).toBe('상담 시간입니다');
  const day = { open: true, all_day: true };
  await node.set({ 'hours.weekday': day, 'hours.saturday': day, 'hours.sunday': day });
});

test('the profile bot: what customers see follows the unsaved changes', async () => {
  const p = await settings('admin', 'profile');
  await p.fill('#f-profile-message', '성함을 알려 주세요.');
  await expect.poll(() => p.locator('#preview-text').innerText()).toBe('성함을 알려 주세요.');
  await setting(p, 'profile.fields').getByLabel('이메일').first().check();
  await p.fill('#f-profile-consent', 'shop.example');
  await expect.poll(() => p.locator('#preview').innerText()).toContain('http 또는 https');
  await p.fill('#f-profile-consent', 'https://shop.example/privacy');
  await expect.poll(() => p.locator('#preview').innerText()).toContain('개인정보 수집 및 이용');
  await expect.poll(() => p.locator('#preview .fake-field').allInnerTexts()).toEqual(['이름', '휴대폰 번호', '이메일']);
  await p.getByRole('button', { name: '이메일 위로' }).click();
  await expect.poll(() => p.locator('#preview .fake-field').allInnerTexts()).toEqual(['이름', '이메일', '휴대폰 번호']);
  await setting(p, 'profile.enabled').getByRole('switch').check();
  await save(p);
  await p.locator('.warnline').waitFor(); // the privacy notice must name who processes
  await expect.poll(() => now('profile.fields')).toEqual(['NAME', 'EMAIL', 'PHONE']);
  await node.set({ 'profile.enabled': false, 'profile.fields': ['NAME', 'PHONE'], 'profile.consent': null });
});

test('accounts: made, refused at the field, limited, locked, a new password; a login that is ended is out at once', async () => {
  const a = kept(await agent(browser, node, 'agent3'));
  const p = await settings('admin', 'accounts');
  await p.click('#account-new');
  await p.fill('#account-edit-id', 'agent1');
  await p.fill('#account-edit-name', '최네오');
  await p.fill('#account-edit-password', 'short');
  await p.click('#account-edit button[type=submit]');
  await expect.poll(() => p.locator('#account-edit .problem').allInnerTexts()).toContain('8자 이상 입력해 주세요.');
  await shoot(p, 'settings-account');
  await accessible(p);
  await p.locator('#account-edit').getByText('만들기').click();
  await p.click('#account-edit button[type=submit]');
  await expect.poll(() => p.locator('#account-edit .problem').allInnerTexts()).toContain('이미 있는 이름입니다.');
  await p.fill('#account-edit-id', 'neo');
  await p.fill('#account-edit-max_concurrent', '3');
  await p.click('#account-edit button[type=submit]');
  await p.locator('td', { hasText: 'neo' }).waitFor();
  await expect.poll(() => node.call('GET', '/v1/sites/demo/accounts/neo')).toMatchObject({ role: 'AGENT', name: '최네오', max_concurrent: 3, consulting: true });
  await p.getByRole('button', { name: '잠그기: 최네오' }).click();
  await p.getByRole('button', { name: '풀기: 최네오' }).waitFor();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/accounts/neo')).disabled).toBe(true);

  // SEC-9: the administrator ends an agent's logins; the open console is at its login within a second or so.
  await p.getByRole('button', { name: '로그아웃시키기: 박세나' }).click();
  await p.locator('#sessions-end .danger').click();
  await a.locator('#login-password').waitFor();
  await expect.poll(() => a.locator('#login-problem').innerText()).toBe('로그인이 만료되었습니다.');
});

test('categories, templates, channels, working days: each is made, changed and seen by the node', async () => {
  const p = await settings('admin', 'categories');
  await p.click('#category-new');
  await p.fill('#category-edit-name', '교환과 반품과 환불과 취소 문의');
  await p.click('#category-edit button[type=submit]');
  await expect.poll(() => p.locator('#category-edit .problem').allInnerTexts()).toContain('15자까지 쓸 수 있습니다.');
  await p.fill('#category-edit-name', '교환');
  await p.click('#category-edit button[type=submit]');
  await p.getByRole('button', { name: '중분류: 교환' }).click();
  await p.fill('#category-edit-name', '사이즈');
  await p.click('#category-edit button[type=submit]');
  await p.locator('.tree li li', { hasText: '사이즈' }).waitFor();
  await p.getByRole('switch', { name: '사용: 교환' }).uncheck();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/categories')).categories.filter((c: any) => c.unused).length).toBeGreaterThan(0);

  await to(p, 'templates');
  await p.click('#template-new');
  await p.fill('#template-edit-title', '배송 안내');
  await p.fill('#template-edit-text', '안녕하세요 ');
  await p.locator('#template-edit').getByText('[customer_name]').click();
  await p.click('#template-edit button[type=submit]');
  await p.locator('td', { hasText: '배송 안내' }).first().waitFor();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/templates')).templates).toMatchObject([{ title: '배송 안내', text: '안녕하세요 [customer_name]', shared: true }]);

  await to(p, 'channels');
  await p.click('#channel-new');
  await p.fill('#channel-edit-id', 'shop');
  await p.fill('#channel-edit-name', '카카오 상점');
  await p.click('#channel-edit button[type=submit]');
  await p.locator('.tile', { hasText: '카카오 상점' }).waitFor();
  await p.getByRole('switch', { name: '사용: 카카오 상점' }).uncheck();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/channels')).channels).toMatchObject([{ id: 'shop', enabled: false }]);

  await to(p, 'days');
  await p.locator('.day-cell button').first().click();
  await p.locator('#day-edit').getByText('휴식 추가').click();
  await p.click('#day-edit button[type=submit]');
  await p.locator('.day-cell', { hasText: '12:00–13:00' }).waitFor();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/days')).days).toMatchObject([{ breaks: [{ from: '12:00', to: '13:00' }] }]);

  await to(p, 'audit');
  await expect.poll(() => p.locator('tbody').innerText()).toContain('카카오 상점');
  await expect.poll(() => p.locator('tbody').innerText()).toContain('관리자');
  const ended = p.locator('tbody tr', { hasText: '로그아웃시킴' }).first(); // whose logins the administrator ended, and who did
  await expect.poll(() => ended.innerText()).toMatch(/관리자[\s\S]*로그인[\s\S]*agent3/);
});

test('webhooks: the secret once, deliveries as they went, and what another system gets', async () => {
  const got: string[] = [];
  const hook: Server = createServer((q, r) => {
    q.resume();
    got.push(String(q.headers['webhook-signature']));
    r.writeHead(got.length === 1 ? 500 : 204).end();
  });
  await new Promise<void>((done) => hook.listen(0, '127.0.0.1', done));
  const { port } = hook.address() as { port: number };
  try {
    const p = await settings('admin', 'webhooks');
    await p.click('#webhook-new');
    await p.fill('#webhook-edit-url', 'ftp://crm.example');
    await p.click('#webhook-edit button[type=submit]');
    await expect.poll(() => p.locator('#webhook-edit .problem').allInnerTexts().then((x) => x.join(''))).not.toBe('');
    await p.fill('#webhook-edit-url', `http://127.0.0.1:${port}/hook`);
    await p.fill('#webhook-edit-id', 'crm');
    await p.click('#webhook-edit button[type=submit]');
    await expect.poll(() => p.locator('#secret pre').innerText()).toMatch(/^whsec_/);
    await p.locator('#secret .primary').click();
    const k = kept(await customer(browser, node));
    await startChat(k);
    await expect.poll(() => got.length).toBeGreaterThan(0);
    await p.click('a[href="#/webhooks/crm"]');
    await expect
      .poll(async () => {
        await p.getByText('새로 고침').click();
        return p.locator('tbody').last().innerText();
      })
      .toContain('204');
    await expect.poll(() => p.locator('tbody').last().innerText()).toContain('500');
    await looks(p, 'settings-webhook', async () => {
      await otherLanguage(p);
      await p.locator('tbody').last().locator('.badge').first().waitFor();
    });
    await p.click('#rotate');
    await expect.poll(() => p.locator('#secret pre').innerText()).toMatch(/^whsec_/);
    await p.locator('#secret .primary').click();
  } finally {
    await node.call('PATCH', '/v1/sites/demo/webhooks/crm', { enabled: false }).catch(() => {});
    hook.close();
  }
});

test('API keys: refused at the field, shown once, used by a machine, and no key any more once revoked', async () => {
  const p = await settings('admin', 'keys');
  await p.locator('#page-keys .empty').waitFor();
  await p.click('#key-new');
  await p.click('#key-edit button[type=submit]');
  await expect.poll(() => p.locator('#key-edit .field.bad label').allInnerTexts()).toEqual(['이름']);
  await p.fill('#key-edit-name', '통계 시스템');
  await p.selectOption('#key-edit-account', 'manager');
  await p.selectOption('#key-edit-role', 'ADMIN');
  await p.click('#key-edit button[type=submit]');
  await expect.poll(() => p.locator('#key-edit .field.bad label').allInnerTexts()).toEqual(['권한']);
  await expect.poll(() => p.locator('#key-edit .problem').allInnerTexts()).toContain('계정의 권한보다 높을 수 없습니다.');
  await p.selectOption('#key-edit-role', 'MANAGER');
  await p.click('#key-edit button[type=submit]');
  await p.locator('#key-made pre').waitFor();
  const key = await p.locator('#key-made pre').innerText();
  expect(key).toMatch(/^v1\.key\.demo\.[\w-]{43}$/);
  await shoot(p, 'settings-key-made');
  await accessible(p);
  await p.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await p.click('#key-copy');
  await expect.poll(() => p.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await p.locator('#key-made .primary').click();
  await expect.poll(() => p.locator('#page-keys tbody tr').innerText()).toContain('매니저');
  await p.reload();
  await p.locator('#page-keys tbody tr').waitFor();
  expect(await p.content(), 'once').not.toContain(key); // at once: the row is drawn
  await looks(p, 'settings-keys');

  const ask = async (path: string) => (await fetch(`${node.url}/v1/sites/demo/${path}`, { headers: { Authorization: `Bearer ${key}` } })).status;
  expect([await ask('live'), await ask('settings')], 'at once: the key was shown').toEqual([200, 403]); // a manager's, nothing of an administrator's
  await p.getByRole('button', { name: '폐기: 통계 시스템' }).click();
  await p.locator('#key-revoke .danger').click();
  await p.locator('#page-keys .empty').waitFor();
  expect(await ask('live')).toBe(401); // at once: the page said that the key is gone
});

test('a bot: built in the form, its mistakes in place, tried without a room, exported, imported, met by a customer', async () => {
  const p = await settings('agent1', 'bots'); // any account may (domain 21)
  const before = (await node.call('GET', '/v1/sites/demo/rooms?limit=500')).rooms.length;
  await p.click('#bot-new');
  await p.fill('#bot-make-name', '안내봇');
  await p.fill('#bot-make-id', 'main');
  await p.click('#bot-make button[type=submit]');
  await p.locator('#page-bot').waitFor();
  await p.getByLabel('선택지').first().check();
  await p.locator('.part input[aria-label="선택지"]').fill('배송 조회');
  await expect.poll(() => p.locator('.dialogue .problem').allInnerTexts()).toContain('대화, 링크, 상담사 가운데 하나로 가야 합니다.');
  await expect.poll(() => p.locator('#try-start').isDisabled()).toBe(true);
  await shoot(p, 'settings-bot-wrong');
  await accessible(p);
  await p.selectOption('[aria-label="어디로"]', 'new');
  await p.click('[data-dialogue^="dialogue_"]');
  await p.fill('#dialogue-id', 'order');
  await p.press('#dialogue-id', 'Tab');
  await p.locator('[data-dialogue="order"]').waitFor();
  await p.locator('.part textarea').first().fill('주문번호 네 자리를 알려 주세요.');
  await p.getByLabel('직접 입력').check();
  await p.fill('#input-label', '주문번호');
  await p.fill('#input-pattern', '[0-9]{4}');
  await p.selectOption('[aria-label="어디로"]', 'agent');
  await p.locator('.fine').waitFor();

  await p.click('#try-start');
  await p.locator('.try').getByRole('button', { name: '배송 조회' }).click();
  await p.fill('#try-text', '모르겠어요');
  await p.press('#try-text', 'Enter');
  await expect.poll(() => p.locator('.try-log').innerText()).toContain('잘못 입력하셨습니다.');
  await shoot(p, 'settings-bot-ko-light');
  await accessible(p);
  await p.fill('#try-text', '1234');
  await p.press('#try-text', 'Enter');
  await p.locator('#try-agent').waitFor();
  expect((await node.call('GET', '/v1/sites/demo/rooms?limit=500')).rooms.length, 'trying opens no room').toBe(before); // at once: the try is over
  expect((await node.call('GET', '/v1/sites/demo/bots/main')).version, 'nor saves it').toBe(1); // at once: the try is over
  await p.click('#bot-save');
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/bots/main')).version).toBe(2);

  const [file] = await Promise.all([p.waitForEvent('download'), p.click('#export')]);
  const json = readFileSync((await file.path())!, 'utf8');
  expect(JSON.parse(json).dialogues.order.input.pattern).toBe('[0-9]{4}');
  await p.click('#view-json');
  await p.fill('#json', '{ "dialogues": ');
  await expect.poll(() => p.locator('#bot-view .problem').innerText()).toContain('읽을 수 없습니다');
  await expect.poll(() => p.locator('#bot-save').isDisabled()).toBe(true);
  await p.setInputFiles('#import', { name: 'main.json', mimeType: 'application/json', buffer: Buffer.from(json.replace('네 자리', '4자리')) });
  await expect.poll(() => p.inputValue('#json')).toContain('4자리');
  await shoot(p, 'settings-bot-json');
  await accessible(p);
  await p.click('#bot-save');
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/bots/main')).version).toBe(3);
  await p.click('#bot-cover');
  await p.locator('#bot-edit').getByRole('switch', { name: '사용' }).check();
  await p.locator('#bot-edit').getByRole('switch', { name: '대표봇' }).check();
  await p.click('#bot-edit button[type=submit]');
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/bots/main')).default).toBe(true);

  const k = kept(await customer(browser, node));
  await startChat(k);
  await k.getByRole('button', { name: '배송 조회' }).click();
  await k.getByText('주문번호 4자리를 알려 주세요.').waitFor();
  await node.call('PATCH', '/v1/sites/demo/bots/main', { enabled: false });
});

test('every page in both languages and schemes; an agent has what an agent may; log out everywhere', async () => {
  const p = await settings();
  const pages = ['site', 'hours', 'distribution', 'intake', 'autoclose', 'messages', 'bots', 'profile', 'accounts', 'days', 'categories', 'templates', 'channels', 'webhooks', 'keys', 'billing', 'data', 'audit', 'me'];
  const show = async (id: string) => {
    await to(p, id);
    if (id === 'channels') await p.locator('.tile').first().waitFor();
    await p.waitForLoadState('networkidle');
  };
  await gallery(p, Object.fromEntries(pages.map((id) => [`settings-${id}`, () => show(id)])), false);

  const m = await settings('manager');
  await expect.poll(() => m.locator('.pages a').allInnerTexts()).toEqual(['시나리오 봇', '근무일·휴식', '템플릿', '내 로그인']);
  // A manager plans the days of its own agents (domain 10.5).
  await to(m, 'days');
  await expect.poll(() => m.locator('tbody tr').count()).toBe(3);
  await m.locator('.day-cell button').nth(1).click();
  await m.locator('#day-edit').getByRole('switch').check();
  await m.click('#day-edit button[type=submit]');
  await m.locator('.day-cell .off').waitFor();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/days', undefined, 'manager')).days.filter((d: any) => d.off)).toMatchObject([{ account: 'agent1' }]);

  const a = await settings('agent2', 'accounts');
  await expect.poll(() => a.locator('.pages a').allInnerTexts()).toEqual(['시나리오 봇', '템플릿', '내 로그인']);
  await expect.poll(() => a.locator('#page-title').innerText()).toBe('시나리오 봇');
  const other = kept(await agent(browser, node, 'agent2'));
  await to(a, 'me');
  await expect.poll(() => a.locator('tbody tr').count()).toBe(2);
  await a.click('#my-password');
  await a.fill('#password-edit-old', 'a guess');
  await a.fill('#password-edit-new', 'autumn leaves');
  await a.fill('#password-edit-again', 'autumn');
  await a.click('#password-edit button[type=submit]');
  await expect.poll(() => a.locator('#password-edit .problem').allInnerTexts()).toContain('비밀번호가 서로 다릅니다.');
  await a.fill('#password-edit-again', 'autumn leaves');
  await a.click('#password-edit button[type=submit]');
  await expect.poll(() => a.locator('#password-edit .problem').allInnerTexts()).toContain('지금 비밀번호가 아닙니다.');
  await shoot(a, 'settings-password');
  await accessible(a);
  await a.locator('#password-edit').getByText('취소').click();
  await a.click('#everywhere');
  await a.locator('#everywhere-sure .danger').click();
  await a.locator('#login-password').waitFor();
  await other.locator('#login-password').waitFor();

  // The keyboard alone: skip the menus, change a switch, save.
  await to(p, 'messages');
  await p.locator('#f-busy_time').focus();
  await p.keyboard.press('Space');
  for (let i = 0; i < 12 && !(await p.evaluate(() => document.activeElement?.id === 'save')); i++) await p.keyboard.press('Tab');
  await p.keyboard.press('Enter');
  await expect.poll(() => now('busy_time')).toBe(true);
  await node.set({ busy_time: false });
});

test('the palette: a page, a single setting, and the way to the board', async () => {
  const p = await settings();
  const ask = async (text: string) => {
    await p.keyboard.press('Control+KeyK');
    await p.locator('#palette').waitFor();
    await p.keyboard.insertText(text);
  };
  await ask('ㅇㅎ');
  await looks(p, 'settings-palette', async () => {
    await p.keyboard.press('Escape');
    await otherLanguage(p);
    await p.keyboard.press('Control+KeyK');
    await p.locator('#palette').waitFor();
  });
  await p.keyboard.press('Escape');
  await ask('웹훅');
  await p.keyboard.press('Enter');
  await p.locator('#page-webhooks').waitFor();
  await ask('시간대');
  await p.keyboard.press('Enter');
  await p.locator('#page-site').waitFor();
  await expect.poll(() => p.evaluate(() => document.activeElement?.id)).toBe('f-time_zone');
  await ask('현황');
  await p.keyboard.press('Enter');
  await p.locator('#figure-waiting').waitFor();
});

test('first run: a node without a site prints a link, which makes one site and is dead afterwards', async () => {
  const bare = new Node([], false);
  try {
    await bare.start();
    await expect.poll(() => bare.said).toMatch(/^first run: /m);
    const link = /^first run: (\S+)$/m.exec(bare.said)![1]!;
    expect(link).toMatch(/\/setup\/#v1\.setup\.[\w-]{43}$/);
    const wrong = kept(await open(browser, `${link.slice(0, -3)}xyz`, size));
    await wrong.getByRole('heading', { name: '쓸 수 없는 링크입니다' }).waitFor();
    await looks(wrong, 'setup-dead');
    const p = kept(await open(browser, link, size));
    await p.locator('#name').waitFor();
    await looks(p, 'setup');
    await p.fill('#name', '가을 상점');
    await p.fill('#site', 'Autumn');
    await p.fill('#person', '김관리');
    await p.fill('#password', 'autumn leaves');
    await p.fill('#again', 'autumn');
    await p.click('button[type=submit]');
    await expect.poll(() => p.locator('#again-about').innerText()).toBe('비밀번호가 서로 다릅니다.');
    await shoot(p, 'setup-wrong');
    await p.fill('#again', 'autumn leaves');
    await p.click('button[type=submit]');
    await expect.poll(() => p.locator('#site-about').innerText()).toContain('32자까지');
    await p.fill('#site', 'autumn');
    await p.check('#demo');
    await p.click('button[type=submit]');
    await p.locator('#done').waitFor();
    await expect.poll(() => p.locator('#done td').allInnerTexts()).toHaveLength(4);
    await looks(p, 'setup-done');
    const password = await p.locator('#done code').first().innerText();
    await p.click('#open-settings');
    await p.locator('#page-title').waitFor();
    await expect.poll(() => p.inputValue('#f-name')).toBe('가을 상점');
    await expect.poll(() => p.inputValue('#f-time_zone')).toBe('Asia/Seoul');
    await to(p, 'audit');
    await expect.poll(() => p.locator('tbody').innerText()).toContain('가을 상점'); // the first run is in the site's own log

    const a = kept(await open(browser, `${bare.url}/agent/?site=autumn`, size));
    await signInTo(a, 'agent1', password);
    await a.locator('#lamp.live').waitFor();
    const again = kept(await open(browser, link, size));
    await again.getByRole('heading', { name: '쓸 수 없는 링크입니다' }).waitFor();
    await bare.kill();
    await bare.start();
    expect(bare.said, 'a node with a site has no first run').not.toContain('first run');
  } finally {
    await bare.stop();
  }
});
