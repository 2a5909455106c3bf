// The console: header, and three columns whose widths the agent chooses: the lists, the room, the customer.

import { signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { t, type Key } from '../text';
import { ConnectionBar, Toasts } from '../ui/notices';
import { connectionText } from '../ui/page';
import { Split } from '../ui/split';
import { span } from '../ui/time';
import { Preferences, Shortcuts } from './dialogs';
import { offerAgentCommands } from './commands';
import { shortcuts } from './keys';
import { Lists } from './lists';
import { Palette, PaletteButton } from '../ui/palette';
import { Icon, LanguageSwitch, Left } from '../ui/parts';
import { prefs, setPref, sideOpen } from './prefs';
import { RoomView } from './room';
import { Side } from './side';
import { choose, conn, dismissToast, find, here, locked, now, onDuty, openCount, reconnect, select, selected, serverNow, signOut, status, toasts, want, wantUntil, WANTS, who, wrapping } from './store';

const BREAK_MINUTES = [10, 15, 30, 60];
export const asking = signal<'' | 'keys' | 'prefs'>('');

export function Console() {
  const room = selected.value;
  useLayoutEffect(() => shortcuts(asking), []);
  useLayoutEffect(() => offerAgentCommands(asking), []);
  const open = sideOpen.value;
  return (
    <div class={`console${room ? ' reading' : ''}${open && room ? ' with-side' : ''}`} style={{ '--list': `${prefs.value.list}px`, '--side': `${prefs.value.side}px` }}>
      <header>
        <Head />
        <Bar />
      </header>
      <main class="columns">
        <Lists />
        <Split id="split-list" label={t('agent.split.list')} side="start" value={prefs.value.list} least={220} most={480} change={(list) => setPref({ list })} />
        <section class="room" aria-label={room?.label ?? t('agent.pick')}>
          {room ? (
            <RoomView key={room.id} room={room} />
          ) : (
            <div class="empty">
              <h2>{t('agent.pick')}</h2>
              <p>{t('agent.pick.text')}</p>
              <p class="hint">
                <kbd>?</kbd> {t('agent.keys.title')}
              </p>
            </div>
          )}
        </section>
        {room && open && (
          <>
            <Split id="split-side" label={t('agent.split.side')} side="end" value={prefs.value.side} least={260} most={520} change={(side) => setPref({ side })} />
            <Side key={room.id} room={room} />
          </>
        )}
      </main>
      <Toasts list={toasts.value} dismiss={dismissToast} open={(x) => (x.room && find(x.room) ? () => select(find(x.room!)) : undefined)} />
      {asking.value === 'keys' && <Shortcuts close={() => (asking.value = '')} />}
      {asking.value === 'prefs' && <Preferences close={() => (asking.value = '')} />}
      <Palette keys={() => prefs.value.shortcuts} />
    </div>
  );
}

function Head() {
  const live = status.value.phase === 'live';
  const most = here.value?.max_concurrent ?? 0;
  const load = openCount.value;
  const pausing = want.value === 'break' || want.value === 'meal';
  return (
    <div class="head">
      <h1 class="brand">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        <span aria-hidden="true">{t('brand')}</span>
        <span class="sr">{t('agent.title')}</span>
      </h1>
      <p class={`lamp ${live ? 'live' : 'away'}`} role="status" id="lamp">
        {connectionText(status.value).text}
      </p>
      <span class="spring" />
      {!onDuty.value && <span class="chip warn">{t('agent.offduty')}</span>}
      {wrapping.value.length > 0 && (
        <span class="chip" id="wrapup" title={t('agent.wrapup.title')}>
          {t('agent.wrapup', { count: wrapping.value.length })} <Left until={Math.max(...wrapping.value)} />
        </span>
      )}
      <span class={`chip${most > 0 && load >= most ? ' warn' : ''}`} id="load" title={t('agent.load.title')}>
        <span class="sr">{t('agent.load.title')}</span> {t('agent.load')} <b>{most > 0 ? `${load}/${most}` : load}</b>
      </span>
      <label class={`want ${want.value}`}>
        <span class="sr">{t('agent.status')}</span>
        <select id="want" value={want.value} disabled={!live} onChange={(e) => void choose(e.currentTarget.value)}>
          {[...new Set([...WANTS, want.value].filter(Boolean))].map((w) => (
            <option key={w} value={w}>
              {t(`agent.want.${w}` as Key)}
            </option>
          ))}
        </select>
      </label>
      {want.value === 'wrapup' && (
        <button class="button small primary" type="button" id="finish-wrapup" disabled={!live} onClick={() => void choose('online')}>
          {t('agent.wrapup.finish')}
        </button>
      )}
      {pausing && (
        <label class="until">
          <span class="sr">{t('agent.until')}</span>
          <select id="until" disabled={!live} value={wantUntil.value ? 'set' : ''} onChange={(e) => void choose(want.value, Number(e.currentTarget.value) ? serverNow() + Number(e.currentTarget.value) * 60_000 : 0)}>
            <option value="">{t('agent.until.none')}</option>
            {wantUntil.value > 0 && <option value="set">{t('agent.until.left', { time: span(Math.max(0, wantUntil.value - now.value)) })}</option>}
            {BREAK_MINUTES.map((m) => (
              <option key={m} value={m}>
                {t('agent.until.minutes', { minutes: m })}
              </option>
            ))}
          </select>
        </label>
      )}
      <span class="name">{who.value?.name}</span>
      <PaletteButton />
      <button class="button quiet small icon" type="button" id="keys" title={`${t('agent.keys.title')} (?)`} aria-label={t('agent.keys.title')} onClick={() => (asking.value = 'keys')}>
        <Icon name="keys" />
      </button>
      <button class="button quiet small icon" type="button" id="prefs" title={t('agent.prefs')} aria-label={t('agent.prefs')} onClick={() => (asking.value = 'prefs')}>
        <Icon name="gear" />
      </button>
      <LanguageSwitch />
      <button class="button quiet small" type="button" id="logout" onClick={() => void signOut()}>
        {t('agent.logout')}
      </button>
    </div>
  );
}

/** Shown while something is not as it should be, and saying what. */
function Bar() {
  void now.value;
  const s = status.value;
  if (s.phase === 'live') {
    if (conn.value !== 'grace') return null;
    return (
      <div class="connection" id="connection">
        <span role="status">{t('agent.bar.grace')}</span>
      </div>
    );
  }
  return <ConnectionBar s={s} text={t(locked.value ? 'agent.bar.locked' : 'agent.bar.keeps')} reconnect={reconnect} />;
}
