// Shortcuts, matched on the key's place and not on what a layout writes with it (console.md 4.3), only with Alt or Ctrl or
// outside of fields, and off where the agent says so (WCAG 2.1.4). `?` shows the list; the palette has Ctrl+K of its own.

import type { Signal } from '@preact/signals';
import { signal } from '@preact/signals';
import type { Template } from '../client/desk';
import type { Key } from '../text';
import { prefs, toggleSide, uncover } from './prefs';
import { TABS, chooseTab, selected, step, takeNext } from './store';

/** What the open room is asked to do; it takes the wish and clears it. */
export type Wish = '' | 'end' | 'memo' | 'change' | 'review' | 'templates' | 'hold' | 'alarm' | 'image';
export const wish = signal<Wish>('');
/** The template that the open room is asked to put into its field. */
export const phrase = signal<Template | undefined>(undefined);

export const LIST: { keys: string; text: Key }[] = [
  { keys: 'Alt+↑ / Alt+↓', text: 'agent.key.step' },
  { keys: 'Alt+1 … Alt+7', text: 'agent.key.tabs' },
  { keys: 'Alt+A', text: 'agent.key.take' },
  { keys: 'Alt+E', text: 'agent.key.end' },
  { keys: 'Alt+M', text: 'agent.key.memo' },
  { keys: 'Alt+R', text: 'agent.key.change' },
  { keys: 'Alt+V', text: 'agent.key.review' },
  { keys: 'Alt+H', text: 'agent.key.hold' },
  { keys: 'Alt+L', text: 'agent.key.alarm' },
  { keys: 'Alt+T · /', text: 'agent.key.templates' },
  { keys: 'Alt+I', text: 'agent.key.side' },
  { keys: 'Ctrl+K', text: 'palette.title' },
  { keys: '/', text: 'agent.key.search' },
  { keys: 'Esc', text: 'agent.key.escape' },
];

const wishes: Record<string, Wish> = { KeyE: 'end', KeyM: 'memo', KeyR: 'change', KeyV: 'review', KeyT: 'templates', KeyH: 'hold', KeyL: 'alarm' };

const writing = (e: KeyboardEvent) => e.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);

/** Listens until the answer is called. */
export function shortcuts(asking: Signal<'' | 'keys' | 'prefs'>): () => void {
  const pressed = (e: KeyboardEvent) => {
    if (e.isComposing || e.keyCode === 229 || document.querySelector('dialog[open]')) return;
    if (e.key === '?' && !writing(e) && !e.altKey && !e.ctrlKey && !e.metaKey) {
      asking.value = 'keys';
      e.preventDefault();
      return;
    }
    if (e.key === 'Escape' && !e.defaultPrevented) {
      if (e.target instanceof HTMLInputElement && e.target.type === 'search' && e.target.value) return; // it empties the field, which says so only while it has the focus
      uncover();
      document.getElementById('text')?.focus();
      return;
    }
    if (!prefs.value.shortcuts) return;
    if (e.code === 'Slash' && !writing(e) && !e.altKey && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      document.getElementById('search')?.focus();
      e.preventDefault();
      return;
    }
    if (!e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
    const digit = /^(?:Digit|Numpad)([1-7])$/.exec(e.code);
    if (digit) chooseTab(TABS[Number(digit[1]) - 1]!);
    else if (e.code === 'ArrowDown') step(1);
    else if (e.code === 'ArrowUp') step(-1);
    else if (e.code === 'KeyA') takeNext();
    else if (e.code === 'KeyI') toggleSide();
    else if (wishes[e.code] && selected.value && !selected.value.ended) wish.value = wishes[e.code]!;
    else return;
    e.preventDefault();
  };
  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}
