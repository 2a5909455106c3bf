// One socket, all streams on it: the client half of protocol.md sections 3 (resume) and 6 (state
// machine). Pages give it listeners and words to send; it gives each durable event exactly
// once and in order, and gets each write through exactly once.
//
// Start reading at `Client`: `#connect` → `#opened` → `#frame` → `#closed`.

import { verdict } from './closing';
import { type Frame, type Limits, Refused, type Refusal, type Reset, SUBPROTOCOL, type Welcome, isDurable } from './frames';

export type Phase = 'idle' | 'connecting' | 'authenticating' | 'replaying' | 'live' | 'waiting' | 'stopped';

/** Where the client is, for a page that tells the truth about its connection. */
export interface Status {
  phase: Phase;
  code?: number; // the close code that led to waiting or stopped; 0 = the socket went silent or never opened
  retryAt?: number; // of waiting: the local time of the next attempt
  lostAt?: number; // the local time since which nothing is live; absent while live
}

/** What a page hears. Listeners run inside the socket's handlers and must not block. */
export interface Listeners {
  status?(status: Status): void;
  welcome?(welcome: Welcome): void;
  /** The copy of the stream is void; here is a snapshot. */
  reset?(stream: string, reset: Reset): void;
  /** A durable event: each `seq` once, in order. */
  event?(stream: string, frame: Frame): void;
  live?(stream: string, recovered: boolean): void;
  gone?(stream: string, reason: string): void;
  /** typing, presence, inbox.unread and whatever else has no number. */
  ephemeral?(frame: Frame): void;
  /** A snapshot of queue/ or board/, or a delta that fits onto the last one. */
  board?(stream: string, frame: Frame): void;
}

/** The part of a WebSocket that is used; tests give another. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((e: any) => void) | null;
  onmessage: ((e: { data: any }) => void) | null;
  onclose: ((e: { code: number; reason: string }) => void) | null;
  onerror: ((e: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** What survives a reload, where a page wants that: the epoch and the last applied numbers. */
export interface Positions {
  epoch: string;
  streams: Record<string, number>;
}

export interface Options {
  url: string;
  client: { name: string; version: string; language: string };
  listeners: Listeners;
  /** The visitor's token for hello; nothing where the cookie speaks. A Refused that it throws stops the client. */
  token?: () => Promise<string | undefined>;
  /** A new token in the place of one that expires or was not taken. */
  renew?: () => Promise<string | undefined>;
  /** The page is too old (4426): load it again, once. */
  reload?: () => void;
  positions?: Positions;
  savePositions?: (positions: Positions) => void;
  open?: (url: string, protocol: string) => Socket;
  random?: () => number;
}

const SILENCE_MS = 40_000; // no frame for so long: the socket is dead
const HANDSHAKE_MS = 15_000; // from the attempt to welcome
const TICK_MS = 5_000; // of the watch over both
const JUMP_MS = 30_000; // between two ticks: the machine slept
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MOST_MS = 30_000;
const CALM_MS = 30_000; // live for so long: the backoff begins anew
const NUDGE_MS = 2_000; // between two attempts that the page or the network asks for
const FINISH_MS = 2_000; // for commands in flight after goaway
const READ_MS = 1_000; // between two read marks of a stream
const BUFFERED_MOST = 256 * 1024;
const HELD_MOST = 500; // events kept behind a gap; beyond it a snapshot is cheaper
const RETRY_MS = 1_000; // where a refusal for rate does not say

const OPEN = 1;

/** A durable stream as far as it was applied. */
interface Stream {
  last: number;
  held: Map<number, Frame>; // events behind a gap
  syncing: boolean;
  read: { wanted: number; sent: number; at: number; timer: Timer };
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** A command until its answer. A write outlives sockets; a question does not. */
interface Command {
  write: boolean;
  type: string;
  stream: string | undefined;
  data: Record<string, unknown> | undefined;
  lane: string; // writes of one lane wait for each other: the order of what somebody types is worth a round trip
  id: string | undefined; // while it is in flight
  notBefore: number;
  resolve(data: any): void;
  reject(why: Refused): void;
}

export class Client {
  /** Neither should ever happen; both are counted (protocol.md 3.5). */
  readonly counters = { gaps: 0, duplicates: 0, resets: 0, resent: 0 };

  #o: Options;
  #status: Status = { phase: 'idle' };
  #socket: Socket | undefined;
  #attempt = 0; // numbers attempts, so that late answers of old ones are known
  #attemptAt = -NUDGE_MS;
  #failures = 0; // n of the backoff
  #retry: Timer;
  #notBefore = 0; // 4429 said so
  #calm: Timer;
  #watch: ReturnType<typeof setInterval> | undefined;
  #tickAt = 0;
  #heard = 0;
  #renewed = false; // 4401 was answered with a new token once
  #fresh: string | undefined; // that token

  #epoch = '';
  #offset = 0;
  #limits: Limits = { frame: 65536, text: 10000, rate: 5, burst: 10, inflight: 8 };
  #streams = new Map<string, Stream>();
  #expected = new Set<string>(); // streams of this hello that are not live yet
  #boards = new Map<string, { revision: number; asked: boolean }>();

  #commands: Command[] = []; // in the order they were given
  #flying = new Map<string, Command>();
  #nextID = 1;
  #tokens = 0;
  #tokensAt = 0;
  #flushTimer: Timer;

  #window: [number, number] | undefined; // of goaway, in local time
  #move: Timer;
  #moving = false;
  #next: Socket | undefined; // the socket that will take over

  constructor(options: Options) {
    this.#o = options;
    if (options.positions?.epoch) {
      this.#epoch = options.positions.epoch;
      for (const [name, seq] of Object.entries(options.positions.streams)) this.#stream(name).last = seq;
    }
  }

  get status(): Status {
    return this.#status;
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** The server's clock in milliseconds; waiting times are counted on it. */
  serverNow(): number {
    return Date.now() + this.#offset;
  }

  // --- what a page asks for ---------------------------------------------------

  /** Connects now, also after `stopped`. */
  start(): void {
    if (this.#socket || this.#status.phase === 'connecting') return;
    this.#notBefore = 0;
    this.#failures = 0;
    this.#renewed = false;
    this.#watch ??= setInterval(() => this.#tick(), TICK_MS);
    this.#tickAt = Date.now();
    void this.#connect();
  }

  /** Lets the socket go and keeps everything else, for pagehide. */
  suspend(): void {
    this.#letGo(1000);
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#to({ phase: 'idle' });
  }

  /** Ends for good: what is not answered is refused. */
  close(): void {
    this.suspend();
    for (const c of this.#commands.splice(0)) c.reject(new Refused({ code: 'stopped' }));
    for (const s of this.#streams.values()) clearTimeout(s.read.timer);
  }

  /** Tries at once, because the network or the reader is back; not more often than every 2 s. */
  nudge(): void {
    if (this.#status.phase !== 'waiting') return;
    const at = Math.max(this.#attemptAt + NUDGE_MS, this.#notBefore);
    if (at >= (this.#status.retryAt ?? 0)) return;
    this.#retryAt(at, this.#status.code ?? 0);
  }

  /**
   * A command that must arrive exactly once: its data carries a `client_id`. It is sent when the
   * streams are live, and again after every loss of the socket, until it is answered.
   */
  write(type: string, data: { client_id: string } & Record<string, unknown>, stream?: string): Promise<any> {
    return this.#give(true, type, data, stream);
  }

  /** A command that reads. It fails with `disconnected` when the socket goes. */
  ask(type: string, data?: Record<string, unknown>, stream?: string): Promise<any> {
    if (this.#status.phase !== 'live' && this.#status.phase !== 'replaying') return Promise.reject(new Refused({ code: 'disconnected' }));
    return this.#give(false, type, data, stream);
  }

  /** Marks the stream as read up to a position: the newest counts, at most once a second. */
  read(stream: string, upto: number): void {
    const s = this.#streams.get(stream);
    if (!s || upto <= s.read.wanted) return;
    s.read.wanted = upto;
    this.#sendRead(stream, s);
  }

  /** Says that somebody writes. At most once: lost is lost. */
  typing(stream: string, on: boolean, preview?: string): void {
    if (this.#status.phase !== 'live' || !this.#take()) return;
    this.#send({ type: 'typing', stream, data: preview === undefined ? { on } : { on, preview } });
  }

  /** Follows queue/ or board/: always a snapshot, then deltas. A refusal comes as `gone`. */
  follow(stream: string): void {
    if (this.#boards.has(stream)) return;
    this.#boards.set(stream, { revision: -1, asked: false });
    if (this.#status.phase === 'live') this.#joinBoard(stream);
  }

  /** Takes a durable stream into the next hello, before its first event. */
  adopt(stream: string): void {
    this.#stream(stream);
    this.#save();
  }

  /** Stops following a stream of any kind. */
  forget(stream: string): void {
    const known = this.#boards.delete(stream);
    const s = this.#streams.get(stream);
    if (s) clearTimeout(s.read.timer);
    this.#streams.delete(stream);
    this.#save();
    if ((known || s) && this.#status.phase === 'live') this.ask('unsubscribe', undefined, stream).catch(() => {});
  }

  /** The last position of a durable stream that was applied. */
  position(stream: string): number {
    return this.#streams.get(stream)?.last ?? 0;
  }

  // --- connecting -------------------------------------------------------------

  #to(status: Status): void {
    const lostAt = status.phase === 'live' ? undefined : (this.#status.lostAt ?? Date.now());
    this.#status = lostAt === undefined ? status : { ...status, lostAt };
    this.#o.listeners.status?.(this.#status);
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    const attempt = ++this.#attempt;
    this.#attemptAt = this.#heard = Date.now();
    this.#to({ phase: 'connecting' });
    const token = await this.#token(attempt);
    if (token === false || attempt !== this.#attempt) return;
    const socket = this.#open();
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket, token);
    this.#listen(socket);
  }

  #open(): Socket {
    const open = this.#o.open ?? ((url: string, protocol: string) => new WebSocket(url, protocol) as unknown as Socket);
    return open(this.#o.url, SUBPROTOCOL);
  }

  /** The token for hello; false if there is none and the attempt is over. */
  async #token(attempt: number): Promise<string | undefined | false> {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    if (fresh) return fresh;
    try {
      return await this.#o.token?.();
    } catch (e) {
      if (attempt !== this.#attempt) return false;
      if (e instanceof Refused && ['unauthenticated', 'forbidden', 'not_found'].includes(e.code)) this.#stop({ unauthenticated: 4401, forbidden: 4403, not_found: 4404 }[e.code]!);
      else this.#wait(0, e instanceof Refused ? (e.retryMs ?? 0) : 0);
      return false;
    }
  }

  #listen(socket: Socket): void {
    socket.onmessage = (e) => {
      if (socket === this.#socket) this.#received(e.data);
    };
    socket.onclose = (e) => {
      if (socket === this.#socket) this.#closed(e.code, e.reason);
    };
    socket.onerror = null; // a close follows
  }

  #opened(socket: Socket, token: string | undefined): void {
    if (socket !== this.#socket) return;
    this.#heard = Date.now();
    this.#flying.clear();
    this.#expected = new Set(this.#streams.keys());
    const resume = this.#epoch && this.#streams.size > 0 ? { epoch: this.#epoch, streams: Object.fromEntries([...this.#streams].map(([name, s]) => [name, s.last])) } : undefined;
    this.#to({ phase: 'authenticating' });
    this.#send({ type: 'hello', id: this.#id(), data: { ...(token ? { token } : {}), client: this.#o.client, ...(resume ? { resume } : {}) } });
  }

  #id(): string {
    return String(this.#nextID++);
  }

  #send(frame: unknown): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(frame));
  }

  // --- receiving --------------------------------------------------------------

  #received(text: unknown): void {
    this.#heard = Date.now();
    let frame: Frame;
    try {
      frame = JSON.parse(String(text));
    } catch {
      return;
    }
    switch (frame.type) {
      case 'ping':
        this.#send({ type: 'pong' });
        return;
      case 'welcome':
        this.#welcomed(frame.data);
        return;
      case 'ok':
      case 'error':
        this.#answered(frame);
        return;
      case 'goaway':
        this.#goaway(frame.data?.reconnect_in_ms);
        return;
      case 'auth.expiring':
        void this.#refresh();
        return;
      case 'stream.reset':
        this.#reset(frame.stream!, frame.data);
        return;
      case 'stream.live':
        this.#live(frame.stream!, frame.data);
        return;
      case 'stream.gone':
        this.#gone(frame.stream!, frame.data?.reason ?? '');
        return;
    }
    if (!frame.stream) return;
    if (!isDurable(frame.stream)) this.#board(frame.stream, frame);
    else if (frame.seq === undefined) this.#tell(() => this.#o.listeners.ephemeral?.(frame));
    else this.#durable(frame.stream, frame);
  }

  /** A listener's mistake must not cost the connection its bookkeeping. */
  #tell(f: () => void): void {
    try {
      f();
    } catch (e) {
      console.error(e);
    }
  }

  #welcomed(w: Welcome): void {
    const resumed = this.#epoch !== ''; // hello could name positions
    this.#offset = Date.parse(w.now) - Date.now();
    this.#limits = { ...this.#limits, ...w.limits };
    this.#tokens = this.#limits.burst;
    this.#tokensAt = Date.now();
    if (w.epoch !== this.#epoch) {
      // Another life of the store: its numbers are not ours. A reset of every stream follows.
      for (const s of this.#streams.values()) {
        s.last = 0;
        s.held.clear();
      }
      this.#epoch = w.epoch;
      this.#save();
    }
    for (const s of this.#streams.values()) {
      s.syncing = false;
      s.held.clear();
      s.read.sent = 0;
    }
    if (w.account) this.#expected.add(`inbox/${w.account}`);
    this.#to({ phase: 'replaying' });
    this.#tell(() => this.#o.listeners.welcome?.(w));
    if (!resumed) {
      for (const name of this.#streams.keys()) {
        this.ask('subscribe', { after: 0 }, name).catch((why: Refused) => {
          if (why.code !== 'disconnected') this.#gone(name, why.code);
        });
      }
    }
    this.#maybeLive();
  }

  #maybeLive(): void {
    if (this.#status.phase !== 'replaying' || this.#expected.size > 0) return;
    this.#renewed = false;
    this.#to({ phase: 'live' });
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => (this.#failures = 0), CALM_MS);
    for (const name of this.#boards.keys()) this.#joinBoard(name);
    this.#flush();
    for (const [name, s] of this.#streams) this.#sendRead(name, s);
  }

  #stream(name: string): Stream {
    let s = this.#streams.get(name);
    if (!s) {
      s = { last: 0, held: new Map(), syncing: false, read: { wanted: 0, sent: 0, at: 0, timer: undefined } };
      this.#streams.set(name, s);
    }
    return s;
  }

  #save(): void {
    this.#o.savePositions?.({ epoch: this.#epoch, streams: Object.fromEntries([...this.#streams].map(([name, s]) => [name, s.last])) });
  }

  #reset(name: string, reset: Reset): void {
    const s = this.#stream(name);
    this.counters.resets++;
    s.last = reset.seq;
    s.held.clear();
    s.syncing = false;
    s.read.wanted = s.read.sent = 0;
    this.#tell(() => this.#o.listeners.reset?.(name, reset));
    this.#save();
  }

  #live(name: string, data: { seq: number; recovered: boolean }): void {
    this.#stream(name);
    this.#expected.delete(name);
    this.#tell(() => this.#o.listeners.live?.(name, data.recovered));
    this.#maybeLive();
  }

  #gone(name: string, reason: string): void {
    const s = this.#streams.get(name);
    if (s) clearTimeout(s.read.timer);
    this.#streams.delete(name);
    this.#boards.delete(name);
    this.#expected.delete(name);
    this.#tell(() => this.#o.listeners.gone?.(name, reason));
    this.#save();
    this.#maybeLive();
  }

  /** The gap rule: what is known is ignored, what comes too early is held until sync has closed the gap. */
  #durable(name: string, frame: Frame): void {
    const s = this.#stream(name);
    const seq = frame.seq!;
    if (seq <= s.last) {
      if (!s.syncing) this.counters.duplicates++;
      return;
    }
    if (seq > s.last + 1) {
      s.held.set(seq, frame);
      if (s.syncing) return;
      this.counters.gaps++;
      this.#sync(name, s);
      return;
    }
    this.#apply(name, s, frame);
    for (let next = s.held.get(s.last + 1); next; next = s.held.get(s.last + 1)) {
      s.held.delete(s.last + 1);
      this.#apply(name, s, next);
    }
    this.#save();
  }

  #apply(name: string, s: Stream, frame: Frame): void {
    s.last = frame.seq!;
    this.#tell(() => this.#o.listeners.event?.(name, frame));
  }

  #sync(name: string, s: Stream): void {
    const from = s.last;
    const again = () => {
      s.syncing = false;
      s.held.clear();
      this.ask('subscribe', undefined, name).catch(() => {}); // without `after`: a snapshot
    };
    if (s.held.size > HELD_MOST) return again();
    s.syncing = true;
    this.ask('sync', { after: from }, name).then(
      () => {
        if (this.#streams.get(name) !== s || !s.syncing) return;
        for (const seq of s.held.keys()) if (seq <= s.last) s.held.delete(seq);
        s.syncing = false;
        if (s.held.size === 0) return;
        if (s.last > from) this.#sync(name, s);
        else again();
      },
      (why: Refused) => {
        if (this.#streams.get(name) !== s || why.code === 'disconnected') return; // the resume brings what is missing
        again();
      },
    );
  }

  #board(name: string, frame: Frame): void {
    const b = this.#boards.get(name);
    if (!b) return;
    if (frame.type.endsWith('.snapshot')) {
      b.revision = frame.data.revision;
      b.asked = false;
    } else {
      if (frame.data?.base !== b.revision) {
        if (!b.asked) this.#joinBoard(name);
        return;
      }
      b.revision = frame.data.revision;
    }
    this.#tell(() => this.#o.listeners.board?.(name, frame));
  }

  #joinBoard(name: string): void {
    const b = this.#boards.get(name);
    if (!b) return;
    b.asked = true;
    this.ask('subscribe', undefined, name).catch((why: Refused) => {
      if (why.code !== 'disconnected' && this.#boards.get(name) === b) this.#gone(name, why.code);
    });
  }

  // --- sending ----------------------------------------------------------------

  #give(write: boolean, type: string, data: Record<string, unknown> | undefined, stream: string | undefined): Promise<any> {
    return new Promise((resolve, reject) => {
      this.#commands.push({ write, type, stream, data, lane: write ? (stream ?? type) : '', id: undefined, notBefore: 0, resolve, reject });
      this.#flush();
    });
  }

  /** Sends what may be sent: the oldest of each lane, as the limits of welcome allow. */
  #flush(): void {
    clearTimeout(this.#flushTimer);
    const phase = this.#status.phase;
    if (phase !== 'live' && phase !== 'replaying') return;
    if (this.#socket?.readyState !== OPEN || this.#moving) return;
    const now = Date.now();
    const busy = new Set<string>();
    let wake = Infinity;
    for (const c of [...this.#commands]) {
      if (c.write) {
        if (busy.has(c.lane)) continue;
        busy.add(c.lane);
        if (phase !== 'live') continue;
      }
      if (c.id !== undefined) continue;
      if (c.notBefore > now) {
        wake = Math.min(wake, c.notBefore);
        continue;
      }
      if (this.#flying.size >= this.#limits.inflight) break; // an answer calls again
      if (this.#socket.bufferedAmount > BUFFERED_MOST) {
        wake = Math.min(wake, now + 100);
        break;
      }
      if (!this.#take()) {
        wake = Math.min(wake, now + 1000 / this.#limits.rate);
        break;
      }
      this.#fly(c);
    }
    if (wake < Infinity) this.#flushTimer = setTimeout(() => this.#flush(), Math.max(1, wake - now));
  }

  #fly(c: Command): void {
    const id = this.#id();
    const text = JSON.stringify({ type: c.type, id, ...(c.stream ? { stream: c.stream } : {}), ...(c.data ? { data: c.data } : {}) });
    if (text.length * 3 > this.#limits.frame && new TextEncoder().encode(text).length > this.#limits.frame) {
      this.#settle(c);
      c.reject(new Refused({ code: 'too_large' }));
      return;
    }
    c.id = id;
    this.#flying.set(id, c);
    this.#socket!.send(text);
  }

  /** Takes one of the frames that welcome allows; false: not now. */
  #take(): boolean {
    const now = Date.now();
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + ((now - this.#tokensAt) / 1000) * this.#limits.rate);
    this.#tokensAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #settle(c: Command): void {
    if (c.id !== undefined) this.#flying.delete(c.id);
    const i = this.#commands.indexOf(c);
    if (i >= 0) this.#commands.splice(i, 1);
  }

  #answered(frame: Frame): void {
    const c = frame.reply_to === undefined ? undefined : this.#flying.get(frame.reply_to);
    if (!c) return;
    if (frame.type === 'ok') {
      this.#settle(c);
      c.resolve(frame.data ?? {});
    } else {
      const why = (frame.data ?? { code: 'internal' }) as Refusal;
      if (why.code === 'rate_limited' || (why.code === 'unavailable' && c.write)) {
        // The node asks for patience; the command keeps its place and its client_id.
        this.#flying.delete(c.id!);
        c.id = undefined;
        c.notBefore = Date.now() + Math.max(100, why.retry_ms ?? RETRY_MS);
      } else {
        this.#settle(c);
        c.reject(new Refused(why));
      }
    }
    this.#flush();
    if (this.#moving && this.#flying.size === 0) void this.#change();
  }

  #sendRead(name: string, s: Stream): void {
    const r = s.read;
    if (r.wanted <= r.sent || this.#status.phase !== 'live') return;
    clearTimeout(r.timer);
    const wait = r.at + READ_MS - Date.now();
    if (wait > 0 || !this.#take()) {
      r.timer = setTimeout(() => this.#sendRead(name, s), Math.max(wait, 100));
      return;
    }
    r.at = Date.now();
    r.sent = r.wanted;
    this.#send({ type: 'read', stream: name, data: { upto: r.wanted } });
  }

  async #refresh(): Promise<void> {
    try {
      const token = await this.#o.renew?.();
      if (token) await this.ask('auth.refresh', { token });
    } catch {
      // The token runs out and 4401 says so.
    }
  }

  // --- losing -----------------------------------------------------------------

  /** Takes the socket out of use. What was in flight waits for the next one; questions are told. */
  #letGo(code?: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#attempt++;
    for (const t of [this.#retry, this.#calm, this.#flushTimer, this.#move]) clearTimeout(t);
    this.#window = undefined;
    this.#moving = false;
    if (this.#next) {
      this.#silence(this.#next);
      this.#next = undefined;
    }
    if (socket) this.#silence(socket, code);
    this.#ground();
  }

  #silence(socket: Socket, code?: number): void {
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    if (socket.readyState <= OPEN) {
      if (code === undefined) socket.close();
      else socket.close(code);
    }
  }

  /** Brings what was in flight down: writes keep their place in the line, questions are over. */
  #ground(): void {
    this.#flying.clear();
    for (const c of [...this.#commands]) {
      if (c.write) {
        if (c.id !== undefined) this.counters.resent++;
        c.id = undefined;
      } else {
        this.#settle(c);
        c.reject(new Refused({ code: 'disconnected' }));
      }
    }
  }

  #closed(code: number, reason: string): void {
    const v = verdict(code, reason);
    if (v.act === 'drop-frame') {
      const last = [...this.#flying.values()].at(-1);
      if (last) {
        this.#settle(last);
        last.reject(new Refused({ code: code === 1009 ? 'too_large' : 'bad_request' }));
      }
    }
    const wasLive = this.#status.phase === 'live';
    const goaway = this.#window;
    this.#letGo();
    switch (v.act) {
      case 'stop':
        this.#stop(code);
        break;
      case 'renew':
        void this.#renew(code);
        break;
      case 'reload':
        this.#stop(code);
        this.#o.reload?.();
        break;
      case 'after':
        this.#notBefore = Date.now() + v.ms;
        this.#wait(code);
        break;
      case 'at-once':
        if (wasLive) this.#retryAt(Date.now(), code);
        else this.#wait(code);
        break;
      default:
        if (code === 4503 && goaway && goaway[1] > Date.now()) this.#retryAt(Date.now() + this.#chance() * (goaway[1] - Date.now()), code);
        else this.#wait(code);
    }
  }

  async #renew(code: number): Promise<void> {
    if (this.#renewed || !this.#o.renew) return this.#stop(code);
    this.#renewed = true;
    const attempt = this.#attempt;
    this.#to({ phase: 'connecting' });
    try {
      const token = await this.#o.renew();
      if (attempt !== this.#attempt) return;
      if (!token) return this.#stop(code);
      this.#fresh = token;
      void this.#connect();
    } catch {
      if (attempt === this.#attempt) this.#stop(code);
    }
  }

  #stop(code: number): void {
    this.#letGo();
    this.#to({ phase: 'stopped', code });
  }

  #chance(): number {
    return (this.#o.random ?? Math.random)();
  }

  /** Full jitter: rand(0, min(30 s, 0.5 s · 2^n)). */
  #wait(code: number, atLeast = 0): void {
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#retryAt(Math.max(Date.now() + Math.max(this.#chance() * most, atLeast), this.#notBefore), code);
  }

  #retryAt(at: number, code: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), Math.max(0, at - Date.now()));
    this.#to({ phase: 'waiting', code, retryAt: at });
  }

  /** Looks for silence by the clock, never by counting ticks: hidden pages tick rarely, sleeping ones not at all. */
  #tick(): void {
    const now = Date.now();
    const jump = now - this.#tickAt;
    this.#tickAt = now;
    const phase = this.#status.phase;
    const silent = now - this.#heard;
    const limit = phase === 'live' || phase === 'replaying' ? (jump > JUMP_MS ? JUMP_MS : SILENCE_MS) : phase === 'connecting' || phase === 'authenticating' ? HANDSHAKE_MS : Infinity;
    if (silent <= limit) return;
    this.#letGo();
    this.#wait(0);
  }

  // --- moving to another socket -------------------------------------------------

  #goaway(window: [number, number] | undefined): void {
    const [least, most] = window ?? [0, 8000];
    const now = Date.now();
    this.#window = [now + least, now + most];
    clearTimeout(this.#move);
    this.#move = setTimeout(() => this.#finish(), least + this.#chance() * (most - least));
  }

  /** Stops sending; the change comes when what is in flight is answered, or after 2 s. */
  #finish(): void {
    this.#moving = true;
    if (this.#flying.size === 0) void this.#change();
    else this.#move = setTimeout(() => void this.#change(), FINISH_MS);
  }

  /** Opens the new socket, then closes the old one. */
  async #change(): Promise<void> {
    clearTimeout(this.#move);
    if (this.#next) return;
    const attempt = this.#attempt;
    const token = await this.#o.token?.().catch(() => undefined);
    if (attempt !== this.#attempt || this.#next || !this.#socket) return;
    const next = this.#open();
    this.#next = next;
    next.onopen = () => {
      const old = this.#socket;
      this.#next = undefined;
      this.#window = undefined;
      this.#moving = false;
      this.#socket = next;
      if (old) this.#silence(old, 1000);
      this.#ground();
      this.#listen(next);
      this.#opened(next, token);
    };
    next.onclose = () => {
      // Not yet: the old one still works, or its end starts the usual way back.
      this.#silence(next);
      this.#next = undefined;
      this.#moving = false;
      this.#flush();
      this.#move = setTimeout(() => this.#finish(), 500 + this.#chance() * 1500);
    };
  }
}
