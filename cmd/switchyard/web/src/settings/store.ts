// What the settings pages know, as signals. The session is the cookie's; here is only whose it is.

import { computed, signal } from '@preact/signals';
import { desk } from '../client/desk';
import { Refused } from '../client/frames';
import { errorText, language, onLanguage, t } from '../text';
import { endSession, enter, forgetMe, loginProblem, who } from '../ui/session';
import * as api from './api';
import { explain } from '../ui/said';

export type Role = 'ADMIN' | 'MANAGER' | 'AGENT';
/** What the account may do; undefined: nothing is known yet, or nobody is signed in. */
export const role = signal<Role | undefined>(undefined);
export const starting = signal(true);
export const lang = signal(language());
onLanguage(() => (lang.value = language()));

/** The page that is open: what stands behind # in the address, in parts. */
export const path = signal<string[]>(readPath());
function readPath(): string[] {
  return location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decodeURIComponent);
}
export const href = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join('/')}`;
export const go = (...parts: string[]) => (location.hash = href(...parts));

export const settings = signal<api.SettingsAnswer | undefined>(undefined);
export const accounts = signal<api.Account[]>([]);
export const categories = signal<api.Category[]>([]);
export const channels = signal<api.Channel[]>([]);

/** What was changed and not saved, of all groups: name -> value. It stays while other pages are looked at. */
export const draft = signal<api.Values>({});
export const faults = signal<Record<string, string>>({});
export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
export const valueOf = (name: string) => (name in draft.value ? draft.value[name] : settings.value?.[name]);
export function setValue(name: string, v: api.Value): void {
  const next = { ...draft.value, [name]: v };
  if (same(v, settings.value?.[name])) delete next[name];
  draft.value = next;
  if (name in faults.value) {
    const { [name]: _, ...rest } = faults.value;
    faults.value = rest;
  }
}
export function drop(names: string[]): void {
  draft.value = Object.fromEntries(Object.entries(draft.value).filter(([n]) => !names.includes(n)));
  faults.value = Object.fromEntries(Object.entries(faults.value).filter(([n]) => !names.includes(n)));
}
export const unsaved = computed(() => Object.keys(draft.value).length > 0);

export interface Toast {
  id: number;
  text: string;
  kind: 'info' | 'problem';
}
export const toasts = signal<Toast[]>([]);
let toastID = 0;
export function toast(text: string, kind: Toast['kind'] = 'info'): void {
  const id = ++toastID;
  toasts.value = [...toasts.value.filter((x) => x.text !== text).slice(-2), { id, text, kind }]; // the same once
  setTimeout(() => dismiss(id), 6_000);
}
export const dismiss = (id: number) => (toasts.value = toasts.value.filter((x) => x.id !== id));

/** What a refusal says to people: at its field, or beside the button. A lost session leads to the login. */
export function said(e: unknown): { field: string; text: string; code: string } {
  if (!(e instanceof Refused)) {
    console.error(e);
    return { field: '', text: errorText('internal'), code: 'internal' };
  }
  if (e.code === 'unauthenticated') leave(t('connection.stopped.4401'));
  return { field: e.field ?? '', text: explain(e), code: e.code };
}
export function complain(e: unknown): void {
  toast(said(e).text, 'problem');
}

// --- the session ---------------------------------------------------------------

export async function signIn(site: string, account: string, password: string): Promise<void> {
  if (await enter(site, account, password)) await begin();
}

export async function signOut(): Promise<void> {
  await endSession();
  leave('');
}

export function leave(why: string): void {
  role.value = undefined;
  settings.value = undefined;
  [accounts.value, categories.value, channels.value, toasts.value] = [[], [], [], []];
  [draft.value, faults.value] = [{}, {}];
  forgetMe(why);
}

/** The cookie decides who this is; the note of it only says of which site to ask. */
async function begin(): Promise<void> {
  const me = who.value;
  if (!me) return;
  try {
    const d = await desk(me.site);
    api.useSite(me.site);
    await load(d.role as Role);
    who.value = { site: me.site, account: d.account, name: d.name };
    role.value = d.role as Role;
  } catch (e) {
    const code = e instanceof Refused ? e.code : 'internal';
    if (code === 'unauthenticated' || code === 'not_found') leave(t('connection.stopped.4401'));
    else loginProblem.value = errorText(code);
  }
}

/** Everything that most pages look at: what the role may read. */
async function load(role: Role): Promise<void> {
  const jobs: Promise<unknown>[] = [reloadCategories(), reloadChannels()];
  if (role !== 'AGENT') jobs.push(reloadAccounts());
  if (role === 'ADMIN') jobs.push(reloadSettings());
  await Promise.all(jobs);
}
export const reloadSettings = async () => void (settings.value = await api.settings());
export const reloadAccounts = async () => void (accounts.value = await api.accounts());
export const reloadCategories = async () => void (categories.value = await api.categories());
export const reloadChannels = async () => void (channels.value = await api.channels());

export const categoryName = (id: string): string => {
  const k = categories.value.find((x) => x.id === id);
  const parent = k?.parent ? categories.value.find((x) => x.id === k.parent) : undefined;
  return k ? (parent ? `${parent.name} › ${k.name}` : k.name) : id;
};
export const accountName = (id: string): string => accounts.value.find((a) => a.id === id)?.name ?? id;

export async function run(): Promise<void> {
  addEventListener('hashchange', () => {
    path.value = readPath();
    scrollTo(0, 0);
  });
  addEventListener('beforeunload', (e) => unsaved.value && e.preventDefault());
  await begin();
  starting.value = false;
}
