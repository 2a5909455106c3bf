// What the console offers to the command palette.

import type { Signal } from '@preact/signals';
import { choose as chooseLanguage, has, other, t, type Key } from '../text';
import { type Command, offerCommands } from '../ui/commands';
import { chooseTheme } from '../ui/theme';
import { LIST, type Wish, phrase, wish } from './keys';
import { sideOpen, setPref, toggleSide } from './prefs';
import { type Room, TABS, choose, chooseTab, here, lists, locked, offers, phrases, queue, select, selected, signOut, status, tab, tabOf, takeNext, want, WANTS } from './store';

const keysOf = (text: Key) => LIST.find((x) => x.text === text)?.keys;

/** Offers them until the answer is called; `asking` opens the page's own dialogs. */
export function offerAgentCommands(asking: Signal<'' | 'keys' | 'prefs'>): () => void {
  return offerCommands('console', { commands: () => [...ofState(), ...ofRoom(), ...ofPage(asking), ...rooms(), ...templates()] });
}

const command = (id: string, group: string, title: string, run: () => void, more: { detail?: string | undefined; keys?: string | undefined } = {}): Command => ({
  id, group, title, run, ...(more.detail ? { detail: more.detail } : {}), ...(more.keys ? { keys: more.keys } : {}),
});

function ofState(): Command[] {
  if (status.value.phase !== 'live') return [];
  const group = t('agent.status');
  return [
    ...(want.value === 'wrapup' ? [command('finish-wrapup', group, t('agent.wrapup.finish'), () => void choose('online'))] : []),
    ...(offers.value.length > 0 || (queue.value?.length ?? 0) > 0 ? [command('take-next', t('agent.rooms'), t('agent.key.take'), takeNext, { keys: keysOf('agent.key.take') })] : []),
    ...WANTS.filter((w) => w !== want.value).map((w) => command(`want-${w}`, group, t(`agent.want.${w}`), () => void choose(w))),
  ];
}

/** What the open room can be asked for. */
function ofRoom(): Command[] {
  const r = selected.value;
  if (!r || r.ended || status.value.phase !== 'live') return [];
  void r.version.value;
  const group = t('palette.room');
  const ask = (w: Wish, title: Key, key: Key) => command(`room-${w}`, group, t(title), () => (wish.value = w), { keys: keysOf(key) });
  return [
    ask('memo', 'agent.memo', 'agent.key.memo'),
    ask('templates', 'agent.template', 'agent.key.templates'),
    { ...ask('hold', 'agent.hold', 'agent.key.hold'), ...(r.t.summary.hold ? { detail: t('agent.hold.on') } : {}) },
    ask('alarm', 'agent.alarm', 'agent.key.alarm'),
    ...(r.t.summary.request === '' ? [ask('change', 'agent.change', 'agent.key.change')] : []),
    ask('review', 'agent.review', 'agent.key.review'),
    ask('end', 'agent.end', 'agent.key.end'),
  ];
}

function ofPage(asking: Signal<'' | 'keys' | 'prefs'>): Command[] {
  const [go, page] = [t('palette.go'), t('palette.page')];
  const role = here.value?.role;
  return [
    ...TABS.filter((x) => x !== tab.value).map((x) => command(`tab-${x}`, go, t(`agent.tab.${x}` as Key), () => chooseTab(x), { keys: `Alt+${TABS.indexOf(x) + 1}` })),
    ...(selected.value
      ? (['room', 'customer', 'history'] as const).map((x) =>
          command(`side-${x}`, go, t(`agent.side.${x}`), () => {
            setPref({ sideTab: x });
            if (!sideOpen.value) toggleSide();
          }),
        )
      : []),
    command('search', page, t('agent.key.search'), () => document.getElementById('search')?.focus(), { keys: keysOf('agent.key.search') }),
    command('keys', page, t('agent.keys.title'), () => (asking.value = 'keys'), { keys: '?' }),
    command('prefs', page, t('agent.prefs'), () => (asking.value = 'prefs')),
    ...(['light', 'dark', 'auto'] as const).map((x) => command(`theme-${x}`, page, t('nav.theme', { now: t(`agent.theme.${x}`) }), () => chooseTheme(x))),
    command('language', page, t('palette.language'), () => chooseLanguage(other()), { detail: t('language.other') }),
    ...(role === 'MANAGER' || role === 'ADMIN' ? [command('manager', go, t('start.manager'), () => location.assign('/manager/'))] : []),
    command('settings', go, t('nav.settings'), () => location.assign('/settings/')),
    command('logout', page, t('agent.logout'), () => void signOut()),
  ];
}

/** Every room that the lists have, by its name, its title and its last words. */
function rooms(): Command[] {
  const all = lists.value;
  return [...all.received, ...all.inquiry, ...all.answered, ...all.ended].map((r: Room) => {
    const name = `agent.tab.${tabOf(r)}`;
    const number = r.info?.number ? `#${r.info.number}` : '';
    return command(`open-${r.id}`, has(name) ? t(name) : '', r.label, () => (chooseTab(tabOf(r)), select(r)), { detail: [number, r.preview, r.t.summary.tags.join(' ')].filter(Boolean).join(' · ') });
  });
}

function templates(): Command[] {
  const r = selected.value;
  if (!r || r.ended || locked.value) return [];
  const group = t('palette.templates');
  return phrases.value.map((x) => command(`template-${x.id}`, group, x.title, () => (phrase.value = x), { detail: x.text }));
}
