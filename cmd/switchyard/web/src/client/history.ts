import type { Frame } from './frames';
import type { Transcript } from './transcript';

/** A page of history, as HTTP and the socket give it. */
export interface Page {
  events?: Frame[];
  before?: number;
}

/**
 * Puts the page before what the transcript has in front of it. Where the stream was reset while the page was on its way, it belongs to a log
 * that is no more: it is asked for again, from where the new one begins. Dropped, it left the log empty until somebody scrolled.
 */
export async function readBefore(t: Pick<Transcript, 'before' | 'prepend'>, ask: (before: number) => Promise<Page>): Promise<void> {
  while (t.before > 1) {
    const before = t.before;
    const page = await ask(before);
    if (t.before !== before) continue;
    t.prepend(page.events ?? [], page.before);
    return;
  }
}
