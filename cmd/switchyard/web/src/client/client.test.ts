import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Client, type Listeners, type Options, type Status } from './client';
import { verdict } from './closing';
import { FakeNode } from './fake';
import type { Frame, Reset } from './frames';
import { newStore } from './store';

const ROOM = 'room/r_1';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-20T05:00:00Z') }));
afterEach(() => void vi.useRealTimers());

/** A client on a fake node, and what a page would have heard. */
function rig(options: Partial<Options> = {}, node = new FakeNode()) {
  const heard = { events: [] as Frame[], resets: [] as [string, Reset][], gone: [] as string[], boards: [] as Frame[], status: [] as Status[], ephemeral: [] as Frame[] };
  const listeners: Listeners = {
    event: (_, f) => heard.events.push(f),
    reset: (name, r) => heard.resets.push([name, r]),
    gone: (name) => heard.gone.push(name),
    board: (_, f) => heard.boards.push(f),
    status: (s) => heard.status.push(s),
    ephemeral: (f) => heard.ephemeral.push(f),
  };
  const client = new Client({ url: 'ws://node/v1/ws', client: { name: 'widget', version: '0', language: 'ko' }, listeners, open: node.open, random: () => 0.5, ...options });
  return { node, client, heard, seqs: () => heard.events.map((e) => e.seq), settle: () => vi.advanceTimersByTimeAsync(0) };
}

async function started(options: Partial<Options> = {}, node = new FakeNode()) {
  const r = rig(options, node);
  r.client.start();
  await r.settle();
  expect(r.client.status.phase).toBe('live');
  r.client.adopt(ROOM);
  return r;
}

const say = (client: Client, id: string, text: string) => client.write('message.send', { client_id: id, kind: 'text', text }, ROOM);

describe('the way up', () => {
  test('idle, connecting, authenticating, replaying, live', async () => {
    const { heard, client } = await started();
    expect(heard.status.map((s) => s.phase)).toEqual(['connecting', 'authenticating', 'replaying', 'live']);
    expect(client.status.lostAt).toBeUndefined();
  });

  test('the first hello has no resume; the token goes into it and nowhere else', async () => {
    const { node } = await started({ token: async () => 'v1.visitor.x' });
    expect(node.socket.sent[0]).toMatchObject({ type: 'hello', data: { token: 'v1.visitor.x', client: { name: 'widget' } } });
    expect(node.socket.sent[0].data.resume).toBeUndefined();
  });

  test("the server's clock is the one that counts", async () => {
    const { client } = await started();
    expect(client.serverNow()).toBe(Date.now() + 60_000);
  });

  test('an account is live when its inbox is', async () => {
    const node = new FakeNode();
    node.account = 'kim';
    node.stuck = true;
    const r = rig({}, node);
    r.client.start();
    await r.settle();
    expect(r.client.status.phase).toBe('replaying');
    node.live(node.socket, 'inbox/kim');
    expect(r.client.status.phase).toBe('live');
  });

  test('a ping is answered at once', async () => {
    const { node } = await started();
    node.socket.give({ type: 'ping' });
    expect(node.socket.sent.at(-1)).toEqual({ type: 'pong' });
  });

  test('what it does not know it ignores', async () => {
    const { node, client } = await started();
    node.socket.give({ type: 'future.thing', data: { x: 1 } });
    node.socket.onmessage?.({ data: '{' });
    expect(client.status.phase).toBe('live');
  });
});

describe('numbers (3.1, 3.5)', () => {
  test('events are given once and in order', async () => {
    const { node, seqs, client } = await started();
    node.append(ROOM, {});
    const second = node.append(ROOM, {});
    node.socket.give(second);
    expect(seqs()).toEqual([1, 2]);
    expect(client.counters).toMatchObject({ duplicates: 1, gaps: 0 });
  });

  test('a gap is held back, synced, and closed in order', async () => {
    const { node, seqs, client, settle } = await started();
    node.append(ROOM, {});
    node.append(ROOM, {}, true);
    node.append(ROOM, {}, true);
    node.append(ROOM, {});
    await settle();
    expect(seqs()).toEqual([1, 2, 3, 4]);
    expect(node.socket.sent.filter((f) => f.type === 'sync')).toMatchObject([{ stream: ROOM, data: { after: 1 } }]);
    expect(client.counters).toMatchObject({ gaps: 1, duplicates: 0 });
  });

  test('what comes while the gap is open waits for it', async () => {
    const { node, seqs, settle } = await started();
    node.mute.add('sync');
    node.append(ROOM, {}, true);
    node.append(ROOM, {});
    node.append(ROOM, {});
    expect(seqs()).toEqual([]);
    expect(node.socket.sent.filter((f) => f.type === 'sync')).toHaveLength(1);
    node.mute.delete('sync');
    node.received(node.socket, node.socket.sent.find((f) => f.type === 'sync'));
    await settle();
    expect(seqs()).toEqual([1, 2, 3]);
  });

  test('a gap that sync cannot close becomes a snapshot', async () => {
    const { node, heard, settle } = await started();
    node.append(ROOM, {}, true);
    node.refusals.push({ type: 'sync', why: { code: 'internal' } });
    node.append(ROOM, {});
    await settle();
    expect(heard.resets).toMatchObject([[ROOM, { reason: 'start', seq: 2 }]]);
  });

  test('a socket lost inside a gap resumes where it was applied', async () => {
    const { node, seqs, settle } = await started();
    node.append(ROOM, {});
    node.mute.add('sync');
    node.append(ROOM, {}, true);
    node.append(ROOM, {});
    node.mute.delete('sync');
    node.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(seqs()).toEqual([1, 2, 3]);
  });

  test("a listener's mistake does not stop the stream", async () => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
    let n = 0;
    const { node, client } = await started({ listeners: { event: () => { if (++n === 1) throw new Error('page'); } } });
    node.append(ROOM, {});
    node.append(ROOM, {});
    expect(n).toBe(2);
    expect(client.position(ROOM)).toBe(2);
    quiet.mockRestore();
  });
});

describe('resume (3.1 - 3.4)', () => {
  test('it names the last applied number of each stream, and gets what it missed', async () => {
    const { node, seqs } = await started();
    node.append(ROOM, {});
    node.socket.drop(1006);
    node.append(ROOM, {}, true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(node.sockets).toHaveLength(2);
    expect(node.socket.sent[0].data.resume).toEqual({ epoch: 'e-1', streams: { [ROOM]: 1 } });
    expect(seqs()).toEqual([1, 2]);
  });

  test('another epoch voids every number', async () => {
    const { node, heard, client } = await started();
    node.append(ROOM, {});
    node.epoch = 'e-2';
    node.logs.clear();
    node.log(ROOM).push({ type: 'message.new', stream: ROOM, seq: 1, data: {} });
    node.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard.resets.map(([name]) => name)).toEqual([ROOM]);
    expect(client.position(ROOM)).toBe(1);
    node.append(ROOM, { text: 'new life' });
    expect(heard.events.at(-1)).toMatchObject({ seq: 2, data: { text: 'new life' } });
  });

  test('positions that were kept go into the first hello', async () => {
    const saved: unknown[] = [];
    const node = new FakeNode();
    node.log(ROOM).push({ type: 'message.new', stream: ROOM, seq: 1, data: {} }, { type: 'message.new', stream: ROOM, seq: 2, data: {} });
    const r = rig({ positions: { epoch: 'e-1', streams: { [ROOM]: 1 } }, savePositions: (p) => saved.push(p) }, node);
    r.client.start();
    await r.settle();
    expect(r.seqs()).toEqual([2]);
    expect(saved.at(-1)).toEqual({ epoch: 'e-1', streams: { [ROOM]: 2 } });
  });

  test('a stream without an epoch is subscribed from its beginning', async () => {
    const node = new FakeNode();
    node.log(ROOM).push({ type: 'message.new', stream: ROOM, seq: 1, data: {} });
    const r = rig({}, node);
    r.client.adopt(ROOM);
    r.client.start();
    await r.settle();
    expect(node.socket.sent).toMatchObject([{ type: 'hello' }, { type: 'subscribe', stream: ROOM, data: { after: 0 } }]);
    expect(r.seqs()).toEqual([1]);
    expect(r.client.status.phase).toBe('live');
  });

  test('a stream that is gone is forgotten', async () => {
    const { node, heard, client } = await started();
    node.append(ROOM, {});
    node.socket.give({ type: 'stream.gone', stream: ROOM, data: { reason: 'moved' } });
    expect(heard.gone).toEqual([ROOM]);
    node.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(1000);
    expect(node.socket.sent[0].data.resume).toBeUndefined();
    expect(client.status.phase).toBe('live');
  });

  test('it is live only when every resumed stream is', async () => {
    const { node, client } = await started();
    node.append(ROOM, {});
    node.stuck = true;
    node.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(1000);
    expect(client.status.phase).toBe('replaying');
    node.live(node.socket, ROOM);
    expect(client.status.phase).toBe('live');
  });
});

describe('writes (3.8, 3.10)', () => {
  test('an unanswered write goes again after live, with the same client_id and a new id', async () => {
    const { node, client, seqs } = await started();
    node.dumb.add('message.send');
    const done = say(client, 'id-0000001', '안녕하세요');
    const first = node.socket.sent.at(-1);
    node.socket.drop(1006);
    node.dumb.clear();
    node.stuck = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(node.socket.sent.filter((f) => f.type === 'message.send')).toHaveLength(0); // not before live
    node.live(node.socket, ROOM);
    const again = node.socket.sent.at(-1);
    expect(again).toMatchObject({ type: 'message.send', data: first.data });
    expect(again.id).not.toBe(first.id);
    await expect(done).resolves.toMatchObject({ duplicate: true, seq: 1 });
    expect(seqs()).toEqual([1]);
    expect(node.log(ROOM)).toHaveLength(1);
  });

  test('what was written while it was away arrives once, oldest first', async () => {
    const { node, client } = await started();
    node.socket.drop(1006);
    const all = Promise.all(['a', 'b', 'c'].map((t, i) => say(client, `id-000000${i}`, t)));
    await vi.advanceTimersByTimeAsync(1000);
    await all;
    expect(node.log(ROOM).map((e) => e.data.text)).toEqual(['a', 'b', 'c']);
  });

  test('two writes of one stream do not overtake each other, whatever is refused for rate', async () => {
    const { node, client } = await started();
    node.refusals.push({ type: 'message.send', why: { code: 'rate_limited', retry_ms: 800 } });
    const all = Promise.all([say(client, 'id-0000001', 'a'), say(client, 'id-0000002', 'b')]);
    await vi.advanceTimersByTimeAsync(700);
    expect(node.log(ROOM)).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(200);
    await all;
    expect(node.log(ROOM).map((e) => e.data.text)).toEqual(['a', 'b']);
  });

  test('a refusal is the answer, and the next write goes on', async () => {
    const { node, client } = await started();
    node.refusals.push({ type: 'message.send', why: { code: 'not_assigned', retryable: false } });
    await expect(say(client, 'id-0000001', 'a')).rejects.toMatchObject({ code: 'not_assigned' });
    await expect(say(client, 'id-0000002', 'b')).resolves.toMatchObject({ seq: 1 });
  });

  test('no more in flight than welcome allows', async () => {
    const node = new FakeNode();
    node.limits.inflight = 2;
    node.mute.add('room.take');
    const { client } = await started({}, node);
    for (let i = 0; i < 5; i++) client.write('room.take', { client_id: `id-000000${i}` }, `desk/r_${i}`).catch(() => {});
    expect(node.socket.sent.filter((f) => f.type === 'room.take')).toHaveLength(2);
  });

  test('no faster than welcome allows', async () => {
    const node = new FakeNode();
    node.limits = { ...node.limits, rate: 2, burst: 3 };
    const { client } = await started({}, node);
    for (let i = 0; i < 5; i++) void client.write('room.take', { client_id: `id-000000${i}` }, `desk/r_${i}`);
    const sent = () => node.socket.sent.filter((f) => f.type === 'room.take').length;
    expect(sent()).toBe(3);
    await vi.advanceTimersByTimeAsync(1100);
    expect(sent()).toBe(5);
  });

  test('nothing while the socket has too much to say already', async () => {
    const { node, client } = await started();
    node.socket.bufferedAmount = 300 * 1024;
    const done = say(client, 'id-0000001', 'a');
    expect(node.log(ROOM)).toHaveLength(0);
    node.socket.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(150);
    await expect(done).resolves.toMatchObject({ seq: 1 });
  });

  test('a frame that is too large never leaves', async () => {
    const { node, client } = await started();
    await expect(say(client, 'id-0000001', '가'.repeat(30_000))).rejects.toMatchObject({ code: 'too_large' });
    expect(node.socket.sent.some((f) => f.type === 'message.send')).toBe(false);
  });

  test('a question fails with the socket', async () => {
    const { node, client } = await started();
    node.mute.add('history');
    const asked = client.ask('history', { before: 5 }, ROOM);
    node.socket.drop(1006);
    await expect(asked).rejects.toMatchObject({ code: 'disconnected' });
  });

  test('read marks: the newest, at most once a second, again after a loss', async () => {
    const { node, client } = await started();
    for (let i = 0; i < 3; i++) node.append(ROOM, {});
    const reads = () => node.socket.sent.filter((f) => f.type === 'read').map((f) => f.data.upto);
    client.read(ROOM, 1);
    client.read(ROOM, 2);
    client.read(ROOM, 3);
    expect(reads()).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(reads()).toEqual([1, 3]);
    node.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(2000);
    expect(reads()).toEqual([3]);
  });
});

describe('the way down and back (5, 6)', () => {
  test('full jitter: rand(0, min(30 s, 0.5 s · 2^n)); n begins anew after 30 s live', async () => {
    const node = new FakeNode();
    const { client } = await started({ random: () => 1 }, node);
    const waits: number[] = [];
    node.accepts = false;
    node.socket.drop(1006);
    for (let i = 0; i < 8; i++) {
      waits.push(client.status.retryAt! - Date.now());
      await vi.advanceTimersByTimeAsync(waits[i]!);
      node.socket.drop(1006);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    node.accepts = true;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(client.status.phase).toBe('live');
    await vi.advanceTimersByTimeAsync(30_000);
    node.socket.drop(1006);
    expect(client.status.retryAt! - Date.now()).toBe(500);
  });

  test.each([
    [1001, 'waiting'], [1006, 'waiting'], [1011, 'waiting'], [4408, 'waiting'], [4429, 'waiting'], [4500, 'waiting'], [4503, 'waiting'], [4508, 'waiting'], [4599, 'waiting'],
    [4400, 'stopped'], [4401, 'stopped'], [4403, 'stopped'], [4404, 'stopped'], [4409, 'stopped'], [4426, 'stopped'], [4477, 'stopped'],
  ])('close %i: %s', async (code, phase) => {
    const { node, client } = await started();
    node.socket.drop(code);
    expect(client.status).toMatchObject({ phase, code });
  });

  test('4429 keeps away at least 5 s, also from a nudge', async () => {
    const { node, client } = await started();
    node.socket.drop(4429, 'too_many retry_ms=7000');
    expect(client.status.retryAt! - Date.now()).toBe(7000);
    client.nudge();
    expect(client.status.retryAt! - Date.now()).toBe(7000);
    expect(verdict(4429, '')).toEqual({ act: 'after', ms: 5000 });
  });

  test('4508 resumes at once', async () => {
    const { node, client } = await started();
    node.socket.drop(4508, 'slow_consumer');
    await vi.advanceTimersByTimeAsync(0);
    expect(node.sockets).toHaveLength(2);
    expect(client.status.phase).toBe('live');
  });

  test('4401 gets a new token once, then stops', async () => {
    let n = 0;
    const { node, client } = await started({ token: async () => 'old', renew: async () => `new-${++n}` });
    node.stuck = true;
    node.append(ROOM, {});
    node.socket.drop(4401);
    await vi.advanceTimersByTimeAsync(0);
    expect(node.socket.sent[0].data.token).toBe('new-1');
    node.socket.drop(4401);
    await vi.advanceTimersByTimeAsync(0);
    expect(client.status).toMatchObject({ phase: 'stopped', code: 4401 });
    expect(n).toBe(1);
  });

  test('auth.expiring is answered with a new token on the same socket', async () => {
    const { node, settle } = await started({ renew: async () => 'v1.visitor.new' });
    node.socket.give({ type: 'auth.expiring', data: { in_ms: 60000 } });
    await settle();
    expect(node.socket.sent.at(-1)).toMatchObject({ type: 'auth.refresh', data: { token: 'v1.visitor.new' } });
    expect(node.sockets).toHaveLength(1);
  });

  test('after 1009 the frame is not sent again', async () => {
    const { node, client } = await started();
    node.mute.add('message.send');
    const done = say(client, 'id-0000001', 'too much');
    node.socket.drop(1009);
    await expect(done).rejects.toMatchObject({ code: 'too_large' });
    node.mute.clear();
    await vi.advanceTimersByTimeAsync(1000);
    expect(node.log(ROOM)).toHaveLength(0);
  });

  test('40 s of silence are a dead socket; any frame counts', async () => {
    const { node, client } = await started();
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(25_000);
      node.socket.give({ type: 'ping' });
    }
    expect(node.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(46_000);
    expect(node.sockets.length).toBeGreaterThan(1);
    expect(client.status.phase).toBe('live');
  });

  test('a machine that slept takes its socket for dead at once', async () => {
    const { node, client } = await started();
    vi.setSystemTime(Date.now() + 35_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(node.sockets[0]!.readyState).toBe(3);
    expect(['waiting', 'live']).toContain(client.status.phase);
  });

  test('a nudge tries at once, but not more often than every 2 s', async () => {
    const { node, client } = await started({ random: () => 1 });
    node.accepts = false;
    for (let i = 0; i < 6; i++) {
      node.socket.drop(1006);
      await vi.advanceTimersByTimeAsync(client.status.retryAt! - Date.now());
    }
    await vi.advanceTimersByTimeAsync(100);
    node.socket.drop(1006); // 30 s from now
    const before = node.sockets.length;
    client.nudge();
    client.nudge();
    await vi.advanceTimersByTimeAsync(1500);
    expect(node.sockets.length).toBe(before);
    await vi.advanceTimersByTimeAsync(500);
    expect(node.sockets.length).toBe(before + 1);
  });

  test('goaway: inside the window, the new socket first, then the old one goes', async () => {
    const { node, client, seqs } = await started();
    node.append(ROOM, {});
    const old = node.socket;
    old.give({ type: 'goaway', data: { reason: 'deploy', reconnect_in_ms: [500, 8000] } });
    await vi.advanceTimersByTimeAsync(4000);
    expect(node.sockets).toHaveLength(1);
    node.accepts = false;
    await vi.advanceTimersByTimeAsync(300); // 500 + 0.5 · 7500 = 4250
    expect(node.sockets).toHaveLength(2);
    expect(old.readyState).toBe(1);
    expect(client.status.phase).toBe('live');
    node.socket.open();
    expect(old.closedWith).toBe(1000);
    expect(node.socket.sent[0].data.resume.streams).toEqual({ [ROOM]: 1 });
    expect(client.status.phase).toBe('live');
    node.append(ROOM, {});
    expect(seqs()).toEqual([1, 2]);
  });

  test('goaway: what is in flight is finished first, for at most 2 s', async () => {
    const { node, client } = await started();
    node.mute.add('message.send');
    void say(client, 'id-0000001', 'a');
    node.socket.give({ type: 'goaway', data: { reconnect_in_ms: [500, 500] } });
    await vi.advanceTimersByTimeAsync(1000);
    expect(node.sockets).toHaveLength(1);
    node.mute.clear();
    await vi.advanceTimersByTimeAsync(1600);
    expect(node.sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(node.log(ROOM).map((e) => e.data.text)).toEqual(['a']);
  });

  test('suspend and start: the page was put away and came back', async () => {
    const { node, client, seqs } = await started();
    node.append(ROOM, {});
    client.suspend();
    expect(client.status.phase).toBe('idle');
    node.append(ROOM, {}, true);
    client.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(seqs()).toEqual([1, 2]);
  });

  test('no token: refused for good stops, the network waits', async () => {
    const { Refused } = await import('./frames');
    const gone = rig({ token: async () => { throw new Refused({ code: 'not_found' }); } });
    gone.client.start();
    await gone.settle();
    expect(gone.client.status).toMatchObject({ phase: 'stopped', code: 4404 });
    const away = rig({ token: async () => { throw new Refused({ code: 'disconnected' }); } });
    away.client.start();
    await away.settle();
    expect(away.client.status.phase).toBe('waiting');
  });
});

describe('boards (3.7)', () => {
  test('a delta that does not fit asks for everything again', async () => {
    const { node, client, heard, settle } = await started();
    client.follow('queue/demo');
    await settle();
    const asked = () => node.socket.sent.filter((f) => f.type === 'subscribe').length;
    expect(asked()).toBe(1);
    node.socket.give({ type: 'queue.delta', stream: 'queue/demo', data: { revision: 2, base: 1 } });
    expect(heard.boards.map((f) => f.type)).toEqual(['queue.snapshot', 'queue.delta']);
    node.socket.give({ type: 'queue.delta', stream: 'queue/demo', data: { revision: 9, base: 8 } });
    await settle();
    expect(asked()).toBe(2);
    expect(heard.boards.map((f) => f.type)).toEqual(['queue.snapshot', 'queue.delta', 'queue.snapshot']);
  });

  test('it is asked for again on a new socket; a refusal is gone', async () => {
    const { node, client, heard, settle } = await started();
    client.follow('queue/demo');
    await settle();
    node.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(1000);
    expect(node.socket.sent.filter((f) => f.type === 'subscribe')).toHaveLength(1);
    node.refusals.push({ type: 'subscribe', why: { code: 'forbidden' } });
    client.follow('queue/other');
    await settle();
    expect(heard.gone).toEqual(['queue/other']);
  });
});

describe('what is kept', () => {
  test('memory where localStorage throws', () => {
    const store = newStore(() => { throw new Error('SecurityError'); });
    store.set('switchyard.a', { n: 1 });
    expect(store.get('switchyard.a')).toEqual({ n: 1 });
    expect(store.keys('switchyard.')).toEqual(['switchyard.a']);
    store.remove('switchyard.a');
    expect(store.get('switchyard.a')).toBeUndefined();
  });

  test('a full disk falls back to memory for what does not fit', () => {
    const real = new Map<string, string>();
    const full = { get length() { return real.size; }, key: (i: number) => [...real.keys()][i] ?? null, getItem: (k: string) => real.get(k) ?? null, removeItem: (k: string) => void real.delete(k), setItem: (k: string, v: string) => { if (v.length > 20) throw new Error('QuotaExceededError'); real.set(k, v); }, clear: () => real.clear() };
    const store = newStore(() => full as unknown as Storage);
    store.set('k', 'short');
    store.set('k', 'a much longer value than fits');
    expect(store.get('k')).toBe('a much longer value than fits');
  });
});
