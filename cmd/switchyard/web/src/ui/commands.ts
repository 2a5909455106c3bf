// The registry behind the command palette: whoever has something to offer says so under a name of its own.

import { find } from './hangul';

export interface Command {
  /** Unique among everything that is offered; found by its letters, too. */
  id: string;
  /** What kind of thing it is, in the reader's language. */
  group: string;
  title: string;
  /** What else it is found by, and what stands beside the title in small letters. */
  detail?: string;
  /** The shortcut that does the same. */
  keys?: string;
  /** Called when the palette is gone and the focus is back where it was. */
  run(): void;
}

export interface Source {
  /** What can be done now; asked whenever the palette is drawn, so that signals which it reads draw the palette anew. */
  commands(): Command[];
  /** The palette opens: what is not at hand may be asked for. */
  opened?(): void;
  /** Where they stand while nothing was typed: lower numbers first, 0 where nothing is said. */
  order?: number;
}

const sources = new Map<string, Source>();

/** Offers commands, those of the same order as the names came first; the answer takes them back. */
export function offerCommands(name: string, source: Source): () => void {
  sources.set(name, source);
  return () => {
    if (sources.get(name) === source) sources.delete(name);
  };
}

export const allCommands = (): Command[] => [...sources.values()].sort((a, b) => (a.order ?? 0) - (b.order ?? 0)).flatMap((s) => s.commands());
export const paletteOpened = (): void => sources.forEach((s) => s.opened?.());

const ELSEWHERE = 1_000; // found, but not in the title

/**
 * The commands that a query finds, best first: each of its words stands in the title, the group, the detail or the id, by letters
 * or by initial consonants (ㅅㅌ finds 상태); a word at the title's beginning counts most. An empty query finds all, as offered.
 */
export function rank(all: readonly Command[], query: string, most = 60): Command[] {
  const words = query.trim().split(/\s+/).filter(Boolean);
  const found = all.flatMap((command) => {
    let score = 0;
    for (const w of words) {
      const at = find(w, command.title);
      if (at >= 0) score += at;
      else if ([command.group, command.detail ?? '', command.id].some((x) => find(w, x) >= 0)) score += ELSEWHERE;
      else return [];
    }
    return [{ command, score }];
  });
  if (words.length > 0) found.sort((a, b) => a.score - b.score); // stable: what was offered first stays first
  return found.slice(0, most).map((f) => f.command);
}
