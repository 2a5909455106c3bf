// A working day in the agent console, on a real node: the lists, the tools of a room, the customer, requests, offers, the
// keyboard alone, and more rooms and words than fit a screen.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Node, accessible, agent, blank, complaints, count, customer, launch, lines, live, looks, otherLanguage, open, pick, rows, say, shoot, startChat, tab, toasts } from './rig';

let node: Node;
let browser: Browser;
const opened: Page[] = [];
const kept = <T extends Page>(p: T): T => (opened.push(p), p);
const day = { open: true, all_day: true };
const plain = {
  'distribution.mode': 'AUTO', 'distribution.offer': null, 'distribution.wrap_up': null, 'profile.enabled': false, 'typing.preview': false, 'hours.weekday': day, 'hours.saturday': day, 'hours.sunday': day,
};

beforeAll(async () => {
  browser = await launch();
  node = new Node();
  await node.start();
  await node.call('POST', '/v1/sites/demo/categories', { id: 'delivery', name: '배송' });
  await node.call('POST', '/v1/sites/demo/categories', { id: 'late', level: 2, parent: 'delivery', name: '지연' });
  for (const [title, text] of [['배송 안내', '[customer_name]님, 상담사 [counselor_name]입니다. 운송장 [운송장번호], 도착 예정일은 [날짜]입니다.'], ['교환 안내', '교환은 7일 안에 신청하실 수 있습니다.'], ['끝인사', '감사합니다. 좋은 하루 보내세요.']]) {
    await node.call('POST', '/v1/sites/demo/templates', { type: 'TEXT', title, text, shared: true });
  }
});
afterAll(async () => {
  await browser?.close();
  await node?.stop();
});
afterEach(async () => {
  const said = opened.flatMap((p) => complaints.get(p) ?? []);
  // Nothing is left for the next story.
  for (const r of (await node.call('GET', '/v1/sites/demo/rooms?state=open&limit=500')).rooms) await node.call('POST', '/v1/commands', { type: 'room.end', id: '1', data: { room: r.room } }).catch(() => {});
  for (const p of opened.splice(0)) await p.context().close();
  expect(said, 'what the pages complained about').toEqual([]);
});

/** A customer who asks for a consultation and says something. */
async function asks(text: string, uid = ''): Promise<Page> {
  const k = kept(await customer(browser, node));
  if (uid) {
    await k.evaluate(
      async ([id]) => {
        const answer = await (await fetch('/v1/sites/demo/visitor-tokens', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ site_uid: id }) })).json();
        localStorage.setItem('switchyard.chat.demo', JSON.stringify({ token: answer.token, expires: answer.expires_at, customer: answer.customer_key }));
      },
      [uid],
    );
    await k.reload();
  }
  await startChat(k);
  await say(k, text);
  await expect.poll(() => lines(k)).toContain(text);
  return k;
}

test('a morning: bulk take, the tools of a room, templates by initials, an image, a draft that stays, the end, and the list of today', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL' });
  const a = kept(await agent(browser, node, 'agent1', { viewport: { width: 1360, height: 860 } }));
  await tab(a, 'waiting');
  const k = await asks('배송이 늦어요', 'hanna');
  await asks('교환하고 싶어요');
  await asks('쿠폰이 안 돼요');
  await expect.poll(() => count(a, 'waiting')).toBe(3);
  await a.locator('[data-waiting] input').nth(0).check();
  await a.locator('[data-waiting] input').nth(1).check();
  await looks(a, 'console-waiting');
  await a.click('#take-many');
  await expect.poll(() => count(a, 'received')).toBe(2);
  await expect.poll(() => count(a, 'waiting')).toBe(1);
  await expect.poll(() => toasts(a)).toContain('2건 중 2건을 접수했습니다.');
  await expect.poll(() => a.locator('#load').innerText()).toContain('2');

  await tab(a, 'received');
  await a.fill('#search', 'ㅂㅅ'); // 배송 by its initials
  await expect.poll(() => rows(a).count()).toBe(1);
  await rows(a).first().click();
  await a.fill('#search', '');
  await a.locator('#log').getByText('배송이 늦어요', { exact: true }).waitFor();

  // What the agents keep of a room; each comes back from the node.
  await a.selectOption('#category', 'late');
  await a.fill('#category3', '택배사');
  await say(k, '기다리고 있어요'); // the room is drawn anew under what is being written
  await a.locator('#log').getByText('기다리고 있어요', { exact: true }).waitFor();
  expect(await a.inputValue('#category3')).toBe('택배사'); // at once: nothing that happens wipes it out
  await a.press('#category3', 'Enter');
  await a.fill('#room-tag', 'vip');
  await a.press('#room-tag', 'Enter');
  await a.selectOption('#flag', 'orange');
  await a.click('#alarm');
  await a.locator('#alarm-dialog').getByText('30분 후').click();
  await a.click('#hold');
  await expect.poll(() => count(a, 'alarm')).toBe(1);
  await expect.poll(() => count(a, 'hold')).toBe(1);
  const id = await a.locator('.rooms button.row[aria-current=true]').getAttribute('data-room');
  await expect
    .poll(async () => (await node.call('GET', `/v1/sites/demo/rooms/${id}`)).room)
    .toMatchObject({ category: 'late', category3: '택배사', tags: ['vip'], flag: 'orange', hold_close: true });

  // A template: `/` at the start of a line, initials, Enter puts it in and sends nothing; Tab goes to what is left open.
  await a.click('#text');
  await a.keyboard.type('/ㅂㅅ');
  await a.locator('#templates li').first().waitFor();
  await expect.poll(() => a.locator('#templates b').allInnerTexts()).toEqual(['배송 안내']);
  await looks(a, 'console-templates', async () => {
    await otherLanguage(a);
    await a.locator('.room-head').waitFor();
    await a.fill('#text', '');
    await a.click('#text');
    await a.keyboard.type('/ㅂㅅ');
  });
  await a.keyboard.press('Enter');
  const filled = '[customer_name]님, 상담사 김하나입니다. 운송장 [운송장번호], 도착 예정일은 [날짜]입니다.';
  await expect.poll(() => a.inputValue('#text')).toBe(filled);
  const chosen = () => a.locator('#text').evaluate((e) => (e as HTMLTextAreaElement).value.slice((e as HTMLTextAreaElement).selectionStart, (e as HTMLTextAreaElement).selectionEnd));
  await expect.poll(chosen).toBe('[customer_name]');
  await a.keyboard.type('한나');
  await a.keyboard.press('Tab');
  await expect.poll(chosen).toBe('[운송장번호]');
  await a.keyboard.type('1234');
  await a.keyboard.press('Tab');
  await a.keyboard.type('내일');
  await a.keyboard.press('Enter');
  await k.locator('#log').getByText('한나님, 상담사 김하나입니다. 운송장 1234, 도착 예정일은 내일입니다.', { exact: true }).waitFor();
  await expect.poll(() => count(a, 'answered')).toBe(1);

  // An image, pasted: shown first, sent when asked, seen on both sides.
  await a.evaluate(async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 200];
    const pen = canvas.getContext('2d')!;
    pen.fillStyle = '#7a4fd0';
    pen.fillRect(0, 0, 320, 200);
    const blob = await new Promise<Blob>((done) => canvas.toBlob((b) => done(b!), 'image/png'));
    const data = new DataTransfer();
    data.items.add(new File([blob], 'x.png', { type: 'image/png' }));
    document.getElementById('text')!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await a.locator('#image-dialog img').waitFor();
  await shoot(a, 'console-image');
  await a.locator('#image-dialog .primary').click();
  await a.locator('#log .message:not(.sending) .picture img').waitFor();
  await expect.poll(() => k.locator('#log .picture img').evaluate((e) => (e as HTMLImageElement).naturalWidth)).toBe(320);

  // A path is no template, and a slash inside a line is none.
  await a.fill('#text', '10/20');
  expect(await a.locator('#templates').count()).toBe(0); // at once: the list is drawn with the letter
  await a.fill('#text', '/없는이름');
  await expect.poll(() => a.locator('#templates-missed').innerText()).toContain('맞는 템플릿이 없습니다.');

  // The draft outlives a change of rooms and a reload.
  await a.fill('#text', '아직 보내지 않은 글');
  await rows(a).first().click();
  await expect.poll(() => a.inputValue('#text')).toBe('');
  await a.reload();
  await live(a);
  await tab(a, 'answered');
  await rows(a).first().click();
  await expect.poll(() => a.inputValue('#text')).toBe('아직 보내지 않은 글');
  await a.fill('#text', '');
  await expect.poll(() => a.inputValue('#category')).toBe('late');

  // The columns are where they were put, by mouse and by key.
  await a.focus('#split-list');
  const before = Number(await a.getAttribute('#split-list', 'aria-valuenow'));
  await a.keyboard.press('ArrowRight');
  await expect.poll(async () => Number(await a.getAttribute('#split-list', 'aria-valuenow'))).toBe(before + 16);
  await a.click('#side-history');
  await looks(a, 'console-room', async () => {
    await otherLanguage(a);
    await a.locator('.side').waitFor();
  });

  await a.click('#end');
  await a.locator('#end-dialog .danger').click();
  await expect.poll(() => count(a, 'ended')).toBe(1);
  await k.locator('[name=score][value="5"]').check();
  await k.click('#rate');
  await a.reload();
  await live(a);
  await expect.poll(async () => Number(await a.getAttribute('#split-list', 'aria-valuenow'))).toBe(before + 16);
  await tab(a, 'ended');
  await expect.poll(() => rows(a).count()).toBe(1);
  await rows(a).first().click();
  await a.locator('#log').getByText('배송이 늦어요', { exact: true }).waitFor();
  await expect.poll(() => a.locator('.over').innerText()).toContain('고객 평가 5점');
  await expect.poll(() => a.inputValue('#category3')).toBe('택배사');
  await looks(a, 'console-ended', async () => {
    await otherLanguage(a);
    await a.locator('.over').waitFor();
  });
});

test('the customer: corrected, refused at the field, merged only when confirmed, with one history', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1', { viewport: { width: 1360, height: 860 } }));
  const first = await asks('첫 문의', 'merge-me');
  await pick(a);
  await a.click('#end');
  await a.locator('#end-dialog .danger').click();
  await first.locator('#closed').waitFor();
  await asks('다른 사람처럼 온 문의');
  await tab(a, 'received');
  await rows(a).filter({ hasText: '다른 사람처럼 온 문의' }).click();
  await a.click('#side-customer');
  await a.fill('#customer-name', '김한나');
  await a.fill('#customer-birth', '2021-02-30');
  await a.fill('#customer-note', '전화는 오후에');
  await a.click('#customer-save');
  await expect.poll(() => a.locator('#customer-form .problem').innerText()).toBe('생년월일 형식이 올바르지 않습니다. 예: 1990-01-31');
  await looks(a, 'console-customer', async () => {
    await otherLanguage(a);
    await a.locator('#customer-form').waitFor();
  });
  await a.fill('#customer-name', '김한나');
  await a.fill('#customer-birth', '1990-01-31');
  await a.fill('#customer-note', '전화는 오후에');
  await a.click('#customer-save');
  await expect.poll(() => a.locator('.room-head h2').innerText()).toContain('김한나');
  await a.selectOption('#grade', 'VIP');
  await a.locator('.room-head .grade').waitFor();
  await a.fill('#customer-tag', '단골');
  await a.press('#customer-tag', 'Enter');
  await a.locator('.side .tag', { hasText: '단골' }).waitFor();

  await a.fill('#customer-customer_id', 'merge-me');
  await a.click('#customer-save');
  await a.locator('#merge-dialog').waitFor();
  await looks(a, 'console-merge', async () => {
    await a.locator('#merge-dialog .button').first().click();
    await otherLanguage(a);
    await a.fill('#customer-customer_id', 'merge-me');
    await a.click('#customer-save');
    await a.locator('#merge-dialog').waitFor();
  });
  await a.locator('#merge-dialog .danger').click();
  await expect.poll(() => a.inputValue('#customer-customer_id')).toBe('merge-me');
  await a.click('#side-history');
  await expect.poll(() => a.locator('.history li').count()).toBe(2);
  await a.click('#side-room');
  await expect.poll(() => a.locator('.facts').innerText()).toContain('demo_merge-me');
});

test('a change of agent: picked from the list, told when it is decided; a review; a memo of each', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  const b = kept(await agent(browser, node, 'agent2'));
  await asks('교환 담당자와 이야기하고 싶어요');
  await expect.poll(async () => (await count(a, 'received')) + (await count(b, 'received'))).toBe(1);
  const [from, to] = (await count(a, 'received')) > 0 ? [a, b] : [b, a];
  await pick(from);
  await from.click('#change');
  await expect.poll(() => from.locator('#ask .people label span:first-of-type').allInnerTexts()).toEqual(from === a ? ['이두리', '박세나'] : ['김하나', '박세나']);
  await from.locator('#ask button[type=submit]').click();
  await expect.poll(() => from.locator('#ask .problem').innerText()).toBe('상담원을 선택해 주세요.');
  await looks(from, 'console-change', async () => {
    await from.keyboard.press('Escape');
    await otherLanguage(from);
    await from.click('#change');
  });
  const ask = async (why: string) => {
    if (!(await from.locator('#ask').count())) await from.click('#change');
    await from.locator('#ask .people label').first().click();
    await from.fill('#ask textarea', why);
    await from.locator('#ask button[type=submit]').click();
    await from.locator('.strip.request').waitFor();
  };
  const decide = async (ok: boolean) => {
    const { requests } = await node.call('GET', '/v1/sites/demo/requests?kind=change');
    await node.call('POST', '/v1/commands', { type: 'request.decide', id: '1', data: { request: requests[0].request, ok } }, 'manager');
  };
  await ask('교환 담당이 필요합니다');
  await expect.poll(() => from.locator('#change').isDisabled()).toBe(true); // one at a time
  await decide(false);
  await expect.poll(() => toasts(from)).toEqual(expect.arrayContaining([expect.stringContaining('변경 요청이 거절되었습니다')]));
  await expect.poll(() => from.locator('.strip.request').count()).toBe(0);
  await from.click('#review');
  await from.fill('#ask textarea', '답변이 맞는지 봐 주세요');
  await from.locator('#ask button[type=submit]').click();
  await from.locator('.message.memo', { hasText: '답변이 맞는지 봐 주세요' }).waitFor();
  await ask('다시 요청합니다');
  await decide(true);
  await expect.poll(() => count(to, 'received')).toBe(1);
  await expect.poll(() => from.locator('.over').innerText()).toContain('다른 상담원에게 넘어간 상담입니다.');
});

test('offers: declined, and accepted in time; wrap-up counts down', async () => {
  await node.set({ ...plain, 'distribution.offer': 600, 'distribution.wrap_up': 300 });
  const a = kept(await agent(browser, node, 'agent1'));
  await asks('첫 손님');
  await a.locator('[data-offer]').waitFor();
  await expect.poll(() => a.locator('.offer .ticking').innerText()).toMatch(/^(\d|10):\d\d$/);
  await looks(a, 'console-offer');
  await a.locator('[data-offer] .primary').click();
  await a.locator('.room-head').waitFor();
  await expect.poll(() => a.locator('[data-offer]').count()).toBe(0);
  await a.keyboard.press('Alt+KeyE');
  await a.locator('#end-dialog .danger').click();
  await expect.poll(() => a.locator('#wrapup .ticking').innerText()).toMatch(/^[0-5]:\d\d$/);
  await asks('둘째 손님');
  await a.locator('[data-offer]').waitFor();
  await a.locator('[data-offer] button').first().click();
  await expect.poll(() => a.locator('[data-offer]').count()).toBe(0);
  expect(await count(a, 'received')).toBe(0); // at once: the inbox that took the offer back would have brought the room
});

test('notices: a new room and a word by the system, none of the open room, none of a quiet one (domain 6.4)', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL', 'hours.weekday': { open: false }, 'hours.saturday': { open: false }, 'hours.sunday': { open: false } });
  const a = kept(await agent(browser, node, 'agent3'));
  await a.evaluate(() => {
    const told: string[] = [];
    (window as any).told = told;
    (window as any).Notification = class {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(title: string, options: { body: string }) {
        told.push(`${title}: ${options.body}`);
      }
      close() {}
    };
  });
  await a.click('#prefs');
  await a.click('#pref-desktop');
  await looks(a, 'console-prefs', async () => {
    const box = a.locator('#pref-language');
    await box.selectOption((await box.inputValue()) === 'ko' ? 'en' : 'ko');
    await a.locator('#prefs-dialog').waitFor();
  });
  await a.locator('#prefs-dialog .primary').click();
  const told = () => a.evaluate(() => (window as any).told as string[]);
  const k = await asks('밤에 온 문의');
  const room = (await node.call('GET', '/v1/sites/demo/rooms')).rooms[0].room;
  await a.evaluate(() => (document.hasFocus = () => false)); // the agent looks at another window
  await node.call('POST', '/v1/commands', { type: 'room.assign', id: '1', data: { room, to: 'agent3', assignment: 0 } });
  await expect.poll(() => count(a, 'received')).toBe(1);
  await say(k, '계세요?');
  await expect.poll(told).toEqual([expect.stringMatching(/^새 메시지: 고객 /)]); // the room came quietly: it is night
  await expect.poll(() => a.title()).toBe('(2) 상담원 화면');
  await pick(a);
  await a.evaluate(() => (document.hasFocus = () => true));
  await a.evaluate(() => dispatchEvent(new Event('focus')));
  await say(k, '지금 보고 있나요?');
  await a.locator('#log').getByText('지금 보고 있나요?', { exact: true }).waitFor();
  expect((await told()).length).toBe(1); // at once: a notice goes out before the word is drawn
  await expect.poll(() => a.title()).toBe('상담원 화면');
});

test('by keyboard alone: sign in, find a room, answer, note, end; the list of shortcuts; off means off', async () => {
  await node.set(plain);
  const a = kept(await open(browser, `${node.url}/agent/?site=demo`));
  await a.focus('#login-account');
  await a.keyboard.type('agent1');
  await a.keyboard.press('Tab');
  await a.keyboard.type('e2e-demo-password');
  await a.keyboard.press('Enter');
  await live(a);
  const k = await asks('키보드로만 답해 주세요');
  await expect.poll(() => count(a, 'received')).toBe(1);

  await a.keyboard.press('?');
  await a.locator('#keys-dialog').waitFor();
  await looks(a, 'console-keys', async () => {
    await a.keyboard.press('Escape');
    await otherLanguage(a);
    await a.locator('#tab-received').focus();
    await a.keyboard.press('?');
  });
  await a.keyboard.press('Escape');
  await a.locator('#keys-dialog').waitFor({ state: 'detached' });

  // A Korean layout writes a Hangul letter with the same key: the place of the key counts.
  const press = (code: string, key: string) => a.evaluate(([c, x]) => void (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { code: c!, key: x!, altKey: true, bubbles: true, cancelable: true })), [code, key]);
  await press('Digit2', '2');
  await press('ArrowDown', 'ArrowDown');
  await a.locator('.room-head').waitFor();
  await expect.poll(() => a.evaluate(() => document.activeElement?.id)).toBe('text');
  await a.keyboard.type('네, 키보드로 답합니다');
  await a.keyboard.press('Enter');
  await k.locator('#log').getByText('네, 키보드로 답합니다', { exact: true }).waitFor();
  await press('KeyM', 'ㅡ');
  await a.locator('.writer.memo').waitFor();
  await a.keyboard.type('메모도 키보드로');
  await a.keyboard.press('Enter');
  await a.locator('.message.memo:not(.sending)', { hasText: '메모도 키보드로' }).waitFor();
  await press('KeyH', 'ㅗ');
  await a.locator('#hold[aria-pressed=true]').waitFor();
  await press('KeyT', 'ㅅ');
  await a.locator('#templates').waitFor();
  await a.keyboard.press('ArrowDown');
  await a.keyboard.press('Escape');
  await expect.poll(() => a.locator('#templates').count()).toBe(0);
  await a.fill('#text', '');

  // Every control of the room can be reached with Tab, and none is a trap.
  await a.focus('#language');
  const passed = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await a.keyboard.press('Tab');
    const at = await a.evaluate(() => document.activeElement?.id ?? '');
    if (at === 'language') break;
    passed.add(at);
  }
  for (const id of ['logout', 'tab-received', 'search', 'split-list', 'flag', 'hold', 'change', 'review', 'end', 'category', 'log', 'mode-reply', 'text', 'send', 'split-side', 'want', 'prefs']) expect([...passed], id).toContain(id);
  await accessible(a);

  await a.click('#keys');
  await a.locator('#pref-shortcuts').uncheck();
  await a.keyboard.press('Escape');
  await a.locator('#keys-dialog').waitFor({ state: 'detached' });
  await press('KeyE', 'ㄷ');
  await a.keyboard.press('Alt+KeyE');
  expect(await a.locator('#end-dialog').count()).toBe(0); // at once: a key is answered before the next one
  await a.click('#keys');
  await a.locator('#pref-shortcuts').check();
  await a.keyboard.press('Escape');
  await a.locator('#keys-dialog').waitFor({ state: 'detached' });
  await a.focus('#text');
  await press('KeyE', 'ㄷ');
  await a.locator('#end-dialog').waitFor();
  await a.keyboard.press('Tab');
  await a.keyboard.press('Enter');
  await k.locator('#closed').waitFor();
});

test('the palette: own state, a room, a template and the wrap-up by Ctrl+K, none by an Enter inside a syllable', async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1'));
  await asks('색상을 바꾸고 싶어요');
  await expect.poll(() => count(a, 'received')).toBe(1);
  const shown = () => a.locator('#palette [role=option] b').allInnerTexts();
  const ask = async (text: string) => {
    await a.keyboard.press('Control+KeyK');
    await a.locator('#palette').waitFor();
    await a.keyboard.insertText(text);
  };

  // The same key of a Korean layout writes a letter: its place counts.
  await a.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyK', key: 'ㅏ', ctrlKey: true, bubbles: true, cancelable: true })));
  await a.locator('#palette').waitFor();
  await expect.poll(() => a.evaluate(() => document.activeElement?.id)).toBe('palette-query');
  await looks(a, 'console-palette', async () => {
    await a.keyboard.press('Escape');
    await otherLanguage(a);
    await a.keyboard.press('Control+KeyK');
    await a.locator('#palette').waitFor();
  });
  await a.keyboard.press('Escape');
  await a.locator('#palette').waitFor({ state: 'detached' });

  // A room by the initials of what was said in it; then the field has the focus, and gets it back.
  await ask('ㅅㅅㅇ');
  await expect.poll(() => a.locator('#palette [aria-selected=true] .detail').innerText()).toContain('색상을');
  await a.keyboard.press('Enter');
  await a.locator('#log').getByText('색상을 바꾸고 싶어요', { exact: true }).waitFor();
  await expect.poll(() => a.evaluate(() => document.activeElement?.id)).toBe('text');
  await ask('없는 명령');
  await a.locator('#palette .none').waitFor();
  await a.keyboard.press('Enter');
  await a.keyboard.press('Escape');
  await expect.poll(() => a.evaluate(() => document.activeElement?.id)).toBe('text');

  // Inside a syllable Enter and the arrows belong to it.
  await a.keyboard.press('Control+KeyK');
  await a.locator('#palette').waitFor();
  const cdp = await a.context().newCDPSession(a);
  await cdp.send('Input.imeSetComposition', { text: '교환', selectionStart: 2, selectionEnd: 2 });
  await expect.poll(shown).toEqual(['교환 안내']);
  await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
  expect(await a.locator('#palette').count()).toBe(1); // at once: the key was answered
  await cdp.send('Input.insertText', { text: '교환' });
  await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  await a.keyboard.press('Enter');
  await expect.poll(() => a.inputValue('#text')).toBe('교환은 7일 안에 신청하실 수 있습니다.');
  await a.fill('#text', '');

  // One's own state with arrows, and the end of the wrap-up: by the palette, and by its button.
  await ask('ㅎㅊㄹ');
  await expect.poll(shown).toEqual(['후처리']);
  await a.keyboard.press('Enter');
  await expect.poll(() => a.inputValue('#want')).toBe('wrapup');
  await a.locator('#finish-wrapup').waitFor();
  await looks(a, 'console-wrapup');
  await ask('상태');
  await expect.poll(shown).toEqual(['후처리 끝내기', '온라인', '다른 업무 중', '휴식', '식사', '오프라인']);
  await a.keyboard.press('ArrowUp'); // round to the last
  await expect.poll(() => a.locator('#palette [aria-selected=true] b').innerText()).toBe('오프라인');
  await expect.poll(() => a.getAttribute('#palette-query', 'aria-activedescendant')).toBe('command-want-offline');
  await a.keyboard.press('ArrowDown');
  await a.keyboard.press('Enter');
  await expect.poll(() => a.inputValue('#want')).toBe('online');
  await a.locator('#finish-wrapup').waitFor({ state: 'detached' });
  await a.selectOption('#want', 'wrapup');
  await a.click('#finish-wrapup');
  await expect.poll(() => a.inputValue('#want')).toBe('online');

  // `/` is for the rooms, outside of fields; off means off for both, and the button stays.
  await a.locator('#tab-received').focus();
  await a.keyboard.press('/');
  await expect.poll(() => a.evaluate(() => document.activeElement?.id)).toBe('search');
  await a.keyboard.insertText('없는 상담');
  await expect.poll(() => rows(a).count()).toBe(0);
  await a.keyboard.press('Escape'); // empties the field, and the list is whole again
  await expect.poll(() => rows(a).count()).toBe(1);
  await a.keyboard.press('Escape');
  await expect.poll(() => a.evaluate(() => document.activeElement?.id)).toBe('text');
  await a.click('#prefs');
  await a.locator('#pref-shortcuts').uncheck();
  await a.keyboard.press('Escape');
  await a.locator('#prefs-dialog').waitFor({ state: 'detached' });
  await a.keyboard.press('Control+KeyK');
  expect(await a.locator('#palette').count()).toBe(0); // at once: a key is answered before the next one
  await a.click('#open-palette');
  await a.locator('#palette').waitFor();
  await a.keyboard.press('Escape');
  await a.click('#prefs');
  await a.locator('#pref-shortcuts').check();
});

test("a reader elsewhere sees the site's times, and in which zone they are", async () => {
  await node.set(plain);
  const a = kept(await agent(browser, node, 'agent1', { timezoneId: 'America/Los_Angeles' }));
  await asks('몇 시까지 하나요?');
  await pick(a);
  const at = a.locator('#log .message', { hasText: '몇 시까지 하나요?' }).locator('time');
  const when = (await at.getAttribute('datetime'))!;
  const inSeoul = (o: Intl.DateTimeFormatOptions) => a.evaluate(([x, m]) => new Intl.DateTimeFormat('ko', { ...(x as Intl.DateTimeFormatOptions), timeZone: 'Asia/Seoul' }).format(new Date(m as string)), [o, when] as const);
  const clock = await inSeoul({ hour: 'numeric', minute: '2-digit' });
  await expect.poll(() => at.innerText()).toBe(clock);
  const moment = await inSeoul({ dateStyle: 'medium', timeStyle: 'medium' });
  await expect.poll(() => at.getAttribute('title')).toBe(`${moment} (Asia/Seoul)`);
  await a.click('#alarm');
  await expect.poll(() => a.locator('#alarm-dialog').innerText()).toContain('(Asia/Seoul)');
  await a.locator('#alarm-dialog input').fill('2099-01-01T09:00');
  await a.locator('#alarm-dialog .primary').click();
  const room = (await node.call('GET', '/v1/sites/demo/rooms?state=open')).rooms[0].room;
  await expect.poll(async () => (await node.call('GET', `/v1/sites/demo/rooms/${room}`)).room.alarm_at).toBe('2099-01-01T00:00:00.000Z');
});

test('10,000 waiting rooms and 5,000 entries: the page holds what is seen', async () => {
  await node.set({ ...plain, 'distribution.mode': 'HYBRID' });
  const a = kept(await blank(browser, { viewport: { width: 1360, height: 860 } }));
  // The node's own frames, but for a line of 10,000 and a log of 5,000 before what the room has.
  const entries = 5_000;
  await a.routeWebSocket(/\/v1\/ws/, (page) => {
    const server = page.connectToServer();
    page.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.type !== 'history') return server.send(text);
      const to = Math.min(frame.data.before, entries + 1);
      const from = Math.max(1, to - frame.data.limit);
      const events = Array.from({ length: to - from }, (_, i) => ({ type: 'message.new', stream: frame.stream, seq: from + i, at: new Date(Date.UTC(2026, 10, 20, 0, 0, from + i)).toISOString(), data: { message_id: `m_${from + i}`, from: { kind: i % 2 ? 'agent' : 'customer', name: i % 2 ? '김하나' : '' }, kind: 'text', text: `지난 이야기 ${from + i}` } }));
      page.send(JSON.stringify({ type: 'ok', reply_to: frame.id, data: { events, before: from > 1 ? from : undefined } }));
    });
    server.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.type === 'queue.snapshot') {
        frame.data.rooms = Array.from({ length: 10_000 }, (_, i) => ({ room: `r_${String(i).padStart(6, '0')}`, requested_at: new Date(Date.UTC(2026, 10, 20, 0, 0, i)).toISOString(), profile_required: false, channel: 'WEB' }));
        return page.send(JSON.stringify(frame));
      }
      if (frame.type === 'stream.reset' && frame.stream.startsWith('desk/')) {
        frame.data.seq = entries;
        frame.data.history_from = entries + 1;
        return page.send(JSON.stringify(frame));
      }
      page.send(text);
    });
  });
  await a.goto(`${node.url}/agent/?site=demo`);
  await a.fill('#login-account', 'agent1');
  await a.fill('#login-password', 'e2e-demo-password');
  await a.click('button[type=submit]');
  await live(a);
  await tab(a, 'waiting');
  await expect.poll(() => count(a, 'waiting').then(String)).toBe('NaN'); // 99+
  await expect.poll(() => a.locator('[data-waiting]').count()).toBeLessThan(40);
  await a.locator('.virtual').evaluate((e) => (e.scrollTop = e.scrollHeight));
  await a.locator('[data-waiting=r_009999]').waitFor();
  await expect.poll(() => a.locator('[data-waiting]').count()).toBeLessThan(40);
  await a.fill('#search', '009123');
  await expect.poll(() => a.locator('[data-waiting]').count()).toBe(1);
  await a.fill('#search', '');

  const k = kept(await customer(browser, node));
  await startChat(k);
  await pick(a);
  for (let i = 0; i < 14; i++) {
    await a.locator('.older').click();
    await a.locator('.older:not([disabled])').waitFor();
  }
  await expect.poll(() => a.locator('#log .message').count()).toBeLessThanOrEqual(600);
  await a.click('#newest');
  await a.locator('#log').getByText(`지난 이야기 ${entries}`, { exact: true }).waitFor();
  await expect.poll(() => a.locator('#log .message').count()).toBeLessThan(120);
  // The end is seen, and stays seen while lines and images take their heights.
  await expect.poll(() => a.locator('#log').evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight)).toBeLessThan(60);
  await a.locator('#newest').waitFor({ state: 'detached' });
  await shoot(a, 'console-long');
});
