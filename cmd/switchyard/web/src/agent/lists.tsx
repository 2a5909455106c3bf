// The left column: what is offered, the seven lists with their counts, and the line that agents may take from.

import { useRef } from 'preact/hooks';
import { has, t, type Key } from '../text';
import { Virtual } from '../ui/virtual';
import { counted } from './notify';
import { Icon, Left, Ticking } from '../ui/parts';
import { type Offer, type Room, TABS, type Tab, answer, answering, categoryName, checked, chooseTab, filter, lists, offers, queue, queueShown, select, selected, status, tab, take, taking, visible, who } from './store';

const ROW = 66;

export function Lists() {
  const tabs = useRef<HTMLDivElement>(null);
  const current = tab.value;
  const counts = (x: Tab) => (x === 'waiting' ? (queue.value?.length ?? 0) : lists.value[x].length);
  const unread = (x: Tab) => x === 'received' || x === 'inquiry' || x === 'answered' ? lists.value[x].some((r) => r.unread > 0) : false;
  const go = (by: number) => {
    const next = TABS[(TABS.indexOf(current) + by + TABS.length) % TABS.length]!;
    chooseTab(next);
    tabs.current?.querySelector<HTMLElement>(`[data-tab=${next}]`)?.focus();
  };
  return (
    <nav class="rooms" aria-label={t('agent.rooms')}>
      {offers.value.map((o) => (
        <OfferCard key={`${o.room}.${o.turn}`} offer={o} />
      ))}
      <div
        class="tabs"
        role="tablist"
        aria-label={t('agent.tabs')}
        ref={tabs}
        onKeyDown={(e) => {
          if (e.altKey || e.ctrlKey || e.metaKey) return;
          if (e.key === 'ArrowRight') go(1);
          else if (e.key === 'ArrowLeft') go(-1);
          else return;
          e.preventDefault();
        }}
      >
        {TABS.map((x, i) => (
          <button key={x} type="button" role="tab" data-tab={x} id={`tab-${x}`} aria-selected={x === current} aria-controls="list" tabIndex={x === current ? 0 : -1} title={`Alt+${i + 1}`} class={unread(x) ? 'news' : ''} onClick={() => chooseTab(x)}>
            {t(`agent.tab.${x}` as Key)}
            <span class="count">{counted(counts(x))}</span>
          </button>
        ))}
      </div>
      <label class="search">
        <Icon name="search" size={16} />
        <span class="sr">{t('agent.search')}</span>
        <input id="search" type="search" placeholder={t('agent.search')} value={filter.value} onInput={(e) => (filter.value = e.currentTarget.value)} autocomplete="off" />
      </label>
      <div class="panel" id="list" role="tabpanel" aria-labelledby={`tab-${current}`}>
        {current === 'waiting' ? <Line /> : <List name={current} />}
      </div>
    </nav>
  );
}

function List({ name }: { name: Tab }) {
  const rooms = visible.value;
  if (rooms.length === 0) return <p class="none">{filter.value.trim() ? t('agent.none.found') : t(`agent.none.${name}` as Key)}</p>;
  return (
    <Virtual items={rooms} height={ROW} id={(r) => r.id} label={t(`agent.tab.${name}` as Key)} {...(selected.value ? { current: selected.value.id } : {})}>
      {(r) => <Row room={r} />}
    </Virtual>
  );
}

function Row({ room }: { room: Room }) {
  void room.version.value;
  const s = room.t.summary;
  const unread = room.unread;
  const flag = s.flag;
  return (
    <button type="button" class="row" data-room={room.id} aria-current={selected.value === room} onClick={() => select(room)}>
      <span class="top">
        <span class="label">
          {flag && (
            <span class={`flag ${flag}`} title={t(`agent.flag.${flag}` as Key)}>
              <Icon name="flag" size={14} />
              <span class="sr">{t(`agent.flag.${flag}` as Key)}</span>
            </span>
          )}
          {room.profile?.grade && room.profile.grade !== 'NONE' && <span class={`grade ${room.profile.grade}`}>{t(`agent.grade.${room.profile.grade}` as Key)}</span>}
          <span class="who">{room.label}</span>
        </span>
        {!room.ended && room.waitsSince > 0 && (
          <span class="wait">
            <span class="sr">{t('agent.waited')}</span>
            <Ticking since={room.waitsSince} />
          </span>
        )}
      </span>
      <span class="bottom">
        <span class="last">{room.preview}</span>
        {!room.ended && s.request && <span class="badge">{t('agent.request.open')}</span>}
        {!room.ended && s.alarmAt && <span class="badge">{t('agent.alarm')}</span>}
        {!room.ended && s.hold && <span class="badge warn">{t('agent.hold')}</span>}
        {room.gone && <span class="badge">{t('agent.gone.short')}</span>}
        {unread > 0 && !room.ended && (
          <span class="unread">
            <span aria-hidden="true">{counted(unread)}</span>
            <span class="sr">{t('agent.unread', { count: unread })}</span>
          </span>
        )}
      </span>
    </button>
  );
}

/** The waiting line, where agents may take from it. */
function Line() {
  if (!queue.value) return <p class="none">{t('agent.none.auto')}</p>;
  const rows = queueShown.value;
  if (rows.length === 0) return <p class="none">{filter.value.trim() ? t('agent.none.found') : t('agent.none.waiting')}</p>;
  const live = status.value.phase === 'live';
  const free = rows.filter((w) => !w.profile_required && !w.offered);
  const chosen = [...checked.value];
  return (
    <>
      <div class="bulk">
        <label>
          <input
            type="checkbox"
            id="check-all"
            checked={chosen.length > 0 && chosen.length === free.length}
            ref={(box) => {
              if (box) box.indeterminate = chosen.length > 0 && chosen.length < free.length;
            }}
            onChange={(e) => (checked.value = new Set(e.currentTarget.checked ? free.map((w) => w.room) : []))}
          />{' '}
          {t('agent.check.all')}
        </label>
        <button class="button small primary" type="button" id="take-many" disabled={!live || chosen.length === 0} onClick={() => void take(chosen)}>
          {t('agent.take.many', { count: chosen.length })}
        </button>
      </div>
      <Virtual items={rows} height={ROW} id={(w) => w.room} label={t('agent.tab.waiting')}>
        {(w) => {
          const busy = taking.value.has(w.room);
          const shut = w.profile_required || !!w.offered;
          const name = t('agent.customer', { id: w.room.slice(2, 8) });
          return (
            <div class="row waiting" data-waiting={w.room}>
              <input
                type="checkbox"
                aria-label={t('agent.check', { name })}
                disabled={shut}
                checked={checked.value.has(w.room)}
                onChange={(e) => {
                  const next = new Set(checked.value);
                  if (e.currentTarget.checked) next.add(w.room);
                  else next.delete(w.room);
                  checked.value = next;
                }}
              />
              <span class="about">
                <span class="top">
                  <span class="label">
                    {(w.priority ?? 0) > 0 && <span class="grade VIP">{t('agent.priority')}</span>}
                    <span class="who">{name}</span>
                  </span>
                </span>
                <span class="bottom">
                  <span class="wait">
                    <Ticking since={Date.parse(w.requested_at)} />
                  </span>
                  <span class="last">{[has(`agent.channel.${w.channel}`) ? t(`agent.channel.${w.channel}` as Key) : '', categoryName(w.category ?? ''), w.profile_required ? t('agent.queue.locked') : w.offered ? t('agent.queue.offered') : ''].filter(Boolean).join(' · ')}</span>
                </span>
              </span>
              <button type="button" class="button small" disabled={shut || busy || !live} onClick={() => void take([w.room])}>
                {t(busy ? 'agent.taking' : 'agent.take')}
              </button>
            </div>
          );
        }}
      </Virtual>
    </>
  );
}

/** Without a name the inbox says the customer's key, which is no name. */
const nameOf = (o: Offer) => (o.customer && !o.customer.startsWith(`${who.value?.site}_`) ? o.customer : t('agent.customer', { id: (o.customer?.split('_').at(-1) ?? o.room.slice(2)).slice(0, 6) }));

/** A consultation that is offered: the seat is kept until the countdown ends. */
function OfferCard({ offer }: { offer: Offer }) {
  const busy = answering.value.has(offer.room) || status.value.phase !== 'live';
  return (
    <div class="offer" role="group" aria-label={t('agent.offer')} data-offer={offer.room}>
      <p role="alert">
        <b>{t('agent.offer')}</b> {nameOf(offer)}
      </p>
      <p class="left">
        {t('agent.offer.left')} <Left until={Date.parse(offer.until)} />
      </p>
      <div class="choices">
        <button class="button small" type="button" disabled={busy} onClick={() => void answer(offer, false)}>
          {t('agent.offer.decline')}
        </button>
        <button class="button small primary" type="button" disabled={busy} onClick={() => void answer(offer, true)}>
          {t('agent.offer.accept')}
        </button>
      </div>
    </div>
  );
}
