import { signal } from '@preact/signals';

/** The server's clock, once a second: the page's one timer sets it, and everything that ticks reads it. */
export const now = signal(Date.now());
