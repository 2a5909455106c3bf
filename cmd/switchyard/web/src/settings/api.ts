// The HTTP surface as far as the settings pages use it. Every write may be refused with the field to blame.

import { Refused } from '../client/frames';
import { CSRF, call } from '../client/http';
import { newID } from '../client/id';

let site = '';
/** Of which site everything here is. */
export function useSite(s: string): void {
  site = s;
}
export const siteID = () => site;
const at = (path: string) => `/v1/sites/${encodeURIComponent(site)}/${path}`;
const enc = encodeURIComponent;

export type Value = any;
export type Values = Record<string, Value>;

export interface SettingsAnswer extends Values {
  version: number;
  notices: { code: string; setting: string; text_en: string }[];
}

const read = (path: string) => call('GET', at(path));
/** A write has a name of its own, so that a repeat after a lost answer changes nothing twice. */
const write = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => call(method, at(path), body, { ...CSRF, 'Idempotency-Key': newID(), ...headers });

/** Every page of a list. */
async function all<T>(path: string, name: string): Promise<T[]> {
  const list: T[] = [];
  for (let cursor = ''; ; ) {
    const page = await read(`${path}?limit=500${cursor ? `&cursor=${enc(cursor)}` : ''}`);
    list.push(...(page[name] ?? []));
    if (!page.next_cursor) return list;
    cursor = page.next_cursor;
  }
}

export const settings = (): Promise<SettingsAnswer> => read('settings');
/** All or none; refused with conflict and the field If-Match if anything was changed since the version, or confirm if it removes rooms. */
export const changeSettings = (changes: Values, version: number, confirm = ''): Promise<SettingsAnswer> => write('PATCH', `settings${confirm && `?confirm=${enc(confirm)}`}`, changes, { 'If-Match': `"${version}"` });

export interface Preview {
  prompt: { text: string; image?: string; button: string };
  form: { fields: string[]; button: string; consent?: { text: string; link: string; url: string } };
  calendar: { at: string; open: boolean; next_at?: string; next_open?: boolean };
}
export const preview = (changes: Values, moment?: string): Promise<Preview> => write('POST', `settings/preview${moment ? `?at=${enc(moment)}` : ''}`, changes);

export interface Account {
  id: string;
  role: 'ADMIN' | 'MANAGER' | 'AGENT';
  name: string;
  consulting: boolean;
  certified: boolean;
  manager?: string;
  sees_all: boolean;
  group?: string;
  max_concurrent: number;
  order: number;
  disabled: boolean;
}
export const accounts = () => all<Account>('accounts', 'accounts');
export const createAccount = (a: Values): Promise<Account> => write('POST', 'accounts', a);
export const changeAccount = (id: string, a: Values): Promise<Account> => write('PATCH', `accounts/${enc(id)}`, a);

/** One's own, with the old one; every login of the account ends. */
export const changePassword = (id: string, old: string, next: string): Promise<void> => write('POST', `accounts/${enc(id)}/password`, { old, new: next });

export interface Session {
  id: string;
  expires_at: string;
  current?: boolean;
}
export const sessions = async (id: string): Promise<Session[]> => (await read(`accounts/${enc(id)}/sessions`)).sessions ?? [];
/** Ends every login of the account, or one; their sockets are closed within a second. */
export const endSessions = (id: string, session = ''): Promise<void> => write('DELETE', `accounts/${enc(id)}/sessions${session ? `/${enc(session)}` : ''}`);

export interface Category {
  id: string;
  level: number;
  name: string;
  parent?: string;
  unused: boolean;
  order: number;
}
export const categories = () => all<Category>('categories', 'categories');
export const createCategory = (c: Values): Promise<Category> => write('POST', 'categories', c);
export const changeCategory = (id: string, c: Values): Promise<Category> => write('PATCH', `categories/${enc(id)}`, c);

export interface Channel {
  id: string;
  channel: string;
  name: string;
  enabled: boolean;
}
export const channels = () => all<Channel>('channels', 'channels');
export const createChannel = (c: Values): Promise<Channel> => write('POST', 'channels', c);
export const changeChannel = (id: string, c: Values): Promise<Channel> => write('PATCH', `channels/${enc(id)}`, c);

export interface OpenRoom {
  room: string;
  channel: string;
  channel_account?: string;
  created_at?: string;
}
export const openRooms = () => all<OpenRoom>('rooms', 'rooms');

export interface Template {
  id: string;
  type: 'TEXT' | 'MIXED';
  title: string;
  text: string;
  file?: string;
  shared: boolean;
}
export const templates = () => all<Template>('templates', 'templates');
export const createTemplate = (x: Values): Promise<Template> => write('POST', 'templates', x);
export const changeTemplate = (id: string, x: Values): Promise<Template> => write('PATCH', `templates/${enc(id)}`, x);
export const removeTemplate = (id: string): Promise<void> => write('DELETE', `templates/${enc(id)}`);

export interface DayHours {
  open: boolean;
  all_day?: boolean;
  from?: string;
  to?: string;
  next_day?: boolean;
}
export interface Holiday {
  date: string;
  name?: string;
  hours: DayHours;
}
export const holidays = () => all<Holiday>('holidays', 'holidays');
export const createHoliday = (h: Holiday): Promise<Holiday> => write('POST', 'holidays', h);
export const changeHoliday = (date: string, h: Values): Promise<Holiday> => write('PATCH', `holidays/${date}`, h);
export const removeHoliday = (date: string): Promise<void> => write('DELETE', `holidays/${date}`);

export interface Day {
  account: string;
  date: string;
  off?: boolean;
  breaks?: { from: string; to: string }[];
}
export const days = () => all<Day>('days', 'days');
export const saveDay = (d: Day): Promise<Day> => write('POST', 'days', d);

export interface Webhook {
  id: string;
  url: string;
  events: string[];
  all_events: boolean;
  enabled: boolean;
  secret_version: number;
  secret?: string;
  pending?: number;
  oldest_at?: string;
  given_up?: number;
  breaker?: 'closed' | 'half-open' | 'open';
  failures?: number;
  retry_at?: string;
  dropped?: number;
}
export interface Delivery {
  number: number;
  event: string;
  type: string;
  at: string;
  attempt: number;
  status?: number;
  took_ms: number;
  ok: boolean;
  failure?: string;
}
export interface GivenUp {
  event: string;
  type: string;
  happened_at: string;
  given_up_at: string;
  attempts: number;
  status?: number;
  failure?: string;
}
export const webhooks = () => all<Webhook>('webhooks', 'webhooks');
export const createWebhook = (w: Values): Promise<Webhook> => write('POST', 'webhooks', w);
export const changeWebhook = (id: string, w: Values): Promise<Webhook> => write('PATCH', `webhooks/${enc(id)}`, w);
export const deliveries = (id: string): Promise<{ deliveries: Delivery[]; given_up: GivenUp[] }> => read(`webhooks/${enc(id)}/deliveries`);
export const resend = (id: string, event?: string): Promise<{ events: number }> => write('POST', `webhooks/${enc(id)}/resend`, event ? { event } : {});

/** A key of a machine; its token is in the answer that made it and never again. */
export interface MachineKey {
  id: string;
  name: string;
  role: Account['role'];
  account: string;
  created_at: string;
  created_by: string;
  token?: string;
}
export const keys = () => all<MachineKey>('keys', 'keys');
export const createKey = (k: Values): Promise<MachineKey> => write('POST', 'keys', k);
export const revokeKey = (id: string): Promise<void> => write('DELETE', `keys/${enc(id)}`);

export interface Change {
  number: number;
  at: string;
  by?: string;
  what: string;
  id?: string;
  new?: Values;
  old?: Values;
}
export const audit = (cursor = ''): Promise<{ changes: Change[]; next_cursor?: string }> => read(`audit?limit=50${cursor ? `&cursor=${enc(cursor)}` : ''}`);

export interface Binding {
  channel_account?: string;
  category?: string;
}
export interface Bot {
  id: string;
  name: string;
  enabled: boolean;
  default: boolean;
  bindings: Binding[];
  version: number;
  scenario?: Scenario;
}
export interface BotMessage {
  kind: 'text' | 'image' | 'card';
  text?: string;
  title?: string;
  image?: string;
  buttons?: { label: string; url: string }[];
}
export interface Choice {
  label: string;
  dialogue?: string;
  link?: string;
  agent?: boolean;
  category?: string;
}
export interface Dialogue {
  messages: BotMessage[];
  choices?: Choice[];
  input?: { label: string; pattern?: string; max?: number; dialogue?: string; agent?: boolean; category?: string };
  hotkeys?: string[];
}
export interface Scenario {
  name?: string;
  agent_category?: string;
  error_hotkeys?: { home: boolean; back: boolean; agent: boolean };
  dialogues: Record<string, Dialogue>;
}
export interface Complaint {
  field: string;
  text: string;
  warning: boolean;
}
export const bots = () => all<Bot>('bots', 'bots');
export const bot = (id: string): Promise<Bot> => read(`bots/${enc(id)}`);
export const createBot = (b: Values): Promise<Bot> => write('POST', 'bots', b);
export const changeBot = (id: string, b: Values): Promise<Bot> => write('PATCH', `bots/${enc(id)}`, b);
export const checkScenario = (id: string, s: unknown): Promise<{ ok: boolean; complaints: Complaint[] }> => write('POST', `bots/${enc(id)}/validate`, s);

/** One act of the customer who tries a scenario: a button of the display with that place, or what is typed. */
export type Act = { display: number; choice: string } | { text: string };
export type Turn =
  | { kind: 'dialogue'; dialogue: string; stage: number; messages: BotMessage[]; choices: { id: string; label: string; link?: string }[]; hotkeys: { id: string; label: string }[]; input?: string }
  | { kind: 'customer'; text: string }
  | { kind: 'bot'; text: string }
  | { kind: 'link'; link: string }
  | { kind: 'agent'; category?: string };
export const tryScenario = (id: string, scenario: unknown, acts: Act[]): Promise<{ turns: Turn[]; complaints: Complaint[] }> => write('POST', `bots/${enc(id)}/try`, { scenario, acts });

/** Uploads an image of the site's; its id goes into a setting or a template. */
export async function upload(content: Blob): Promise<string> {
  const answer = await fetch(at('files'), { method: 'POST', credentials: 'same-origin', headers: { ...CSRF, 'Content-Type': content.type, 'Idempotency-Key': newID() }, body: content }).catch(() => undefined);
  if (!answer) throw new Refused({ code: 'disconnected' });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused({ code: 'unavailable', ...data });
  return data.file;
}
export const fileURL = (file: string) => at(`files/${enc(file)}`);
