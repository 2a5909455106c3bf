// What every page with a client owes its tab.

import type { Client, Status } from '../client/client';
import { has, t, type Key } from '../text';

export const VERSION = '0.1.0';

/** Lets go on pagehide, comes back on pageshow, and tries at once when network or reader return. */
export function bindLifecycle(client: Client, seen: () => void): void {
  addEventListener('pagehide', () => client.suspend());
  addEventListener('pageshow', (e) => {
    if (e.persisted) client.start();
  });
  addEventListener('online', () => client.nudge());
  const back = () => {
    if (document.visibilityState !== 'visible') return;
    client.nudge();
    seen();
  };
  document.addEventListener('visibilitychange', back);
  addEventListener('focus', back);
}

/** Somebody looks at the page: only then is anything read. */
export function watched(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

/** Loads the page again after 4426, once. */
export function reloadOnce(): void {
  try {
    if (sessionStorage.getItem('switchyard.reloaded')) return;
    sessionStorage.setItem('switchyard.reloaded', '1');
  } catch {
    return; // without a memory it could go on for ever
  }
  location.reload();
}

/** What is true of the connection: text is said once, what counts down is only shown; retry says whether a button helps. */
export function connectionText(s: Status, now = Date.now()): { text: string; counting: string; retry: boolean } {
  const say = (text: string, retry = false, counting = '') => ({ text, counting, retry });
  switch (s.phase) {
    case 'live':
      return say(t('connection.live'));
    case 'idle':
      return say(t('connection.idle'), true);
    case 'connecting':
    case 'authenticating':
      return say(t('connection.connecting'));
    case 'replaying':
      return say(t('connection.replaying'));
    case 'waiting':
      if (!navigator.onLine) return say(t('connection.offline'));
      return say(t('connection.waiting'), true, t('connection.seconds', { seconds: Math.max(0, Math.ceil(((s.retryAt ?? now) - now) / 1000)) }));
    case 'stopped': {
      const key = `connection.stopped.${s.code}`;
      return say(has(key) ? t(key as Key) : t('connection.stopped', { code: s.code ?? 0 }), s.code === 4409 || s.code === 4401);
    }
  }
}
