// Whose session the page has. The session itself is the cookie's; every page of a browser keeps the same note of whose it is.

import { signal } from '@preact/signals';
import { type Session, login, logout } from '../client/desk';
import { Refused } from '../client/frames';
import { newStore } from '../client/store';
import { errorText, suggest, t } from '../text';

export interface Who {
  site: string;
  account: string;
  name: string;
}

const store = newStore();
const WHO = 'switchyard.agent';

export const who = signal<Who | undefined>(store.get<Who>(WHO));
export const loginProblem = signal('');

/** Signs in; undefined: refused, and `loginProblem` says why. */
export async function enter(site: string, account: string, password: string): Promise<Session | undefined> {
  loginProblem.value = '';
  try {
    const s = await login(site, account, password);
    suggest(s.language);
    const me = { site: s.site, account: s.account, name: s.name };
    store.set(WHO, me);
    who.value = me;
    return s;
  } catch (e) {
    const code = e instanceof Refused ? e.code : 'internal';
    loginProblem.value = code === 'unauthenticated' ? t('login.wrong') : errorText(code);
    return undefined;
  }
}

/** The session is over, here: `why` stands above the form. */
export function forgetMe(why: string): void {
  store.remove(WHO);
  who.value = undefined;
  loginProblem.value = why;
}

export async function endSession(): Promise<void> {
  try {
    await logout();
  } catch {
    // The session ends by itself in time; here it is over anyhow.
  }
}
