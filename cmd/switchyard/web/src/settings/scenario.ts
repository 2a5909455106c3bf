// Changes of a scenario that the form makes; what a scenario means is the node's business alone.

import type { Choice, Complaint, Dialogue, Scenario } from './api';

export const ROOT = 'scenario_list';

/** The dialogues' ids as the form lists them: the first one first. */
export const idsOf = (s: Scenario): string[] => Object.keys(s.dialogues).sort((a, b) => Number(b === ROOT) - Number(a === ROOT) || a.localeCompare(b));

export const blank = (text: string): Scenario => ({ error_hotkeys: { home: true, back: true, agent: false }, dialogues: { [ROOT]: { messages: [{ kind: 'text', text }], hotkeys: ['agent'] } } });

const eachTarget = (s: Scenario, change: (to: string) => string | undefined): Scenario => ({
  ...s,
  dialogues: Object.fromEntries(
    Object.entries(s.dialogues).map(([id, d]) => {
      const next: Dialogue = { ...d };
      const led = <T extends { dialogue?: string }>(x: T): T => {
        if (x.dialogue === undefined) return x;
        const { dialogue, ...rest } = x;
        const to = change(dialogue);
        return (to === undefined ? rest : { ...rest, dialogue: to }) as T;
      };
      if (d.choices) next.choices = d.choices.map(led);
      if (d.input) next.input = led(d.input);
      return [id, next];
    }),
  ),
});

/** Gives a dialogue another id, and every way to it. */
export function rename(s: Scenario, from: string, to: string): Scenario {
  if (from === to || to in s.dialogues || !(from in s.dialogues)) return s;
  const led = eachTarget(s, (x) => (x === from ? to : x));
  return { ...led, dialogues: Object.fromEntries(Object.entries(led.dialogues).map(([id, d]) => [id === from ? to : id, d])) };
}

/** Takes a dialogue away, and the ways to it: what led there leads nowhere, and the check says so. */
export function remove(s: Scenario, id: string): Scenario {
  const { [id]: _, ...rest } = s.dialogues;
  return eachTarget({ ...s, dialogues: rest }, (x) => (x === id ? undefined : x));
}

/** A free id for a new dialogue. */
export function freeID(s: Scenario): string {
  for (let n = Object.keys(s.dialogues).length + 1; ; n++) if (!(`dialogue_${n}` in s.dialogues)) return `dialogue_${n}`;
}

export type Target = { to: 'dialogue'; id: string } | { to: 'link'; url: string } | { to: 'agent' } | { to: 'nothing' };
export const targetOf = (c: Choice): Target =>
  c.agent ? { to: 'agent' } : c.link !== undefined ? { to: 'link', url: c.link } : c.dialogue !== undefined ? { to: 'dialogue', id: c.dialogue } : { to: 'nothing' };

/** A choice or an input that leads somewhere else; only the way to the agent has a category. */
export function leadTo<T extends { label: string; dialogue?: string; link?: string; agent?: boolean; category?: string }>(c: T, to: Target): T {
  const { dialogue: _d, link: _l, agent: _a, category, ...rest } = c;
  const way = to.to === 'dialogue' ? { dialogue: to.id } : to.to === 'link' ? { link: to.url } : to.to === 'agent' ? { agent: true, ...(category ? { category } : {}) } : {};
  return { ...rest, ...way } as unknown as T;
}

/** Of which dialogue a complaint speaks, and what of it; '' is the scenario itself. */
export function placeOf(field: string, ids: string[]): { dialogue: string; rest: string } {
  if (field.startsWith('dialogues.')) {
    const path = field.slice('dialogues.'.length);
    const id = ids.filter((x) => path === x || path.startsWith(`${x}.`)).sort((a, b) => b.length - a.length)[0];
    if (id !== undefined) return { dialogue: id, rest: path.slice(id.length + 1) };
  }
  return { dialogue: '', rest: field };
}

export interface Placed extends Complaint {
  dialogue: string;
  rest: string;
}
export const placed = (all: Complaint[], ids: string[]): Placed[] => all.map((c) => ({ ...c, ...placeOf(c.field, ids) }));
