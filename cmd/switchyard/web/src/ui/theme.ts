// Light or dark: the reader's system says, unless the reader or the page around the frame does.

import { newStore } from '../client/store';

export type Theme = 'auto' | 'light' | 'dark';
const store = newStore();
const CHOICE = 'switchyard.theme';
const known = (x: unknown): Theme | undefined => (x === 'light' || x === 'dark' || x === 'auto' ? x : undefined);

export function theme(): Theme {
  return known(store.get(CHOICE)) ?? 'auto';
}

export function chooseTheme(t: Theme): void {
  store.set(CHOICE, t);
  applyTheme(t);
}

/** Puts the choice onto the page; ?theme= of the address counts before what was chosen. */
export function applyTheme(t: Theme = known(new URLSearchParams(location.search).get('theme')) ?? theme()): void {
  if (t === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset['theme'] = t;
}
