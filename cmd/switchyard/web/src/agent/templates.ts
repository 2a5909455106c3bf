// Templates by `/`: what is looked for, what is found, and the places that are left open.

import type { Template } from '../client/desk';
import { find } from '../ui/hangul';

const FOUND_MOST = 8;

/** The templates that a query finds, those whose title begins with it first. */
export function findTemplates(all: readonly Template[], query: string): Template[] {
  return all
    .map((x) => ({ x, at: find(query, x.title), id: find(query, x.id), text: find(query, x.text) }))
    .filter((f) => f.at >= 0 || f.id >= 0 || f.text >= 0)
    .sort((a, b) => (a.at < 0 ? 99 : a.at) - (b.at < 0 ? 99 : b.at))
    .slice(0, FOUND_MOST)
    .map((f) => f.x);
}

/** The query at the caret: `/` and what follows, where the line holds nothing else; and where the line begins. */
export function queryAt(text: string, caret: number): { query: string; from: number } | undefined {
  const from = text.lastIndexOf('\n', caret - 1) + 1;
  const to = text.indexOf('\n', caret);
  const line = text.slice(from, to < 0 ? text.length : to);
  return /^\/[^/\s]*$/.test(line) && caret > from ? { query: line.slice(1), from } : undefined;
}

/** The next place behind a position that a template left open, as `[운송장번호]`: where it begins and ends. */
export function placeAfter(text: string, from: number): [number, number] | undefined {
  const place = /\[[^[\]\n]{1,40}\]/g;
  place.lastIndex = from;
  const found = place.exec(text);
  return found ? [found.index, found.index + found[0].length] : undefined;
}
