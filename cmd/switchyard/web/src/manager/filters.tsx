// What a list or a report is asked for: all of it stands in the address.

import type { ComponentChildren } from 'preact';
import { has, t, type Key } from '../text';
import { now } from '../ui/now';
import { dayOf } from '../ui/time';
import { channelName } from './bits';
import { go, here, route } from './route';
import { accounts, kinds } from './store';

const DAY = 24 * 3600_000;
/** So many days before a day of the calendar, which knows no clocks put forward or back. */
const before = (day: string, days: number) => new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY).toISOString().slice(0, 10);
export const PRESETS = ['today', 'yesterday', 'week', 'month', 'quarter', 'half', 'year', 'this-month', 'custom'] as const;
export type Preset = (typeof PRESETS)[number];

/** The days of a preset in the site's zone, both inclusive. */
export function daysOf(preset: string, q: Readonly<Record<string, string>>, at = now.peek()): { from: string; to: string } | undefined {
  const today = dayOf(at);
  const back = (days: number) => ({ from: before(today, days - 1), to: today });
  switch (preset) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: before(today, 1), to: before(today, 1) };
    case 'week':
      return back(7);
    case 'month':
      return back(31);
    case 'quarter':
      return back(92);
    case 'half':
      return back(183);
    case 'year':
      return back(366);
    case 'this-month':
      return { from: `${today.slice(0, 8)}01`, to: today };
    case 'custom':
      return q['from'] && q['to'] ? { from: q['from'], to: q['to'] } : undefined;
    default:
      return undefined;
  }
}

const set = (change: Record<string, string | undefined>) => go(here(change), true);

export function Period(p: { presets: readonly Preset[]; value: string; any?: boolean }) {
  const q = route.value.q;
  const days = daysOf(p.value, q);
  return (
    <>
      <label class="filter">
        <span>{t('manager.period')}</span>
        <select id="period" value={p.value} onChange={(e) => set({ period: e.currentTarget.value, ...(e.currentTarget.value === 'custom' ? { from: days?.from ?? before(dayOf(now.peek()), 6), to: days?.to ?? dayOf(now.peek()) } : { from: undefined, to: undefined }) })}>
          {p.any && <option value="any">{t('manager.period.any')}</option>}
          {p.presets.map((x) => (
            <option key={x} value={x}>
              {t(`manager.period.${x}` as Key)}
            </option>
          ))}
        </select>
      </label>
      {p.value === 'custom' && (
        <>
          <label class="filter">
            <span>{t('manager.from')}</span>
            <input type="date" id="from" value={q['from'] ?? ''} max={q['to'] ?? ''} onChange={(e) => e.currentTarget.value && set({ from: e.currentTarget.value })} />
          </label>
          <label class="filter">
            <span>{t('manager.to')}</span>
            <input type="date" id="to" value={q['to'] ?? ''} min={q['from'] ?? ''} onChange={(e) => e.currentTarget.value && set({ to: e.currentTarget.value })} />
          </label>
        </>
      )}
    </>
  );
}

export function Choice(p: { name: string; label: string; value: string; options: { value: string; text: string }[]; any?: string }) {
  return (
    <label class="filter">
      <span>{p.label}</span>
      <select id={`filter-${p.name}`} value={p.value} onChange={(e) => set({ [p.name]: e.currentTarget.value || undefined })}>
        {p.any !== undefined && <option value="">{p.any}</option>}
        {p.options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function AgentChoice() {
  const list = accounts.value.filter((a) => a.consulting || a.role === 'AGENT').map((a) => ({ value: a.id, text: a.name }));
  return <Choice name="agent" label={t('manager.agent')} value={route.value.q['agent'] ?? ''} any={t('manager.all')} options={list} />;
}
export function ChannelChoice() {
  return <Choice name="channel" label={t('agent.fact.channel')} value={route.value.q['channel'] ?? ''} any={t('manager.all')} options={['WEB', 'KAKAO', 'NAVER'].map((c) => ({ value: c, text: channelName(c) }))} />;
}
export function CategoryChoice() {
  const tops = kinds.value.filter((k) => k.level === 1);
  const list = tops.flatMap((k) => [{ value: k.id, text: k.name }, ...kinds.value.filter((b) => b.parent === k.id).map((b) => ({ value: b.id, text: `${k.name} › ${b.name}` }))]);
  return <Choice name="category" label={t('agent.category')} value={route.value.q['category'] ?? ''} any={t('manager.all')} options={list} />;
}
export function EndChoice() {
  return <Choice name="ended_by" label={t('manager.ended.by')} value={route.value.q['ended_by'] ?? ''} any={t('manager.all')} options={['AGENT', 'CUSTOMER', 'MANAGER', 'AUTO'].map((x) => ({ value: x, text: t(`manager.ended.${x}` as Key) }))} />;
}

export function Filters({ children, beside }: { children: ComponentChildren; beside?: ComponentChildren }) {
  return (
    <div class="filters" role="search" aria-label={t('manager.filters')}>
      {children}
      <span class="spring" />
      {beside}
    </div>
  );
}

/** Why a report cannot be had, in the reader's words. */
export const problemText = (code: string, field?: string) => (code === 'bad_request' && field && has(`manager.problem.${field}`) ? t(`manager.problem.${field}` as Key) : has(`error.${code}`) ? t(`error.${code}` as Key) : t('error.internal'));
