// The right column: the room's facts, the customer, and the customer's history (domain 18).

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Refused } from '../client/frames';
import { type Customer, type Past, changeCustomerID, editCustomer } from '../client/desk';
import { errorText, has, t, type Key } from '../text';
import { span } from '../ui/time';
import { Confirm, Icon, Tags, When } from '../ui/parts';
import { prefs, setPref, uncover } from './prefs';
import { type Room, categoryName, changedCustomer, here, loadInfo, loadPast, now, toast, who } from './store';

const TABS = ['room', 'customer', 'history'] as const;
const FIELDS = ['name', 'phone', 'email', 'birth', 'address'] as const;

export function Side({ room }: { room: Room }) {
  void room.version.value;
  const tabs = useRef<HTMLDivElement>(null);
  const wanted = prefs.value.sideTab || here.value?.default_tab || 'history';
  const tab = TABS.find((x) => x === wanted) ?? 'history';
  useEffect(() => {
    void loadInfo(room);
    if (tab === 'history') void loadPast(room);
  }, [room, tab, room.customerKey]);
  const go = (by: number) => {
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length]!;
    setPref({ sideTab: next });
    tabs.current?.querySelector<HTMLElement>(`[data-side=${next}]`)?.focus();
  };
  return (
    <aside class="side" aria-label={t('agent.side')}>
      <button class="button quiet small icon uncover" type="button" aria-label={t('dialog.close')} onClick={uncover}>
        <Icon name="end" size={16} />
      </button>
      <div
        class="tabs"
        role="tablist"
        aria-label={t('agent.side')}
        ref={tabs}
        onKeyDown={(e) => {
          if (e.altKey || e.ctrlKey || e.metaKey) return;
          if (e.key === 'ArrowRight') go(1);
          else if (e.key === 'ArrowLeft') go(-1);
          else return;
          e.preventDefault();
        }}
      >
        {TABS.map((x) => (
          <button key={x} type="button" role="tab" data-side={x} id={`side-${x}`} aria-selected={x === tab} aria-controls="side-panel" tabIndex={x === tab ? 0 : -1} onClick={() => setPref({ sideTab: x })}>
            {t(`agent.side.${x}`)}
            {x === 'history' && (room.past?.total ?? room.info?.history_count ?? 0) > 0 && <span class="count">{room.past?.total ?? room.info?.history_count}</span>}
          </button>
        ))}
      </div>
      <div class="side-panel" id="side-panel" role="tabpanel" aria-labelledby={`side-${tab}`} tabIndex={0}>
        {tab === 'room' ? <Facts room={room} /> : tab === 'customer' ? room.profile ? <Person key={room.customerKey} room={room} who={room.profile} /> : <p class="none">{t('agent.customer.none')}</p> : <History room={room} />}
      </div>
    </aside>
  );
}

function Fact({ name, value }: { name: string; value: ComponentChildren }) {
  if (value === undefined || value === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Facts({ room }: { room: Room }) {
  void room.version.value;
  const s = room.t.summary;
  const i = room.info;
  const since = Date.parse(s.createdAt);
  const length = i?.total_seconds !== undefined ? i.total_seconds * 1000 : since && !room.ended ? now.value - since : undefined;
  return (
    <dl class="facts">
      <Fact name={t('agent.fact.number')} value={i?.number} />
      <Fact name={t('agent.fact.agent')} value={i?.agent || s.agent} />
      <Fact name={t('agent.fact.agents')} value={i?.agents} />
      <Fact name={t('agent.fact.customer')} value={i?.customer_key || s.customer} />
      <Fact name={t('agent.fact.channel')} value={has(`agent.channel.${s.channel}`) ? t(`agent.channel.${s.channel}` as Key) : s.channel} />
      <Fact name={t('agent.category')} value={[categoryName(s.category), s.category3].filter(Boolean).join(' › ')} />
      <Fact name={t('agent.fact.history')} value={i?.history_count === undefined ? undefined : t('agent.fact.rooms', { count: i.history_count })} />
      <Fact name={t('agent.fact.started')} value={s.createdAt && <When at={s.createdAt} />} />
      <Fact name={t('agent.fact.requested')} value={s.requestedAt && <When at={s.requestedAt} />} />
      <Fact name={t('agent.fact.closed')} value={s.closedAt && <When at={s.closedAt} />} />
      <Fact name={t('agent.fact.length')} value={length === undefined ? undefined : span(length)} />
      {Object.entries(i?.params ?? {}).map(([k, v]) => (
        <Fact key={k} name={k} value={v} />
      ))}
    </dl>
  );
}

/** What is known of the customer, to be corrected; the verified mobile only by verifying again (domain 18.3). */
function Person({ room, who: c }: { room: Room; who: Customer }) {
  const busy = useSignal(false);
  const problems = useSignal<Record<string, string>>({});
  const merging = useSignal('');
  const form = useRef<HTMLFormElement>(null);
  const dirty = useSignal(false);

  const put = async (change: Record<string, unknown>): Promise<boolean> => {
    busy.value = true;
    try {
      changedCustomer(room, await editCustomer(who.value!.site, c.customer_key, change));
      return true;
    } catch (e) {
      complain(e);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const complain = (e: unknown) => {
    const why = e instanceof Refused ? e : undefined;
    const field = why?.field?.split('.')[0] ?? '';
    const text = field && has(`profile.error.${field.toUpperCase()}`) ? t(`profile.error.${field.toUpperCase()}` as Key) : errorText(why?.code ?? 'internal');
    if (field) problems.value = { [field]: text };
    else toast(text, 'problem');
  };
  const save = async () => {
    const data = new FormData(form.current!);
    const change: Record<string, unknown> = {};
    for (const f of [...FIELDS, 'note'] as const) {
      const value = String(data.get(f) ?? '').trim();
      if (value !== (c[f]?.value ?? '')) change[f] = value;
    }
    problems.value = {};
    if (Object.keys(change).length > 0 && !(await put(change))) return;
    const id = String(data.get('customer_id')).trim();
    if (id !== '' && id !== c.customer_id) return rename(id, false);
    dirty.value = false;
    toast(t('agent.customer.saved'));
  };
  const rename = async (id: string, confirm: boolean) => {
    busy.value = true;
    try {
      changedCustomer(room, await changeCustomerID(who.value!.site, c.customer_key, id, confirm));
      dirty.value = false;
      toast(t(confirm ? 'agent.merge.done' : 'agent.customer.saved'));
    } catch (e) {
      if (e instanceof Refused && e.code === 'conflict' && e.field === 'confirm') merging.value = id;
      else complain(e);
    } finally {
      busy.value = false;
    }
  };
  const field = (name: 'customer_id' | (typeof FIELDS)[number] | 'note', label: string, value: string, more: object = {}) => (
    <label class="field" key={name}>
      <span>{label}</span>
      {name === 'note' ? (
        <textarea name={name} id={`customer-${name}`} rows={3} maxLength={500} defaultValue={value} onInput={() => (dirty.value = true)} />
      ) : (
        <input name={name} id={`customer-${name}`} defaultValue={value} autocomplete="off" aria-invalid={!!problems.value[name]} onInput={() => (dirty.value = true)} {...more} />
      )}
      {problems.value[name] && (
        <span class="problem" role="alert">
          {problems.value[name]}
        </span>
      )}
    </label>
  );
  const v = c.verified_mobile;
  return (
    <>
      <div class="grade-line">
        <label class="field">
          <span>{t('agent.grade')}</span>
          <select id="grade" value={c.grade} disabled={busy.value} onChange={(e) => void put({ grade: e.currentTarget.value })}>
            {(['NONE', 'VIP', 'BLACKLIST'] as const).map((g) => (
              <option key={g} value={g}>
                {t(`agent.grade.${g}`)}
              </option>
            ))}
          </select>
        </label>
        <label class="switch">
          <input type="checkbox" role="switch" id="blocked" checked={c.blocked} disabled={busy.value} onChange={(e) => void put({ blocked: e.currentTarget.checked })} />
          <span>{t('agent.blocked')}</span>
        </label>
      </div>
      {c.blocked && (
        <label class="field">
          <span>{t('agent.blocked.why')}</span>
          <input id="block-reason" maxLength={200} autocomplete="off" defaultValue={c.block_reason ?? ''} onChange={(e) => void put({ block_reason: e.currentTarget.value.trim() })} />
          {c.blocked_at && (
            <span class="hint">
              <When at={c.blocked_at} /> · {c.blocked_by}
            </span>
          )}
        </label>
      )}
      <div class="field">
        <span>{t('agent.tags.customer')}</span>
        <Tags id="customer-tag" label={t('agent.tags.customer')} values={c.tags ?? []} most={100} length={20} change={(tags) => void put({ tags })} />
      </div>
      {v && (
        <details class="verified-line">
          <summary>
            {t('agent.verified.mobile')} <b>{v.number}</b> <span class="badge ok">{t('agent.verified')}</span>
          </summary>
          <p class="hint">
            {has(`agent.means.${v.means}`) ? t(`agent.means.${v.means}` as Key) : v.means} · <When at={v.at} />
          </p>
        </details>
      )}
      <form
        ref={form}
        class="stack"
        id="customer-form"
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        {field('name', t('profile.NAME'), c.name?.value ?? '', { maxLength: 100 })}
        {field('phone', t('agent.phone'), c.phone?.value ?? '', { maxLength: 100, inputMode: 'tel' })}
        {field('email', t('profile.EMAIL'), c.email?.value ?? '', { maxLength: 100, inputMode: 'email' })}
        {field('birth', `${t('profile.BIRTH')}${c.age !== undefined ? ` (${t('agent.age', { age: c.age })})` : ''}`, c.birth?.value ?? '', { placeholder: 'YYYY-MM-DD', inputMode: 'numeric' })}
        {field('address', t('profile.ADDRESS'), c.address?.value ?? '', { maxLength: 255 })}
        {field('note', t('agent.note'), c.note?.value ?? '')}
        {field('customer_id', t('agent.customer.id'), c.customer_id, { maxLength: 255 })}
        {c.keys.length > 1 && <p class="hint">{t('agent.customer.keys', { count: c.keys.length })}</p>}
        <button class="button primary" type="submit" id="customer-save" disabled={busy.value || !dirty.value}>
          {t(busy.value ? 'profile.saving' : 'agent.customer.save')}
        </button>
      </form>
      {merging.value && (
        <Confirm
          id="merge-dialog"
          title={t('agent.merge.title')}
          text={t('agent.merge.text', { id: merging.value })}
          yes={t('agent.merge.yes')}
          danger
          onNo={() => (merging.value = '')}
          onYes={() => {
            const id = merging.value;
            merging.value = '';
            void rename(id, true);
          }}
        />
      )}
    </>
  );
}

function History({ room }: { room: Room }) {
  void room.version.value;
  const past = room.past;
  if (!past) return <p class="none">{t('agent.history.loading')}</p>;
  return (
    <>
      <p class="hint">{t('agent.history.total', { count: past.total })}</p>
      <ol class="history">
        {past.rooms.map((p) => (
          <PastRoom key={p.room} past={p} current={p.room === room.id} />
        ))}
      </ol>
      {past.cursor && (
        <button class="button small" type="button" id="history-more" onClick={() => void loadPast(room, true)}>
          {t('agent.history.more')}
        </button>
      )}
    </>
  );
}

function PastRoom({ past: p, current }: { past: Past; current: boolean }) {
  return (
    <li class={current ? 'current' : ''}>
      <p class="when">
        <When at={p.started_at} />
        {current && <span class="badge">{t('agent.history.this')}</span>}
      </p>
      <p class="what">
        {[p.category1, p.category2, p.category3].filter(Boolean).join(' › ') || t('agent.category.none')} <span class="hint">#{p.number}</span>
      </p>
      {p.agents && <p class="hint">{p.agents}</p>}
      {(p.memos ?? []).map((m) => (
        <p class="memo" key={m.at + m.text}>
          {m.text}
          {m.name && <span class="hint"> · {m.name}</span>}
        </p>
      ))}
    </li>
  );
}
