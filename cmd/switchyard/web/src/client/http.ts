// The HTTP surface (protocol.md section 9), as far as the pages use it.

import { Refused, type Refusal } from './frames';

/** Goes with every write that the cookie authenticates; no page of another origin can send it. */
export const CSRF = { 'X-Switchyard-CSRF': '1' };

export interface VisitorToken {
  token: string;
  customer_key: string;
  expires_at: string;
  language?: string;
}

export async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<any> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused({ code: 'disconnected' });
  }
  const text = await answer.text();
  let data: any = {};
  try {
    data = text ? JSON.parse(text) : {};
  } catch {
    // a proxy's page; its status says enough
  }
  if (answer.ok) return data;
  const retry = Number(answer.headers.get('Retry-After'));
  const refusal = data as Partial<Refusal>;
  throw new Refused({
    ...refusal,
    code: refusal.code ?? (answer.status >= 500 ? 'unavailable' : 'bad_request'),
    ...(retry > 0 ? { retry_ms: retry * 1000 } : {}),
  });
}

/** A visitor's token; with an older one the visitor stays the same customer. */
export function visitorToken(site: string, old?: string, who: { site_uid?: string; params?: Record<string, string> } = {}): Promise<VisitorToken> {
  return call('POST', `/v1/sites/${encodeURIComponent(site)}/visitor-tokens`, who, old ? { Authorization: `Bearer ${old}` } : {});
}

/** The socket's address on the page's own origin. */
export function socketURL(site?: string): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/v1/ws${site ? `?site=${encodeURIComponent(site)}` : ''}`;
}

/** Uploads an image for a room; with a token for the visitor, else with the cookie. */
export async function upload(site: string, room: string, content: Blob, key: string, token?: string): Promise<{ file: string }> {
  let answer: Response;
  try {
    answer = await fetch(`/v1/sites/${encodeURIComponent(site)}/files?room=${encodeURIComponent(room)}`, {
      method: 'POST',
      credentials: token ? 'omit' : 'same-origin',
      headers: { 'Content-Type': content.type, 'Idempotency-Key': key, ...(token ? { Authorization: `Bearer ${token}` } : CSRF) },
      body: content,
    });
  } catch {
    throw new Refused({ code: 'disconnected' });
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused({ code: answer.status >= 500 ? 'unavailable' : 'bad_request', ...data });
  return data;
}

/** The content of an upload. */
export async function fileContent(site: string, file: string, token?: string): Promise<Blob> {
  const answer = await fetch(`/v1/sites/${encodeURIComponent(site)}/files/${encodeURIComponent(file)}`, {
    credentials: token ? 'omit' : 'same-origin',
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  });
  if (!answer.ok) throw new Refused({ code: answer.status >= 500 ? 'unavailable' : 'not_found' });
  return answer.blob();
}
