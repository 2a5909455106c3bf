// The stories of domain 7.6, told on a real node with a customer's page and an agent's, and what
// happens to both when the node dies between two words.

import { type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Node, agent, blank, complaints, count, customer, launch, lines, live, looks, open, otherLanguage, pick, rows, say, startChat, tab } from './rig';

const M_TITLE = '1:1 채팅 상담 문의 드립니다.';
const M_GREET = '안녕하세요. 상담사 김하나입니다. 무엇을 도와드릴까요?';
const M_PROMPT = '빠르고 정확한 상담을 위해 고객님의 프로필을 입력해 주세요:)';
const M_FIXED = '먼저 접수된 순서대로 상담원이 응답을 준비하고 있습니다. 잠시만 기다려 주세요. 채팅 내용은 관계법령에 의거하여 자동으로 저장됩니다.';
const M_REFUSE = '프로필이 확인되지 않았습니다. 프로필을 먼저 입력 후 메시지를 남겨주세요.';
const M_SAVED = '프로필이 저장되었습니다.';
const M_END_AGENT = '상담원이 종료하였습니다.';
const M_END_CUSTOMER = '고객님이 종료하였습니다.';
const L_CONSENT = '프로필 정보 입력 후 저장하시면 개인정보 수집 및 이용에 동의 한 것으로 간주합니다.';
const ASSIGNED = '상담원 연결: 김하나';

const plain = {
  'distribution.mode': 'AUTO', 'backlog.mode': 'AUTO', 'profile.enabled': false, 'profile.policy': 'ASSIGN', 'profile.fields': ['NAME', 'PHONE'], 'profile.consent': null, 'typing.preview': false,
};
const withProfile = { ...plain, 'profile.enabled': true, 'profile.consent': 'https://shop.example/privacy' };

let node: Node;
let browser: Browser;
const opened: Page[] = [];
const kept = <T extends Page>(p: T): T => (opened.push(p), p);

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  node = new Node();
  await node.start();
});
afterEach(async () => {
  const said = opened.flatMap((p) => complaints.get(p) ?? []);
  for (const p of opened.splice(0)) await p.context().close();
  await node.stop();
  expect(said, 'what the pages complained about').toEqual([]);
});

const state = (p: Page) => p.locator('#state').innerText();
const bubbles = (p: Page, text: string) => p.locator('#log').getByText(text, { exact: true });

async function fillProfile(p: Page, name: string, phone: string): Promise<void> {
  await p.fill('#profile-NAME', name);
  await p.fill('#profile-PHONE', phone);
  await p.click('#profile-ok');
}

test('W-1: AUTO, ASSIGN, in hours, A free', async () => {
  await node.set(withProfile);
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await customer(browser, node));
  await startChat(k);

  await expect.poll(() => lines(k)).toEqual([ASSIGNED, M_TITLE, M_GREET, M_PROMPT]);
  await expect.poll(() => state(k)).toBe('상담원 배정됨 · 김하나');
  await expect.poll(() => k.locator('#log .card button').innerText()).toBe('고객 프로필 입력');

  await say(k, '배송 언제 와요?');
  await expect.poll(() => lines(k)).toEqual([ASSIGNED, M_TITLE, M_GREET, M_PROMPT, '배송 언제 와요?']); // delivered, not refused
  await expect.poll(() => rows(a).first().locator('.unread').innerText()).toContain('1');
  await pick(a);
  await bubbles(a, '배송 언제 와요?').waitFor();
  await k.locator('.message.own .read').waitFor();
  await expect.poll(() => rows(a).locator('.unread').count()).toBe(0);

  await say(a, '확인해 볼게요.');
  await bubbles(k, '확인해 볼게요.').waitFor();
  await expect.poll(() => state(k)).toBe('상담 중 · 김하나');
  await a.locator('.message.own .read').waitFor();
  await expect.poll(() => count(a, 'answered')).toBe(1);
  await expect.poll(() => count(a, 'received')).toBe(0);

  // The form: the site's fields in its order, the node's refusal at the field, the consent line.
  await k.click('#log .card button');
  await expect.poll(() => k.locator('#profile-fields label').allInnerTexts()).toEqual(['이름', '휴대폰 번호']);
  await expect.poll(() => k.locator('#profile-consent').innerText()).toBe(L_CONSENT);
  await expect.poll(() => k.locator('#profile-consent a').innerText()).toBe('개인정보 수집 및 이용');
  await expect.poll(() => k.locator('#profile-consent a').getAttribute('href')).toBe('https://shop.example/privacy');
  await expect.poll(() => k.locator('#profile-ok').innerText()).toBe('확인');
  await fillProfile(k, '김고객', '0212345678');
  await expect.poll(() => k.locator('#profile-PHONE-problem').innerText()).toBe('휴대폰 번호 형식이 올바르지 않습니다. 예: 010-1234-5678');
  await expect.poll(() => k.locator('#profile-PHONE').getAttribute('aria-invalid')).toBe('true');
  await expect.poll(() => k.evaluate(() => document.activeElement?.id)).toBe('profile-PHONE');
  await looks(k, 'chat-profile', async () => k.evaluate(() => document.getElementById('language')!.click()));
  await fillProfile(k, '김고객', '010-1234-5678');
  await k.locator('#profile').waitFor({ state: 'hidden' });

  await expect.poll(() => lines(k)).toEqual([ASSIGNED, M_TITLE, M_GREET, M_PROMPT, '배송 언제 와요?', '확인해 볼게요.', M_SAVED]);
  await expect.poll(() => state(k)).toBe('상담 중 · 김하나');
  await expect.poll(() => k.locator('#log .card button').isDisabled()).toBe(true);
  await expect.poll(() => a.locator('.room-head h2').innerText()).toBe('김고객');
  await a.click('#side-customer');
  await expect.poll(() => a.inputValue('#customer-phone')).toBe('01012345678');
  await looks(k, 'chat-talk');
  await looks(a, 'agent-talk');
});

test('W-2: AUTO, WAIT, backlog AUTO, in hours, A free', async () => {
  await node.set({ ...withProfile, 'profile.policy': 'WAIT' });
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await customer(browser, node));
  await startChat(k);
  await expect.poll(() => lines(k)).toEqual([M_FIXED, M_PROMPT]);
  await expect.poll(() => state(k)).toBe('상담원 연결 대기 중');

  await say(k, '계세요?');
  await say(k, '배송이 궁금해요');
  await expect.poll(() => lines(k)).toEqual([M_FIXED, M_PROMPT, '계세요?', M_REFUSE, '배송이 궁금해요', M_REFUSE]);
  expect(await rows(a).count()).toBe(0); // at once: both words are refused, which nobody's room does
  await looks(k, 'chat-waiting');

  await k.click('#log .card button');
  await fillProfile(k, '이고객', '01098765432');
  await expect.poll(() => lines(k)).toEqual([M_FIXED, M_PROMPT, '계세요?', M_REFUSE, '배송이 궁금해요', M_REFUSE, M_SAVED, ASSIGNED]);
  await expect.poll(() => state(k)).toBe('상담원 배정됨 · 김하나');
  await expect.poll(() => count(a, 'received')).toBe(1);
  expect((await lines(k)).join()).not.toContain(M_GREET); // at once: it would stand before the assignment
  await pick(a);
  await expect.poll(() => a.locator('.meta', { hasText: '프로필 입력 전' }).count()).toBe(2);
});

test('kill -9 in the middle: both pages come back by themselves, and every word is there once', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await customer(browser, node));
  await startChat(k);
  await say(k, '안녕하세요');
  await pick(a);
  await bubbles(a, '안녕하세요').waitFor();
  await say(a, '네, 말씀하세요.');
  await bubbles(k, '네, 말씀하세요.').waitFor();

  await node.kill();
  await k.locator('#connection').waitFor();
  await a.locator('#connection').waitFor();
  await expect.poll(() => a.locator('#lamp').getAttribute('class')).toContain('away');
  await say(k, '끊긴 동안 쓴 첫 줄');
  await say(k, '끊긴 동안 쓴 둘째 줄');
  await say(a, '끊긴 동안 쓴 답변');
  await expect.poll(() => k.locator('.message.sending').count()).toBe(2);
  await expect.poll(() => a.locator('.message.sending').count()).toBe(1);
  await node.start();

  await live(a);
  await k.locator('#connection').waitFor({ state: 'hidden' });
  const said = ['안녕하세요', '네, 말씀하세요.', '끊긴 동안 쓴 첫 줄', '끊긴 동안 쓴 둘째 줄', '끊긴 동안 쓴 답변'];
  const spoken = async (p: Page) => (await lines(p)).filter((l) => said.includes(l)).sort();
  await expect.poll(() => p_sent(k)).toBe(0);
  await expect.poll(() => p_sent(a)).toBe(0);
  await expect.poll(() => spoken(k)).toEqual([...said].sort());
  await expect.poll(() => spoken(a)).toEqual([...said].sort());
  const order = (await lines(k)).filter((l) => l.startsWith('끊긴 동안 쓴') && l.endsWith('줄'));
  expect(order).toEqual(['끊긴 동안 쓴 첫 줄', '끊긴 동안 쓴 둘째 줄']);

  // Both views of the log agree with what a fresh page is told.
  await k.reload();
  await expect.poll(() => spoken(k)).toEqual([...said].sort());
  await a.reload();
  await live(a);
  await pick(a);
  await expect.poll(() => spoken(a)).toEqual([...said].sort());

  // At the end: an agent who is away for too long has no room any more.
  await node.kill();
  await a.locator('#connection').waitFor();
  await looks(a, 'agent-away');

  async function p_sent(p: Page): Promise<number> {
    return p.locator('.message.sending, .message.failed').count();
  }
});

test('a customer who comes back finds the chat, the state and the unsent word', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await customer(browser, node));
  await startChat(k);
  await say(k, '하나');
  await bubbles(k, '하나').waitFor();
  await k.context().setOffline(true);
  await node.kill();
  await k.locator('#connection').waitFor();
  await say(k, '둘');
  await node.start();
  await k.context().setOffline(false);
  await k.reload(); // before or after it was sent: once in any case
  await expect.poll(async () => (await lines(k)).filter((l) => l === '하나' || l === '둘')).toEqual(['하나', '둘']);
  await expect.poll(() => state(k)).toBe('상담원 배정됨 · 김하나');
  await live(a);
  await pick(a);
  await expect.poll(async () => (await lines(a)).filter((l) => l === '하나' || l === '둘')).toEqual(['하나', '둘']);
});

test('a reset that overtakes a page of history: what was said between is there, in its order', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await blank(browser, { viewport: { width: 480, height: 800 } }));
  // The node's own frames; the page of history that is asked for after the reload is held, until the log was begun anew.
  let newest = 0;
  const heard: string[] = [];
  let overtake = async (_: { stream: string; send(frame: object): void }) => {};
  await k.routeWebSocket(/\/v1\/ws/, (page) => {
    const server = page.connectToServer();
    page.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.type !== 'history') return server.send(text);
      void overtake({ stream: frame.stream, send: (x) => page.send(JSON.stringify(x)) }).then(() => server.send(text));
    });
    server.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.stream?.startsWith('room/') && frame.seq > newest) newest = frame.seq;
      if (frame.type === 'message.new') heard.push(frame.data.text);
      page.send(text);
    });
  });
  await k.goto(`${node.url}/chat/?site=demo`);
  await startChat(k);
  await say(k, '하나');
  await pick(a);
  await bubbles(a, '하나').waitFor();
  const all = ['하나', '둘', '셋'];
  const shown = async () => (await lines(k)).filter((l) => all.includes(l));
  let overtaken = 0;
  overtake = async ({ stream, send }) => {
    if (overtaken++ > 0) return;
    await say(a, '둘');
    await say(a, '셋');
    await expect.poll(() => heard).toContain('셋');
    send({ type: 'stream.reset', stream, data: { reason: 'too_old', snapshot: { state: 'ACTIVE', agent: '김하나' }, seq: newest, history_from: newest + 1 } });
  };
  await k.reload();
  await expect.poll(shown).toEqual(all);
  expect(overtaken, 'at once: the log is whole').toBe(2);
});

test('MANUAL: the line, a take, a memo that stays inside, hold, typing, the end of both sides, and again', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL', 'typing.preview': true });
  const a = kept(await agent(browser, node, 'agent1'));
  const b = kept(await agent(browser, node, 'agent2'));
  const k = kept(await customer(browser, node));
  await startChat(k);
  await expect.poll(() => lines(k)).toEqual([M_FIXED]);
  await say(k, '안녕하세요');
  for (const p of [a, b]) {
    await tab(p, 'waiting');
    await expect.poll(() => p.locator('[data-waiting]').count()).toBe(1);
  }
  await looks(a, 'agent-line');
  await a.locator('[data-waiting] button').click();
  await a.locator('.room-head').waitFor();
  await expect.poll(() => b.locator('[data-waiting]').count()).toBe(0);
  await expect.poll(() => state(k)).toBe('상담원 배정됨 · 김하나');

  // What is typed is seen for some seconds: who types goes on until it was.
  await expect.poll(async () => (await k.locator('#text').press('a'), a.locator('#typing').innerText())).toContain('고객 입력 중:');
  await expect.poll(async () => (await a.locator('#text').press('a'), k.locator('#typing').innerText())).toBe('상담원이 입력 중입니다…');
  await a.fill('#text', '');

  await a.keyboard.press('Alt+KeyM');
  await a.locator('.writer.memo').waitFor();
  await say(a, '단골 고객입니다');
  await a.locator('.message.memo:not(.sending)', { hasText: '단골 고객입니다' }).waitFor();
  await a.locator('.writer:not(.memo)').waitFor(); // back to replies: the next Enter speaks to the customer
  await say(a, '무엇을 교환해 드릴까요?');
  await bubbles(k, '무엇을 교환해 드릴까요?').waitFor();
  expect((await lines(k)).join()).not.toContain('단골'); // at once: what came after it is there
  await a.click('#hold');
  await a.locator('#hold[aria-pressed=true]').waitFor();
  await a.click('#mode-memo');
  await a.fill('#text', '다음에도 확인');
  await looks(a, 'agent-memo');
  await a.fill('#text', '');
  await a.click('#mode-reply');

  await a.selectOption('#want', 'meal');
  await a.reload();
  await live(a);
  await expect.poll(() => a.inputValue('#want')).toBe('meal');
  await a.selectOption('#want', 'online');
  await pick(a);

  await expect.poll(() => rows(a).locator('.unread').count()).toBe(0);
  // A key pressed in the very task that shows the room counts: the page listens before it paints.
  await a.reload();
  await live(a);
  const pressed = a.evaluate(() => new Promise<void>((done) => {
    new MutationObserver((_, seen) => {
      if (!document.querySelector('.room-head')) return;
      seen.disconnect();
      dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyE', altKey: true }));
      done();
    }).observe(document.body, { childList: true, subtree: true });
  }));
  await pick(a);
  await pressed;
  await a.locator('dialog').waitFor();
  await looks(a, 'agent-end', async () => {
    await a.locator('dialog button').first().click();
    await otherLanguage(a);
    await a.click('#end');
  });
  await a.locator('dialog .danger').click();
  await expect.poll(async () => (await lines(k)).at(-1)).toBe(M_END_AGENT);
  await expect.poll(() => state(k)).toBe('종료된 상담');
  await k.locator('#closed').waitFor();
  await looks(k, 'chat-closed');
  await a.locator('#dismiss').waitFor();
  await looks(a, 'agent-ended');
  await a.click('#dismiss');

  await k.click('#again');
  await expect.poll(() => lines(k)).toEqual([M_FIXED]);
  await k.click('#end');
  await k.click('#ending-yes');
  await expect.poll(() => lines(k)).toEqual([M_FIXED, M_END_CUSTOMER]);

  await a.click('#logout');
  await a.locator('#login-account').waitFor();
  await a.reload();
  await a.locator('#login-account').waitFor();
});

test('Enter inside a syllable sends nothing; the last syllable is not lost by a click', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await customer(browser, node));
  await startChat(k);
  await expect.poll(() => k.locator('.message').count()).toBe(2);
  for (const page of [k, a]) {
    if (page === a) await pick(a);
    const heard = async () => (await lines(page)).filter((l) => l === '안녕').length;
    const before = page === k ? 0 : 1; // the agent sees the customer's too
    await expect.poll(heard).toBe(before);
    await page.focus('#text');
    const cdp = await page.context().newCDPSession(page);
    const enter = (type: 'rawKeyDown' | 'keyDown' | 'keyUp', code: number) => cdp.send('Input.dispatchKeyEvent', { type, key: 'Enter', code: 'Enter', windowsVirtualKeyCode: code, ...(type === 'keyDown' ? { text: '\r' } : {}) });
    await cdp.send('Input.imeSetComposition', { text: '안녕', selectionStart: 2, selectionEnd: 2 });
    await enter('rawKeyDown', 229);
    expect(await page.inputValue('#text')).toBe('안녕'); // at once: the key was answered
    expect(await heard()).toBe(before); // at once: a bubble of one's own is drawn with the key
    await cdp.send('Input.insertText', { text: '안녕' });
    await enter('keyUp', 13);
    await enter('keyDown', 13);
    await enter('keyUp', 13);
    await expect.poll(heard).toBe(before + 1);
    await expect.poll(() => page.inputValue('#text')).toBe('');

    await cdp.send('Input.imeSetComposition', { text: '하세요', selectionStart: 3, selectionEnd: 3 });
    await page.click('#send');
    await expect.poll(async () => (await lines(page)).filter((l) => l === '하세요').length).toBe(page === k ? 1 : 2);
    await expect.poll(() => page.inputValue('#text')).toBe('');
  }
  await k.locator('#text').pressSequentially('첫 줄');
  await k.keyboard.press('Shift+Enter');
  await k.locator('#text').pressSequentially('둘째 줄');
  await k.keyboard.press('Enter');
  await expect.poll(async () => (await lines(k)).at(-1)).toBe('첫 줄\n둘째 줄');
});

test('the first looks: start, welcome, login, an empty list; a wrong password', async () => {
  await node.set(plain);
  const s = kept(await open(browser, node.url));
  await looks(s, 'start');
  await expect.poll(() => s.locator('#open-chat').getAttribute('href')).toBe('/chat/?site=demo');
  const k = kept(await customer(browser, node));
  await looks(k, 'chat-welcome');
  const l = kept(await open(browser, `${node.url}/agent/`));
  await looks(l, 'agent-login');
  await l.fill('#login-account', 'agent1');
  await l.fill('#login-password', 'wrong');
  await l.click('button[type=submit]');
  await expect.poll(() => l.locator('#login-problem').innerText()).toBe('사이트, 계정 또는 비밀번호가 맞지 않습니다.');
  const a = kept(await agent(browser, node, 'agent3', { viewport: { width: 1200, height: 800 } }));
  await looks(a, 'agent-empty');
});

test('a narrow screen: 320 pixels are enough for both', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent3'));
  const narrow = kept(await agent(browser, node, 'agent1', { viewport: { width: 320, height: 640 } }));
  const phone = kept(await customer(browser, node, { viewport: { width: 320, height: 640 } }));
  await startChat(phone);
  await expect.poll(async () => (await rows(narrow).count()) + (await rows(a).count())).toBe(1);
  for (const p of [narrow, phone]) await expect.poll(() => p.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  const away = (p: Page) => () => p.evaluate(() => document.getElementById('language')!.click()); // the header of an open room hides it
  await looks(phone, 'chat-narrow');
  await looks(narrow, 'agent-narrow', away(narrow));
  const holder = (await rows(narrow).count()) ? narrow : a;
  await holder.setViewportSize({ width: 320, height: 640 });
  await pick(holder);
  await expect.poll(() => holder.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await looks(holder, 'agent-narrow-room', away(holder));
  // The customer lies over the room, and only when asked for.
  expect(await holder.locator('.side').count()).toBe(0); // at once: the room is drawn
  await holder.click('#toggle-side');
  await holder.locator('.side').waitFor();
  await holder.keyboard.press('Escape');
  await expect.poll(() => holder.locator('.side').count()).toBe(0);
  await holder.click('.back');
  await rows(holder).first().waitFor();
});

test('English by address, Korean by choice; the words of the node stay as they are', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await open(browser, `${node.url}/chat/?site=demo&lang=en`, { viewport: { width: 480, height: 800 } }));
  await expect.poll(() => k.getAttribute('html', 'lang')).toBe('en');
  await expect.poll(() => k.title()).toBe('Customer chat');
  await startChat(k);
  await expect.poll(() => lines(k)).toEqual(['Agent connected: 김하나', M_TITLE, M_GREET]);
  await otherLanguage(k);
  await expect.poll(() => k.getAttribute('html', 'lang')).toBe('ko');
  await expect.poll(() => lines(k)).toEqual([ASSIGNED, M_TITLE, M_GREET]);
});
