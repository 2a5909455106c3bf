// A shift lead's day on a real node: the live board, a room that is watched, given, moved and ended, requests, lists, reports.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Node, accessibility, agent, complaints, customer, launch, lines, looks, manager, open, pick, say, shoot, startChat } from './rig';

let node: Node;
let browser: Browser;
const opened: Page[] = [];
const kept = <T extends Page>(p: T): T => (opened.push(p), p);
const day = { open: true, all_day: true };
const plain = { 'distribution.mode': 'AUTO', 'distribution.offer': null, 'distribution.wrap_up': null, 'profile.enabled': false, 'hours.weekday': day, 'hours.saturday': day, 'hours.sunday': day };

beforeAll(async () => {
  browser = await launch();
  node = new Node();
  await node.start();
  await node.call('POST', '/v1/sites/demo/categories', { id: 'delivery', name: '배송' });
  await node.call('POST', '/v1/sites/demo/categories', { id: 'late', level: 2, parent: 'delivery', name: '지연' });
});
afterAll(async () => {
  await browser?.close();
  await node?.stop();
});
afterEach(async () => {
  const said = opened.flatMap((p) => complaints.get(p) ?? []);
  for (const r of (await node.call('GET', '/v1/sites/demo/rooms?state=open&limit=500')).rooms) await node.call('POST', '/v1/commands', { type: 'room.end', id: '1', data: { room: r.room } }).catch(() => {});
  for (const p of opened.splice(0)) await p.context().close();
  expect(said, 'what the pages complained about').toEqual([]);
});

async function asks(text: string): Promise<Page> {
  const k = kept(await customer(browser, node));
  await startChat(k);
  await say(k, text);
  await expect.poll(() => lines(k)).toContain(text);
  return k;
}

const row = (page: Page, id: string) => page.locator(`[data-row="${id}"]`);
const figure = (page: Page, name: string) => page.locator(`#figure-${name} b`).innerText();

test('the board: who waits and who works, a waiting room looked at, given, moved once and not twice, ended', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL' });
  const a = kept(await agent(browser, node, 'agent1'));
  const b = kept(await agent(browser, node, 'agent2'));
  const m = kept(await manager(browser, node));
  const k = await asks('주문한 옷이 아직 안 왔어요');
  await expect.poll(() => figure(m, 'waiting')).toBe('1');
  await expect.poll(() => row(m, '-').innerText()).toContain('분류 없음');
  await row(m, 'agent1').getByText('온라인').waitFor();
  await row(m, 'agent3').getByText('끊김').waitFor();
  await looks(m, 'manager-board');

  // The queue's rooms, and the room itself, live while the customer writes.
  await row(m, '-').locator('a').click();
  const waiting = (await node.call('GET', '/v1/sites/demo/rooms')).rooms[0].room as string;
  await row(m, waiting).locator('a').click();
  await m.locator('#log').getByText('주문한 옷이 아직 안 왔어요', { exact: true }).waitFor();
  expect(m.url()).toContain(`room=${waiting}`); // what is looked at can be shared
  await say(k, '주문번호는 1234예요');
  await m.locator('#log').getByText('주문번호는 1234예요', { exact: true }).waitFor();
  await m.click('#facts');
  await m.locator('#why').getByText('수동 배정 모드').waitFor();
  await looks(m, 'manager-why', async () => {
    await m.click('#language');
    await m.locator('#log .message').first().waitFor();
    await m.click('#facts');
  });
  await m.click('#facts');

  // To whom: who cannot get one now has a reason in the place of a radio.
  await m.click('#assign');
  await m.locator('[data-candidate=agent1] input[type=radio]').waitFor();
  expect(await m.locator('[data-candidate=agent3] input').count()).toBe(0);
  expect(await m.locator('[data-candidate=agent3] .reason').innerText()).toBe('오프라인');
  await m.locator('#assign-dialog button[type=submit]').click();
  expect(await m.locator('#assign-problem').innerText()).toBe('받을 상담원을 선택해 주세요.');
  await looks(m, 'manager-assign', async () => {
    await m.keyboard.press('Escape');
    await m.click('#language');
    await m.locator('#log .message').first().waitFor();
    await m.click('#assign');
    await m.locator('#assign-dialog').waitFor();
  });
  await m.locator('[data-candidate=agent1] input').check();
  await m.fill('#assign-note', '배송 담당');
  await m.locator('#assign-dialog button[type=submit]').click();
  await m.locator('#assign-dialog').waitFor({ state: 'detached' });
  await pick(a);
  await say(a, '확인해 보겠습니다');
  await m.locator('#log').getByText('확인해 보겠습니다', { exact: true }).waitFor();

  // A memo of the manager's stands with the agent, and not with the customer.
  await m.fill('#memo', '송장 번호를 먼저 확인해 주세요');
  await m.press('#memo', 'Enter');
  await m.locator('#log .message.memo', { hasText: '송장 번호를 먼저 확인해 주세요' }).waitFor();
  await a.locator('.message.memo', { hasText: '송장 번호를 먼저 확인해 주세요' }).waitFor();
  expect((await lines(k)).join()).not.toContain('송장');

  // The dialog holds the assignment that it opened with: somebody else was first.
  await m.click('#assign');
  await m.locator('[data-candidate=agent2] input').check();
  await node.call('POST', '/v1/commands', { type: 'room.assign', id: '1', data: { room: waiting, to: 'agent3', assignment: 1 } });
  await m.locator('#assign-dialog button[type=submit]').click();
  await expect.poll(() => m.locator('#assign-problem').innerText()).toBe('이미 박세나에게 옮겨졌습니다.');
  expect(await m.locator('#assign-dialog button[type=submit]').isDisabled()).toBe(true);
  await m.keyboard.press('Escape');
  await m.locator('#assign-dialog').waitFor({ state: 'detached' });
  expect(await b.locator('#tab-received .count').innerText()).toBe('0');
  await m.click('#assign');
  await m.locator('[data-candidate=agent2] input').check();
  await m.locator('#assign-dialog button[type=submit]').click();
  await expect.poll(() => b.locator('#tab-received .count').innerText()).toBe('1');
  await looks(m, 'manager-watch', async () => {
    await m.click('#language');
    await m.locator('#log .message').first().waitFor();
  });

  // By the agent: the same room stands there.
  await m.click('#watch-back');
  await m.click('#close-side');
  await row(m, 'agent2').locator('a').click();
  await row(m, waiting).waitFor();
  await looks(m, 'manager-agent', async () => {
    await m.click('#language');
    await row(m, waiting).waitFor();
  });
  await row(m, waiting).locator('a').click();
  await m.click('#end');
  await m.locator('#end-dialog .danger').click();
  await k.locator('#closed').waitFor();
  await m.locator('.closed-line').waitFor();
  expect(await m.locator('.closed-line').innerText()).toContain('매니저 종료');
});

test('an agent is shown the way to its console; a wrong password says so; signing out ends it', async () => {
  const p = kept(await open(browser, `${node.url}/manager/?site=demo`, { viewport: { width: 1200, height: 800 } }));
  await p.fill('#login-account', 'manager');
  await p.fill('#login-password', 'not this one');
  await p.click('button[type=submit]');
  await expect.poll(() => p.locator('#login-problem').innerText()).toBe('사이트, 계정 또는 비밀번호가 맞지 않습니다.');
  await looks(p, 'manager-login');
  await p.fill('#login-account', 'agent1');
  await p.fill('#login-password', 'e2e-demo-password');
  await p.click('button[type=submit]');
  await p.locator('.sorry a[href="/agent/"]').waitFor();
  expect(await accessibility(p)).toEqual([]);
  await shoot(p, 'manager-sorry');
  await p.locator('.sorry button').click();
  await p.locator('#login-account').waitFor();

  const m = kept(await manager(browser, node));
  await m.click('#account');
  await m.click('#logout');
  await m.locator('#login-account').waitFor();
  await m.reload();
  await m.locator('#login-account').waitFor();
});

test('requests: a change approved and refused, a review answered; the count in the navigation', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const b = kept(await agent(browser, node, 'agent2'));
  const m = kept(await manager(browser, node));
  await asks('교환 담당자와 이야기하고 싶어요');
  const count = async (p: Page) => Number(await p.locator('#tab-received .count').innerText());
  await expect.poll(async () => (await count(a)) + (await count(b))).toBe(1);
  const [from, to] = (await count(a)) > 0 ? [a, b] : [b, a];
  await pick(from);
  await from.click('#change');
  await from.locator('#ask .people label').first().click();
  await from.fill('#ask textarea', '교환 담당이 필요합니다');
  await from.locator('#ask button[type=submit]').click();
  await from.click('#review');
  await from.fill('#ask textarea', '이렇게 안내해도 될까요?');
  await from.locator('#ask button[type=submit]').click();
  await expect.poll(() => m.locator('#nav-requests .count').innerText()).toBe('2');
  await m.click('#nav-requests');
  await m.locator('.request').nth(1).waitFor();
  await looks(m, 'manager-requests');
  const review = m.locator('.request', { hasText: '이렇게 안내해도 될까요?' });
  await review.locator('a').click();
  await m.locator('#log .message.memo').first().waitFor();
  await looks(m, 'manager-request-room', async () => {
    await m.click('#language');
    await m.locator('#log .message.memo').first().waitFor();
  });
  await review.locator('textarea').fill('네, 그대로 안내해 주세요');
  await review.locator('[data-do=ok]').click();
  await from.locator('.message.memo', { hasText: '네, 그대로 안내해 주세요' }).waitFor();
  await expect.poll(() => from.locator('.toast').allInnerTexts()).toEqual(expect.arrayContaining([expect.stringContaining('검토가 끝났습니다')]));
  await expect.poll(() => m.locator('.request').count()).toBe(1);
  await m.locator('.request [data-do=ok]').click();
  await expect.poll(() => to.locator('#tab-received .count').innerText()).toBe('1');
  await m.locator('.nothing').waitFor();
  expect(await m.locator('#nav-requests .count').count()).toBe(0);
});
