// A shift lead's day on a real node: the live board, a room that is watched, given, moved and ended, requests, lists, reports.

import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Node, accessible, agent, blank, complaints, customer, launch, lines, looks, manager, open, otherLanguage, pick, say, settled, shoot, startChat, toasts } from './rig';

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
  await expect.poll(() => m.url()).toContain(`room=${waiting}`); // what is looked at can be shared
  await say(k, '주문번호는 1234예요');
  await m.locator('#log').getByText('주문번호는 1234예요', { exact: true }).waitFor();
  await m.click('#facts');
  await m.locator('#why').getByText('수동 배정 모드').waitFor();
  await looks(m, 'manager-why', async () => {
    await otherLanguage(m);
    await m.locator('#log .message').first().waitFor();
    await m.click('#facts');
  });
  await m.click('#facts');

  // To whom: who cannot get one now has a reason in the place of a radio.
  await m.click('#assign');
  await m.locator('[data-candidate=agent1] input[type=radio]').waitFor();
  await expect.poll(() => m.locator('[data-candidate=agent3] .reason').innerText()).toBe('오프라인');
  expect(await m.locator('[data-candidate=agent3] input').count()).toBe(0); // at once: it is the reason that stands there
  await m.locator('#assign-dialog button[type=submit]').click();
  await expect.poll(() => m.locator('#assign-problem').innerText()).toBe('받을 상담원을 선택해 주세요.');
  await looks(m, 'manager-assign', async () => {
    await m.keyboard.press('Escape');
    await otherLanguage(m);
    await m.locator('#log .message').first().waitFor();
    await m.click('#assign');
    await m.locator('#assign-dialog').waitFor();
  });
  await m.locator('[data-candidate=agent1] input').check();
  await m.fill('#assign-note', '배송 담당');
  await m.locator('#assign-dialog button[type=submit]').click();
  await m.locator('#assign-dialog').waitFor({ state: 'detached' });
  await pick(a);
  await a.locator('#log .notice', { hasText: '메모: 배송 담당' }).waitFor(); // what the manager wrote with it
  await say(a, '확인해 보겠습니다');
  await m.locator('#log').getByText('확인해 보겠습니다', { exact: true }).waitFor();

  // A memo of the manager's stands with the agent, and not with the customer.
  await m.fill('#memo', '송장 번호를 먼저 확인해 주세요');
  await m.press('#memo', 'Enter');
  await m.locator('#log .message.memo', { hasText: '송장 번호를 먼저 확인해 주세요' }).waitFor();
  await a.locator('.message.memo', { hasText: '송장 번호를 먼저 확인해 주세요' }).waitFor();
  await say(a, '잠시만요, 찾고 있습니다');
  await expect.poll(() => lines(k)).toContain('잠시만요, 찾고 있습니다'); // what was said after the memo is there
  expect((await lines(k)).join()).not.toMatch(/송장|배송 담당/); // at once: a room's log has an order

  // The dialog holds the assignment that it opened with: somebody else was first.
  await m.click('#assign');
  await m.locator('[data-candidate=agent2] input').check();
  await node.call('POST', '/v1/commands', { type: 'room.assign', id: '1', data: { room: waiting, to: 'agent3', assignment: 1 } });
  await m.locator('#assign-dialog button[type=submit]').click();
  await expect.poll(() => m.locator('#assign-problem').innerText()).toBe('이미 박세나에게 옮겨졌습니다.');
  await expect.poll(() => m.locator('#assign-dialog button[type=submit]').isDisabled()).toBe(true);
  await m.keyboard.press('Escape');
  await m.locator('#assign-dialog').waitFor({ state: 'detached' });
  expect(await b.locator('#tab-received .count').innerText()).toBe('0'); // at once: nothing was written
  await m.click('#assign');
  await m.locator('[data-candidate=agent2] input').check();
  await m.locator('#assign-dialog button[type=submit]').click();
  await expect.poll(() => b.locator('#tab-received .count').innerText()).toBe('1');
  await looks(m, 'manager-watch', async () => {
    await otherLanguage(m);
    await m.locator('#log .message').first().waitFor();
  });

  // By the agent: the same room stands there.
  await m.click('#watch-back');
  await m.click('#close-side');
  await row(m, 'agent2').locator('a').click();
  await row(m, waiting).waitFor();
  // Its manager sends it to a break: its own console says so, and nobody new comes to it.
  await m.selectOption('#agent-want', 'break');
  await expect.poll(() => b.inputValue('#want')).toBe('break');
  await row(m, 'agent2').getByText('휴식').waitFor();
  await expect.poll(async () => (await node.call('GET', '/v1/sites/demo/live')).agents.find((x: { agent: string }) => x.agent === 'agent2').eligible).toBe(false);
  await looks(m, 'manager-agent', async () => {
    await otherLanguage(m);
    await row(m, waiting).waitFor();
  });
  await row(m, waiting).locator('a').click();
  await m.click('#end');
  await m.locator('#end-dialog .danger').click();
  await k.locator('#closed').waitFor();
  await m.locator('.closed-line').waitFor();
  await expect.poll(() => m.locator('.closed-line').innerText()).toContain('매니저 종료');
});

test('an agent is shown the way to its console; a wrong password says so; signing out ends it', async () => {
  const p = kept(await open(browser, `${node.url}/manager/?site=demo`, { viewport: { width: 1200, height: 800 } }));
  await p.fill('#login-account', 'manager');
  await p.fill('#login-password', 'not this one');
  await p.click('button[type=submit]');
  await expect.poll(() => p.locator('#login-problem').innerText()).toBe('사이트, 계정 또는 비밀번호가 맞지 않습니다.');
  await looks(p, 'manager-login');
  await expect.poll(() => p.locator('#login-problem').innerText(), { message: 'in no other language than the page' }).toBe('');
  await p.fill('#login-account', 'agent1');
  await p.fill('#login-password', 'e2e-demo-password');
  await p.click('button[type=submit]');
  await p.locator('.sorry a[href="/agent/"]').waitFor();
  await accessible(p);
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
    await otherLanguage(m);
    await m.locator('#log .message.memo').first().waitFor();
  });
  await review.locator('textarea').fill('네, 그대로 안내해 주세요');
  await review.locator('[data-do=ok]').click();
  await from.locator('.message.memo', { hasText: '네, 그대로 안내해 주세요' }).waitFor();
  await expect.poll(() => toasts(from)).toEqual(expect.arrayContaining([expect.stringContaining('검토가 끝났습니다')]));
  await expect.poll(() => m.locator('.request').count()).toBe(1);
  await m.locator('.request [data-do=ok]').click();
  await expect.poll(() => to.locator('#tab-received .count').innerText()).toBe('1');
  await m.locator('.nothing').waitFor();
  await expect.poll(() => m.locator('#nav-requests .count').count()).toBe(0);
});

/** A consultation from its start to its end by the agent. */
async function consultation(a: Page, question: string, answer: string): Promise<void> {
  const k = await asks(question);
  await pick(a);
  await say(a, answer);
  await expect.poll(() => lines(k)).toContain(answer);
  await a.click('#end');
  await a.locator('#end-dialog .danger').click();
  await k.locator('#closed').waitFor();
}

test('blocked customers: found in one list with who, when and why; the reason corrected, one let in again by keyboard', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const m = kept(await manager(browser, node));
  await m.click('#nav-blocked');
  await m.getByText('차단된 고객이 없습니다.').waitFor();
  await looks(m, 'manager-blocked-none');
  const k = await asks('욕설입니다');
  await pick(a);
  await a.click('#side-customer');
  await a.locator('#blocked').press('Space');
  await a.fill('#block-reason', '반복된 욕설');
  await a.press('#block-reason', 'Enter');
  await a.locator('#block-reason').blur();
  const key = (await node.call('GET', '/v1/sites/demo/rooms')).rooms[0].customer as string;
  await expect.poll(async () => (await node.call('GET', `/v1/sites/demo/customers/${key}`)).block_reason).toBe('반복된 욕설');
  await m.reload();
  await row(m, key).getByText('반복된 욕설').waitFor();
  await expect.poll(() => row(m, key).innerText()).toContain('김하나'); // who blocked the customer
  await looks(m, 'manager-blocked', async () => {
    await otherLanguage(m);
    await row(m, key).waitFor();
  });
  await m.setViewportSize({ width: 390, height: 800 });
  await expect.poll(() => m.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await shoot(m, 'manager-blocked-390');
  await accessible(m);
  await m.setViewportSize({ width: 1440, height: 900 });

  await row(m, key).locator('[data-do=why]').press('Enter');
  await m.locator('#reason-dialog').waitFor();
  await shoot(m, 'manager-blocked-reason');
  await accessible(m);
  await m.fill('#block-reason', '욕설, 경고 2회');
  await m.keyboard.press('Tab');
  await m.keyboard.press('Tab');
  await m.keyboard.press('Enter');
  await m.locator('#reason-dialog').waitFor({ state: 'detached' });
  await row(m, key).getByText('욕설, 경고 2회').waitFor();

  await row(m, key).locator('[data-do=unblock]').press('Enter');
  await m.locator('#unblock-dialog').waitFor();
  await m.keyboard.press('Tab');
  await m.keyboard.press('Enter');
  await m.getByText('차단된 고객이 없습니다.').waitFor();
  const after = await node.call('GET', `/v1/sites/demo/customers/${key}`);
  expect([after.blocked, after.block_reason]).toEqual([false, undefined]);
  await say(k, '죄송합니다');
  await a.locator('#log').getByText('죄송합니다', { exact: true }).waitFor();
});

test('lists of rooms: every filter in the address, a closed room with its log, 10,000 rows of which the page holds what is seen', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  await consultation(a, '교환하고 싶어요', '네, 교환해 드릴게요');
  await asks('쿠폰이 안 돼요');
  const m = kept(await manager(browser, node));
  await m.click('#nav-rooms');
  await expect.poll(() => m.locator('#rooms-total').innerText()).toBe('총 1건');
  await looks(m, 'manager-rooms');
  await m.selectOption('#filter-state', 'closed');
  await m.selectOption('#period', 'today');
  await m.selectOption('#filter-agent', 'agent1');
  await m.selectOption('#filter-ended_by', 'AGENT');
  await expect.poll(() => m.url()).toMatch(/#\/rooms\?state=closed&period=today&agent=agent1&ended_by=AGENT$/);
  await m.locator('.grid-space .grid-row').first().waitFor();
  await m.selectOption('#filter-ended_by', 'CUSTOMER');
  await m.getByText('조건에 맞는 상담이 없습니다.').waitFor();
  await m.selectOption('#filter-ended_by', 'AGENT');
  await m.locator('.grid-space a').first().click();
  await m.locator('#log').getByText('네, 교환해 드릴게요', { exact: true }).waitFor();
  await m.locator('#why').getByText('이 상담원에게 배정된 이유').waitFor();
  await looks(m, 'manager-room', async () => {
    await otherLanguage(m);
    await m.locator('#log .message').first().waitFor();
    await m.locator('#why').waitFor();
  });
  // The address brings all of it back.
  await m.reload();
  await m.locator('#log').getByText('네, 교환해 드릴게요', { exact: true }).waitFor();
  await m.click('#watch-back');
  await expect.poll(() => m.inputValue('#filter-agent')).toBe('agent1');

  const page = 500;
  await m.route(/\/v1\/sites\/demo\/rooms\?/, (r) => {
    const from = Number(new URL(r.request().url()).searchParams.get('cursor') ?? 0);
    const rooms = Array.from({ length: page }, (_, i) => ({ room: `r_${String(from + i).padStart(6, '0')}`, number: from + i, state: 'CLOSED', channel: 'WEB', customer: `demo_c${from + i}`, created_at: '2026-11-20T05:00:00.000Z', closed_at: '2026-11-20T05:10:00.000Z', ended_by: 'AGENT', reason: 'NORMAL', assignments: 1, answered: true, refused: false }));
    return r.fulfill({ json: { rooms, ...(from + page < 10_000 ? { next_cursor: String(from + page) } : {}) } });
  });
  await m.selectOption('#filter-channel', 'WEB');
  const grid = m.locator('.panel.list .grid');
  await expect
    .poll(async () => {
      await grid.evaluate((e) => (e.scrollTop = e.scrollHeight));
      return m.locator('#rooms-total').innerText();
    }, { timeout: 120_000 }) // twenty pages, one after the other
    .toBe('총 10000건');
  await grid.evaluate((e) => (e.scrollTop = e.scrollHeight));
  await m.locator('[data-row=r_009999]').waitFor();
  await expect.poll(() => m.locator('.grid-space .grid-row').count()).toBeLessThan(60);
});

test('reports: figures, definitions by keyboard, charts with their tables, pictures and files; the journey; the ledger for the administrator', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  await consultation(a, '배송이 늦어요', '확인해 드릴게요');
  // The reader sits elsewhere: days and times are the site's all the same.
  const m = kept(await manager(browser, node, 'admin', { timezoneId: 'America/Los_Angeles' }));
  await m.click('#nav-dashboard');
  const closed = () => m.locator('#card-closed b').innerText().then(Number);
  await expect.poll(closed).toBeGreaterThan(0);
  await m.locator('#chart-channels .chart-box svg').waitFor();
  await looks(m, 'manager-dashboard', async () => {
    await otherLanguage(m);
    await m.locator('#chart-channels .chart-box svg').waitFor();
  });
  await expect.poll(() => m.locator('[data-line=WEB] td').first().innerText()).toBe(String(await closed())); // the table says what the chart shows

  await m.click('#nav-sqi');
  await m.locator('#chart-sqi .chart-box svg').waitFor();
  await m.locator('[data-line=agent1]').getByText('김하나').waitFor();
  // What a figure means is read by keyboard, and Esc puts it away.
  const term = m.locator('thead .term', { hasText: '최초 응대 시간' });
  await term.focus();
  await m.locator('.tip:popover-open').getByText('상담 요청부터 첫 답변까지의 시간').waitFor();
  for (const scheme of ['light', 'dark'] as const) {
    await m.emulateMedia({ colorScheme: scheme });
    await shoot(m, `manager-sqi-term-${scheme}`);
  }
  await m.keyboard.press('Escape');
  await expect.poll(() => m.locator('.tip:popover-open').count()).toBe(0);
  await looks(m, 'manager-sqi', async () => {
    await otherLanguage(m);
    await m.locator('#chart-sqi .chart-box svg').waitFor();
  });
  await m.selectOption('#filter-group', 'day');
  await m.selectOption('#period', 'week');
  await expect.poll(() => m.url()).toMatch(/#\/sqi\?group=day&period=week$/);
  await m.locator('#chart-sqi .chart-box svg').waitFor();
  // Every chart can be zoomed. The week's figures may come after a press, and draw the chart anew, all of it.
  const zoom = () => m.locator('#chart-sqi .chart-box').getAttribute('data-zoom').then(Number);
  await expect.poll(() => m.locator('#chart-sqi .zoomin').click().then(zoom)).toBeGreaterThan(1);
  await expect.poll(async () => {
    const reset = m.locator('#chart-sqi .reset');
    if (await reset.isEnabled()) await reset.click({ timeout: 1000 }).catch(() => undefined);
    return zoom();
  }).toBe(1);
  const [picture] = await Promise.all([m.waitForEvent('download'), m.locator('#chart-sqi .image').click()]);
  expect(picture.suggestedFilename()).toBe('chart-sqi.png');
  expect(readFileSync((await picture.path())!).subarray(1, 4).toString()).toBe('PNG'); // at once: path() waits for all of it
  for (const ext of ['csv', 'xlsx']) {
    const [file] = await Promise.all([m.waitForEvent('download'), m.click(`#export-${ext}`)]);
    expect(file.suggestedFilename()).toMatch(new RegExp(`sqi.*\\.${ext}$`));
    expect(await file.failure()).toBeNull(); // at once: failure() waits for the end
  }

  await m.click('#nav-volumes');
  await m.locator('#chart-volumes .chart-box svg').waitFor();
  await looks(m, 'manager-volumes', async () => {
    await otherLanguage(m);
    await m.locator('#chart-volumes .chart-box svg').waitFor();
  });

  await m.click('#nav-consultations');
  await expect.poll(() => m.locator('#count-total b').innerText().then(Number)).toBeGreaterThan(0);
  await m.locator('.grid-space .grid-row').first().waitFor();
  await looks(m, 'manager-consultations', async () => {
    await otherLanguage(m);
    await m.locator('.grid-space .grid-row').first().waitFor();
  });
  const seoul = new Intl.DateTimeFormat('en', { hour: 'numeric', minute: '2-digit', second: '2-digit', timeZone: 'Asia/Seoul' });
  const newestRow = (await node.call('GET', '/v1/sites/demo/reports/consultations')).rows[0];
  await expect.poll(() => row(m, newestRow.room).innerText()).toContain(seoul.format(new Date(newestRow.started_at)).replace(/\s.M$/, ''));
  await m.locator('.grid-space a').first().click();
  await m.locator('#log .message').first().waitFor();

  await m.click('#nav-ledger');
  await m.locator('#balance b').getByText('0원').waitFor();
  await looks(m, 'manager-ledger');

  // The node's own journeys begin tomorrow: what the chart makes of them is shown with the domain's worked example.
  await m.click('#nav-journey');
  await m.getByText('시나리오 챗봇이 없습니다.').waitFor();
  await node.call('POST', '/v1/sites/demo/bots', { id: 'main', name: '안내봇', enabled: true, default: false, scenario: { dialogues: { scenario_list: { messages: [{ kind: 'text', text: '무엇을 도와드릴까요?' }], hotkeys: ['agent'] } } } });
  await m.route(/\/reports\/journey\?/, (r) => r.fulfill({ json: example }));
  await m.reload();
  await m.locator('#chart-journey .chart-box svg').waitFor();
  const walk = m.locator('.walk button');
  await walk.first().focus();
  await m.keyboard.press('Tab');
  await expect.poll(() => m.evaluate(() => document.activeElement?.textContent)).toBe('2단계 배송문의 · 유입 5 · 방 4 · 고객 2 · 이탈률 60.0 %');
  const shownRows = () => m.locator('tbody tr').count();
  await expect.poll(shownRows).toBe(example.rows.length);
  await looks(m, 'manager-journey', async () => {
    await otherLanguage(m);
    await m.locator('#chart-journey .chart-box svg').waitFor();
  });

  // A dialogue that is picked keeps the table to what it is and what leads there; the address says so, too.
  await m.locator('.walk button', { hasText: '2단계 배송문의' }).press('Enter');
  await expect.poll(shownRows).toBe(5); // its two rows, and three moves that lead to it
  await expect.poll(() => m.locator('#journey-shown').innerText()).toBe('2단계 배송문의 · 전체 13행 중 5행');
  await expect.poll(() => new URL(m.url()).hash).toContain('node=2%2Fdelivery');
  await m.reload();
  await expect.poll(shownRows).toBe(5);
  await m.locator('#chart-journey .chart-box svg').waitFor();
  await looks(m, 'manager-journey-node', async () => {
    await otherLanguage(m);
    await m.locator('#chart-journey .chart-box svg').waitFor();
  });
  await m.click('#journey-all');
  await expect.poll(shownRows).toBe(example.rows.length);
  // In the chart itself: the node's own box.
  await m.locator('#chart-journey .chart-box svg').getByText('이탈 3', { exact: true }).click();
  await expect.poll(() => m.locator('#journey-shown').innerText()).toBe('3단계 이탈 · 전체 13행 중 2행');
  await m.click('#journey-all');

  // The chart is made larger, moved, and put back, by keyboard.
  const box = m.locator('#chart-journey .chart-box');
  const scale = () => box.getAttribute('data-zoom').then(Number);
  const first = () => box.locator('svg').getByText('처음 9', { exact: true }).boundingBox().then((b) => b!.x);
  const before = await settled(first);
  const out = m.locator('#chart-journey .zoomout');
  await expect.poll(() => out.getAttribute('aria-disabled')).toBe('true'); // all of it is seen
  await m.locator('#chart-journey .zoomin').focus();
  await m.keyboard.press('Enter');
  await expect.poll(scale).toBe(1.5);
  await box.focus();
  await m.keyboard.press('+');
  await expect.poll(scale).toBe(2.25);
  const at = await settled(first);
  await m.keyboard.press('ArrowLeft');
  await expect.poll(first).toBe(at + 60);
  await shoot(m, 'manager-journey-zoomed');
  await accessible(m);
  await m.keyboard.press('0');
  await expect.poll(first).toBe(before);
  await expect.poll(scale).toBe(1);
});

test('by keyboard alone: from signing in to a room given away; every control is reached; a narrow screen', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL' });
  const a = kept(await agent(browser, node, 'agent1'));
  const k = await asks('키보드로 배정해 주세요');
  const m = kept(await open(browser, `${node.url}/manager/?site=demo`, { viewport: { width: 1280, height: 800 } }));
  await m.focus('#login-account');
  await m.keyboard.type('manager');
  await m.keyboard.press('Tab');
  await m.keyboard.type('e2e-demo-password');
  await m.keyboard.press('Enter');
  await m.locator('#lamp.live').waitFor();
  await row(m, '-').waitFor();
  await row(m, 'agent1').waitFor();
  const at = () => m.evaluate(() => document.activeElement?.id || document.activeElement?.closest('[data-row]')?.getAttribute('data-row') || document.activeElement?.className || '');
  const to = async (name: string) => {
    for (let i = 0; i < 60; i++) {
      if ((await at()) === name) return;
      await m.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${name}`);
  };
  await m.keyboard.press('Tab');
  await to('skip');
  await m.keyboard.press('Enter');
  await expect.poll(at).toBe('page');
  await to('-');
  await m.keyboard.press('Enter');
  const room = (await node.call('GET', '/v1/sites/demo/rooms')).rooms[0].room as string;
  await row(m, room).waitFor();
  await to(room);
  await m.keyboard.press('Enter');
  await m.locator('#watch-title').waitFor();
  await expect.poll(at).toBe('watch-title');
  await m.locator('#assign:not([disabled])').waitFor();
  await to('assign');
  await m.keyboard.press('Enter');
  await m.locator('[data-candidate=agent1] input').waitFor();
  await m.keyboard.press('Space'); // the first radio has the focus, as the first thing of the dialog
  await m.keyboard.press('Enter');
  await m.locator('#assign-dialog').waitFor({ state: 'detached' });
  await expect.poll(() => a.locator('#tab-received .count').innerText()).toBe('1');
  await expect.poll(at).toBe('assign'); // the focus is where it was
  const passed = new Set<string>();
  for (let i = 0; i < 80; i++) {
    await m.keyboard.press('Tab');
    passed.add(await at());
  }
  for (const id of ['nav-board', 'nav-blocked', 'nav-requests', 'nav-rooms', 'nav-sqi', 'limits', 'language', 'theme', 'account', 'agent1', 'watch-back', 'assign', 'end', 'facts', 'log', 'memo']) expect([...passed], id).toContain(id);

  for (const width of [900, 390]) {
    await m.setViewportSize({ width, height: 800 });
    await expect.poll(() => m.evaluate(() => document.documentElement.scrollWidth), { message: `${width}` }).toBeLessThanOrEqual(width);
    await shoot(m, `manager-room-${width}`);
    await accessible(m, `${width}`);
  }
  await m.click('#watch-back');
  await m.click('#close-side');
  for (const width of [900, 390]) {
    await m.setViewportSize({ width, height: 800 });
    await expect.poll(() => m.evaluate(() => document.documentElement.scrollWidth), { message: `${width}` }).toBeLessThanOrEqual(width);
    await shoot(m, `manager-board-${width}`);
    await accessible(m, `${width}`);
  }
  await say(k, '고맙습니다');
});

test('the palette: an agent, an open room, a report, and back to where one was', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL' });
  await asks('팔레트로 찾을 상담');
  const m = kept(await manager(browser, node));
  await row(m, 'agent1').waitFor();
  const shown = () => m.locator('#palette [role=option] b').allInnerTexts();
  const ask = async (text: string) => {
    await m.keyboard.press('Control+KeyK');
    await m.locator('#palette').waitFor();
    await m.keyboard.insertText(text);
  };
  await ask('ㄱㅎㄴ');
  await expect.poll(shown).toEqual(['김하나']);
  await looks(m, 'manager-palette', async () => {
    await m.keyboard.press('Escape');
    await otherLanguage(m);
    await row(m, 'agent1').waitFor();
    await ask('');
  });
  await m.keyboard.press('Escape');
  await ask('김하나');
  await m.keyboard.press('Enter');
  await expect.poll(() => m.url()).toMatch(/#\/board\?agent=agent1$/);
  const open = (await node.call('GET', '/v1/sites/demo/rooms?state=open')).rooms[0];
  await ask(`#${open.number}`);
  await expect.poll(async () => (await shown()).length).toBe(1);
  await m.keyboard.press('Enter');
  await m.locator('#log').getByText('팔레트로 찾을 상담', { exact: true }).waitFor();
  await ask('고객여정');
  await m.keyboard.press('Enter');
  await expect.poll(() => m.locator('#title').innerText()).toBe('고객여정');
  await m.focus('#language');
  await m.keyboard.press('Control+KeyK');
  await m.keyboard.press('Control+KeyK');
  await m.locator('#palette').waitFor({ state: 'detached' });
  await expect.poll(() => m.evaluate(() => document.activeElement?.id)).toBe('language');
});

test('a busy floor: 300 agents and 40 queues, waits graded by a word and a shape, the page holds what is seen', async () => {
  await node.set(plain);
  const m = kept(await blank(browser, { viewport: { width: 1440, height: 900 } }));
  const wants = ['online', 'online', 'online', 'meal', 'busy', 'break'];
  await m.routeWebSocket(/\/v1\/ws/, (page) => {
    const server = page.connectToServer();
    page.onMessage((text) => server.send(text));
    server.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.type === 'board.delta') frame.data = {}; // what the site's own do, whose last rooms end after the last story, is not of this floor
      if (frame.type === 'board.snapshot') {
        const ago = (s: number) => new Date(Date.now() - s * 1000).toISOString();
        const full = (i: number) => i % 7 === 0;
        Object.assign(frame.data, { waiting: 417, oldest_at: ago(415), free: 212 });
        frame.data.queues = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i === 0 ? '' : `c${i}`, { waiting: 3 + (i * 7) % 20, locked: i % 5, oldest_at: ago(415 - i * 10) }]));
        frame.data.agents = Object.fromEntries(
          Array.from({ length: 300 }, (_, i) => {
            const want = wants[i % wants.length]!;
            const why = want !== 'online' ? want : full(i) ? 'limit_reached' : undefined;
            return [`a${i}`, { name: `상담원 ${i + 1}`, want, conn: i % 11 === 5 ? 'down' : 'up', on_duty: i % 29 !== 3, load: full(i) ? 5 : i % 5, limit: 5, eligible: why === undefined, ...(why ? { why_not: why } : {}) }];
          }),
        );
      }
      page.send(JSON.stringify(frame));
    });
  });
  await m.route(/\/v1\/sites\/demo\/live/, (r) =>
    r.fulfill({
      json: {
        at: new Date().toISOString(), open: true, mode: 'AUTO', bot: 31, waiting: 417, locked: 12, received: 40, active: 610, inquiry: 280, answered: 330,
        agents: Array.from({ length: 300 }, (_, i) => ({ agent: `a${i}`, agent_name: `상담원 ${i + 1}`, state: i % 29 === 3 ? 'OFF' : 'ON_DUTY', received: i % 2, inquiry: i % 3, answered: i % 2, ...(i % 4 === 0 ? { oldest_unanswered_at: new Date(Date.now() - (20 + i) * 1000).toISOString() } : {}) })),
      },
    }),
  );
  await m.goto(`${node.url}/manager/?site=demo`);
  await m.fill('#login-account', 'manager');
  await m.fill('#login-password', 'e2e-demo-password');
  await m.click('button[type=submit]');
  await m.locator('#lamp.live').waitFor();
  await expect.poll(() => figure(m, 'inquiry')).toBe('280');
  await expect.poll(() => m.locator('.agents .grid-space .grid-row').count()).toBeLessThan(40);
  await expect.poll(() => m.locator('.agents .waits-for.late').first().innerText()).toMatch(/^지연\s*\d:\d\d$/); // not by colour alone
  await m.locator('.agents .grid').evaluate((e) => (e.scrollTop = e.scrollHeight));
  await expect.poll(() => m.locator('.agents .grid-space .grid-row').last().getAttribute('aria-rowindex')).toBe('301');
  await m.locator('.agents .grid').evaluate((e) => (e.scrollTop = 0));
  await looks(m, 'manager-busy', async () => {
    await otherLanguage(m);
    await m.locator('.agents .grid-space .grid-row').first().waitFor();
  });
});

const line = (stage: number, previous: string | null, dialogue: string, entries: number, rooms: number, customers: number, label: string | null, next: string | null, moves: number | null, leaves: number | null, rate: number | null) => ({ stage, previous, previous_entries: null, previous_rooms: null, previous_customers: null, dialogue, entries, rooms, customers, label, next, moves, move_rooms: moves, move_customers: moves, leaves, leave_rate: rate });
const point = (id: string, stage: number, name: string, entries: number, rooms: number, customers: number) => ({ id, stage, name, entries, rooms, customers });
const way = (from: string, to: string, moves: number) => ({ from, to, moves, rooms: moves, customers: moves });
const example = {
  bot: 'main', from: '2026-11-21', to: '2026-11-27', through: '2026-11-27',
  // As the node answers the domain's example (15.4).
  rows: [
    line(1, null, 'scenario_list', 5, 5, 3, '배송문의', 'delivery', 3, 0, 0),
    line(1, null, 'scenario_list', 5, 5, 3, 'error', 'scenario_list', 1, 0, 0),
    line(1, null, 'scenario_list', 5, 5, 3, '챗봇종료', '챗봇종료', 1, 0, 0),
    line(1, 'error', 'scenario_list', 1, 1, 1, '배송문의', 'delivery', 1, 0, 0),
    line(1, '이전으로', 'scenario_list', 2, 2, 2, '배송문의', 'delivery', 1, 0, 0),
    line(1, '이전으로', 'scenario_list', 2, 2, 2, '반품문의', 'return', 1, 0, 0),
    line(1, '처음으로', 'scenario_list', 1, 1, 1, '챗봇종료', '챗봇종료', 1, 0, 0),
    line(2, 'scenario_list', 'delivery', 5, 4, 2, '배송조회', 'track', 1, 3, 60),
    line(2, 'scenario_list', 'delivery', 5, 4, 2, '상담사연결', '상담사연결', 1, 3, 60),
    line(2, 'scenario_list', 'return', 1, 1, 1, '상담사연결', '상담사연결', 1, 0, 0),
    line(3, 'delivery', 'track', 1, 1, 1, '챗봇종료', '챗봇종료', 1, 0, 0),
    line(3, 'delivery', '상담사연결', 1, 1, 1, null, null, null, null, null),
    line(3, 'return', '상담사연결', 1, 1, 1, '상담사진행', '상담사진행', 1, null, null),
  ],
  nodes: [point('1/scenario_list', 1, '처음', 9, 5, 3), point('2/delivery', 2, '배송문의', 5, 4, 2), point('2/return', 2, '반품문의', 1, 1, 1), point('2/$error', 2, 'error', 1, 1, 1), point('2/$end', 2, '챗봇종료', 2, 2, 2), point('3/track', 3, '배송조회', 1, 1, 1), point('3/상담사연결', 3, '상담사연결', 2, 2, 2), point('3/$leave', 3, '이탈', 3, 3, 2), point('4/$end', 4, '챗봇종료', 1, 1, 1), point('4/$served', 4, '상담사진행', 1, 1, 1)],
  links: [way('1/scenario_list', '2/delivery', 5), way('1/scenario_list', '2/return', 1), way('1/scenario_list', '2/$error', 1), way('1/scenario_list', '2/$end', 2), way('2/delivery', '3/track', 1), way('2/delivery', '3/상담사연결', 1), way('2/delivery', '3/$leave', 3), way('2/return', '3/상담사연결', 1), way('3/track', '4/$end', 1), way('3/상담사연결', '4/$served', 1)],
};
