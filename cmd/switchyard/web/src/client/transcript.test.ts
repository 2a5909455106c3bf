import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Frame } from './frames';
import { Transcript } from './transcript';

let n = 0;
const ev = (type: string, data: any, seq = ++n): Frame => ({ type, stream: 'room/r_1', seq, at: '2026-11-20T05:12:30.000Z', data });
const said = (kind: string, text: string, more: any = {}) => ev('message.new', { message_id: 'm', from: { kind }, kind: 'text', text, ...more });

function told(...frames: Frame[]): Transcript {
  const t = new Transcript('customer');
  for (const f of frames) t.apply(f);
  return t;
}

describe('bubbles', () => {
  test('sending, sent, and in its true place with the same key', () => {
    n = 0;
    const t = told(said('agent', '네'));
    t.add('id-1', 'text', '안녕하세요');
    expect(t.bubbles).toMatchObject([{ state: 'sending', key: 'cid-1' }]);
    t.sent('id-1');
    expect(t.bubbles[0]!.state).toBe('sent');
    t.apply(said('agent', '먼저'));
    t.apply(said('customer', '안녕하세요', { client_id: 'id-1' }));
    expect(t.bubbles).toEqual([]);
    expect(t.entries.map((e) => e.key)).toEqual(['s1', 's2', 'cid-1']);
  });

  test('the event may come before the reply, and the bubble does not come back', () => {
    n = 0;
    const t = told();
    t.add('id-1', 'text', 'a');
    t.apply(said('customer', 'a', { client_id: 'id-1' }));
    t.sent('id-1');
    t.add('id-1', 'text', 'a');
    expect(t.bubbles).toEqual([]);
    expect(t.entries).toHaveLength(1);
  });

  test('failed, again, dropped', () => {
    const t = told();
    t.add('id-1', 'text', 'a');
    t.failed('id-1', 'room_closed');
    expect(t.bubbles[0]).toMatchObject({ state: 'failed', code: 'room_closed' });
    t.again('id-1');
    expect(t.bubbles[0]!.state).toBe('sending');
    t.drop('id-1');
    expect(t.bubbles).toEqual([]);
  });
});

describe('the state of the room', () => {
  test('W-2 as the customer sees it', () => {
    n = 0;
    const t = told(ev('room.state', { state: 'WAITING' }), said('bot', 'M', { code: 'M-FIXED' }), ev('form.prompt', { form: 'f_1', fields: ['NAME', 'PHONE'], text: 'P', code: 'M-PROMPT', button: '고객 프로필 입력' }));
    expect(t.summary.state).toBe('WAITING');
    expect(t.entries.at(-1)).toMatchObject({ kind: 'card', form: 'f_1', fields: ['NAME', 'PHONE'] });
    t.apply(ev('form.saved', { form: 'f_1' }));
    t.apply(said('bot', '프로필이 저장되었습니다.', { code: 'M-SAVED' }));
    t.apply(ev('room.assigned', { state: 'RECEIVED', agent: '김상담' }));
    expect(t.summary).toMatchObject({ state: 'RECEIVED', agent: '김상담', saved: ['f_1'] });
    t.apply(said('agent', '네', { from: { kind: 'agent', name: '김상담' } }));
    expect(t.summary.state).toBe('ACTIVE');
    t.apply(ev('room.closed', { state: 'CLOSED', ended_by: 'AGENT', reason: 'NORMAL' }));
    expect(t.closed).toBe(true);
    expect(t.open).toBe(false);
  });

  test('a rating is known from its event and from a snapshot', () => {
    n = 0;
    const t = told(ev('room.closed', { state: 'CLOSED', ended_by: 'AGENT', reason: 'NORMAL' }));
    expect(t.summary.score).toBe(0);
    t.apply(ev('room.rated', { score: 4, comment: '친절했어요' }));
    expect(t.summary.score).toBe(4);
    t.reset({ reason: 'start', snapshot: { state: 'CLOSED', score: 5 }, seq: 2, history_from: 3 });
    expect(t.summary.score).toBe(5);
  });

  test('older pages add entries and do not turn the state back', () => {
    const t = new Transcript('customer');
    t.reset({ reason: 'too_old', snapshot: { state: 'ACTIVE', agent: '김상담' }, seq: 5, history_from: 6 });
    t.prepend([ev('room.state', { state: 'WAITING' }, 1), ev('message.new', { from: { kind: 'customer' }, kind: 'text', text: 'a' }, 2)], undefined);
    expect(t.summary.state).toBe('ACTIVE');
    expect(t.entries.map((e) => e.seq)).toEqual([2]);
    expect(t.before).toBe(0);
    t.apply(ev('message.new', { from: { kind: 'agent' }, kind: 'text', text: 'b' }, 6));
    expect(t.entries.map((e) => e.seq)).toEqual([2, 6]);
  });

  test('what was kept over a reload is true until the next event', () => {
    n = 0;
    const t = told(ev('room.assigned', { agent: '김상담' }), said('agent', '네'), ev('message.read', { by: 'agent', upto: 1 }));
    const again = new Transcript('customer');
    again.restore(JSON.parse(JSON.stringify(t.summary)));
    expect(again.summary).toEqual(t.summary);
    expect(again.before).toBe(4);
  });

  test('a memo is no answer', () => {
    const t = new Transcript('agent');
    t.apply(ev('room.assigned', { agent: 'kim', name: '김상담', assignment: 1 }, 1));
    t.apply(ev('message.new', { from: { kind: 'agent', account: 'kim' }, kind: 'memo', text: '단골' }, 2));
    expect(t.summary).toMatchObject({ state: 'RECEIVED', account: 'kim', agent: '김상담', assignment: 1 });
    expect(t.lastWord).toBeUndefined();
  });

  test('read marks reach the newest message of somebody else', () => {
    n = 0;
    const t = told(said('agent', 'a'), said('customer', 'b', { client_id: 'x' }), ev('message.read', { by: 'agent', upto: 2 }), ev('room.assigned', { agent: 'k' }));
    expect(t.newestForeign).toBe(1);
    expect(t.readUpto).toBe(2);
  });

  test('the title is on the customer’s side', () => {
    n = 0;
    expect(told(said('bot', '1:1 채팅 상담 문의 드립니다.', { code: 'M-TITLE' })).entries[0]!.side).toBe('customer');
  });

  test('at most 600 entries, and history for the rest', () => {
    n = 0;
    const t = told();
    for (let i = 0; i < 601; i++) t.apply(said('agent', String(i)));
    expect(t.entries).toHaveLength(500);
    expect(t.before).toBe(102);
  });
});

describe('a window of the log', () => {
  const page = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ type: 'message.new', seq: from + i, at: '2026-11-20T05:12:44.301Z', data: { message_id: `m_${from + i}`, from: { kind: 'customer' }, kind: 'text', text: String(from + i) } }));

  test('5,000 entries paged backwards: never more than 600 are held, and the newest come back', () => {
    const t = new Transcript('agent');
    t.reset({ reason: 'start', snapshot: { state: 'ACTIVE' }, seq: 5000, history_from: 5001 });
    let most = 0;
    while (t.before > 1) {
      const from = Math.max(1, t.before - 100);
      t.prepend(page(from, t.before), from > 1 ? from : undefined);
      most = Math.max(most, t.entries.length);
    }
    expect(most).toBeLessThanOrEqual(600);
    expect(t.entries[0]!.seq).toBe(1);
    expect(t.detached).toBe(true);
    // What comes meanwhile is counted, changes the room, and is not put behind a gap.
    t.add('id-1', 'text', '답변');
    t.apply({ type: 'message.new', seq: 5001, at: '2026-11-20T05:12:44.301Z', data: { message_id: 'm', from: { kind: 'agent' }, kind: 'text', text: '답변', client_id: 'id-1' } });
    expect(t.missed).toBe(1);
    expect(t.bubbles).toEqual([]);
    expect(t.summary.lastCustomer).toBe(false);
    t.toNewest();
    expect(t.before).toBe(5002);
    t.prepend(page(4952, 5002), 4952);
    expect(t.detached).toBe(false);
    expect(t.entries.at(-1)!.seq).toBe(5001);
  });
});

test('what the agents keep of a room, set and cleared; a change request until it is decided', () => {
  n = 0;
  const t = told(
    ev('room.state', { state: 'OPENED' }),
    ev('room.meta', { category: 'returns', category3: 'size', tags: ['vip'], flag: 'orange', alarm_at: '2026-11-20T06:12:44.301Z', hold_close: true }),
    ev('request.new', { request: 'r_a-1', kind: 'change', to: 'lee' }),
  );
  expect(t.summary).toMatchObject({ category: 'returns', category3: 'size', tags: ['vip'], flag: 'orange', alarmAt: '2026-11-20T06:12:44.301Z', hold: true, request: 'r_a-1', requestTo: 'lee' });
  for (const e of [ev('room.meta', { tags: [], flag: '', alarm_at: null, hold_close: false }), ev('request.decided', { request: 'r_a-1', outcome: 'REJECTED' })]) t.apply(e);
  expect(t.summary).toMatchObject({ category: 'returns', tags: [], flag: '', alarmAt: '', hold: false, request: '', requestTo: '' });
});

// The golden frames are what the node writes, byte for byte; both views must read them all.
test('golden frames', () => {
  const dir = new URL('../../../../../protocol/testdata/golden/frames/', import.meta.url);
  let seq = 0;
  const told = { desk: new Transcript('agent'), room: new Transcript('customer') };
  for (const name of readdirSync(dir).filter((f) => f.startsWith('server.'))) {
    const frame: Frame = JSON.parse(readFileSync(new URL(name, dir), 'utf8'));
    const view = frame.stream?.split('/')[0];
    if ((view === 'desk' || view === 'room') && frame.seq !== undefined) told[view].apply({ ...frame, seq: ++seq });
  }
  const memo = told.desk.entries.find((e) => e.kind === 'memo');
  expect(memo).toMatchObject({ side: 'agent', name: '김상담', text: '단골 고객, 지난달에도 교환' });
  expect(told.room.entries.some((e) => e.kind === 'memo')).toBe(false);
  expect(told.room.entries.find((e) => e.kind === 'card')).toMatchObject({ button: '고객 프로필 입력', consent: 'https://shop.example/privacy', fields: ['NAME', 'PHONE'] });
  expect(told.desk.entries.find((e) => e.kind === 'profile')!.values).toEqual({ NAME: '홍길동', PHONE: '01012345678' });
  expect(told.desk.summary.requestedAt).toBe('2026-11-20T05:12:44.301Z');
});

describe('the scenario bot', () => {
  const shown = (id: string, more: any = {}) =>
    ev('bot.dialogue', { message_id: id, messages: [{ kind: 'text', text: '무엇을 도와드릴까요?' }], choices: [{ choice: '1', label: '배송문의' }], hotkeys: [{ choice: 'agent', label: '상담사 연결' }], ...more });

  test('only the newest dialogue can be answered, and only while the bot has the room', () => {
    n = 0;
    const t = told(shown('m_1'));
    expect(t.summary.state).toBe('BOT');
    expect(t.entries.at(-1)).toMatchObject({ kind: 'dialogue', side: 'bot', text: '무엇을 도와드릴까요?', dialogue: { messageID: 'm_1', choices: [{ label: '배송문의' }] } });
    expect(t.dialogue?.dialogue?.messageID).toBe('m_1');
    t.add('id-1', 'text', '배송문의');
    t.apply(said('customer', '배송문의', { client_id: 'id-1', choice: '1' }));
    t.apply(shown('m_2'));
    expect(t.bubbles).toEqual([]);
    expect(t.dialogue?.dialogue?.messageID).toBe('m_2');
    t.apply(ev('room.state', { state: 'WAITING' }));
    expect(t.dialogue).toBeUndefined();
  });

  test('a card says its title and its text', () => {
    n = 0;
    const t = told(shown('m_1', { messages: [{ kind: 'card', title: '세일', text: '20 %', buttons: [{ label: '보기', url: 'https://shop.example' }] }], choices: [], hotkeys: [] }));
    expect(t.entries[0]).toMatchObject({ text: '세일\n20 %', dialogue: { hotkeys: [] } });
  });
});
