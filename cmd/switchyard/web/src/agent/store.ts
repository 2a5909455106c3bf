// What the console knows, as signals. The session is the cookie's; here is only whose it is.

import { computed, signal } from '@preact/signals';
import { Client, type Status } from '../client/client';
import { type Frame, Refused } from '../client/frames';
import { type Category, type ClosedRoom, type Customer, type Desk, type Past, type RoomInfo, type Template, categories, closedToday, customer, customerHistory, desk, roomLog, templates } from '../client/desk';
import { readBefore } from '../client/history';
import { socketURL, upload } from '../client/http';
import { newID } from '../client/id';
import { type Entry, Transcript } from '../client/transcript';
import { errorText, language, onLanguage, suggest, t } from '../text';
import { matches } from '../ui/hangul';
import { now } from '../ui/now';
import { VERSION, bindLifecycle, reloadOnce, watched } from '../ui/page';
import { setZone } from '../ui/time';
import { shownZone } from '../ui/zone';
import { endSession, enter, forgetMe, who } from '../ui/session';
import { notify, showing } from './notify';
import { loadPrefs, prefs, readDraft, setPref, sweepDrafts, uncover, writeDraft } from './prefs';

export { now } from '../ui/now';
export { who } from '../ui/session';

const PAGE = 50;
const PEEK = 5; // entries of a room that nobody has opened yet: enough for its line in the list
const TYPING_LASTS_MS = 6_000;
const GRACE_MS = 30_000; // after that the room may belong to somebody else, and writing is locked
const ASK_QUEUE_MS = 60_000; // the mode may have changed: a refused queue is asked for again
const TOAST_MS = 8_000;

/** A room of one's own, or one that was. */
export class Room {
  readonly t = new Transcript('agent');
  readonly version = signal(0);
  readonly loading = signal(false);
  assignment = 0;
  since = '';
  gone = ''; // why it is no longer here
  closedAt = ''; // of a room that was closed before this page came
  name = ''; // as the inbox said it
  profile: Customer | undefined;
  info: RoomInfo | undefined;
  past: { rooms: Past[]; total: number; cursor?: string | undefined } | undefined;
  typing = { until: 0, preview: '' };
  draft = '';
  draftMemo = false;
  images = new Map<string, Blob>(); // of bubbles on their way up

  constructor(readonly id: string) {
    const kept = readDraft(id);
    if (kept) [this.draft, this.draftMemo] = [kept.text, kept.memo];
  }

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
  /** The customer spoke last: an inquiry (문의), and not an answered room (응대). */
  get waits(): boolean {
    const last = this.t.lastWord;
    return last ? last.side === 'customer' : this.t.summary.lastCustomer;
  }
  /** Since when the customer waits for a word; 0 = he does not. */
  get waitsSince(): number {
    const last = this.t.lastWord;
    if (this.t.summary.state === 'ACTIVE' && !this.waits) return 0;
    return Date.parse(last?.side === 'customer' && this.t.summary.state === 'ACTIVE' ? last.at : this.since || this.t.summary.requestedAt) || 0;
  }
  get customerKey(): string {
    return this.profile?.customer_key ?? this.t.summary.customer;
  }
  get label(): string {
    const name = this.profile?.name?.value || this.name;
    if (name) return name;
    const key = this.t.summary.customer.split('_').at(-1) ?? '';
    return t('agent.customer', { id: key.slice(0, 6) || this.id.slice(2, 8) });
  }
  get preview(): string {
    const last = this.t.entries.findLast((e) => e.kind !== 'assigned' && e.kind !== 'profile');
    if (!last) return this.t.summary.title;
    return last.kind === 'image' ? t('log.image') : last.text || this.t.summary.title;
  }
}

export interface Waiting {
  room: string;
  requested_at: string;
  profile_required: boolean;
  category?: string;
  channel?: string;
  offered?: string;
  priority?: number;
}

export interface Offer {
  room: string;
  turn: number;
  customer?: string;
  title?: string;
  channel?: string;
  until: string;
}

export interface Toast {
  id: number;
  text: string;
  kind: 'info' | 'problem';
  room?: string | undefined;
}

/** What an agent may say of itself. */
export const WANTS = ['online', 'busy', 'break', 'meal', 'wrapup', 'offline'] as const;

export const status = signal<Status>({ phase: 'idle' });
export const want = signal('');
export const wantUntil = signal(0);
export const conn = signal('');
export const onDuty = signal(true);
export const selected = signal<Room | undefined>(undefined);
export const queue = signal<Waiting[] | undefined>(undefined);
export const checked = signal<ReadonlySet<string>>(new Set());
export const taking = signal<ReadonlySet<string>>(new Set());
export const offers = signal<Offer[]>([]);
export const answering = signal<ReadonlySet<string>>(new Set());
export const toasts = signal<Toast[]>([]);
export const here = signal<Desk | undefined>(undefined);
export const kinds = signal<Category[]>([]);
export const phrases = signal<Template[]>([]);
export const closedRooms = signal<ClosedRoom[]>([]);
export const wrapping = signal<number[]>([]); // when each seat that is kept for wrap-up is free again
export const filter = signal('');
/** In which zone the times are shown: the reader's until the site's is known. */
export const zone = signal(shownZone());
export const lang = signal(language());
onLanguage(() => (lang.value = language()));

/** Nothing is live for longer than the engine keeps the room for sure. */
export const locked = computed(() => {
  void now.value;
  return status.value.phase !== 'live' && Date.now() - (status.value.lostAt ?? Date.now()) > GRACE_MS;
});

// --- the lists --------------------------------------------------------------------

const rooms = new Map<string, Room>();
const changed = signal(0); // of any room; told once per turn, however many changed
let planned = false;

function touch(r: Room): void {
  r.version.value++;
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    changed.value++;
  });
}

export const TABS = ['waiting', 'received', 'inquiry', 'answered', 'ended', 'alarm', 'hold'] as const;
export type Tab = (typeof TABS)[number];
export const tab = computed<Tab>(() => (TABS.includes(prefs.value.tab as Tab) ? (prefs.value.tab as Tab) : 'received'));
export const chooseTab = (x: Tab) => {
  setPref({ tab: x });
  if (x === 'ended') void loadClosed();
};

/** The tab in which a room stands. */
export function tabOf(r: Room): Tab {
  if (r.ended) return 'ended';
  if (r.t.summary.state !== 'ACTIVE') return 'received';
  return r.waits ? 'inquiry' : 'answered';
}

const order = (a: Room, b: Room) => (a.waitsSince || Infinity) - (b.waitsSince || Infinity) || a.since.localeCompare(b.since) || a.id.localeCompare(b.id);
export const lists = computed<Record<Exclude<Tab, 'waiting'>, Room[]>>(() => {
  void changed.value;
  const all: Record<Exclude<Tab, 'waiting'>, Room[]> = { received: [], inquiry: [], answered: [], ended: [], alarm: [], hold: [] };
  for (const r of rooms.values()) {
    all[tabOf(r) as Exclude<Tab, 'waiting'>].push(r);
    if (!r.ended && r.t.summary.alarmAt) all.alarm.push(r);
    if (!r.ended && r.t.summary.hold) all.hold.push(r);
  }
  for (const c of closedRooms.value) if (!rooms.has(c.room)) all.ended.push(closedRoom(c));
  for (const list of [all.received, all.inquiry, all.answered, all.hold]) list.sort(order);
  all.alarm.sort((a, b) => a.t.summary.alarmAt.localeCompare(b.t.summary.alarmAt));
  all.ended.sort((a, b) => (b.t.summary.closedAt || b.since).localeCompare(a.t.summary.closedAt || a.since));
  return all;
});
export const openCount = computed(() => lists.value.received.length + lists.value.inquiry.length + lists.value.answered.length);
export const unreadTotal = computed(() => {
  void changed.value;
  let n = 0;
  for (const r of rooms.values()) if (!r.ended) n += r.unread;
  return n;
});
/** The open tab's rooms that the filter leaves. */
export const visible = computed<Room[]>(() => {
  if (tab.value === 'waiting') return [];
  const list = lists.value[tab.value];
  const q = filter.value.trim();
  return q === '' ? list : list.filter((r) => matches(q, `${r.label} ${r.t.summary.title} ${r.preview} ${r.t.summary.tags.join(' ')} ${r.info?.number ?? ''}`));
});
export const queueShown = computed<Waiting[]>(() => {
  const q = filter.value.trim();
  const all = queue.value ?? [];
  return q === '' ? all : all.filter((w) => matches(q, `${w.room.slice(2, 8)} ${categoryName(w.category ?? '')} ${w.channel ?? ''}`));
});

export function categoryName(id: string): string {
  const k = kinds.value.find((x) => x.id === id);
  const parent = k?.parent ? kinds.value.find((x) => x.id === k.parent) : undefined;
  return k ? (parent ? `${parent.name} › ${k.name}` : k.name) : id;
}

let client: Client | undefined;
const liveStreams = new Set<string>();

export function serverNow(): number {
  return client?.serverNow() ?? Date.now();
}

function room(id: string): Room {
  let r = rooms.get(id);
  if (!r) {
    rooms.set(id, (r = new Room(id)));
    touch(r);
  }
  return r;
}

const shelf = new Map<string, Room>(); // closed rooms that were only listed
function closedRoom(c: ClosedRoom): Room {
  let r = shelf.get(c.room);
  if (!r) {
    shelf.set(c.room, (r = new Room(c.room)));
    r.since = c.requested_at;
    r.closedAt = c.closed_at;
    Object.assign(r.t.summary, { state: c.state, title: c.title, customer: c.customer ?? '', category: c.category ?? '', closedAt: c.closed_at, createdAt: c.created_at, requestedAt: c.requested_at, channel: c.channel, score: c.score ?? 0 });
    const made = r;
    queueMicrotask(() => void lookUp(made));
  }
  return r;
}

const roomOf = (stream: string) => (stream.startsWith('desk/') ? room(stream.slice(5)) : undefined);

export function find(id: string): Room | undefined {
  return rooms.get(id) ?? shelf.get(id);
}

// --- what is said to the agent -----------------------------------------------------

let toastID = 0;
export function toast(text: string, kind: Toast['kind'] = 'info', room?: string): void {
  const id = ++toastID;
  toasts.value = [...toasts.value.slice(-3), { id, text, kind, room }];
  setTimeout(() => dismissToast(id), TOAST_MS);
}
export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((x) => x.id !== id);
}
function complain(e: unknown): void {
  if (e instanceof Refused && e.code !== 'stopped') toast(errorText(e.code), 'problem');
}

const shown = (r: Room) => watched() && selected.value === r;

// --- the session ---------------------------------------------------------------

export async function signIn(site: string, account: string, password: string): Promise<void> {
  if (await enter(site, account, password)) begin();
}

export async function signOut(): Promise<void> {
  const c = client;
  client = undefined;
  c?.close();
  await endSession();
  leave('');
}

function leave(why: string): void {
  client?.close();
  client = undefined;
  rooms.clear();
  shelf.clear();
  liveStreams.clear();
  selected.value = undefined;
  queue.value = undefined;
  here.value = undefined;
  [offers.value, toasts.value, closedRooms.value, wrapping.value, kinds.value, phrases.value] = [[], [], [], [], [], []];
  want.value = conn.value = filter.value = '';
  forgetMe(why);
  changed.value++;
}

/** What stands beside the streams; asked for again with each connection. */
export async function loadDesk(): Promise<void> {
  const me = who.value;
  if (!me) return;
  const [d, k, p] = await Promise.allSettled([desk(me.site), categories(me.site), templates(me.site)]);
  if (who.value !== me) return;
  if (d.status === 'fulfilled') {
    here.value = d.value;
    setZone(d.value.time_zone);
    zone.value = shownZone();
    if (d.value.name !== me.name) who.value = { ...me, name: d.value.name };
  }
  if (k.status === 'fulfilled') kinds.value = k.value;
  if (p.status === 'fulfilled') phrases.value = p.value;
}

export async function loadClosed(): Promise<void> {
  const me = who.value;
  if (!me) return;
  try {
    const list = await closedToday(me.site, me.account);
    if (who.value?.account === me.account) closedRooms.value = list;
  } catch {
    // the rooms that ended here are listed anyhow
  }
}

export function begin(): void {
  const me = who.value;
  if (!me || client) return;
  loadPrefs(me.site, me.account);
  sweepDrafts();
  const c = new Client({
    url: socketURL(me.site),
    client: { name: 'console', version: VERSION, language: language() },
    reload: reloadOnce,
    listeners: {
      status: (s) => {
        status.value = s;
        if (s.phase !== 'live' && s.phase !== 'replaying') liveStreams.clear();
        if (s.phase === 'stopped' && s.code === 4401) queueMicrotask(() => leave(t('connection.stopped.4401')));
      },
      welcome: (w) => {
        now.value = c.serverNow();
        suggest(w.language);
        // The cookie decides who this is; another tab may have signed in as somebody else.
        if (w.account && (w.account !== me.account || w.site !== me.site)) queueMicrotask(() => leave(t('connection.stopped.4401')));
        void loadDesk();
        void loadClosed();
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
        void page(r, selected.value === r ? PAGE : PEEK);
        void lookUp(r);
      },
      event: (name, frame) => {
        if (name.startsWith('inbox/')) return inboxEvent(frame, liveStreams.has(name));
        const r = roomOf(name);
        if (!r) return;
        const wasOpen = !r.t.closed;
        r.t.apply(frame);
        r.assignment = r.t.summary.assignment || r.assignment;
        if (frame.type === 'message.new' && frame.data?.from?.kind === 'customer') {
          r.typing = { until: 0, preview: '' };
          if (liveStreams.has(name) && !frame.data.code) {
            notify({ title: t('agent.notify.message'), body: r.label, room: r.id, open: () => select(r) }, shown(r));
          }
        }
        if (frame.type === 'room.closed' && wasOpen && liveStreams.has(name)) wrapUp(frame.at);
        if (frame.type === 'form.saved') void lookUp(r);
        touch(r);
        look();
      },
      live: (name) => {
        liveStreams.add(name);
        const r = roomOf(name);
        if (r && r.t.before > 1 && r.t.entries.length === 0) void page(r, selected.value === r ? PAGE : PEEK);
      },
      gone: (name, reason) => {
        if (name.startsWith('queue/')) {
          queue.value = undefined;
          return;
        }
        const r = rooms.get(name.slice(5));
        if (!r || !name.startsWith('desk/')) return;
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

/** A seat stays taken for a while after its room, where the site says so. */
function wrapUp(at: string | undefined): void {
  const seconds = here.value?.wrap_up_seconds ?? 0;
  if (seconds > 0) wrapping.value = [...wrapping.value, (Date.parse(at ?? '') || serverNow()) + seconds * 1000];
}

// --- the inbox -------------------------------------------------------------------

interface InboxRoom {
  room: string;
  assignment: number;
  title?: string;
  channel?: string;
  customer?: string;
  since?: string;
}

function inbox(s: { want?: string; conn?: string; on_duty?: boolean; rooms?: InboxRoom[]; more?: number; offers?: Offer[] }): void {
  want.value = s.want ?? want.value;
  conn.value = s.conn ?? conn.value;
  onDuty.value = s.on_duty ?? true;
  offers.value = s.offers ?? [];
  listed.clear();
  list(s);
}

const listed = new Set<string>();

/** A long inbox comes in parts, each with the number of rooms that follow. What is in none of them is not the agent's any more. */
function list(s: { rooms?: InboxRoom[]; more?: number }): void {
  for (const r of s.rooms ?? []) {
    listed.add(r.room);
    gained(r, r.since ?? '');
  }
  if (s.more) return;
  for (const r of rooms.values()) {
    if (listed.has(r.id) || r.ended) continue;
    r.gone = 'moved';
    touch(r);
  }
}

function gained(g: InboxRoom, at: string): Room {
  const r = room(g.room);
  r.assignment = Math.max(r.assignment, g.assignment ?? 0);
  r.since = at;
  r.gone = '';
  // Without a name the inbox says the customer's key, which is no name.
  if (g.customer && !g.customer.startsWith(`${who.value?.site}_`)) r.name = g.customer;
  r.t.summary.title ||= g.title ?? '';
  r.t.summary.channel ||= g.channel ?? '';
  if (r.t.summary.state === '') r.t.summary.state = 'RECEIVED';
  touch(r);
  return r;
}

function inboxEvent(frame: Frame, live: boolean): void {
  const d = frame.data ?? {};
  switch (frame.type) {
    case 'inbox.gained': {
      offers.value = offers.value.filter((o) => o.room !== d.room);
      const r = gained(d, frame.at ?? '');
      if (live && !d.quiet) notify({ title: t('agent.notify.room'), body: r.label, room: r.id, open: () => select(r) }, shown(r));
      return;
    }
    case 'inbox.lost': {
      const r = rooms.get(d.room);
      if (!r || d.assignment < r.assignment) return;
      if (d.reason === 'closed') closed(r);
      else {
        if (live && !r.ended) {
          wrapUp(frame.at);
          toast(t('agent.notice.moved', { name: r.label }), 'info', r.id);
        }
        r.gone = d.reason || 'moved';
      }
      touch(r);
      return;
    }
    case 'inbox.offered':
      offers.value = [...offers.value.filter((o) => o.room !== d.room), d as Offer];
      if (live) notify({ title: t('agent.notify.offer'), body: d.customer || d.title || '', room: d.room, open: () => {} }, false);
      return;
    case 'inbox.offer_ended':
      offers.value = offers.value.filter((o) => o.room !== d.room || o.turn > d.turn);
      if (live && (d.reason === 'missed' || d.reason === 'withdrawn')) toast(t(d.reason === 'missed' ? 'agent.offer.missed' : 'agent.offer.withdrawn'));
      return;
    case 'request.decided': {
      if (!live) return;
      const r = find(d.room);
      const values = { name: r?.label ?? '' };
      const text = d.outcome === 'APPROVED' ? t('agent.decided.approved', values) : d.outcome === 'REJECTED' ? t('agent.decided.rejected', values) : d.outcome === 'DONE' ? t('agent.decided.done', values) : t('agent.decided.cancelled', values);
      toast(text, 'info', d.room);
      if (d.outcome !== 'CANCELLED') notify({ title: t('agent.notify.decided'), body: text, room: '', open: () => r && select(r) }, watched());
      return;
    }
    case 'alarm.due': {
      const r = find(d.room);
      if (!r || !live) return;
      r.t.summary.alarmAt = '';
      touch(r);
      toast(t('agent.alarm.due', { name: r.label }), 'info', r.id);
      notify({ title: t('agent.notify.alarm'), body: r.label, room: '', open: () => select(r) }, false);
    }
  }
}

/** Its own stream says so too, but may have been taken away before. */
function closed(r: Room): void {
  if (!r.t.closed) r.t.summary.state = 'CLOSED';
}

function ephemeral(frame: Frame): void {
  const d = frame.data ?? {};
  if (frame.type === 'inbox.rooms') list(d);
  if (frame.type === 'inbox.unread') {
    const r = room(d.room);
    r.told = d.unread ?? 0;
    touch(r);
  }
  if (frame.type === 'presence') {
    if (d.want && d.want !== want.value) wantUntil.value = 0;
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
  queue.value = [...rows.values()].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || a.requested_at.localeCompare(b.requested_at) || a.room.localeCompare(b.room));
  const still = [...checked.value].filter((x) => rows.has(x));
  if (still.length !== checked.value.size) checked.value = new Set(still);
}

// --- reading ---------------------------------------------------------------------

/** An older page of the log; of a closed room over HTTP, because nobody follows it. */
export async function page(r: Room, limit = PAGE): Promise<void> {
  if (!client || r.loading.value || r.t.before <= 1 || r.gone) return;
  r.loading.value = true;
  const c = client;
  try {
    await readBefore(r.t, (before) => (r.closedAt ? roomLog(who.value!.site, r.id, before, limit) : c.ask('history', { before, limit }, r.stream)));
    touch(r);
    look();
  } catch (e) {
    if (!(e instanceof Refused)) throw e; // the next live asks again
  } finally {
    r.loading.value = false;
  }
}

/** Back to the newest entries, after older ones took their place. */
export async function newest(r: Room): Promise<void> {
  r.t.toNewest();
  touch(r);
  await page(r);
}

async function lookUp(r: Room): Promise<void> {
  const key = r.customerKey;
  if (!key || !who.value) return;
  try {
    r.profile = await customer(who.value.site, key);
    touch(r);
  } catch {
    // the number stays the name
  }
}

/** What the panel beside the room shows of it. */
export async function loadInfo(r: Room): Promise<void> {
  const me = who.value;
  if (!me) return;
  try {
    const answer = await roomLog(me.site, r.id, undefined, 1);
    r.info = answer.info;
    touch(r);
  } catch {
    // the streams have the rest
  }
}

export async function loadPast(r: Room, more = false): Promise<void> {
  const me = who.value;
  if (!me || !r.customerKey) return;
  try {
    const answer = await customerHistory(me.site, r.customerKey, more ? r.past?.cursor : undefined);
    r.past = { rooms: more ? [...(r.past?.rooms ?? []), ...answer.rooms] : answer.rooms, total: answer.total, cursor: answer.next_cursor };
    touch(r);
  } catch {
    // stays as it was
  }
}

/** A closed room, read from the log. */
export async function openClosed(r: Room): Promise<void> {
  const me = who.value;
  if (!me || r.t.entries.length > 0 || !r.closedAt) return;
  try {
    const answer = await roomLog(me.site, r.id, undefined, PAGE);
    r.info = answer.info;
    r.t.reset({ reason: 'start', snapshot: answer.room, seq: answer.seq ?? 0, history_from: (answer.seq ?? 0) + 1 });
    r.t.prepend(answer.events ?? [], answer.before);
    touch(r);
    void lookUp(r);
  } catch (e) {
    complain(e);
  }
}

/** Only what somebody sees is read. */
export function look(): void {
  const r = selected.value;
  showing(r?.id ?? '');
  if (r && !r.ended && watched() && r.t.newestForeign > 0) client?.read(r.stream, r.t.newestForeign);
}

export function select(r: Room | undefined): void {
  uncover();
  if (selected.value && selected.value !== r) keepDraft(selected.value);
  selected.value = r;
  if (r) {
    if (r.closedAt) void openClosed(r);
    else if (!r.ended && r.t.entries.length < PAGE && r.t.before > 1) void page(r);
    void loadInfo(r);
    if (!r.profile) void lookUp(r);
  }
  look();
}

export function keepDraft(r: Room): void {
  writeDraft(r.id, r.draft, r.draftMemo);
}

/** The next or the previous room of the open tab. */
export function step(by: 1 | -1): void {
  const list = visible.value;
  if (list.length === 0) return;
  const i = selected.value ? list.indexOf(selected.value) : -1;
  select(list[i < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, i + by))]);
}

// --- acting ----------------------------------------------------------------------

export function send(r: Room, text: string, memo: boolean): boolean {
  if (!client || r.ended || locked.value) return false;
  const id = newID();
  const kind = memo ? 'memo' : 'text';
  r.t.add(id, kind, text);
  post(r, id, { kind, text });
  writeDraft(r.id, '', false);
  return true;
}

function post(r: Room, id: string, body: object): void {
  touch(r);
  client?.write('message.send', { client_id: id, assignment: r.assignment, ...body }, r.stream).then(
    () => (r.t.sent(id), touch(r)),
    (why: Refused) => {
      if (why.code !== 'stopped') r.t.failed(id, why.code);
      touch(r);
    },
  );
}

/** A template that carries an image is sent as it is: the room fills it in. */
export function sendTemplate(r: Room, template: Template): void {
  const id = newID();
  r.t.add(id, 'text', template.text);
  post(r, id, { template: template.id });
}

export function sendImage(r: Room, content: Blob): void {
  const id = newID();
  r.images.set(id, content);
  r.t.add(id, 'image', '', Date.now(), URL.createObjectURL(content));
  void postImage(r, id);
}

async function postImage(r: Room, id: string): Promise<void> {
  const content = r.images.get(id);
  const me = who.value;
  touch(r);
  if (!content || !me) return;
  try {
    const { file } = await upload(me.site, r.id, content, id);
    await client?.write('message.send', { client_id: id, assignment: r.assignment, kind: 'image', file }, r.stream);
    r.images.delete(id);
    r.t.sent(id);
  } catch (e) {
    const code = e instanceof Refused ? e.code : 'internal';
    if (code !== 'stopped') r.t.failed(id, code);
  }
  touch(r);
}

export function sendAgain(r: Room, id: string): void {
  const b = r.t.bubbles.find((x) => x.clientID === id);
  if (!b) return;
  r.t.again(id);
  if (b.kind === 'image') void postImage(r, id);
  else post(r, id, { kind: b.kind, text: b.text });
}

export function dropBubble(r: Room, id: string): void {
  r.images.delete(id);
  r.t.drop(id);
  touch(r);
}

export function typing(r: Room, on: boolean): void {
  if (!r.ended) client?.typing(r.stream, on);
}

function act(promise: Promise<unknown> | undefined): Promise<boolean> {
  return (promise ?? Promise.resolve()).then(
    () => true,
    (why: Refused) => {
      complain(why);
      return false;
    },
  );
}

/** A write about a room of one's own; false: it was refused, and the agent was told. */
export function write(r: Room, type: string, data: object): Promise<boolean> {
  return act(client?.write(type, { client_id: newID(), assignment: r.assignment, ...data }, r.stream));
}
export const end = (r: Room) => write(r, 'room.end', {});
/** Changes what the agents keep of a room. It shows at once, and goes back where it is refused. */
export async function set(r: Room, change: { category?: string; category3?: string; tags?: string[]; flag?: string; alarm_at?: string | null; hold_close?: boolean }): Promise<boolean> {
  const before = r.t.summary;
  r.t.summary = {
    ...before,
    ...(change.category !== undefined ? { category: change.category } : {}),
    ...(change.category3 !== undefined ? { category3: change.category3 } : {}),
    ...(change.tags ? { tags: change.tags } : {}),
    ...(change.flag !== undefined ? { flag: change.flag === 'none' ? '' : change.flag } : {}),
    ...(change.alarm_at !== undefined ? { alarmAt: change.alarm_at ?? '' } : {}),
    ...(change.hold_close !== undefined ? { hold: change.hold_close } : {}),
  };
  const mine = r.t.summary;
  touch(r);
  const ok = await write(r, 'room.set', change);
  if (!ok && r.t.summary === mine) r.t.summary = before;
  touch(r);
  if (ok && r.past && (change.category !== undefined || change.category3 !== undefined)) void loadPast(r);
  return ok;
}

export async function take(ids: string[], open = ids.length === 1): Promise<void> {
  const wanted = ids.filter((id) => !taking.value.has(id));
  if (wanted.length === 0) return;
  taking.value = new Set([...taking.value, ...wanted]);
  const refused = new Map<string, number>();
  let got = 0;
  // Each room is decided for itself (domain 9.6): the answer says which succeeded.
  await Promise.all(
    wanted.map(async (id) => {
      try {
        await client?.write('room.take', { client_id: newID(), room: id });
        got++;
        if (open) {
          const r = room(id);
          chooseTab('received');
          select(r);
        }
      } catch (e) {
        const code = e instanceof Refused ? e.code : 'internal';
        if (code !== 'stopped') refused.set(code, (refused.get(code) ?? 0) + 1);
      }
    }),
  );
  taking.value = new Set([...taking.value].filter((x) => !wanted.includes(x)));
  checked.value = new Set([...checked.value].filter((x) => !wanted.includes(x)));
  const why = [...refused].map(([code, n]) => (wanted.length > 1 ? `${errorText(code)} (${n})` : errorText(code))).join(' ');
  if (wanted.length > 1) toast(`${t('agent.took', { count: got, of: wanted.length })} ${why}`.trim(), refused.size > 0 ? 'problem' : 'info');
  else if (why) toast(why, 'problem');
}

/** Takes the room that waits longest of those that may be taken, or accepts the first offer. */
export function takeNext(): void {
  const offer = offers.value[0];
  if (offer) return void answer(offer, true);
  const next = queue.value?.find((w) => !w.profile_required && !w.offered);
  if (next) void take([next.room]);
  else toast(t('agent.none.next'));
}

export async function answer(o: Offer, yes: boolean): Promise<void> {
  if (answering.value.has(o.room)) return;
  answering.value = new Set([...answering.value, o.room]);
  const ok = await act(client?.write(yes ? 'room.accept' : 'room.decline', { client_id: newID(), room: o.room }));
  answering.value = new Set([...answering.value].filter((x) => x !== o.room));
  offers.value = offers.value.filter((x) => x.room !== o.room || x.turn !== o.turn);
  if (ok && yes) {
    chooseTab('received');
    select(room(o.room));
  }
}

/** One's own state; until: when a break ends by itself, in server time. */
export async function choose(w: string, until = 0): Promise<void> {
  const before = want.value;
  want.value = w;
  wantUntil.value = until;
  const ok = await act(client?.write('agent.status', { client_id: newID(), want: w, ...(until ? { until: new Date(until).toISOString() } : {}) }));
  if (!ok) {
    want.value = before;
    wantUntil.value = 0;
  }
}

export function dismiss(r: Room): void {
  if (selected.value === r) selected.value = undefined;
  client?.forget(r.stream);
  writeDraft(r.id, '', false);
  rooms.delete(r.id);
  closedRooms.value = closedRooms.value.filter((c) => c.room !== r.id);
  changed.value++;
}

export function reconnect(): void {
  client?.start();
}

export const changedCustomer = (r: Room, c: Customer) => {
  r.profile = c;
  touch(r);
  void loadPast(r);
};

/** The newest memo of a room. */
export const lastMemo = (r: Room): Entry | undefined => r.t.entries.findLast((e) => e.kind === 'memo');

// --- the clock -------------------------------------------------------------------

let askedQueue = 0;
/** One timer for the page: everything that ticks is counted from the server's clock. */
export function run(): void {
  setInterval(() => {
    now.value = serverNow();
    if (offers.value.some((o) => Date.parse(o.until) <= now.value)) offers.value = offers.value.filter((o) => Date.parse(o.until) > now.value);
    if (wrapping.value.some((x) => x <= now.value)) wrapping.value = wrapping.value.filter((x) => x > now.value);
    if (client && who.value && status.value.phase === 'live' && queue.value === undefined && Date.now() - askedQueue > ASK_QUEUE_MS) {
      askedQueue = Date.now();
      client.follow(`queue/${who.value.site}`);
    }
  }, 1000);
  addEventListener('blur', () => showing(''));
  addEventListener('pagehide', () => {
    showing('');
    if (selected.value) keepDraft(selected.value);
  });
  bindLifecycle({ suspend: () => client?.suspend(), start: () => client?.start(), nudge: () => client?.nudge() } as Client, look);
  begin();
}
