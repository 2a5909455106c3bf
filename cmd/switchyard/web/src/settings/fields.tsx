// The controls of settings, one for each kind. A control shows the value, says the change, and stays editable while it is
// refused: what was typed is never taken away.

import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { has, language, t, type Key } from '../text';
import { prepare } from '../ui/images';
import { Icon } from '../ui/parts';
import * as api from './api';
import type { Field as Setting, Unit } from './groups';
import { accountName, accounts, categories, categoryName, channels, complain, faults, same, setValue, settings, toast, valueOf } from './store';

export const number = (n: number) => new Intl.NumberFormat(language()).format(n);
export const unitText = (unit: Unit) => t(`unit.${unit}` as Key);
const idOf = (name: string) => `f-${name.replaceAll('.', '-')}`;
export const label = (name: string) => t(`set.${name}` as Key);
const hint = (name: string) => (has(`set.${name}.hint`) ? t(`set.${name}.hint` as Key) : '');
const word = (name: string, value: string) => t((has(`set.${name}.${value}`) ? `set.${name}.${value}` : `plan.${value}`) as Key);

/** A value as people read it; for defaults, the audit, and conflicts. */
export function valueText(f: Setting, v: any): string {
  if (f.kind === 'switch') return t(v ? 'value.on' : 'value.off');
  if (f.kind === 'off' && (v === null || v === 0) && v === f.none) return t('value.off');
  if (f.kind === 'number' || f.kind === 'off') return `${number(v)}${unitText(f.unit)}`;
  if (f.kind === 'choice') return word(f.name, v);
  if (f.kind === 'ramp') return v === null ? t('value.off') : `${t('ramp.rooms')} ${v.rooms} ${t('ramp.seconds')} ${v.seconds}${unitText('seconds')}`;
  if (f.kind === 'hours') return hoursText(v);
  if (f.kind === 'fields') return (v as string[]).map((x) => t(`profile.${x}` as Key)).join(', ');
  if (f.kind === 'origins') return (v as string[]).join(', ') || t('value.none');
  if (f.kind === 'accounts') return (v as string[]).length === 0 ? t('value.everybody') : (v as string[]).map(accountName).join(', ');
  if (v === null || v === '' || (typeof v === 'object' && Object.keys(v).length === 0)) return t('value.none');
  if (f.kind === 'priority' && same(v, { grade: {}, category: {} })) return t('value.none');
  if (f.kind === 'prices') return Object.entries(v).filter(([, won]) => won).map(([plan, won]) => `${t(`plan.${plan}` as Key)} ${number(won as number)}${unitText('won')}`).join(', ');
  return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

export function hoursText(h: api.DayHours): string {
  if (!h.open) return t('hours.closed');
  if (h.all_day) return t('hours.allday');
  return `${h.from}–${h.next_day ? `${t('hours.nextday')} ` : ''}${h.to}`;
}

/** One setting: its name and what it means, its control, and what the server said of the value. */
export function SettingField({ f }: { f: Setting }) {
  if (f.when && !f.when(valueOf)) return null;
  const value = valueOf(f.name);
  const fault = faults.value[f.name];
  const changed = !same(value, settings.value?.[f.name]);
  const group = !['text', 'area', 'number', 'url', 'time', 'date', 'zone', 'switch'].includes(f.kind) && !(f.kind === 'choice' && f.list);
  const id = idOf(f.name);
  const help = hint(f.name);
  const long = ['area', 'agents', 'priority', 'accounts'].includes(f.kind);
  const text = (
    <>
      {label(f.name)}
      {changed && <span class="changed" role="img" title={t('settings.changed')} aria-label={t('settings.changed')} />}
    </>
  );
  return (
    <div class={`setting${fault ? ' bad' : ''}${long ? ' long' : ''}`} role={group ? 'group' : undefined} aria-labelledby={group ? `${id}-label` : undefined} aria-describedby={`${id}-help`} data-setting={f.name}>
      <div class="what">
        {group ? <span class="label" id={`${id}-label`}>{text}</span> : <label class="label" for={id}>{text}</label>}
        <p class="hint" id={`${id}-help`}>
          {help}
          {help && ' '}
          {!['image', 'agents', 'priority', 'area'].includes(f.kind) && f.def !== '' && <span class="default">{t('settings.default', { value: valueText(f, f.def) })}</span>}
        </p>
      </div>
      <div class="control">
        <Control f={f} id={id} value={value} bad={fault !== undefined} change={(v) => setValue(f.name, v)} />
        <p class="problem" role="alert" id={`${id}-problem`}>
          {fault ?? ''}
        </p>
      </div>
    </div>
  );
}

interface ControlProps {
  f: Setting;
  id: string;
  value: any;
  bad: boolean;
  change(v: any): void;
}

function Control({ f, id, value, bad, change }: ControlProps) {
  const aria = { 'aria-invalid': bad, 'aria-describedby': bad ? `${id}-problem` : `${id}-help` } as const;
  switch (f.kind) {
    case 'text':
      return <input id={id} class="input wide" value={value ?? ''} maxLength={f.most} {...aria} onInput={(e) => change(e.currentTarget.value)} />;
    case 'area':
      return (
        <div class="area">
          <textarea id={id} class="input" rows={f.rows ?? 2} value={value ?? ''} {...aria} onInput={(e) => change(e.currentTarget.value)} />
          <p class="under">
            {f.places?.map((p) => (
              <button key={p} type="button" class="button small" onClick={() => change(`${value ?? ''}${p}`)}>
                {p}
              </button>
            ))}
            {value !== f.def && (
              <button type="button" class="button quiet small" onClick={() => change(f.def)}>
                {t('settings.todefault')}
              </button>
            )}
            <span class={`of${[...(value ?? '')].length > f.most ? ' over' : ''}`}>
              {[...(value ?? '')].length}/{number(f.most)}
            </span>
          </p>
        </div>
      );
    case 'switch':
      return (
        <span class="toggle-line">
          <input id={id} type="checkbox" role="switch" class="toggle" checked={value} {...aria} onChange={(e) => change(e.currentTarget.checked)} />
          <span aria-hidden="true">{t(value ? 'value.on' : 'value.off')}</span>
        </span>
      );
    case 'choice':
      if (f.list)
        return (
          <select id={id} class="input" value={value} {...aria} onChange={(e) => change(e.currentTarget.value)}>
            {f.of.map((x) => (
              <option key={x} value={x}>
                {word(f.name, x)}
              </option>
            ))}
          </select>
        );
      return (
        <div class="radios">
          {f.of.map((x) => (
            <label key={x}>
              <input type="radio" name={id} value={x} checked={value === x} onChange={() => change(x)} />
              <span>
                {word(f.name, x)}
                {has(`set.${f.name}.${x}.hint`) && <small>{t(`set.${f.name}.${x}.hint` as Key)}</small>}
              </span>
            </label>
          ))}
        </div>
      );
    case 'number':
      return (
        <span class="with-unit">
          <NumberInput id={id} value={value} {...aria} change={change} />
          <span>{unitText(f.unit)}</span>
        </span>
      );
    case 'off':
      return (
        <span class="with-unit">
          <label class="toggle-line">
            <input type="checkbox" role="switch" class="toggle" checked={value !== f.none} aria-label={t('value.use')} onChange={(e) => change(e.currentTarget.checked ? f.first : f.none)} />
          </label>
          {value === f.none ? (
            <span>{t('value.off')}</span>
          ) : (
            <>
              <NumberInput id={id} label={label(f.name)} value={value} {...aria} {...(f.step ? { step: f.step } : {})} change={change} />
              <span>{unitText(f.unit)}</span>
              <span class="hint">{t('settings.range', { least: number(f.least), most: number(f.most) })}</span>
            </>
          )}
        </span>
      );
    case 'url':
      return <input id={id} class="input wide" type="url" placeholder="https://" value={value ?? ''} {...aria} onInput={(e) => change(e.currentTarget.value.trim() === '' ? null : e.currentTarget.value.trim())} />;
    case 'time':
      return <input id={id} class="input" type="time" value={value} {...aria} onInput={(e) => change(e.currentTarget.value)} />;
    case 'date':
      return <input id={id} class="input" type="date" value={value} {...aria} onInput={(e) => change(e.currentTarget.value)} />;
    case 'zone':
      return <ZoneInput id={id} value={value} aria={aria} change={change} />;
    case 'hours':
      return <HoursInput id={id} value={value} change={change} />;
    case 'accounts':
      return <AccountsInput values={value} change={change} />;
    case 'agents':
      return <AgentsOf of={f.of} value={value} change={change} />;
    case 'priority':
      return <Priority value={value} change={change} />;
    case 'ramp':
      return <Ramp value={value} change={change} />;
    case 'prices':
      return (
        <div class="prices">
          {Object.keys(f.def as object).map((plan) => (
            <label key={plan}>
              <span>{t(`plan.${plan}` as Key)}</span>
              <span class="with-unit">
                <NumberInput value={value?.[plan] ?? 0} change={(won) => change({ ...value, [plan]: won })} />
                <span>{unitText('won')}</span>
              </span>
            </label>
          ))}
        </div>
      );
    case 'image':
      return <ImageInput id={id} value={value} change={change} />;
    case 'fields':
      return <FieldsInput value={value} change={change} />;
    case 'origins':
      return <Origins id={id} value={value} bad={bad} change={change} />;
  }
}

/** A whole number. What is no number stays in the box, and the server says what is wrong with it. */
export function NumberInput(p: { id?: string; label?: string; value: any; step?: number; 'aria-invalid'?: boolean; 'aria-describedby'?: string; change(v: any): void }) {
  return (
    <input
      class="input number"
      inputMode="numeric"
      autocomplete="off"
      {...(p.id ? { id: p.id } : {})}
      {...(p.label ? { 'aria-label': p.label } : {})}
      aria-invalid={p['aria-invalid'] ?? false}
      aria-describedby={p['aria-describedby']}
      value={String(p.value ?? '')}
      onKeyDown={(e) => {
        if (!p.step || (e.key !== 'ArrowUp' && e.key !== 'ArrowDown')) return;
        e.preventDefault();
        p.change(Math.max(0, (Number(p.value) || 0) + (e.key === 'ArrowUp' ? p.step : -p.step)));
      }}
      onInput={(e) => {
        const text = e.currentTarget.value.replaceAll(',', '').trim();
        p.change(/^-?\d{1,15}$/.test(text) ? Number(text) : text);
      }}
    />
  );
}

const zones = (Intl as unknown as { supportedValuesOf?(k: string): string[] }).supportedValuesOf?.('timeZone') ?? ['Asia/Seoul'];
export function ZoneInput({ id, value, aria, change }: { id: string; value: string; aria?: object; change(v: string): void }) {
  return (
    <>
      <input id={id} class="input wide" list={`${id}-list`} autocomplete="off" spellcheck={false} value={value ?? ''} {...aria} onInput={(e) => change(e.currentTarget.value.trim())} />
      <datalist id={`${id}-list`}>
        {zones.map((z) => (
          <option key={z} value={z} />
        ))}
      </datalist>
    </>
  );
}

/** A day of the week or a registered date: closed, the whole day, or from–to, with the end on the next day. */
export function HoursInput({ id, value, change }: { id: string; value: api.DayHours; change(v: api.DayHours): void }) {
  const kind = !value.open ? 'closed' : value.all_day ? 'allday' : 'span';
  const span = (part: Partial<api.DayHours>) => {
    const next: api.DayHours = { open: true, from: value.from ?? '09:00', to: value.to ?? '18:00', ...(value.next_day ? { next_day: true } : {}), ...part };
    if (!next.next_day) delete next.next_day;
    return next;
  };
  return (
    <div class="hours">
      <select id={id} class="input" aria-label={t('hours.kind')} value={kind} onChange={(e) => change(e.currentTarget.value === 'closed' ? { open: false } : e.currentTarget.value === 'allday' ? { open: true, all_day: true } : span({}))}>
        <option value="span">{t('hours.span')}</option>
        <option value="allday">{t('hours.allday')}</option>
        <option value="closed">{t('hours.closed')}</option>
      </select>
      {kind === 'span' && (
        <>
          <input class="input" type="time" aria-label={t('hours.from')} value={value.from} onInput={(e) => change(span({ from: e.currentTarget.value }))} />
          <span aria-hidden="true">–</span>
          <input class="input" type="time" aria-label={t('hours.to')} value={value.to === '24:00' ? '00:00' : value.to} onInput={(e) => change(span({ to: e.currentTarget.value }))} />
          <label class="check">
            <input type="checkbox" checked={value.next_day ?? false} onChange={(e) => change(span({ next_day: e.currentTarget.checked }))} />
            {t('hours.nextday')}
          </label>
        </>
      )}
    </div>
  );
}

/** Several accounts out of those that consult. */
export function AccountsInput({ values, change, small }: { values: string[]; change(v: string[]): void; small?: boolean }) {
  const who = accounts.value.filter((a) => (a.consulting && !a.disabled) || values.includes(a.id));
  return (
    <div class={`checks${small ? ' small' : ''}`}>
      {who.map((a) => (
        <label key={a.id} class="check">
          <input type="checkbox" checked={values.includes(a.id)} onChange={(e) => change(e.currentTarget.checked ? [...values, a.id] : values.filter((x) => x !== a.id))} />
          {a.name} <small>{a.id}</small>
        </label>
      ))}
      {small && values.length === 0 && <p class="hint">{t('accounts.nobody')}</p>}
    </div>
  );
}

function AgentsOf({ of, value, change }: { of: 'categories' | 'channels'; value: Record<string, string[]>; change(v: Record<string, string[]>): void }) {
  const rows = of === 'categories' ? categories.value.filter((c) => !c.unused || c.id in value).map((c) => ({ id: c.id, name: categoryName(c.id) })) : channels.value.map((c) => ({ id: c.id, name: c.name }));
  const set = (id: string, list: string[]) => {
    const next = { ...value, [id]: list };
    if (list.length === 0) delete next[id];
    change(next);
  };
  if (rows.length === 0) return <p class="hint">{t('settings.nothing')}</p>;
  return (
    <ul class="map">
      {rows.map((r) => (
        <li key={r.id} role="group" aria-label={r.name}>
          <b>{r.name}</b>
          <AccountsInput small values={value[r.id] ?? []} change={(list) => set(r.id, list)} />
        </li>
      ))}
    </ul>
  );
}

type Classes = { grade: Record<string, number>; category: Record<string, number> };
function Priority({ value, change }: { value: Classes; change(v: Classes): void }) {
  const classes = [...Array(10).keys()];
  const put = (of: 'grade' | 'category', id: string, n: number) => {
    const next = { ...value[of], [id]: n };
    if (n === 0) delete next[id];
    change({ ...value, [of]: next });
  };
  const one = (of: 'grade' | 'category', id: string, name: string) => (
    <label key={`${of}-${id}`}>
      <span>{name}</span>
      <select class="input" value={value[of][id] ?? 0} onChange={(e) => put(of, id, Number(e.currentTarget.value))}>
        {classes.map((n) => (
          <option key={n} value={n}>
            {n === 0 ? t('priority.none') : t('priority.class', { class: n })}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div class="prices">
      {['VIP', 'BLACKLIST'].map((g) => one('grade', g, t(`agent.grade.${g}` as Key)))}
      {categories.value.filter((c) => !c.unused || c.id in value.category).map((c) => one('category', c.id, categoryName(c.id)))}
    </div>
  );
}

function Ramp({ value, change }: { value: { rooms: number; seconds: number } | null; change(v: any): void }) {
  return (
    <span class="with-unit">
      <input type="checkbox" role="switch" class="toggle" checked={value !== null} aria-label={t('value.use')} onChange={(e) => change(e.currentTarget.checked ? { rooms: 3, seconds: 60 } : null)} />
      {value === null ? (
        <span>{t('value.off')}</span>
      ) : (
        <>
          <label class="with-unit">
            <span>{t('ramp.rooms')}</span>
            <NumberInput value={value.rooms} change={(rooms) => change({ ...value, rooms })} />
          </label>
          <label class="with-unit">
            <span>{t('ramp.seconds')}</span>
            <NumberInput value={value.seconds} change={(seconds) => change({ ...value, seconds })} />
            <span>{unitText('seconds')}</span>
          </label>
        </>
      )}
    </span>
  );
}

export function ImageInput({ id, value, change }: { id: string; value: string | null; change(v: string | null): void }) {
  const busy = useSignal(false);
  const file = useRef<HTMLInputElement>(null);
  const take = async (f: File | undefined) => {
    if (!f) return;
    busy.value = true;
    try {
      // A file within the limits goes up as it is: the Kakao rule counts pixels, and a redrawn image would have others.
      const ready = await prepare(f);
      if (typeof ready === 'string') return toast(t(ready === 'too_large' ? 'error.too_large' : 'error.unsupported_type'), 'problem');
      change(await api.upload(ready));
    } catch (e) {
      complain(e);
    } finally {
      busy.value = false;
      if (file.current) file.current.value = '';
    }
  };
  return (
    <div class="image">
      {value && <img src={api.fileURL(value)} alt={t('image.now')} />}
      <div class="row">
        <input ref={file} id={id} class="sr" type="file" accept="image/jpeg,image/png" tabIndex={-1} aria-hidden="true" onChange={(e) => void take(e.currentTarget.files?.[0])} />
        <button type="button" class="button small" disabled={busy.value} onClick={() => file.current?.click()}>
          {t(busy.value ? 'image.busy' : value ? 'image.change' : 'image.pick')}
        </button>
        {value && (
          <button type="button" class="button quiet small" onClick={() => change(null)}>
            {t('image.remove')}
          </button>
        )}
        <span class="hint">{t('image.limit')}</span>
      </div>
    </div>
  );
}

const FIELDS = ['NAME', 'PHONE', 'EMAIL', 'BIRTH', 'ADDRESS'];
function FieldsInput({ value, change }: { value: string[]; change(v: string[]): void }) {
  const move = (i: number, by: number) => {
    const next = [...value];
    [next[i], next[i + by]] = [next[i + by]!, next[i]!];
    change(next);
  };
  return (
    <ul class="fields">
      {[...value, ...FIELDS.filter((x) => !value.includes(x))].map((x) => {
        const i = value.indexOf(x);
        const name = t(`profile.${x}` as Key);
        return (
          <li key={x}>
            <label class="check">
              <input type="checkbox" checked={i >= 0} onChange={(e) => change(e.currentTarget.checked ? [...value, x] : value.filter((y) => y !== x))} />
              {name}
            </label>
            {i >= 0 && (
              <span class="moves">
                <button type="button" class="button quiet small" disabled={i === 0} aria-label={t('move.up', { name })} onClick={() => move(i, -1)}>
                  ↑
                </button>
                <button type="button" class="button quiet small" disabled={i === value.length - 1} aria-label={t('move.down', { name })} onClick={() => move(i, 1)}>
                  ↓
                </button>
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Origins({ id, value, bad, change }: { id: string; value: string[]; bad: boolean; change(v: string[]): void }) {
  return (
    <div class="area">
      <textarea id={id} class="input mono" rows={Math.max(2, value.length + 1)} aria-label={label('origins')} spellcheck={false} placeholder="https://shop.example" aria-invalid={bad} defaultValue={value.join('\n')} onInput={(e) => change(e.currentTarget.value.split('\n').map((x) => x.trim()).filter(Boolean))} />
    </div>
  );
}

/** A labelled control of a form in a dialog, with what the server said of it. */
export function Row(p: { id: string; label: string; hint?: string; fault?: string | undefined; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={p.id}>{p.label}</label>
      {p.children}
      {p.hint && <p class="hint">{p.hint}</p>}
      {p.fault && (
        <p class="problem" role="alert">
          {p.fault}
        </p>
      )}
    </div>
  );
}

/** Focuses the first refused field. */
export function useFocusOnFault(bad: Record<string, string>, root: string): void {
  const seen = useRef(bad);
  useEffect(() => {
    if (bad === seen.current) return;
    seen.current = bad;
    if (Object.keys(bad).length > 0) document.querySelector<HTMLElement>(`${root} .bad input, ${root} .bad textarea, ${root} .bad select, ${root} [aria-invalid='true']`)?.focus();
  }, [bad]);
}

export const Warn = ({ children }: { children: ComponentChildren }) => (
  <p class="warnline">
    <Icon name="warn" size={16} />
    <span>{children}</span>
  </p>
);
