// What the client does after a close, as a table (protocol.md section 5).

export type Verdict =
  | { act: 'reconnect' } // with backoff
  | { act: 'at-once' } // the log has everything: resume now
  | { act: 'after'; ms: number } // not before
  | { act: 'renew' } // get a new token once, then stop
  | { act: 'reload' } // the page is old: load it again once, then stop
  | { act: 'drop-frame' } // what was sent last must not be sent again; then reconnect
  | { act: 'stop' };

const table: Record<number, Verdict> = {
  1000: { act: 'reconnect' }, // not by us: somebody between us and the node said goodbye
  1001: { act: 'reconnect' },
  1007: { act: 'drop-frame' },
  1009: { act: 'drop-frame' },
  1011: { act: 'reconnect' },
  4400: { act: 'stop' },
  4401: { act: 'renew' },
  4403: { act: 'stop' },
  4404: { act: 'stop' },
  4408: { act: 'reconnect' },
  4409: { act: 'stop' },
  4426: { act: 'reload' },
  4500: { act: 'reconnect' },
  4503: { act: 'reconnect' },
  4508: { act: 'at-once' },
};

/** The shortest stay away after 4429. */
const TOO_MANY_MS = 5_000;

export function verdict(code: number, reason: string): Verdict {
  if (code === 4429) {
    const asked = /retry_ms=(\d{1,9})/.exec(reason);
    return { act: 'after', ms: Math.max(TOO_MANY_MS, asked ? Number(asked[1]) : 0) };
  }
  const known = table[code];
  if (known) return known;
  if (code >= 4400 && code < 4500) return { act: 'stop' };
  return { act: 'reconnect' }; // 45xx, and whatever the network invents
}
