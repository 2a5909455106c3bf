// What no story passes by: empty lists, dialogs, refusals and broken connections, each as it looks in both languages and schemes.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Node, agent, complaints, customer, gallery, launch, lines, live, looks, manager, open, otherLanguage, pick, say, signInTo, startChat, tab } from './rig';

let node: Node;
let browser: Browser;
const opened: Page[] = [];
const kept = <T extends Page>(p: T): T => (opened.push(p), p);
const size = { viewport: { width: 1440, height: 900 } };
const day = { open: true, all_day: true };
const plain = { 'distribution.mode': 'AUTO', 'profile.enabled': false, 'hours.weekday': day, 'hours.saturday': day, 'hours.sunday': day };
const at = '/v1/sites/demo';

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

async function makeBot(id: string): Promise<void> {
  const hello = { messages: [{ kind: 'card', title: '가을 상점', text: '무엇을 도와드릴까요?', buttons: [{ label: '홈페이지', url: 'https://shop.example' }] }], choices: [{ label: '배송 조회', dialogue: 'order' }, { label: '상담사에게', agent: true, category: 'c12' }, { label: '자주 묻는 질문', link: 'https://shop.example/faq' }], hotkeys: ['agent'] };
  await node.call('POST', `${at}/bots`, { id, name: '안내봇', enabled: true, default: true, scenario: { dialogues: { scenario_list: hello, order: { messages: [{ kind: 'text', text: '주문번호 네 자리를 알려 주세요.' }], input: { label: '주문번호', pattern: '[0-9]{4}', agent: true }, hotkeys: ['home', 'back'] } } } });
}
async function asks(text: string): Promise<Page> {
  const k = kept(await customer(browser, node));
  await startChat(k);
  await say(k, text);
  await expect.poll(() => lines(k)).toContain(text);
  return k;
}
const byScript = (p: Page) => () => p.evaluate(() => document.getElementById('language')!.click()); // a dialog lies over it

test('settings: a site without anything, and every dialog', async () => {
  const p = kept(await open(browser, `${node.url}/settings/?site=demo`, size));
  await signInTo(p, 'admin');
  await p.locator('#page-title').waitFor();
  const to = async (id: string) => {
    await p.click(`#page-${id}-link`);
    await p.locator(`#page-${id}`).waitFor();
  };
  const dialog = (page: string, opener: string) => async () => {
    await to(page);
    await p.locator(opener).first().click();
    await p.locator('dialog[open]').waitFor();
  };
  const none = (page: string) => async () => {
    await to(page);
    await p.locator(`#page-${page} .empty`).scrollIntoViewIfNeeded(); // every list says that it is empty
  };
  await gallery(p, Object.fromEntries(['bots', 'hours', 'templates', 'webhooks', 'keys'].map((id) => [`empty-${id}`, none(id)])));

  await node.call('POST', `${at}/categories`, { id: 'delivery', name: '배송' });
  await node.call('POST', `${at}/categories`, { id: 'late', level: 2, parent: 'delivery', name: '지연' });
  await node.call('POST', `${at}/templates`, { type: 'TEXT', title: '배송 안내', text: '[customer_name]님, 상담사 [counselor_name]입니다. 주문하신 상품은 내일 도착합니다.', shared: true });
  await node.call('POST', `${at}/channels`, { id: 'shop', channel: 'KAKAO', name: '카카오 상점' });
  await node.call('POST', `${at}/holidays`, { date: '2026-12-25', name: '성탄절', hours: { open: false } });
  await node.call('POST', `${at}/holidays`, { date: '2026-12-31', name: '종무식', hours: { open: true, from: '09:00', to: '13:00' } });
  await node.call('POST', `${at}/webhooks`, { id: 'crm', url: 'http://127.0.0.1:9/hook', events: ['room.created', 'room.state_changed'] });
  await node.call('POST', `${at}/keys`, { name: '통계 시스템', account: 'manager', role: 'MANAGER' });
  await makeBot('main');
  await p.reload();
  await p.locator('#page-title').waitFor();
  const bot = async () => {
    await to('bots');
    await p.click('#page-bots tbody a');
    await p.locator('.fine').waitFor();
  };
  await gallery(p, {
    'dialog-holiday': dialog('hours', '#holiday-new'),
    'dialog-holiday-remove': dialog('hours', '#page-hours .acts button:last-child'),
    'dialog-account': dialog('accounts', '#account-new'),
    'dialog-account-edit': dialog('accounts', '#page-accounts .acts button:nth-child(1)'),
    'dialog-account-password': dialog('accounts', '#page-accounts .acts button:nth-child(2)'),
    'dialog-sessions-end': dialog('accounts', '#page-accounts .acts button:nth-child(3)'),
    'dialog-day': async () => {
      await dialog('days', '.day-cell button')();
      await p.click('.breaks > button');
    },
    'dialog-category': dialog('categories', '#category-new'),
    'dialog-category-edit': dialog('categories', '.tree li li .acts button'),
    'dialog-template': async () => {
      await dialog('templates', '#template-new')();
      await p.selectOption('#template-edit-type', 'MIXED');
    },
    'dialog-template-remove': dialog('templates', '#page-templates .acts button:last-child'),
    'dialog-channel': dialog('channels', '#channel-new'),
    'dialog-webhook': async () => {
      await dialog('webhooks', '#webhook-new')();
      await p.locator('#webhook-edit-events').uncheck();
    },
    'dialog-secret': async () => {
      await to('webhooks');
      await p.click('#page-webhooks tbody a');
      await p.click('#rotate');
      await p.locator('#secret pre').waitFor();
    },
    'webhook-none': async () => {
      await to('webhooks');
      await p.click('#page-webhooks tbody a');
      await p.locator('#page-webhook .empty').waitFor();
    },
    'dialog-key': dialog('keys', '#key-new'),
    'dialog-key-made': async () => {
      await dialog('keys', '#key-new')();
      await p.fill('#key-edit-name', '고객 관리');
      await p.click('#key-edit button[type=submit]');
      await p.locator('#key-made pre').waitFor();
    },
    'dialog-key-revoke': dialog('keys', '#page-keys .acts button'),
    'dialog-bot-new': dialog('bots', '#bot-new'),
    'bot-form': bot,
    'bot-input': async () => {
      await bot();
      await p.click('[data-dialogue="order"]');
    },
    'bot-json': async () => {
      await bot();
      await p.click('#view-json');
    },
    'bot-wrong': async () => {
      await bot();
      await p.click('#choice-new');
      await p.locator('#complaints ul').waitFor();
    },
    'bot-try': async () => {
      await bot();
      await p.click('#try-start');
      await p.locator('.tchoices button').first().click();
      await p.fill('#try-text', '모르겠어요');
      await p.press('#try-text', 'Enter');
      await expect.poll(() => p.locator('.try-log .own').count()).toBe(2);
    },
    'dialog-bot-cover': async () => {
      await bot();
      await p.click('#bot-cover');
      await p.locator('#bot-edit .breaks button').last().click();
    },
    'dialog-password': dialog('me', '#my-password'),
    'dialog-everywhere': dialog('me', '#everywhere'),
    'settings-refused': async () => {
      await to('site');
      await p.fill('#f-name', ' ');
      await p.click('#save');
      await p.locator('[data-setting="name"] .problem:not(:empty)').waitFor();
    },
    'settings-account-menu': async () => {
      if (await p.locator('#revert').count()) await p.click('#revert'); // the state before may not be among those that are shown
      await p.click('#account');
      await p.locator('#account-box').waitFor();
    },
  });
  await node.call('PATCH', `${at}/bots/main`, { enabled: false, default: false });
});

test('manager: a day without anything, what is asked before it is done, and a node that is away', async () => {
  await node.set({ ...plain, 'distribution.mode': 'MANUAL' });
  const m = kept(await manager(browser, node, 'admin'));
  const to = (id: string) => async () => {
    await m.click(`#nav-${id}`);
    await m.locator(`#nav-${id}[aria-current=page]`).waitFor();
    await expect.poll(() => m.locator('main').innerText()).not.toMatch(/불러오는 중|Loading/);
  };
  await gallery(m, { ...Object.fromEntries(['board', 'requests', 'rooms', 'dashboard', 'sqi', 'journey', 'volumes', 'consultations'].map((id) => [`none-${id}`, to(id)])) });

  const k = await asks('교환하고 싶어요');
  const { room, customer: key } = (await node.call('GET', `${at}/rooms`)).rooms[0];
  await node.call('PATCH', `${at}/customers/${key}`, { blocked: true, block_reason: '반복된 욕설' });
  const watched = async () => {
    await m.goto(`${node.url}/manager/#/board?room=${room}`);
    await m.locator('#log .message').first().waitFor();
  };
  const blocked = (what: string) => async () => {
    await to('blocked')();
    await m.click(`[data-do=${what}]`);
    await m.locator('dialog[open]').waitFor();
  };
  await gallery(m, {
    'manager-end': async () => {
      await watched();
      await m.click('#end');
      await m.locator('dialog[open]').waitFor();
    },
    'manager-why-blocked': blocked('why'),
    'manager-unblock': blocked('unblock'),
    'manager-account-menu': async () => {
      await to('board')();
      await m.click('#account');
      await m.locator('#account-box').waitFor();
    },
    'manager-nothing-found': async () => {
      await m.goto(`${node.url}/manager/#/rooms?state=closed&agent=agent3`);
      await m.locator('#rooms-total').waitFor();
    },
  });
  const sorry = kept(await open(browser, `${node.url}/manager/?site=demo`, size));
  await signInTo(sorry, 'agent1');
  await sorry.locator('.sorry').waitFor();
  let lang = 'ko';
  await looks(sorry, 'manager-sorry', async () => {
    await sorry.goto(`${node.url}/manager/?site=demo&lang=${(lang = lang === 'ko' ? 'en' : 'ko')}`);
    await sorry.locator('.sorry').waitFor();
  });
  await k.locator('#text').waitFor();

  await node.kill();
  await m.locator('.connection').waitFor();
  await looks(m, 'manager-away');
  await node.start();
  await live(m);
  await node.call('PATCH', `${at}/customers/${key}`, { blocked: false });
  await node.call('POST', '/v1/commands', { type: 'room.end', id: '1', data: { room } });
});

test('agent: what is asked before it is done, the three sides, a word that was refused', async () => {
  await node.set(plain);
  for (const x of (await node.call('GET', `${at}/templates`)).templates) await node.call('DELETE', `${at}/templates/${x.id}`);
  const a = kept(await agent(browser, node, 'agent1', { viewport: { width: 1360, height: 860 } }));
  const k = await asks('주문한 코트가 아직 안 왔어요');
  await pick(a);
  await say(a, '주문번호를 알려 주시겠어요?');
  await expect.poll(() => lines(k)).toContain('주문번호를 알려 주시겠어요?');
  await say(k, '2026-1128-77입니다');
  await expect.poll(() => lines(a)).toContain('2026-1128-77입니다');
  // Without a template the sign that looks for one is said to find none, and goes to nobody.
  await a.click('#open-templates');
  await expect.poll(() => a.locator('#templates-missed').innerText()).toContain('아직 템플릿이 없습니다.');
  await a.keyboard.press('Enter');
  expect(await a.inputValue('#text')).toBe('/'); // at once: a key is answered before the next one
  await a.keyboard.press('Escape');
  await a.fill('#text', '');
  await node.call('POST', `${at}/templates`, { type: 'TEXT', title: '교환 안내', text: '교환은 7일 안에 신청하실 수 있습니다.', shared: true });
  const mine = (await node.call('GET', `${at}/rooms?state=open`)).rooms.find((r: { agent: string }) => r.agent === 'agent1');
  const { room, customer: key } = mine;
  await node.call('PATCH', `${at}/customers/${key}`, { name: '김한나', phone: '01012345678', email: 'hanna@shop.example', grade: 'VIP', tags: ['단골', '서울'], note: '전화는 오후에', blocked: true, block_reason: '반복된 욕설' });
  await node.call('POST', '/v1/commands', { type: 'room.set', id: '1', data: { room, category: 'c12', tags: ['배송', '코트'], flag: 'red', alarm_at: new Date(Date.now() + 3600_000).toISOString() } }, 'agent1');
  await a.reload();
  await live(a);
  await pick(a);
  const asked = (opener: string) => async () => {
    await a.click(opener);
    await a.locator('dialog[open]').waitFor();
  };
  await gallery(a, {
    'agent-alarm': asked('#alarm'),
    'agent-review': asked('#review'),
    'agent-side-room': () => a.click('#side-room'),
    'agent-side-customer': async () => {
      await a.click('#side-customer');
      await a.locator('#block-reason').waitFor();
    },
    'agent-side-history': async () => {
      await a.click('#side-history');
      await a.locator('.history li').first().waitFor();
    },
    'agent-inquiry': () => tab(a, 'inquiry'),
    'agent-alarms': () => tab(a, 'alarm'),
    'agent-none-hold': () => tab(a, 'hold'),
    'agent-none-auto': () => tab(a, 'waiting'),
    'agent-none-found': async () => {
      await tab(a, 'inquiry');
      await a.fill('#search', '없는 상담');
      await a.locator('.panel .none').waitFor();
    },
    'agent-break': async () => {
      await a.fill('#search', '');
      await a.selectOption('#want', 'break');
      await a.locator('#until').waitFor();
      await a.selectOption('#until', '15');
    },
    'agent-templates-all': async () => {
      await a.selectOption('#want', 'online');
      await a.fill('#text', '');
      await a.click('#text');
      await a.keyboard.press('Alt+KeyT');
      await a.locator('#templates').waitFor();
    },
    'agent-templates-missed': async () => {
      await a.fill('#text', '/zzz');
      await a.locator('#templates-missed').waitFor();
    },
    'agent-image': async () => {
      await a.fill('#text', '');
      await a.evaluate(async () => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [640, 400];
        const pen = canvas.getContext('2d')!;
        pen.fillStyle = '#7a4fd0';
        pen.fillRect(0, 0, 640, 400);
        const blob = await new Promise<Blob>((done) => canvas.toBlob((b) => done(b!), 'image/png'));
        const data = new DataTransfer();
        data.items.add(new File([blob], 'x.png', { type: 'image/png' }));
        document.getElementById('text')!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await a.locator('#image-dialog img').waitFor();
    },
  });
  // Somebody else has the room now: the word goes to nobody, and stays to be copied.
  await a.fill('#text', '내일 도착합니다.');
  const { assignment } = (await node.call('GET', `${at}/rooms/${room}`)).room;
  await node.call('POST', '/v1/commands', { type: 'room.assign', id: '1', data: { room, to: 'agent2', assignment } });
  await a.locator('.over').waitFor();
  await looks(a, 'agent-gone', async () => {
    await otherLanguage(a);
    await a.locator('.over').waitFor();
  });
  await node.call('PATCH', `${at}/customers/${key}`, { blocked: false });
  await node.call('POST', '/v1/commands', { type: 'room.end', id: '1', data: { room } });
});

test('chat: the bot, what is asked before it is done, a node that is away, a site that is none, and nobody there', async () => {
  await node.set(plain);
  await makeBot('front');
  const lost = kept(await open(browser, `${node.url}/chat/`, { viewport: { width: 480, height: 800 } }));
  await expect.poll(() => lost.locator('#start-problem').innerText()).not.toBe('');
  await looks(lost, 'chat-no-site');
  const nobody = kept(await customer(browser, node));
  await nobody.route(/visitor-tokens/, (r) => r.fulfill({ status: 404, json: { code: 'not_found' } }));
  await nobody.click('#start');
  await nobody.locator('#connection').waitFor();
  await expect.poll(() => nobody.locator('#start').innerText()).toBe('상담 시작'); // nothing is being connected any more
  await looks(nobody, 'chat-wrong-site');

  const k = kept(await customer(browser, node));
  await startChat(k);
  await k.locator('.choices button').first().waitFor();
  await looks(k, 'chat-bot');
  await k.getByRole('button', { name: '배송 조회' }).click();
  await k.getByText('주문번호 네 자리를 알려 주세요.').waitFor();
  await say(k, '모르겠어요');
  await expect.poll(() => lines(k)).toContain('모르겠어요');
  await looks(k, 'chat-bot-input');
  await k.click('#end');
  await looks(k, 'chat-ending', byScript(k));
  await k.click('#ending-no');
  await node.kill();
  await k.locator('#connection').waitFor();
  await say(k, '끊긴 동안 쓴 글');
  await looks(k, 'chat-away');
  await node.start();
  await k.locator('#connection').waitFor({ state: 'hidden' });
  await k.click('#end');
  await k.click('#ending-yes');
  await k.locator('#closed').waitFor();
  await k.locator('[name=score][value="4"]').check();
  await k.click('#rate');
  await k.locator('#rating').waitFor({ state: 'hidden' });
  await looks(k, 'chat-rated');

  // Nobody on duty, and the site takes nobody without an agent.
  await node.call('PATCH', `${at}/bots/front`, { enabled: false });
  await node.set({ no_agent_policy: 'REJECT', after_hours_intake: 'OFF', 'hours.weekday': { open: false }, 'hours.saturday': { open: false }, 'hours.sunday': { open: false } });
  const late = kept(await customer(browser, node));
  await startChat(late);
  await late.locator('#closed').waitFor();
  await looks(late, 'chat-refused');
  await node.set(plain);
});
