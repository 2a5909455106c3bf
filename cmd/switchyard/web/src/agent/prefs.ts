// What an agent arranged for itself, per account and browser: columns, tab, sounds, keys, drafts.

import { computed, signal } from '@preact/signals';
import { newStore } from '../client/store';

const store = newStore();

export interface Prefs {
  list: number; // width of the room list, pixels
  side: number; // width of the customer panel
  sideOpen: boolean;
  sideTab: string; // '' = what the site says
  tab: string;
  sound: boolean;
  desktop: boolean;
  badge: boolean;
  shortcuts: boolean;
  enterSends: boolean;
}

const first: Prefs = { list: 300, side: 320, sideOpen: true, sideTab: '', tab: 'received', sound: true, desktop: false, badge: true, shortcuts: true, enterSends: true };

let owner = '';
const key = () => `switchyard.agent.prefs.${owner}`;
export const prefs = signal<Prefs>(first);

export function loadPrefs(site: string, account: string): void {
  owner = `${site}.${account}`;
  prefs.value = { ...first, ...store.get<Partial<Prefs>>(key()) };
}

export function setPref(change: Partial<Prefs>): void {
  prefs.value = { ...prefs.value, ...change };
  store.set(key(), prefs.value);
}

// --- the customer panel -----------------------------------------------------------

// Where there is room for three columns the panel stays as it was left; else it lies over the room, and only when asked for.
const broad = typeof matchMedia === 'undefined' ? undefined : matchMedia('(min-width: 70.01rem)');
const wide = signal(broad?.matches ?? true);
const over = signal(false);
broad?.addEventListener('change', (e) => (wide.value = e.matches));
export const sideOpen = computed(() => (wide.value ? prefs.value.sideOpen : over.value));
export function toggleSide(): void {
  if (wide.value) setPref({ sideOpen: !prefs.value.sideOpen });
  else over.value = !over.value;
}
/** The panel no longer lies over the room; false: it did not. */
export function uncover(): boolean {
  if (wide.value || !over.value) return false;
  over.value = false;
  return true;
}

// --- drafts ---------------------------------------------------------------------

export interface Draft {
  text: string;
  memo: boolean;
  at: number;
}
const DRAFT_MS = 7 * 24 * 3600_000;
const draftKey = (room: string) => `switchyard.agent.draft.${owner}.${room}`;

export function readDraft(room: string): Draft | undefined {
  return store.get<Draft>(draftKey(room));
}
export function writeDraft(room: string, text: string, memo: boolean): void {
  if (text === '') store.remove(draftKey(room));
  else store.set(draftKey(room), { text, memo, at: Date.now() } satisfies Draft);
}
/** Drafts of rooms that nobody came back to. */
export function sweepDrafts(): void {
  const prefix = draftKey('');
  for (const k of store.keys(prefix)) if (Date.now() - (store.get<Draft>(k)?.at ?? 0) > DRAFT_MS) store.remove(k);
}
