// The words of the pages: Korean first, English complete. The language is, in this order: ?lang=,
// what the reader switched to, what the site's setting says, Korean.

import { newStore } from '../client/store';
import type agentKo from './agent.ko.json';
import type consoleKo from './console.ko.json';
import type ko from './ko.json';
import type managerKo from './manager.ko.json';
import type settingsKo from './settings.ko.json';

export type Language = 'ko' | 'en';
export type Key = keyof typeof ko | keyof typeof agentKo | keyof typeof consoleKo | keyof typeof managerKo | keyof typeof settingsKo;

type Texts = Record<string, string>;
type Source = (l: Language) => Promise<{ default: Texts }>;

// A page loads the language that is read, and the other one when somebody switches to it.
const sources: Source[] = [(l) => (l === 'ko' ? import('./ko.json') : import('./en.json'))];
const texts: Partial<Record<Language, Texts>> = {};

async function load(l: Language): Promise<void> {
  texts[l] ??= Object.assign({}, ...(await Promise.all(sources.map((s) => s(l)))).map((m) => m.default));
}

/** Adds the words of the pages that are not the widget's frame, which is to stay small. */
export async function addTexts(source: Source): Promise<void> {
  sources.push(source);
  // Others may add theirs at the same time: what is there is looked at only when these have come.
  const more = (await source(current)).default;
  texts[current] = { ...texts[current], ...more };
}

const store = newStore();
const CHOICE = 'switchyard.language';
const listeners = new Set<() => void>();

function known(x: unknown): Language | undefined {
  return x === 'ko' || x === 'en' ? x : undefined;
}

const asked = typeof location === 'undefined' ? undefined : known(new URLSearchParams(location.search).get('lang'));
let current: Language = asked ?? known(store.get(CHOICE)) ?? 'ko';
await load(current);
// The other language comes when the page stands, so that a switch works without the node, too.
if (typeof location !== 'undefined') setTimeout(() => void load(other()).catch(() => {}), 1_500);

export function language(): Language {
  return current;
}

/** The reader switches. */
export function choose(l: Language): void {
  store.set(CHOICE, l);
  set(l);
}

/** The site's setting: it counts where nobody has said anything else. */
export function suggest(l: unknown): void {
  const site = known(l);
  if (site && !asked && !known(store.get(CHOICE))) set(site);
}

function set(l: Language): void {
  if (l === current) return;
  load(l).then(
    () => {
      current = l;
      for (const f of listeners) f();
    },
    () => {}, // not loaded and not to be had: the page stays in the language that it has
  );
}

export function onLanguage(f: () => void): void {
  listeners.add(f);
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(texts[current]?.[key] ?? key, values);
}

/** Whether there is a text of this name, for names that come from the wire. */
export function has(key: string): key is Key {
  return key in texts[current]!;
}

/** The text of a refusal's code. */
export function errorText(code: string): string {
  return t(has(`error.${code}`) ? (`error.${code}` as Key) : 'error.internal');
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** Writes the texts into a page that is written in HTML: data-t names the text, data-t-<attribute> an attribute's. */
export function translate(root: Document): void {
  root.documentElement.lang = current;
  for (const e of root.querySelectorAll<HTMLElement>('[data-t]')) e.textContent = t(e.dataset['t'] as Key);
  for (const a of ['placeholder', 'aria-label', 'title']) {
    for (const e of root.querySelectorAll(`[data-t-${a}]`)) e.setAttribute(a, t(e.getAttribute(`data-t-${a}`) as Key));
  }
}

export function other(): Language {
  return current === 'ko' ? 'en' : 'ko';
}

/** The button that switches to the other language, in whose words it is written. */
export function bindSwitch(button: HTMLElement): void {
  button.lang = other();
  button.addEventListener('click', () => choose(other()));
  onLanguage(() => (button.lang = other()));
}
