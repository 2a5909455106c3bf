// The frame of the managerial pages: navigation at the side, above the page its title, the connection, language, brightness and
// whose session it is. Manager's pages and settings are two applications; one frame makes them one product.

import { signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { choose, other, t, type Key } from '../text';
import { offerCommands } from './commands';
import './nav.css';
import { Palette, PaletteButton } from './palette';
import { Icon, type IconName, LanguageSwitch } from './parts';
import { type Theme, chooseTheme, theme } from './theme';

interface Place {
  id: string;
  href: string;
  icon: IconName;
  admin?: boolean; // for the administrator only
  agent?: boolean; // for agents, too
}

/** Where one can go. Addresses with a # stay in the manager's application. */
export const PLACES: { title: Key | ''; places: Place[] }[] = [
  {
    title: '',
    places: [
      { id: 'board', href: '/manager/#/board', icon: 'board' },
      { id: 'requests', href: '/manager/#/requests', icon: 'ask' },
      { id: 'rooms', href: '/manager/#/rooms', icon: 'rooms' },
      { id: 'blocked', href: '/manager/#/blocked', icon: 'bar' },
    ],
  },
  {
    title: 'nav.reports',
    places: [
      { id: 'dashboard', href: '/manager/#/dashboard', icon: 'gauge' },
      { id: 'sqi', href: '/manager/#/sqi', icon: 'chart' },
      { id: 'journey', href: '/manager/#/journey', icon: 'flow' },
      { id: 'volumes', href: '/manager/#/volumes', icon: 'volume' },
      { id: 'consultations', href: '/manager/#/consultations', icon: 'book' },
      { id: 'ledger', href: '/manager/#/ledger', icon: 'coin', admin: true },
    ],
  },
  {
    title: 'nav.site',
    places: [
      { id: 'settings', href: '/settings/', icon: 'gear', agent: true },
      { id: 'agent', href: '/agent/', icon: 'out', agent: true },
    ],
  },
];

const allowed = (x: Place, role: string) => (role === 'AGENT' ? x.agent === true : !x.admin || role === 'ADMIN');

export interface NavProps {
  /** The id of the place that is open. */
  current: string;
  role: string;
  /** What stands beside a place, such as open requests; zero is not shown. */
  counts?: Record<string, number>;
}

export function Nav(p: NavProps) {
  return (
    <nav class="places" aria-label={t('nav.label')}>
      <a class="brand" href={p.role === 'AGENT' ? '/agent/' : '/manager/#/board'}>
        <img src="/favicon.svg" alt="" width="26" height="26" />
        <span>{t('brand')}</span>
      </a>
      {PLACES.map((g) => {
        const places = g.places.filter((x) => allowed(x, p.role));
        if (places.length === 0) return null;
        return (
          <div class="group" key={g.title}>
            {g.title && <p class="heading">{t(g.title)}</p>}
            <ul>
              {places.map((x) => {
                const label = t(`nav.${x.id}` as Key);
                const count = p.counts?.[x.id] ?? 0;
                return (
                  <li key={x.id}>
                    <a id={`nav-${x.id}`} href={x.href} title={label} {...(x.id === p.current ? { 'aria-current': 'page' as const } : {})}>
                      <Icon name={x.icon} />
                      <span class="label">{label}</span>
                      {count > 0 && <span class="count">{count > 99 ? '99+' : count}</span>}
                    </a>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

export interface FrameProps extends NavProps {
  title: string;
  site: string;
  name: string;
  /** What is true of the connection, and whether that is well; a page without a socket leaves it out. */
  lamp?: { text: string; live: boolean };
  signOut(): void;
  /** What stands beside the title. */
  beside?: ComponentChildren;
  /** A bar over everything, while something is not as it should be. */
  bar?: ComponentChildren;
  children: ComponentChildren;
}

/** Where one can go and what the frame itself does, for the palette. */
function frameCommands(p: FrameProps) {
  const [places, page] = [t('palette.go'), t('palette.page')];
  return [
    ...PLACES.flatMap((g) => g.places)
      .filter((x) => allowed(x, p.role) && x.id !== p.current)
      .map((x) => ({
        id: `go-${x.id}`,
        group: places,
        title: t(`nav.${x.id}` as Key),
        run: () => {
          location.href = x.href;
          document.getElementById('page')?.focus();
        },
      })),
    ...(['light', 'dark', 'auto'] as const).map((x) => ({ id: `theme-${x}`, group: page, title: t('nav.theme', { now: t(`agent.theme.${x}`) }), run: () => themeNow(x) })),
    { id: 'language', group: page, title: t('palette.language'), detail: t('language.other'), run: () => choose(other()) },
    { id: 'logout', group: page, title: t('agent.logout'), run: p.signOut },
  ];
}

export function Frame(p: FrameProps) {
  const now = useRef(p);
  now.current = p;
  useLayoutEffect(() => offerCommands('frame', { commands: () => frameCommands(now.current) }), []);
  return (
    <div class="frame">
      <a class="skip" href="#page" onClick={(e) => (e.preventDefault(), document.getElementById('page')?.focus())}>
        {t('nav.skip')}
      </a>
      <Nav current={p.current} role={p.role} {...(p.counts ? { counts: p.counts } : {})} />
      <div class="beside-nav">
        <header class="top">
          <h1 id="title">{p.title}</h1>
          {p.beside}
          <span class="spring" />
          {p.lamp && (
            <p class={`lamp ${p.lamp.live ? 'live' : 'away'}`} role="status" id="lamp">
              {p.lamp.text}
            </p>
          )}
          <PaletteButton />
          <LanguageSwitch />
          <ThemeSwitch />
          <Account site={p.site} name={p.name} role={p.role} signOut={p.signOut} />
        </header>
        {p.bar}
        <main id="page" tabIndex={-1}>
          {p.children}
        </main>
      </div>
      <Palette />
    </div>
  );
}

const THEMES: Theme[] = ['auto', 'light', 'dark'];
const shownTheme = signal<Theme>(theme());
function themeNow(x: Theme): void {
  shownTheme.value = x;
  chooseTheme(x);
}

function ThemeSwitch() {
  const now = shownTheme;
  const next = THEMES[(THEMES.indexOf(now.value) + 1) % THEMES.length]!;
  const label = t('nav.theme', { now: t(`agent.theme.${now.value}` as Key) });
  return (
    <button
      class="button quiet small icon"
      type="button"
      id="theme"
      aria-label={label}
      title={label}
      onClick={() => themeNow(next)}
    >
      <Icon name={now.value === 'dark' ? 'dark' : now.value === 'light' ? 'light' : 'screen'} />
    </button>
  );
}

/** Who one is, and the way out. Esc and a press elsewhere close it. */
function Account(p: { site: string; name: string; role: string; signOut(): void }) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    const away = (e: Event) => {
      if (e instanceof KeyboardEvent ? e.key === 'Escape' : !box.current?.contains(e.target as Element)) {
        open.value = false;
        if (e instanceof KeyboardEvent) document.getElementById('account')?.focus();
      }
    };
    addEventListener('pointerdown', away);
    addEventListener('keydown', away);
    return () => {
      removeEventListener('pointerdown', away);
      removeEventListener('keydown', away);
    };
  }, [open.value]);
  return (
    <div class="account" ref={box}>
      <button class="button quiet small" type="button" id="account" aria-label={p.name} aria-expanded={open.value} aria-controls="account-box" onClick={() => (open.value = !open.value)}>
        <Icon name="person" />
        <span>{p.name}</span>
      </button>
      {open.value && (
        <div class="account-box" id="account-box">
          <p>
            <b>{p.name}</b>
            <span class="hint">
              {t(`agent.role.${p.role}` as Key)} · {p.site}
            </span>
          </p>
          <a class="button small" href="/agent/">
            {t('nav.agent')}
          </a>
          <button class="button small" type="button" id="logout" onClick={p.signOut}>
            {t('agent.logout')}
          </button>
        </div>
      )}
    </div>
  );
}
