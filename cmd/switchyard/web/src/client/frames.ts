// The frames of `switchyard.v1.json` as this client reads them. A receiver ignores what it
// does not know, so these types name what is used and nothing is checked against a closed list.

export const SUBPROTOCOL = 'switchyard.v1.json';

/** One frame from the server: event, reply or control. */
export interface Frame {
  type: string;
  stream?: string;
  seq?: number;
  at?: string;
  reply_to?: string;
  data?: any;
}

export interface Limits {
  frame: number;
  text: number;
  rate: number;
  burst: number;
  inflight: number;
}

export interface Welcome {
  session: string;
  epoch: string;
  now: string;
  heartbeat_ms: number;
  limits: Limits;
  capabilities: string[];
  expires_at?: string;
  site?: string;
  account?: string;
  role?: string;
  language?: string;
}

/** The `data` of stream.reset: the client's copy is void, history pages backwards from here. */
export interface Reset {
  reason: string;
  snapshot: any;
  seq: number;
  history_from: number;
}

/** The `data` of an error reply. */
export interface Refusal {
  code: string;
  text_en?: string;
  field?: string;
  retryable?: boolean;
  retry_ms?: number;
}

/** A refused command. `code` is the contract's, or one of ours: `disconnected`, `stopped`. */
export class Refused extends Error {
  readonly code: string;
  readonly field: string | undefined;
  readonly retryMs: number | undefined;
  readonly text: string; // English, for logs
  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.text_en ?? ''}`);
    this.name = 'Refused';
    this.code = refusal.code;
    this.field = refusal.field;
    this.retryMs = refusal.retry_ms;
    this.text = refusal.text_en ?? '';
  }
}

/** room/, desk/ and inbox/ are durable; queue/ and board/ are a snapshot and its deltas. */
export function isDurable(stream: string): boolean {
  return stream.startsWith('room/') || stream.startsWith('desk/') || stream.startsWith('inbox/');
}
