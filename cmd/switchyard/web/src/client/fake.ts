// A tiny node for tests: logs, epochs and client ids, as much of them as the client can see.

import type { Frame, Refusal } from './frames';
import type { Socket } from './client';

export class FakeSocket implements Socket {
  readyState = 0;
  bufferedAmount = 0;
  onopen: ((e: any) => void) | null = null;
  onmessage: ((e: { data: any }) => void) | null = null;
  onclose: ((e: { code: number; reason: string }) => void) | null = null;
  onerror: ((e: any) => void) | null = null;
  closedWith: number | undefined;
  readonly sent: any[] = [];

  constructor(readonly node: FakeNode) {}

  send(text: string): void {
    if (this.readyState !== 1) throw new Error('not open');
    const frame = JSON.parse(text);
    this.sent.push(frame);
    this.node.received(this, frame);
  }

  close(code?: number): void {
    this.readyState = 3;
    this.closedWith = code ?? 1005;
  }

  // --- the node's side
  open(): void {
    this.readyState = 1;
    this.onopen?.({});
  }
  give(frame: Frame): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }
  drop(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

export class FakeNode {
  epoch = 'e-1';
  readonly sockets: FakeSocket[] = [];
  readonly logs = new Map<string, Frame[]>();
  readonly writes = new Map<string, Frame>(); // by client_id
  /** The next replies of these types, instead of ok. */
  readonly refusals: { type: string; why: Refusal }[] = [];
  /** Sockets open by themselves; off: they hang. */
  accepts = true;
  /** Types that are swallowed: neither done nor answered. */
  readonly mute = new Set<string>();
  /** Done, but never answered: the answer was lost. */
  readonly dumb = new Set<string>();
  limits = { frame: 65536, text: 10000, rate: 1000, burst: 1000, inflight: 8 };
  account = '';
  /** Replays that do not reach live. */
  stuck = false;

  readonly open = (): FakeSocket => {
    const s = new FakeSocket(this);
    this.sockets.push(s);
    if (this.accepts) queueMicrotask(() => s.readyState === 0 && s.open());
    return s;
  };

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  log(stream: string): Frame[] {
    let l = this.logs.get(stream);
    if (!l) this.logs.set(stream, (l = []));
    return l;
  }

  /** Appends an event; it reaches the socket unless it is lost on the way. */
  append(stream: string, data: any, lost = false): Frame {
    const l = this.log(stream);
    const frame: Frame = { type: 'message.new', stream, seq: l.length + 1, at: '2026-11-20T05:12:30.000Z', data };
    l.push(frame);
    if (!lost) this.socket.give(frame);
    return frame;
  }

  received(s: FakeSocket, f: any): void {
    const reply = (data: any) => !this.dumb.has(f.type) && f.id && s.give({ type: 'ok', reply_to: f.id, data });
    if (this.mute.has(f.type)) return;
    const refusal = this.refusals.findIndex((r) => r.type === f.type);
    if (refusal >= 0) {
      s.give({ type: 'error', reply_to: f.id, data: this.refusals.splice(refusal, 1)[0]!.why });
      return;
    }
    switch (f.type) {
      case 'hello':
        s.give({ type: 'welcome', reply_to: f.id, data: { session: 'c', epoch: this.epoch, now: new Date(Date.now() + 60_000).toISOString(), heartbeat_ms: 25000, limits: this.limits, capabilities: [], ...(this.account ? { account: this.account } : {}) } });
        for (const [name, after] of Object.entries((f.data.resume?.streams ?? {}) as Record<string, number>)) {
          if (f.data.resume.epoch !== this.epoch || after > this.log(name).length) this.reset(s, name, 'epoch');
          else for (const e of this.log(name).slice(after)) s.give(e);
          if (!this.stuck) this.live(s, name);
        }
        if (this.account) {
          const inbox = `inbox/${this.account}`;
          if (!f.data.resume?.streams?.[inbox]) this.reset(s, inbox, 'start');
          if (!this.stuck) this.live(s, inbox);
        }
        return;
      case 'sync':
        for (const e of this.log(f.stream).slice(f.data.after)) s.give(e);
        reply({ events: 1, seq: this.log(f.stream).length });
        return;
      case 'subscribe':
        if (f.stream.startsWith('queue/')) s.give({ type: 'queue.snapshot', stream: f.stream, data: { revision: 1, rooms: [] } });
        else {
          if (f.data?.after === undefined) this.reset(s, f.stream, 'start');
          else for (const e of this.log(f.stream).slice(f.data.after)) s.give(e);
          this.live(s, f.stream);
        }
        reply({});
        return;
      case 'message.send': {
        const first = this.writes.get(f.data.client_id);
        if (first) return void reply({ message_id: 'm', seq: first.seq, at: first.at, duplicate: true });
        const e = this.append(f.stream, { client_id: f.data.client_id, text: f.data.text }, this.dumb.has('message.send'));
        this.writes.set(f.data.client_id, e);
        reply({ message_id: 'm', seq: e.seq, at: e.at });
        return;
      }
      case 'pong':
      case 'read':
      case 'typing':
        return;
      default:
        reply({});
    }
  }

  reset(s: FakeSocket, stream: string, reason: string): void {
    const seq = this.log(stream).length;
    s.give({ type: 'stream.reset', stream, data: { reason, snapshot: {}, seq, history_from: seq + 1 } });
  }

  live(s: FakeSocket, stream: string): void {
    s.give({ type: 'stream.live', stream, data: { seq: this.log(stream).length, recovered: true } });
  }
}
