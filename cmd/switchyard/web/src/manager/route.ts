// Where one is: #/page?name=value. Everything that a list was asked for stands in the address, so that it can be shared.

import { signal } from '@preact/signals';

export interface Route {
  page: string;
  q: Readonly<Record<string, string>>;
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { page: path || 'board', q: Object.fromEntries(new URLSearchParams(query)) };
}

const start = typeof location === 'undefined' ? '' : location.hash;
export const route = signal<Route>(parse(start));
if (typeof addEventListener !== 'undefined') addEventListener('hashchange', () => (route.value = parse(location.hash)));

/** The address of a page; empty values are left out. */
export function link(page: string, q: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams(Object.entries(q).filter((e): e is [string, string] => !!e[1])).toString();
  return `#/${page}${query ? `?${query}` : ''}`;
}

/** The address of this page with some values changed; undefined takes one away. */
export function here(change: Record<string, string | undefined>): string {
  return link(route.value.page, { ...route.value.q, ...change });
}

/** Goes there; a filter that changes takes the place of the last one in the history. */
export function go(address: string, replace = false): void {
  if (replace) {
    history.replaceState(null, '', address);
    route.value = parse(address);
  } else location.hash = address;
}
