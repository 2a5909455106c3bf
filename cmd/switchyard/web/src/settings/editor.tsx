// What the lists of things share: a dialog that edits one of them and shows refusals at their fields, and a switch in a row.

import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { t } from '../text';
import { Dialog } from '../ui/parts';
import { complain, said } from './store';

export interface Form<T> {
  value: T;
  set(part: Partial<T>): void;
  fault(field: string): string | undefined;
  /** What a control of the field needs to be labelled and marked. */
  at(field: string): { id: string; 'aria-invalid': boolean };
}

/** A dialog with a form. `save` may throw a refusal: its field is marked, anything else is said above the buttons. */
export function Editor<T extends object>(p: { id: string; title: string; first: T; wide?: boolean; yes?: string; danger?: boolean; save(v: T): Promise<void>; check?(v: T): { field: string; text: string } | undefined; close(): void; rename?: Record<string, string>; children(form: Form<T>): ComponentChildren }) {
  const value = useSignal(p.first);
  const faults = useSignal<Record<string, string>>({});
  const problem = useSignal('');
  const busy = useSignal(false);
  const shown: Signal<Set<string>> = useSignal(new Set());
  const form: Form<T> = {
    value: value.value,
    set: (part) => {
      value.value = { ...value.value, ...part };
      faults.value = Object.fromEntries(Object.entries(faults.value).filter(([f]) => !(f in part)));
    },
    fault: (field) => {
      shown.value.add(field);
      return faults.value[field];
    },
    at: (field) => ({ id: `${p.id}-${field}`, 'aria-invalid': field in faults.value }),
  };
  return (
    <Dialog id={`${p.id}-dialog`} title={p.title} wide={p.wide ?? false} close={p.close}>
      <form
        id={p.id}
        class="editor"
        noValidate
        onSubmit={async (e) => {
          e.preventDefault();
          if (busy.value) return;
          problem.value = '';
          const wrong = p.check?.(value.value); // what only the page can know
          faults.value = wrong ? { [wrong.field]: wrong.text } : {};
          if (wrong) return queueMicrotask(() => document.querySelector<HTMLElement>(`#${p.id} [aria-invalid='true']`)?.focus());
          busy.value = true;
          try {
            await p.save(value.value);
            p.close();
          } catch (x) {
            const s = said(x);
            const field = p.rename?.[s.field] ?? s.field;
            if (field && shown.value.has(field)) {
              faults.value = { [field]: s.text };
              queueMicrotask(() => document.querySelector<HTMLElement>(`#${p.id} [aria-invalid='true']`)?.focus());
            } else problem.value = s.text;
          } finally {
            busy.value = false;
          }
        }}
      >
        {p.children(form)}
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <div class="choices">
          <button class="button" type="button" onClick={p.close}>
            {t('dialog.cancel')}
          </button>
          <button class={`button ${p.danger ? 'danger' : 'primary'}`} type="submit" disabled={busy.value}>
            {t(busy.value ? 'settings.saving' : 'settings.save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** A labelled control of an editor, with what the server said of it. */
export function Line<T>(p: { form: Form<T>; name: string; label: string; hint?: string; children: ComponentChildren }) {
  const fault = p.form.fault(p.name);
  return (
    <div class={`field${fault ? ' bad' : ''}`}>
      <label for={p.form.at(p.name).id}>{p.label}</label>
      {p.children}
      {p.hint && <p class="hint">{p.hint}</p>}
      {fault && (
        <p class="problem" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}

export function Check(p: { id: string; label: string; hint?: string; checked: boolean; disabled?: boolean; change(on: boolean): void }) {
  return (
    <label class="toggle-row" for={p.id}>
      <input id={p.id} type="checkbox" role="switch" class="toggle" checked={p.checked} disabled={p.disabled ?? false} onChange={(e) => p.change(e.currentTarget.checked)} />
      <span>
        {p.label}
        {p.hint && <small>{p.hint}</small>}
      </span>
    </label>
  );
}

/** A switch of a row in a table: it goes back where the server refuses. */
export function RowSwitch(p: { label: string; checked: boolean; disabled?: boolean; change(on: boolean): Promise<unknown> }) {
  const wanted = useSignal<boolean | undefined>(undefined); // while the server has not answered
  return (
    <input
      type="checkbox"
      role="switch"
      class="toggle"
      aria-label={p.label}
      checked={wanted.value ?? p.checked}
      disabled={p.disabled ?? false}
      onChange={async (e) => {
        const box = e.currentTarget;
        wanted.value = box.checked;
        try {
          await p.change(box.checked);
        } catch (x) {
          complain(x);
          box.checked = p.checked;
        } finally {
          wanted.value = undefined;
        }
      }}
    />
  );
}

/** A table that scrolls by itself where the page is narrow. */
export function Table(p: { label: string; heads: ComponentChildren[]; children: ComponentChildren; empty?: string | false }) {
  return (
    <div class="table" role="group" aria-label={p.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {p.heads.map((h, i) => (
              <th key={i} scope="col">
                {h === '' ? <span class="sr">{t('list.acts')}</span> : h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{p.children}</tbody>
      </table>
      {p.empty && <p class="empty">{p.empty}</p>}
    </div>
  );
}
