// What the agent page knows, as signals. The session is the cookie's; here is only whose it is.

import { computed, signal } from '@preact/signals';
import { Client, type Status } from '../client/client';
import { type Frame, Refused } from '../client/frames';
import { type Customer, customer, login, logout, socketURL } from '../client/http';
import { newID } from '../client/id';
import { newStore } from '../client/store';
import { Transcript } from '../client/transcript';
import { errorText, language, onLanguage, suggest, t } from '../text';
import { VERSION, bindLifecycle, reloadOnce, watched } from '../ui/page';

const PAGE = 50;
const TYPING_LASTS_MS = 6_000;
const GRACE_MS = 30_000; // after that the room may belong to somebody else, and writing is locked
const ASK_QUEUE_MS = 60_000; // the mode may have changed: a refused queue is asked for again

export interface Who {
  site: string;
  account: string;
  name: string;
}

/** A room of one's own, or one that was. */
export class Room {
  readonly t = new Transcript('agent');
  readonly version = signal(0);
  readonly loading = signal(false);
  assignment = 0;
  since = '';
  gone = ''; // why it is no longer here
  profile: Customer | undefined;
  typing = { until: 0, preview: '' };
  draft = '';
  draftMemo = false;

  constructor(readonly id: string) {}

  /** What the node said last; older messages than the page has may be among them. */
  told = 0;

  /** The truth is the room's read mark; what the node counts is for what is not here. */
  get unread(): number {
    const { entries, before, summary } = this.t;
    const read = summary.readBy.agent;
    const here = entries.filter((e) => e.side === 'customer' && !e.code && e.seq > read).length;
    const all = before <= 1 || (entries[0]?.seq ?? Infinity) <= read;
    return all ? here : Math.max(here, this.told);
  }
  get stream(): string {
    return `desk/${this.id}`;
  }
  get ended(): boolean {
    return this.gone !== '' || this.t.closed;
  }
  /** Since when the customer waits for a word; 0 = he does not. */
  get waitsSince(): number {
    const last = this.t.lastWord;
    if (this.t.summary.state === 'ACTIVE' && last?.side !== 'customer') return 0;
    return Date.parse(last?.side === 'customer' && this.t.summary.state === 'ACTIVE' ? last.at : this.since || this.t.summary.requestedAt) || 0;
  }
  get label(): string {
    const name = this.profile?.name?.value;
    if (name) return name;
    const key = this.t.summary.customer.split('_').at(-1) ?? '';
    return t('agent.customer', { id: key.slice(0, 6) || this.id.slice(2, 8) });
  }
}

export interface Waiting {
  room: string;
  requested_at: string;
  profile_required: boolean;
  category?: string;
  channel?: string;
  offered?: string;
}

const store = newStore();
const WHO = 'switchyard.agent';

export const who = signal<Who | undefined>(store.get<Who>(WHO));
export const loginProblem = signal('');
export const status = signal<Status>({ phase: 'idle' });
export const want = signal('');
export const conn = signal('');
export const onDuty = signal(true);
export const rooms = signal<Room[]>([]);
export const selected = signal<Room | undefined>(undefined);
export const queue = signal<Waiting[] | undefined>(undefined);
export const taking = signal<ReadonlySet<string>>(new Set());
export const notice = signal('');
export const now = signal(Date.now()); // the server's, once a second
export const lang = signal(language());
onLanguage(() => (lang.value = language()));

/** Nothing is live for longer than the engine keeps the room for sure. */
export const locked = computed(() => {
  void now.value;
  return status.value.phase !== 'live' && Date.now() - (status.value.lostAt ?? Date.now()) > GRACE_MS;
});

const order = (a: Room, b: Room) => (a.waitsSince || Infinity) - (b.waitsSince || Infinity) || a.since.localeCompare(b.since);
const touched = (list: Room[]) => list.forEach((r) => void r.version.value);
export const received = computed(() => (touched(rooms.value), rooms.value.filter((r) => !r.ended && r.t.summary.state !== 'ACTIVE').sort(order)));
export const active = computed(() => (touched(rooms.value), rooms.value.filter((r) => !r.ended && r.t.summary.state === 'ACTIVE').sort(order)));
export const ended = computed(() => (touched(rooms.value), rooms.value.filter((r) => r.ended)));
export const unreadTotal = computed(() => (touched(rooms.value), rooms.value.reduce((n, r) => n + (r.ended ? 0 : r.unread), 0)));

let client: Client | undefined;

export function serverNow(): number {
  return client?.serverNow() ?? Date.now();
}

function touch(r: Room): void {
  r.version.value++;
}

function room(id: string): Room {
  let r = rooms.value.find((x) => x.id === id);
  if (!r) rooms.value = [...rooms.value, (r = new Room(id))];
  return r;
}

const roomOf = (stream: string) => (stream.startsWith('desk/') ? room(stream.slice(5)) : undefined);

// --- the session ---------------------------------------------------------------

export async function signIn(site: string, account: string, password: string): Promise<void> {
  loginProblem.value = '';
  try {
    const s = await login(site, account, password);
    suggest(s.language);
    const me = { site: s.site, account: s.account, name: s.name };
    store.set(WHO, me);
    who.value = me;
    begin();
  } catch (e) {
    const code = e instanceof Refused ? e.code : 'internal';
    loginProblem.value = code === 'unauthenticated' ? t('login.wrong') : errorText(code);
  }
}

export async function signOut(): Promise<void> {
  const c = client;
  client = undefined;
  c?.close();
  try {
    await logout();
  } catch {
    // The session ends by itself in time; here it is over anyhow.
  }
  leave('');
}

function leave(why: string): void {
  client?.close();
  client = undefined;
  store.remove(WHO);
  who.value = undefined;
  rooms.value = [];
  selected.value = undefined;
  queue.value = undefined;
  want.value = conn.value = notice.value = '';
  loginProblem.value = why;
}

export function begin(): void {
  const me = who.value;
  if (!me || client) return;
  const c = new Client({
    url: socketURL(me.site),
    client: { name: 'console', version: VERSION, language: language() },
    reload: reloadOnce,
    listeners: {
      status: (s) => {
        status.value = s;
        if (s.phase === 'stopped' && s.code === 4401) queueMicrotask(() => leave(t('connection.stopped.4401')));
      },
      welcome: (w) => {
        now.value = c.serverNow();
        suggest(w.language);
        // The cookie decides who this is; another tab may have signed in as somebody else.
        if (w.account && (w.account !== me.account || w.site !== me.site)) queueMicrotask(() => leave(t('connection.stopped.4401')));
      },
      reset: (name, reset) => {
        if (name.startsWith('inbox/')) return inbox(reset.snapshot);
        const r = roomOf(name);
        if (!r) return;
        r.gone = '';
        r.t.reset(reset);
        r.assignment = r.t.summary.assignment || r.assignment;
        r.told = reset.snapshot?.unread ?? 0;
        touch(r);
        void page(r);
        void lookUp(r);
      },
      event: (name, frame) => {
        if (name.startsWith('inbox/')) return inboxEvent(frame);
        const r = roomOf(name);
        if (!r) return;
        r.t.apply(frame);
        r.assignment = r.t.summary.assignment || r.assignment;
        if (frame.type === 'message.new' && frame.data?.from?.kind === 'customer') r.typing = { until: 0, preview: '' };
        if (frame.type === 'form.saved') void lookUp(r);
        touch(r);
        look();
      },
      live: (name) => {
        const r = roomOf(name);
        if (r && r.t.before > 1 && r.t.entries.length === 0) void page(r);
      },
      gone: (name, reason) => {
        if (name.startsWith('queue/')) {
          queue.value = undefined;
          return;
        }
        const r = rooms.value.find((x) => x.stream === name);
        if (!r) return;
        if (reason === 'closed') closed(r);
        else if (!r.t.closed) r.gone = reason || 'moved';
        touch(r);
      },
      ephemeral: (frame) => ephemeral(frame),
      board: (_, frame) => line(frame),
    },
  });
  client = c;
  c.follow(`queue/${me.site}`);
  c.start();
}

// --- the inbox -------------------------------------------------------------------

interface InboxRoom {
  room: string;
  assignment: number;
  title?: string;
  channel?: string;
  since?: string;
}

function inbox(s: { want?: string; conn?: string; on_duty?: boolean; rooms?: InboxRoom[] }): void {
  want.value = s.want ?? want.value;
  conn.value = s.conn ?? conn.value;
  onDuty.value = s.on_duty ?? true;
  const mine = new Set((s.rooms ?? []).map((r) => r.room));
  for (const r of rooms.value) {
    if (mine.has(r.id) || r.ended) continue;
    r.gone = 'moved';
    touch(r);
  }
  for (const r of s.rooms ?? []) gained(r, r.since ?? '');
}

function gained(g: InboxRoom, at: string): void {
  const r = room(g.room);
  r.assignment = Math.max(r.assignment, g.assignment ?? 0);
  r.since = at;
  r.gone = '';
  r.t.summary.title ||= g.title ?? '';
  r.t.summary.channel ||= g.channel ?? '';
  if (r.t.summary.state === '') r.t.summary.state = 'RECEIVED';
  touch(r);
}

function inboxEvent(frame: Frame): void {
  const d = frame.data ?? {};
  if (frame.type === 'inbox.gained') gained(d, frame.at ?? '');
  if (frame.type === 'inbox.lost') {
    const r = rooms.value.find((x) => x.id === d.room);
    if (!r || d.assignment < r.assignment) return;
    if (d.reason === 'closed') closed(r);
    else r.gone = d.reason || 'moved';
    touch(r);
  }
}

/** Its own stream says so too, but may have been taken away before. */
function closed(r: Room): void {
  if (!r.t.closed) r.t.summary.state = 'CLOSED';
}

function ephemeral(frame: Frame): void {
  const d = frame.data ?? {};
  if (frame.type === 'inbox.unread') {
    const r = room(d.room);
    r.told = d.unread ?? 0;
    touch(r);
  }
  if (frame.type === 'presence') {
    want.value = d.want ?? want.value;
    conn.value = d.conn ?? conn.value;
    onDuty.value = d.on_duty ?? onDuty.value;
  }
  if (frame.type === 'typing' && d.who === 'customer') {
    const r = roomOf(frame.stream!);
    if (!r) return;
    r.typing = d.on ? { until: Date.now() + TYPING_LASTS_MS, preview: d.preview ?? '' } : { until: 0, preview: '' };
    touch(r);
  }
}

/** The waiting line, where the mode shows it to agents. */
function line(frame: Frame): void {
  const d = frame.data;
  if (d.mode === 'AUTO') {
    queue.value = undefined;
    return;
  }
  const rows = new Map<string, Waiting>((frame.type === 'queue.snapshot' ? [] : (queue.value ?? [])).map((w) => [w.room, w]));
  for (const w of d.rooms ?? []) rows.set(w.room, w);
  for (const id of d.gone ?? []) rows.delete(id);
  queue.value = [...rows.values()].sort((a, b) => a.requested_at.localeCompare(b.requested_at) || a.room.localeCompare(b.room));
}

// --- reading ---------------------------------------------------------------------

export async function page(r: Room): Promise<void> {
  if (!client || r.loading.value || r.t.before <= 1 || r.gone) return;
  r.loading.value = true;
  const before = r.t.before;
  try {
    const answer = await client.ask('history', { before, limit: PAGE }, r.stream);
    if (r.t.before === before) r.t.prepend(answer.events ?? [], answer.before);
    touch(r);
    look();
  } catch (e) {
    if (!(e instanceof Refused)) throw e; // the next live asks again
  } finally {
    r.loading.value = false;
  }
}

async function lookUp(r: Room): Promise<void> {
  const key = r.t.summary.customer;
  if (!key || !who.value) return;
  try {
    r.profile = await customer(who.value.site, key);
    touch(r);
  } catch {
    // the number stays the name
  }
}

/** Only what somebody sees is read. */
export function look(): void {
  const r = selected.value;
  if (r && !r.ended && watched() && r.t.newestForeign > 0) client?.read(r.stream, r.t.newestForeign);
}

export function select(r: Room | undefined): void {
  selected.value = r;
  notice.value = '';
  look();
}

// --- acting ----------------------------------------------------------------------

export function send(r: Room, text: string, memo: boolean): boolean {
  if (!client || r.ended || locked.value) return false;
  const id = newID();
  const kind = memo ? 'memo' : 'text';
  r.t.add(id, kind, text);
  post(r, id, kind, text);
  return true;
}

function post(r: Room, id: string, kind: string, text: string): void {
  touch(r);
  client?.write('message.send', { client_id: id, assignment: r.assignment, kind, text }, r.stream).then(
    () => (r.t.sent(id), touch(r)),
    (why: Refused) => {
      if (why.code !== 'stopped') r.t.failed(id, why.code);
      touch(r);
    },
  );
}

export function sendAgain(r: Room, id: string): void {
  const b = r.t.bubbles.find((x) => x.clientID === id);
  if (!b) return;
  r.t.again(id);
  post(r, id, b.kind, b.text);
}

export function dropBubble(r: Room, id: string): void {
  r.t.drop(id);
  touch(r);
}

export function typing(r: Room, on: boolean): void {
  if (!r.ended) client?.typing(r.stream, on);
}

function act(promise: Promise<unknown> | undefined): Promise<void> {
  notice.value = '';
  return (promise ?? Promise.resolve()).then(
    () => {},
    (why: Refused) => {
      if (why.code !== 'stopped') notice.value = errorText(why.code);
    },
  );
}

export function end(r: Room): Promise<void> {
  return act(client?.write('room.end', { client_id: newID(), assignment: r.assignment }, r.stream));
}

export function hold(r: Room, on: boolean): Promise<void> {
  return act(client?.write('room.set', { client_id: newID(), assignment: r.assignment, hold_close: on }, r.stream));
}

/** A write about a room of one's own. */
export function write(r: Room, type: string, data: object): Promise<void> {
  return act(client?.write(type, { client_id: newID(), assignment: r.assignment, ...data }, r.stream));
}

export async function take(id: string): Promise<void> {
  if (taking.value.has(id)) return;
  taking.value = new Set([...taking.value, id]);
  notice.value = '';
  try {
    await client?.write('room.take', { client_id: newID(), room: id });
    select(room(id));
  } catch (e) {
    if (e instanceof Refused && e.code !== 'stopped') notice.value = errorText(e.code);
  } finally {
    taking.value = new Set([...taking.value].filter((x) => x !== id));
  }
}

export async function choose(w: string): Promise<void> {
  const before = want.value;
  want.value = w;
  try {
    await client?.write('agent.status', { client_id: newID(), want: w });
  } catch (e) {
    want.value = before;
    if (e instanceof Refused && e.code !== 'stopped') notice.value = errorText(e.code);
  }
}

export function dismiss(r: Room): void {
  if (selected.value === r) selected.value = undefined;
  client?.forget(r.stream);
  rooms.value = rooms.value.filter((x) => x !== r);
}

export function reconnect(): void {
  client?.start();
}

// --- the clock -------------------------------------------------------------------

let askedQueue = 0;
/** One timer for the page: everything that ticks is counted from the server's clock. */
export function run(): void {
  setInterval(() => {
    now.value = serverNow();
    if (client && who.value && status.value.phase === 'live' && queue.value === undefined && Date.now() - askedQueue > ASK_QUEUE_MS) {
      askedQueue = Date.now();
      client.follow(`queue/${who.value.site}`);
    }
  }, 1000);
  bindLifecycle({ suspend: () => client?.suspend(), start: () => client?.start(), nudge: () => client?.nudge() } as Client, look);
  begin();
}
