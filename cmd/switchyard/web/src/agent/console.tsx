import { t, type Key } from '../text';
import { connectionText } from '../ui/page';
import { LanguageSwitch, Ticking } from './parts';
import { RoomView } from './room';
import { type Room, active, choose, conn, ended, locked, notice, now, onDuty, queue, received, reconnect, select, selected, signOut, status, take, taking, want, who } from './store';

const wants = ['online', 'busy', 'break', 'meal', 'offline'] as const;

export function Console() {
  const room = selected.value;
  return (
    <div class={`console${room ? ' reading' : ''}`}>
      <header>
        <Head />
        <Bar />
      </header>
      <main class="columns">
        <nav class="rooms" aria-label={t('agent.rooms')}>
          {queue.value && <Line />}
          <List title={t('agent.received')} rooms={received.value} none={t('agent.none.received')} />
          <List title={t('agent.active')} rooms={active.value} none={t('agent.none.active')} />
          {ended.value.length > 0 && <List title={t('agent.ended')} rooms={ended.value} none="" />}
        </nav>
        <section class="room" aria-label={room?.label ?? t('agent.pick')}>
          {notice.value && (
            <p class="connection stopped" role="alert" id="notice">
              {notice.value}
            </p>
          )}
          {room ? (
            <RoomView key={room.id} room={room} />
          ) : (
            <div class="empty">
              <h2>{t('agent.pick')}</h2>
              <p>{t('agent.pick.text')}</p>
            </div>
          )}
        </section>
      </main>
    </div>
  );
}

function Head() {
  const live = status.value.phase === 'live';
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
      {!onDuty.value && <span class="hint">{t('agent.offduty')}</span>}
      <label class="want">
        <span class="sr">{t('agent.status')}</span>
        <select id="want" value={want.value} disabled={!live} onChange={(e) => void choose(e.currentTarget.value)}>
          {[...new Set([...wants, want.value].filter(Boolean))].map((w) => (
            <option key={w} value={w}>
              {t(`agent.want.${w}` as Key)}
            </option>
          ))}
        </select>
      </label>
      <span class="name">{who.value?.name}</span>
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
        <span role="status">{t('connection.grace')}</span>
      </div>
    );
  }
  const { counting, retry } = connectionText(s);
  return (
    <div class={`connection${s.phase === 'stopped' ? ' stopped' : ''}`} id="connection">
      <span role="status">{t(locked.value ? 'connection.locked' : 'connection.keeps')}</span>
      <span>{counting}</span>
      {retry && (
        <button class="button small" type="button" onClick={reconnect}>
          {t('connection.retry')}
        </button>
      )}
    </div>
  );
}

function List(p: { title: string; rooms: Room[]; none: string }) {
  return (
    <section>
      <h2>
        {p.title} <span class="count">{p.rooms.length}</span>
      </h2>
      {p.rooms.length === 0 && <p class="none">{p.none}</p>}
      <ul>
        {p.rooms.map((r) => (
          <Row key={r.id} room={r} />
        ))}
      </ul>
    </section>
  );
}

function Row({ room }: { room: Room }) {
  void room.version.value;
  const last = [...room.t.entries].reverse().find((e) => e.kind !== 'assigned' && e.kind !== 'profile');
  const unread = room.unread;
  return (
    <li>
      <button type="button" class="row" data-room={room.id} aria-current={selected.value === room} onClick={() => select(room)}>
        <span class="top">
          <span class="label">{room.label}</span>
          {!room.ended && room.waitsSince > 0 && (
            <span class="wait">
              <span class="sr">{t('agent.waited', { time: '' })}</span>
              <Ticking since={room.waitsSince} />
            </span>
          )}
        </span>
        <span class="bottom">
          <span class="last">{last?.text || room.t.summary.title}</span>
          {room.t.summary.hold && !room.ended && <span class="tag">{t('agent.hold')}</span>}
          {unread > 0 && !room.ended && (
            <span class="unread">
              <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
              <span class="sr">{t('agent.unread', { count: unread })}</span>
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

/** The waiting line, where agents may take from it. */
function Line() {
  const rows = queue.value ?? [];
  return (
    <section>
      <h2>
        {t('agent.queue')} <span class="count">{rows.length}</span>
      </h2>
      {rows.length === 0 && <p class="none">{t('agent.none.queue')}</p>}
      <ul>
        {rows.map((w) => {
          const busy = taking.value.has(w.room);
          return (
            <li key={w.room} class="row waiting" data-waiting={w.room}>
              <span class="top">
                <span class="label">{t('agent.customer', { id: w.room.slice(2, 8) })}</span>
                <span class="wait">
                  <Ticking since={Date.parse(w.requested_at)} />
                </span>
              </span>
              <span class="bottom">
                <span class="last">{w.profile_required ? t('agent.queue.locked') : w.offered ? t('agent.queue.offered') : t('agent.queue.ready')}</span>
                <button type="button" class="button small" disabled={w.profile_required || busy || status.value.phase !== 'live'} onClick={() => void take(w.room)}>
                  {t(busy ? 'agent.taking' : 'agent.take')}
                </button>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
