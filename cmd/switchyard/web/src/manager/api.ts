// The HTTP surface as far as the manager's pages use it.

import type { Customer } from '../client/desk';
import { call } from '../client/http';

const of = (site: string, path: string, q: Record<string, string | number | undefined> = {}) => {
  const query = new URLSearchParams(Object.entries(q).filter((e) => e[1] !== undefined && e[1] !== '').map(([k, v]) => [k, String(v)])).toString();
  return `/v1/sites/${encodeURIComponent(site)}/${path}${query ? `?${query}` : ''}`;
};

export interface Account {
  id: string;
  role: string;
  name: string;
  group?: string;
  consulting: boolean;
  disabled: boolean;
  max_concurrent: number;
}

/** The accounts in scope, all pages of them. */
export async function accounts(site: string): Promise<Account[]> {
  const all: Account[] = [];
  for (let cursor: string | undefined, i = 0; i < 40; i++) {
    const page = await call('GET', of(site, 'accounts', { limit: 500, cursor }));
    all.push(...page.accounts);
    if (!(cursor = page.next_cursor)) break;
  }
  return all;
}

/** An agent as GET live shows it. */
export interface LiveAgent {
  agent: string;
  agent_name: string;
  state: 'ON_DUTY' | 'BREAK' | 'OFF';
  received: number;
  inquiry: number;
  answered: number;
  oldest_unanswered_at?: string;
}

export interface Live {
  at: string;
  bot: number;
  waiting: number;
  locked: number;
  oldest_waiting_at?: string;
  received: number;
  active: number;
  inquiry: number;
  answered: number;
  agents: LiveAgent[];
}

export const live = (site: string): Promise<Live> => call('GET', of(site, 'live'));

/** A line of the list of rooms, open or closed. */
export interface ListedRoom {
  room: string;
  number?: number;
  title?: string;
  state: string;
  created_at?: string;
  requested_at?: string;
  since?: string;
  waits_since?: string;
  closed_at?: string;
  channel: string;
  category?: string;
  category3?: string;
  customer: string;
  agent?: string;
  agents?: string;
  assignment?: number;
  profile_required?: boolean;
  hold_close?: boolean;
  ended_by?: string;
  reason?: string;
  answered?: boolean;
  score?: number;
}

export interface RoomQuery {
  state?: string | undefined;
  agent?: string | undefined;
  channel?: string | undefined;
  category?: string | undefined;
  ended_by?: string | undefined;
  started_from?: string | undefined;
  started_to?: string | undefined;
}

export const rooms = (site: string, q: RoomQuery, cursor?: string, limit = 500): Promise<{ rooms: ListedRoom[]; next_cursor?: string }> => call('GET', of(site, 'rooms', { ...q, limit, cursor }));

export const blocked = (site: string, cursor?: string): Promise<{ customers: Customer[]; next_cursor?: string }> => call('GET', of(site, 'customers', { blocked: 'true', limit: 200, cursor }));

export interface OpenRequest {
  request: string;
  room: string;
  kind: 'change' | 'review';
  at: string;
  by: string;
  by_name?: string;
  to?: string;
  to_name?: string;
  text: string;
}

export const requests = async (site: string): Promise<OpenRequest[]> => (await call('GET', of(site, 'requests', { limit: 500 }))).requests;

export interface Why {
  rule: string;
  eligible: number;
  waiting: number;
  candidates?: { account: string; load: number }[];
}

export interface Explanation {
  room: string;
  state: string;
  position?: number;
  reasons?: string[];
  assigned?: { at: string; data: { agent: string; name?: string; cause?: string; why?: Why } };
}

export const explain = (site: string, room: string): Promise<Explanation> => call('GET', of(site, `rooms/${encodeURIComponent(room)}/explain`));

/** A report, or the address of its file. */
export const report = (site: string, name: string, q: Record<string, string | undefined>): Promise<any> => call('GET', of(site, `reports/${name}`, q));
export const reportFile = (site: string, name: string, ext: 'csv' | 'xlsx', q: Record<string, string | undefined>): string => of(site, `reports/${name}.${ext}`, q);

export const channels = async (site: string): Promise<{ id: string; channel: string; name: string }[]> => (await call('GET', of(site, 'channels', { limit: 500 }))).channels;
export const bots = async (site: string): Promise<{ id: string; name: string }[]> => (await call('GET', of(site, 'bots', { limit: 500 }))).bots;
