// The HTTP surface as far as the consoles use it; the widget's frame does without.

import { CSRF, call } from './http';

export interface Session {
  site: string;
  account: string;
  name: string;
  role: string;
  expires_at: string;
  language?: string;
}

type Value = { value: string; updated_at: string };

export interface Customer {
  customer_key: string;
  customer_id: string;
  channel: string;
  name?: Value;
  phone?: Value;
  email?: Value;
  birth?: Value;
  address?: Value;
  note?: Value;
  age?: number;
  verified_mobile?: { number: string; means: string; at: string };
  tags?: string[];
  grade: 'NONE' | 'VIP' | 'BLACKLIST';
  blocked: boolean;
  blocked_at?: string;
  blocked_by?: string;
  block_reason?: string;
  rooms: number;
  keys: { customer_key: string; channel: string }[];
}

export function login(site: string, account: string, password: string): Promise<Session> {
  return call('POST', '/v1/sessions', { site, account, password }, CSRF);
}

export function logout(): Promise<void> {
  return call('DELETE', '/v1/sessions', undefined, CSRF);
}

export function customer(site: string, key: string): Promise<Customer> {
  return call('GET', `/v1/sites/${encodeURIComponent(site)}/customers/${encodeURIComponent(key)}`);
}

/** Changes what is there; an empty text deletes a value. A refused value names its field. */
export function editCustomer(site: string, key: string, change: Record<string, unknown>): Promise<Customer> {
  return call('PATCH', `/v1/sites/${encodeURIComponent(site)}/customers/${encodeURIComponent(key)}`, change, CSRF);
}

/** Gives the key another customer ID; one in use is refused with `conflict` and the field `confirm` until it is confirmed. */
export function changeCustomerID(site: string, key: string, id: string, confirm: boolean): Promise<Customer> {
  return call('POST', `/v1/sites/${encodeURIComponent(site)}/customers/${encodeURIComponent(key)}/id`, { customer_id: id, confirm }, CSRF);
}

export interface Past {
  room: string;
  number: number;
  started_at: string;
  closed_at?: string;
  state: string;
  channel: string;
  title: string;
  category1?: string;
  category2?: string;
  category3?: string;
  agents?: string;
  memos?: { at: string; name?: string; text: string }[];
}

export function customerHistory(site: string, key: string, cursor?: string): Promise<{ customer_id: string; total: number; rooms: Past[]; next_cursor?: string }> {
  return call('GET', `/v1/sites/${encodeURIComponent(site)}/customers/${encodeURIComponent(key)}/history?limit=20${cursor ? `&cursor=${cursor}` : ''}`);
}

export interface Desk {
  account: string;
  name: string;
  role: string;
  group?: string;
  consulting: boolean;
  max_concurrent: number; // 0 = no limit
  mode: 'AUTO' | 'MANUAL' | 'HYBRID';
  wrap_up_seconds: number;
  default_tab: string;
  time_zone: string; // an IANA name
  colleagues: { id: string; name: string; role: string }[];
}

export function desk(site: string): Promise<Desk> {
  return call('GET', `/v1/sites/${encodeURIComponent(site)}/desk`);
}

export interface Category {
  id: string;
  level: number;
  name: string;
  parent?: string;
  unused: boolean;
}

export async function categories(site: string): Promise<Category[]> {
  return (await call('GET', `/v1/sites/${encodeURIComponent(site)}/categories?limit=500`)).categories ?? [];
}

export interface ClosedRoom {
  room: string;
  number: number;
  title: string;
  state: string;
  created_at: string;
  requested_at: string;
  closed_at: string;
  channel: string;
  category?: string;
  customer?: string;
  score?: number;
}

/** The account's rooms that closed today; older ones stand in their customers' histories (R-030). */
export async function closedToday(site: string, account: string): Promise<ClosedRoom[]> {
  return (await call('GET', `/v1/sites/${encodeURIComponent(site)}/rooms?state=closed&limit=500&agent=${encodeURIComponent(account)}`)).rooms ?? [];
}

export interface RoomInfo {
  number: number;
  agent: string;
  agents?: string;
  grade: string;
  customer_key?: string;
  customer_id?: string;
  history_count?: number;
  category1?: string;
  category2?: string;
  category3?: string;
  total_seconds?: number;
  params?: Record<string, string>;
}

/** A room with a page of its log, newest last. */
export function roomLog(site: string, room: string, before: number | undefined, limit: number): Promise<{ room: any; info: RoomInfo; seq: number; events?: any[]; before?: number }> {
  return call('GET', `/v1/sites/${encodeURIComponent(site)}/rooms/${encodeURIComponent(room)}?limit=${limit}${before === undefined ? '' : `&before=${before}`}`);
}

export interface Template {
  id: string;
  type: 'TEXT' | 'MIXED';
  title: string;
  text: string;
  shared?: boolean;
}

/** The shared templates and the account's own, the first page. */
export async function templates(site: string): Promise<Template[]> {
  return (await call('GET', `/v1/sites/${encodeURIComponent(site)}/templates?limit=500`)).templates ?? [];
}
