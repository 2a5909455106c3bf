// What the manager's pages know, as signals: the board and the line by the socket, the rest as it is asked for.

import { computed, signal } from '@preact/signals';
import { Client, type Status } from '../client/client';
import { type Category, type Customer, type Desk, type RoomInfo, categories, customer, desk, roomLog } from '../client/desk';
import { type Frame, Refused } from '../client/frames';
import { readBefore } from '../client/history';
import { socketURL } from '../client/http';
import { newID } from '../client/id';
import { newStore } from '../client/store';
import { Transcript } from '../client/transcript';
import { errorText, language, onLanguage, suggest, t } from '../text';
import type { Notice } from '../ui/notices';
import { now } from '../ui/now';
import { VERSION, bindLifecycle, reloadOnce } from '../ui/page';
import { endSession, enter, forgetMe, who } from '../ui/session';
import { setZone } from '../ui/time';
import { type Account, type Explanation, type Live, type OpenRequest, accounts as listAccounts, explain, live as readLive, requests as listRequests } from './api';
import { route } from './route';

const PAGE = 50;
const LIVE_MS = 3_000; // between two looks at GET live, while the board is seen
const REQUESTS_MS = 30_000; // the inbox says when to look; this is for what it cannot say
const TOAST_MS = 8_000;

export interface BoardQueue {
  waiting: number;
  locked: number;
  oldest_at?: string;
}
export interface BoardAgent {
  name?: string;
  want?: string;
  conn?: string;
  on_duty?: boolean;
  load: number;
  limit: number; // 0 = none
  eligible: boolean;
  why_not?: string;
}
export interface Board {
  waiting: number;
  oldest_at?: string;
  free: number; // -1 = unlimited
  open: boolean;
  mode?: string;
  queues: Record<string, BoardQueue>;
  agents: Record<string, BoardAgent>;
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

/** A room that is looked at: read-only, live while it is open. */
export class Watched {
  readonly t = new Transcript('agent');
  readonly version = signal(0);
  readonly loading = signal(false);
  readonly why = signal<Explanation | undefined>(undefined);
  info: RoomInfo | undefined;
  profile: Customer | undefined;
  ready = false;
  following = false; // its stream is on the socket
  asking = false; // to follow it
  problem = ''; // why it cannot be read

  constructor(readonly id: string) {}
  get stream(): string {
    return `desk/${this.id}`;
  }
  get label(): string {
    const name = this.profile?.name?.value;
    const key = (this.t.summary.customer || this.info?.customer_key || '').split('_').at(-1) ?? '';
    return name || t('agent.customer', { id: key.slice(0, 6) || this.id.slice(2, 8) });
  }
}

export const status = signal<Status>({ phase: 'idle' });
export const me = signal<Desk | undefined>(undefined);
export const board = signal<Board | undefined>(undefined);
export const line = signal<Waiting[]>([]);
export const live = signal<Live | undefined>(undefined);
export const accounts = signal<Account[]>([]);
export const kinds = signal<Category[]>([]);
export const requests = signal<OpenRequest[] | undefined>(undefined);
export const watched = signal<Watched | undefined>(undefined);
export const toasts = signal<Notice[]>([]);
export const lang = signal(language());
onLanguage(() => (lang.value = language()));

export const isLive = computed(() => status.value.phase === 'live');
export const site = () => who.value?.site ?? '';

// --- names ------------------------------------------------------------------------

export function accountName(id: string): string {
  return board.value?.agents[id]?.name || accounts.value.find((a) => a.id === id)?.name || id;
}
/** A category's parent ('' = none) and its own name. */
export function categoryParts(id: string): [string, string] {
  const k = kinds.value.find((x) => x.id === id);
  const parent = k?.parent ? kinds.value.find((x) => x.id === k.parent) : undefined;
  return [parent?.name ?? '', k?.name ?? id];
}
export const categoryName = (id: string): string => categoryParts(id).filter(Boolean).join(' › ');

// --- how long is too long ----------------------------------------------------------

const kept = newStore();
const LIMITS = 'switchyard.manager.limits';
/** Seconds after which a wait is shown as long, and as too long. */
export const LIMIT_CHOICES = ['30/60', '60/180', '180/600', '300/1200'] as const;
export const limits = signal<string>(kept.get<string>(LIMITS) ?? '60/180');
export function chooseLimits(x: string): void {
  kept.set(LIMITS, x);
  limits.value = x;
}
export type Grade = '' | 'long' | 'late';
export function gradeOf(since: number, at = now.value): Grade {
  const [long = 60, late = 180] = limits.value.split('/').map(Number);
  const s = since ? (at - since) / 1000 : 0;
  return s >= late ? 'late' : s >= long ? 'long' : '';
}

// --- what is said -------------------------------------------------------------------

let toastID = 0;
export function toast(text: string, problem = false): void {
  const id = ++toastID;
  toasts.value = [...toasts.value.slice(-3), { id, text, kind: problem ? 'problem' : 'info' }];
  setTimeout(() => dismissToast(id), TOAST_MS);
}
export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((x) => x.id !== id);
}
export function complain(e: unknown): void {
  if (!(e instanceof Refused)) throw e;
  if (e.code === 'unauthenticated') leave(t('connection.stopped.4401'));
  else if (e.code !== 'stopped') toast(errorText(e.code), true);
}

// --- the session --------------------------------------------------------------------

let client: Client | undefined;

export async function signIn(at: string, account: string, password: string): Promise<void> {
  if (await enter(at, account, password)) begin();
}

export async function signOut(): Promise<void> {
  client?.close();
  client = undefined;
  await endSession();
  leave('');
}

export function leave(why: string): void {
  client?.close();
  client = undefined;
  me.value = board.value = live.value = requests.value = watched.value = undefined;
  [line.value, accounts.value, kinds.value, toasts.value] = [[], [], [], []];
  forgetMe(why);
}

export async function loadSite(): Promise<void> {
  const whose = who.value;
  if (!whose) return;
  try {
    const d = await desk(whose.site);
    if (who.value !== whose) return;
    setZone(d.time_zone);
    me.value = d;
    if (d.role === 'AGENT') return;
    const [a, k] = await Promise.allSettled([listAccounts(whose.site), categories(whose.site)]);
    if (who.value !== whose) return;
    if (a.status === 'fulfilled') accounts.value = a.value;
    if (k.status === 'fulfilled') kinds.value = k.value;
    void loadRequests();
  } catch (e) {
    if (e instanceof Refused && (e.code === 'unauthenticated' || e.code === 'not_found')) leave(t('connection.stopped.4401'));
  }
}

export async function loadRequests(): Promise<void> {
  if (!me.value || me.value.role === 'AGENT') return;
  try {
    requests.value = await listRequests(site());
  } catch {
    // the next look asks again
  }
}

let liveAsked = 0;
async function loadLive(): Promise<void> {
  if (!me.value || me.value.role === 'AGENT') return;
  liveAsked = Date.now();
  try {
    live.value = await readLive(site());
  } catch {
    // the socket's board has the line and the loads anyhow
  }
}

export function begin(): void {
  const whose = who.value;
  if (!whose || client) return;
  const c = new Client({
    url: socketURL(whose.site),
    client: { name: 'manager', version: VERSION, language: language() },
    reload: reloadOnce,
    listeners: {
      status: (s) => {
        status.value = s;
        if (s.phase === 'live') queueMicrotask(follow);
        if (s.phase === 'stopped' && s.code === 4401) queueMicrotask(() => leave(t('connection.stopped.4401')));
      },
      welcome: (w) => {
        now.value = c.serverNow();
        suggest(w.language);
        if (w.account && (w.account !== whose.account || w.site !== whose.site)) queueMicrotask(() => leave(t('connection.stopped.4401')));
        void loadSite();
      },
      reset: (name, reset) => {
        const w = watched.value;
        if (w?.stream !== name) return;
        w.t.reset(reset);
        w.following = true;
        touch(w);
        void older(w);
      },
      event: (name, frame) => {
        if (name.startsWith('inbox/')) {
          if (frame.type === 'request.new' || frame.type === 'request.decided') void loadRequests();
          return;
        }
        const w = watched.value;
        if (w?.stream !== name) return;
        w.t.apply(frame);
        touch(w);
        if (/^room\.(assigned|closed|state)$/.test(frame.type)) void about(w);
      },
      live: () => {},
      gone: (name, reason) => {
        const w = watched.value;
        if (w?.stream !== name) return;
        w.following = false;
        if (reason !== 'closed') void read(w);
      },
      board: (name, frame) => (name.startsWith('board/') ? boardFrame(frame) : lineFrame(frame)),
    },
  });
  client = c;
  c.follow(`board/${whose.site}`);
  c.follow(`queue/${whose.site}`);
  c.start();
}

export function reconnect(): void {
  client?.start();
}

function boardFrame(frame: Frame): void {
  const d = frame.data;
  const agents: Record<string, BoardAgent> = frame.type === 'board.snapshot' ? {} : { ...board.value?.agents };
  Object.assign(agents, d.agents);
  for (const id of d.gone_agents ?? []) delete agents[id];
  board.value = { waiting: d.waiting, oldest_at: d.oldest_at, free: d.free, open: d.open, mode: d.mode, queues: d.queues ?? {}, agents };
}

function lineFrame(frame: Frame): void {
  const d = frame.data;
  const rows = new Map<string, Waiting>((frame.type === 'queue.snapshot' ? [] : line.value).map((w) => [w.room, w]));
  for (const w of d.rooms ?? []) rows.set(w.room, w);
  for (const id of d.gone ?? []) rows.delete(id);
  line.value = [...rows.values()].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || a.requested_at.localeCompare(b.requested_at) || a.room.localeCompare(b.room));
}

// --- a room that is looked at ---------------------------------------------------------

function touch(w: Watched): void {
  w.version.value++;
}

export function watch(id: string | undefined): void {
  const before = watched.value;
  if (before?.id === id) return;
  if (before?.following) client?.forget(before.stream);
  watched.value = id ? new Watched(id) : undefined;
  if (watched.value) void read(watched.value);
}

/** The room and the newest page of its log; an open one is followed from then on. */
async function read(w: Watched): Promise<void> {
  try {
    const answer = await roomLog(site(), w.id, undefined, PAGE);
    if (watched.value !== w) return;
    w.info = answer.info;
    w.problem = '';
    w.t.reset({ reason: 'start', snapshot: answer.room, seq: answer.seq ?? 0, history_from: (answer.seq ?? 0) + 1 });
    w.t.prepend(answer.events ?? [], answer.before);
    w.ready = true;
    follow();
    const key = w.t.summary.customer || w.info.customer_key;
    if (key) {
      try {
        w.profile = await customer(site(), key);
      } catch {
        // the number stays the name
      }
    }
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    w.problem = e.code;
    w.ready = true;
  }
  touch(w);
  if (w.problem === '') void loadWhy(w);
}

/** Follows the room that is looked at, if nothing does yet. */
function follow(): void {
  const w = watched.value;
  if (!w || !client || w.following || w.asking || !w.ready || w.problem || !w.t.open || status.value.phase !== 'live') return;
  w.asking = true;
  client
    .ask('subscribe', undefined, w.stream)
    .finally(() => (w.asking = false))
    .catch((e: Refused) => {
      if (e.code !== 'disconnected') void read(w);
    });
}

async function about(w: Watched): Promise<void> {
  try {
    w.info = (await roomLog(site(), w.id, undefined, 1)).info;
    touch(w);
  } catch {
    // the stream has the rest
  }
  void loadWhy(w);
}

async function loadWhy(w: Watched): Promise<void> {
  try {
    w.why.value = await explain(site(), w.id);
  } catch {
    // it is an extra
  }
}

export async function older(w: Watched): Promise<void> {
  if (w.loading.value || w.t.before <= 1) return;
  w.loading.value = true;
  try {
    await readBefore(w.t, (before) => (w.following && client ? client.ask('history', { before, limit: PAGE }, w.stream) : roomLog(site(), w.id, before, PAGE)));
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
  } finally {
    w.loading.value = false;
    touch(w);
  }
}

export async function newest(w: Watched): Promise<void> {
  w.t.toNewest();
  touch(w);
  await older(w);
}

// --- acts ---------------------------------------------------------------------------

/** A write; the refusal is thrown. */
export function write(type: string, data: Record<string, unknown>, stream?: string): Promise<any> {
  if (!client) return Promise.reject(new Refused({ code: 'stopped' }));
  return client.write(type, { client_id: newID(), ...data }, stream);
}

export async function endRoom(w: Watched): Promise<void> {
  try {
    await write('room.end', { assignment: w.t.summary.assignment }, w.stream);
    toast(t('manager.ended'));
  } catch (e) {
    complain(e);
  }
}

export async function memo(room: string, text: string): Promise<boolean> {
  try {
    await write('message.send', { kind: 'memo', text }, `desk/${room}`);
    return true;
  } catch (e) {
    complain(e);
    return false;
  }
}

/** A room that is to be given to somebody, as it was when the dialog opened. */
export interface Assigning {
  room: string;
  assignment: number;
  holder: string; // account; '' = it waits
  label: string;
}
export const assigning = signal<Assigning | undefined>(undefined);

export async function openAssign(room: string): Promise<void> {
  try {
    const { room: r, info } = await roomLog(site(), room, undefined, 1);
    if (['CLOSED', 'BOT_CLOSED', 'DELETED'].includes(r.state)) return toast(errorText('room_closed'), true);
    assigning.value = { room, assignment: r.assignment ?? 0, holder: r.agent ?? '', label: `#${info.number}` };
  } catch (e) {
    complain(e);
  }
}

/** Gives the room away; '' = done, else the sentence that says why not. */
export async function assign(a: Assigning, to: string, why: string): Promise<string> {
  try {
    await write('room.assign', { room: a.room, to, assignment: a.assignment, ...(why ? { why } : {}) });
    toast(t('manager.assign.done', { name: accountName(to) }));
    return '';
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    if (e.code !== 'taken') return errorText(e.code);
    try {
      const { room } = await roomLog(site(), a.room, undefined, 1);
      if (room.agent) return t('manager.assign.moved', { name: room.name || accountName(room.agent) });
    } catch {
      // without a name
    }
    return t('manager.assign.moved.somewhere');
  }
}

// --- the clock ----------------------------------------------------------------------

/** One timer for the page. */
export function run(): void {
  let asked = Date.now();
  setInterval(() => {
    now.value = client?.serverNow() ?? Date.now();
    if (document.visibilityState !== 'visible' || !me.value) return;
    if (route.value.page === 'board' && Date.now() - liveAsked >= LIVE_MS) void loadLive();
    if (Date.now() - asked >= REQUESTS_MS) {
      asked = Date.now();
      void loadRequests();
    }
  }, 1000);
  bindLifecycle({ suspend: () => client?.suspend(), start: () => client?.start(), nudge: () => client?.nudge() } as Client, () => {});
  begin();
}
