// Small parts of the manager's pages.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { has, t, type Key } from '../text';
import { now } from '../ui/now';
import { Icon } from '../ui/parts';
import { span } from '../ui/time';
import { whole } from '../ui/zone';
import { gradeOf } from './store';

export const channelName = (c: string) => (has(`agent.channel.${c}`) ? t(`agent.channel.${c}` as Key) : c);
/** A customer's key, short enough to be read: what the node made up for somebody without an ID is cut. */
export function customerName(key: string): string {
  const own = key.slice(key.indexOf('_') + 1);
  return own.length > 16 ? t('agent.customer', { id: own.slice(0, 6) }) : own;
}
export const stateName = (s: string) => (has(`manager.state.${s}`) ? t(`manager.state.${s}` as Key) : s);

/** How long somebody waits, with a word and a shape where it is long: colour alone says nothing. */
export function Waits({ since, plain }: { since: string | undefined; plain?: string }) {
  const at = Date.parse(since ?? '') || 0;
  if (!at) return <span class="faint">{plain ?? '–'}</span>;
  const grade = gradeOf(at);
  return (
    <span class={`waits-for ${grade}`} title={whole(at)}>
      {grade && <Icon name={grade === 'late' ? 'warn' : 'alarm'} size={14} />}
      {grade && <span class="sr">{t(grade === 'late' ? 'manager.sla.late' : 'manager.sla.long')}</span>}
      <span class="ticking">{span(now.value - at)}</span>
    </span>
  );
}

/** 3/5 as a bar and as figures; without a limit only figures. */
export function Load({ load, limit }: { load: number; limit: number }) {
  const part = limit > 0 ? Math.min(1, load / limit) : 0;
  return (
    <span class="load">
      {limit > 0 && (
        <span class={`bar${part >= 1 ? ' full' : ''}`} aria-hidden="true">
          <i style={{ inlineSize: `${part * 100}%` }} />
        </span>
      )}
      <span class="figure">{limit > 0 ? `${load}/${limit}` : load}</span>
    </span>
  );
}

export function StateBadge({ state, waits }: { state: string; waits?: boolean | undefined }) {
  const shown = state === 'ACTIVE' && waits !== undefined ? (waits ? 'INQUIRY' : 'ANSWERED') : state;
  return <span class={`badge state ${shown}`}>{stateName(shown)}</span>;
}

/** What an agent is, in one word, with a dot whose shape says the same. */
export function Want({ want, onDuty, state, conn }: { want: string | undefined; onDuty: boolean | undefined; state?: string | undefined; conn?: string | undefined }) {
  const away = conn === 'down' && (want || 'online') === 'online';
  const kind = onDuty === false ? (state === 'BREAK' ? 'break' : 'off') : away ? 'off' : want || 'online';
  const text = onDuty === false ? t(state === 'BREAK' ? 'manager.duty.break' : 'manager.duty.off') : away ? t('manager.duty.away') : t(`agent.want.${kind}` as Key);
  return <span class={`dot ${kind}`}>{text}</span>;
}

/** Whether a socket lives; that it does not is bad only where rooms are open. */
export function Conn({ conn, load }: { conn: string | undefined; load: number }) {
  const kind = conn || 'down';
  return <span class={`conn ${kind}${kind !== 'up' && load > 0 ? ' bad' : ''}`}>{t(`manager.conn.${kind}` as Key)}</span>;
}

/** What was pressed has gone with the list that it stood in: the heading of what came takes the focus. */
export function useArrival<T extends HTMLElement>() {
  const at = useRef<T>(null);
  useLayoutEffect(() => {
    if (document.activeElement === document.body || document.activeElement === null) at.current?.focus({ preventScroll: true });
  }, []);
  return at;
}
