// What every report has: its data, the links to its files, tables, and terms that explain themselves.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Refused } from '../../client/frames';
import { language, t } from '../../text';
import { Icon } from '../../ui/parts';
import { report, reportFile } from '../api';
import { problemText } from '../filters';
import { leave, site } from '../store';

export type Query = Record<string, string | undefined>;

export interface Loaded<T> {
  data: T | undefined;
  problem: string;
}

/** A report, asked for anew when the query changes; the last one stands until the next is there. */
export function useReport<T>(name: string, q: Query | undefined): Loaded<T> {
  const state = useSignal<Loaded<T>>({ data: undefined, problem: '' });
  useEffect(() => {
    if (!q) return;
    let over = false;
    report(site(), name, q).then(
      (data) => !over && (state.value = { data, problem: '' }),
      (e) => {
        if (over) return;
        const r = e instanceof Refused ? e : new Refused({ code: 'internal' });
        if (r.code === 'unauthenticated') return leave(t('connection.stopped.4401'));
        state.value = { data: undefined, problem: r.code === 'forbidden' ? t('manager.problem.plan') : problemText(r.code, r.field) };
      },
    );
    return () => {
      over = true;
    };
  }, [name, JSON.stringify(q)]);
  return state.value;
}

export function Files({ name, q }: { name: string; q: Query }) {
  return (
    <span class="files">
      {(['csv', 'xlsx'] as const).map((ext) => (
        <a key={ext} class="button small" id={`export-${ext}`} href={reportFile(site(), name, ext, q)} download="">
          <Icon name="down" size={15} /> {ext.toUpperCase()}
        </a>
      ))}
    </span>
  );
}

/** What stands in the place of a report that is not there. */
export function State({ loaded, children }: { loaded: Loaded<unknown>; children: ComponentChildren }) {
  if (loaded.problem)
    return (
      <p class="nothing" role="alert">
        {loaded.problem}
      </p>
    );
  if (!loaded.data) return <p class="nothing">{t('manager.loading')}</p>;
  return <>{children}</>;
}

const numbers = new Map<string, Intl.NumberFormat>();
export function count(n: number): string {
  let f = numbers.get(language());
  if (!f) numbers.set(language(), (f = new Intl.NumberFormat(language())));
  return f.format(n);
}
/** Seconds as people read them; a mean without samples is a dash and not zero. */
export function seconds(s: number | null | undefined): string {
  if (s === null || s === undefined) return '-';
  if (s < 60) return t('manager.seconds', { n: s });
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  const rest = s % 60;
  return h > 0 ? t('manager.hms', { h, m, s: rest }) : t('manager.ms', { m, s: rest });
}

export interface TableColumn<T> {
  id: string;
  head: ComponentChildren;
  end?: boolean;
  cell(row: T): ComponentChildren;
}

export function Table<T>(p: { caption: string; columns: TableColumn<T>[]; rows: T[]; id(row: T): string; total?: T | undefined; over?(row: T, on: boolean): void }) {
  const line = (row: T, name: string) => (
    <tr key={name} data-line={name} {...(p.over ? { onMouseEnter: () => p.over!(row, true), onMouseLeave: () => p.over!(row, false) } : {})}>
      {p.columns.map((c, i) =>
        i === 0 ? (
          <th key={c.id} scope="row">
            {c.cell(row)}
          </th>
        ) : (
          <td key={c.id} class={c.end ? 'end' : ''}>
            {c.cell(row)}
          </td>
        ),
      )}
    </tr>
  );
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={p.caption}>
      <table>
        <caption class="sr">{p.caption}</caption>
        <thead>
          <tr>
            {p.columns.map((c) => (
              <th key={c.id} scope="col" class={c.end ? 'end' : ''}>
                {c.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {p.rows.length === 0 && (
            <tr>
              <td class="none" colSpan={p.columns.length}>
                {t('manager.report.none')}
              </td>
            </tr>
          )}
          {p.rows.map((r) => line(r, p.id(r)))}
        </tbody>
        {p.total && <tfoot>{line(p.total, 'total')}</tfoot>}
      </table>
    </div>
  );
}

/** A term with its definition: shown on hover and by keyboard, gone with Esc. */
export function Term({ text, tip }: { text: string; tip: string }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLSpanElement>(null);
  const show = () => {
    const b = box.current!;
    if (b.matches(':popover-open')) return;
    b.showPopover();
    const at = button.current!.getBoundingClientRect();
    b.style.left = `${Math.max(8, Math.min(at.left, innerWidth - b.offsetWidth - 8))}px`;
    b.style.top = `${at.bottom + 6 + b.offsetHeight < innerHeight ? at.bottom + 6 : at.top - b.offsetHeight - 6}px`;
  };
  const hide = () => box.current?.matches(':popover-open') && box.current.hidePopover();
  return (
    <span class="term-box" onMouseEnter={show} onMouseLeave={hide}>
      <button ref={button} class="term" type="button" aria-describedby={id} onFocus={show} onBlur={hide} onKeyDown={(e) => e.key === 'Escape' && (hide(), e.stopPropagation())} onClick={show}>
        {text}
      </button>
      <span ref={box} class="tip" id={id} role="tooltip" popover="manual">
        {tip}
      </span>
    </span>
  );
}

export function Card({ name, value, hint, id }: { name: ComponentChildren; value: ComponentChildren; hint?: ComponentChildren; id?: string }) {
  return (
    <div class="figure-card" {...(id ? { id } : {})}>
      <span class="name">{name}</span>
      <b>{value}</b>
      <span class="hint">{hint}</span>
    </div>
  );
}
