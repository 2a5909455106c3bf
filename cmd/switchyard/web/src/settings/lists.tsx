// 상담 분류, 템플릿, 채널, 근무일: the shorter lists of a site.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language, t, type Key } from '../text';
import { Confirm } from '../ui/parts';
import { who } from '../ui/session';
import * as api from './api';
import { Check, Editor, Line, RowSwitch, Table } from './editor';
import { ImageInput } from './fields';
import { Page } from './group';
import { accounts, categories, channels, complain, reloadCategories, reloadChannels, role, settings, toast } from './store';
import { localIn } from '../ui/zone';

// --- 상담 분류 -----------------------------------------------------------------------

export function Categories() {
  const editing = useSignal<{ now?: api.Category; parent?: string } | undefined>(undefined);
  const order = (a: api.Category, b: api.Category) => a.order - b.order || a.id.localeCompare(b.id);
  const tops = categories.value.filter((c) => c.level === 1).sort(order);
  const change = async (id: string, v: api.Values) => {
    await api.changeCategory(id, v);
    await reloadCategories();
  };
  const row = (c: api.Category) => (
    <div class={`cat${c.unused ? ' off' : ''}`}>
      <span class="cat-name">
        {c.name}
        {c.unused && <span class="badge">{t('categories.unused')}</span>}
      </span>
      <span class="acts">
        {c.level === 1 && (
          <button class="button quiet small" type="button" aria-label={`${t('categories.new2')}: ${c.name}`} onClick={() => (editing.value = { parent: c.id })}>
            + {t('categories.new2')}
          </button>
        )}
        <button class="button quiet small" type="button" aria-label={t('edit.of', { name: c.name })} onClick={() => (editing.value = { now: c })}>
          {t('edit')}
        </button>
        <RowSwitch label={`${t('categories.used')}: ${c.name}`} checked={!c.unused} change={(used) => change(c.id, { unused: !used })} />
      </span>
    </div>
  );
  const now = editing.value?.now;
  return (
    <Page
      id="categories"
      title={t('nav.categories')}
      text={t('categories.text')}
      action={
        <button class="button primary" type="button" id="category-new" onClick={() => (editing.value = {})}>
          {t('categories.new')}
        </button>
      }
    >
      <div class="card flush">
        <ul class="tree" aria-label={t('nav.categories')}>
          {tops.map((c) => (
            <li key={c.id}>
              {row(c)}
              <ul>
                {categories.value
                  .filter((x) => x.level === 2 && x.parent === c.id)
                  .sort(order)
                  .map((x) => (
                    <li key={x.id}>{row(x)}</li>
                  ))}
              </ul>
            </li>
          ))}
        </ul>
        {tops.length === 0 && <p class="empty">{t('categories.none')}</p>}
      </div>
      {editing.value && (
        <Editor
          id="category-edit"
          title={t(now ? 'categories.edit' : editing.value.parent ? 'categories.new2' : 'categories.new')}
          first={{ name: now?.name ?? '', parent: now?.parent ?? editing.value.parent ?? '', order: now?.order ?? Math.max(0, ...categories.value.map((c) => c.order)) + 1 }}
          close={() => (editing.value = undefined)}
          save={async (v) => {
            const body = { name: v.name.trim(), order: v.order, ...(v.parent ? { parent: v.parent } : {}) };
            if (now) await api.changeCategory(now.id, body);
            else await api.createCategory({ ...body, level: v.parent ? 2 : 1 });
            toast(t('settings.saved'));
            await reloadCategories();
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="name" label={t('categories.name')} hint={t('said.most', { most: 15 })}>
                <input {...f.at('name')} value={f.value.name} autocomplete="off" onInput={(e) => f.set({ name: e.currentTarget.value })} />
              </Line>
              {f.value.parent && (
                <Line form={f} name="parent" label={t('categories.parent')}>
                  <select {...f.at('parent')} value={f.value.parent} onChange={(e) => f.set({ parent: e.currentTarget.value })}>
                    {tops.map((c) => (
                      <option key={c.id} value={c.id}>
                        {c.name}
                      </option>
                    ))}
                  </select>
                </Line>
              )}
              <Line form={f} name="order" label={t('categories.order')}>
                <input {...f.at('order')} type="number" min={0} value={f.value.order} onInput={(e) => f.set({ order: Number(e.currentTarget.value) })} />
              </Line>
            </>
          )}
        </Editor>
      )}
    </Page>
  );
}

// --- 템플릿 ---------------------------------------------------------------------------

type TemplateDraft = { type: 'TEXT' | 'MIXED'; title: string; text: string; file: string | null; shared: boolean };
export function Templates() {
  const list = useSignal<api.Template[] | undefined>(undefined);
  const editing = useSignal<api.Template | 'new' | undefined>(undefined);
  const removing = useSignal<api.Template | undefined>(undefined);
  const find = useSignal('');
  const load = () => api.templates().then((all) => void (list.value = all), complain);
  useEffect(() => void load(), []);
  const mayShare = role.value !== 'AGENT';
  const shown = (list.value ?? []).filter((x) => `${x.title} ${x.text}`.includes(find.value.trim()));
  const now = editing.value === 'new' ? undefined : editing.value;
  const holes = ['[customer_name]', '[counselor_name]'];
  return (
    <Page
      id="templates"
      title={t('nav.templates')}
      text={t(mayShare ? 'templates.text' : 'templates.text.own')}
      action={
        <button class="button primary" type="button" id="template-new" onClick={() => (editing.value = 'new')}>
          {t('templates.new')}
        </button>
      }
    >
      <div class="card flush">
        <div class="tools">
          <input class="input" type="search" aria-label={t('templates.find')} placeholder={t('templates.find')} value={find.value} onInput={(e) => (find.value = e.currentTarget.value)} />
        </div>
        <Table label={t('nav.templates')} heads={[t('templates.title'), t('templates.body'), t('templates.scope'), '']} empty={list.value !== undefined && shown.length === 0 && t('templates.none')}>
          {shown.map((x) => (
            <tr key={x.id}>
              <td>
                <b>{x.title}</b>
                {x.type === 'MIXED' && <small>{t('templates.mixed')}</small>}
              </td>
              <td class="long-text">{x.text}</td>
              <td>
                <span class="badge">{t(x.shared ? 'templates.shared' : 'templates.own')}</span>
              </td>
              <td class="acts">
                {(mayShare || !x.shared) && (
                  <>
                    <button class="button quiet small" type="button" aria-label={t('edit.of', { name: x.title })} onClick={() => (editing.value = x)}>
                      {t('edit')}
                    </button>
                    <button class="button quiet small" type="button" aria-label={t('remove.of', { name: x.title })} onClick={() => (removing.value = x)}>
                      {t('remove')}
                    </button>
                  </>
                )}
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {editing.value && (
        <Editor<TemplateDraft>
          id="template-edit"
          title={t(now ? 'templates.edit' : 'templates.new')}
          first={now ? { type: now.type, title: now.title, text: now.text, file: now.file ?? null, shared: now.shared } : { type: 'TEXT', title: '', text: '', file: null, shared: mayShare }}
          close={() => (editing.value = undefined)}
          save={async (v) => {
            const body = { type: v.type, title: v.title.trim(), text: v.text, file: v.type === 'MIXED' ? v.file : null };
            if (now) await api.changeTemplate(now.id, body);
            else await api.createTemplate({ ...body, ...(v.shared ? { shared: true } : {}) });
            toast(t('settings.saved'));
            await load();
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="title" label={t('templates.title')}>
                <input {...f.at('title')} value={f.value.title} maxLength={50} autocomplete="off" onInput={(e) => f.set({ title: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="type" label={t('templates.type')}>
                <select {...f.at('type')} value={f.value.type} onChange={(e) => f.set({ type: e.currentTarget.value as TemplateDraft['type'] })}>
                  <option value="TEXT">{t('templates.textonly')}</option>
                  <option value="MIXED">{t('templates.mixed')}</option>
                </select>
              </Line>
              <Line form={f} name="text" label={t('templates.body')} hint={t('templates.body.hint')}>
                <textarea {...f.at('text')} rows={5} value={f.value.text} onInput={(e) => f.set({ text: e.currentTarget.value })} />
                <span class="row">
                  {holes.map((h) => (
                    <button key={h} class="button small" type="button" onClick={() => f.set({ text: f.value.text + h })}>
                      {h}
                    </button>
                  ))}
                </span>
              </Line>
              {f.value.type === 'MIXED' && (
                <Line form={f} name="file" label={t('templates.image')}>
                  <ImageInput id={f.at('file').id} value={f.value.file} change={(file) => f.set({ file })} />
                </Line>
              )}
              {!now && mayShare && <Check {...f.at('shared')} label={t('templates.shared')} hint={t('templates.shared.hint')} checked={f.value.shared} change={(shared) => f.set({ shared })} />}
            </>
          )}
        </Editor>
      )}
      {removing.value && (
        <Confirm
          id="template-remove"
          title={t('templates.remove')}
          text={t('templates.remove.text', { title: removing.value.title })}
          yes={t('remove')}
          danger
          onNo={() => (removing.value = undefined)}
          onYes={() => {
            const { id } = removing.value!;
            removing.value = undefined;
            api.removeTemplate(id).then(load, complain);
          }}
        />
      )}
    </Page>
  );
}

// --- 채널 ------------------------------------------------------------------------------

export function Channels() {
  const open = useSignal<api.OpenRoom[] | undefined>(undefined);
  const making = useSignal(false);
  const editing = useSignal<api.Channel | undefined>(undefined);
  useEffect(() => void api.openRooms().then((r) => (open.value = r), complain), []);
  const count = (c: api.Channel | 'WEB') => (open.value ?? []).filter((r) => (c === 'WEB' ? r.channel === 'WEB' && !r.channel_account : r.channel_account === c.id)).length;
  const health = (on: boolean, n: number) => (
    <p class="health">
      <span class={`dot ${on ? 'on' : 'off'}`} />
      {on ? t('channels.on', { count: open.value === undefined ? '…' : n }) : t('channels.off', { count: open.value === undefined ? '…' : n })}
    </p>
  );
  const origins = (settings.value?.['origins'] ?? []) as string[];
  return (
    <Page
      id="channels"
      title={t('nav.channels')}
      text={t('channels.text')}
      action={
        <button class="button primary" type="button" id="channel-new" onClick={() => (making.value = true)}>
          {t('channels.new')}
        </button>
      }
    >
      <ul class="tiles">
        <li class="card tile">
          <div class="tile-head">
            <span class="badge">{t('agent.channel.WEB')}</span>
            <h3>{t('channels.widget')}</h3>
          </div>
          {health(true, count('WEB'))}
          <p class="hint">{origins.length > 0 ? t('channels.origins', { origins: origins.join(', ') }) : t('channels.noorigins')}</p>
          <pre class="code" tabIndex={0} aria-label={t('channels.code')}>{`<script async src="${location.origin}/w/v1.js" data-site="${who.value!.site}"></script>`}</pre>
        </li>
        {channels.value.map((c) => (
          <li key={c.id} class="card tile">
            <div class="tile-head">
              <span class="badge">{t(`agent.channel.${c.channel}` as Key)}</span>
              <h3>{c.name}</h3>
              <RowSwitch
                label={`${t('value.use')}: ${c.name}`}
                checked={c.enabled}
                change={async (enabled) => {
                  await api.changeChannel(c.id, { enabled });
                  await reloadChannels();
                }}
              />
            </div>
            {health(c.enabled, count(c))}
            <p class="hint">
              <code>{c.id}</code>
            </p>
            <button class="button quiet small" type="button" aria-label={`${t('channels.rename')}: ${c.name}`} onClick={() => (editing.value = c)}>
              {t('channels.rename')}
            </button>
          </li>
        ))}
      </ul>
      {(making.value || editing.value) && (
        <Editor
          id="channel-edit"
          title={t(editing.value ? 'channels.rename' : 'channels.new')}
          first={{ id: editing.value?.id ?? '', channel: editing.value?.channel ?? 'KAKAO', name: editing.value?.name ?? '' }}
          close={() => {
            making.value = false;
            editing.value = undefined;
          }}
          save={async (v) => {
            if (editing.value) await api.changeChannel(editing.value.id, { name: v.name });
            else await api.createChannel({ ...v, id: v.id.trim() });
            toast(t('settings.saved'));
            await reloadChannels();
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="channel" label={t('channels.kind')}>
                <select {...f.at('channel')} value={f.value.channel} disabled={editing.value !== undefined} onChange={(e) => f.set({ channel: e.currentTarget.value })}>
                  {['KAKAO', 'NAVER', 'WEB'].map((x) => (
                    <option key={x} value={x}>
                      {t(`agent.channel.${x}` as Key)}
                    </option>
                  ))}
                </select>
              </Line>
              <Line form={f} name="id" label={t('channels.id')} hint={t('channels.id.hint')}>
                <input {...f.at('id')} value={f.value.id} disabled={editing.value !== undefined} autocapitalize="none" autocomplete="off" spellcheck={false} onInput={(e) => f.set({ id: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="name" label={t('channels.name')}>
                <input {...f.at('name')} value={f.value.name} autocomplete="off" onInput={(e) => f.set({ name: e.currentTarget.value })} />
              </Line>
            </>
          )}
        </Editor>
      )}
    </Page>
  );
}

// --- 근무일 ----------------------------------------------------------------------------

const WEEK = 7;
const plus = (date: string, days: number) => new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

export function Days() {
  const list = useSignal<api.Day[] | undefined>(undefined);
  const editing = useSignal<api.Day | undefined>(undefined);
  const today = localIn(settings.value ? String(settings.value['time_zone']) : Intl.DateTimeFormat().resolvedOptions().timeZone, new Date()).slice(0, 10);
  const from = useSignal(plus(today, -((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7)));
  const load = () => api.days().then((all) => void (list.value = all), complain);
  useEffect(() => void load(), []);
  const dates = [...Array(WEEK).keys()].map((i) => plus(from.value, i));
  const head = (d: string) => new Intl.DateTimeFormat(language(), { timeZone: 'UTC', month: 'numeric', day: 'numeric', weekday: 'short' }).format(new Date(`${d}T00:00:00Z`));
  const of = (account: string, date: string) => list.value?.find((d) => d.account === account && d.date === date);
  // A manager plans for itself and its own agents (domain 10.5); who does not consult is in no list (10.8).
  const people = accounts.value.filter((a) => a.consulting && !a.disabled && (role.value === 'ADMIN' || a.manager === who.value!.account || a.id === who.value!.account));
  const text = (d: api.Day | undefined) => (d?.off ? t('days.off') : (d?.breaks ?? []).length > 0 ? d!.breaks!.map((b) => `${b.from}–${b.to}`).join(' ') : '');
  return (
    <Page id="days" title={t('nav.days')} text={t('days.text')}>
      <div class="card flush">
        <div class="tools">
          <button class="button small" type="button" onClick={() => (from.value = plus(from.value, -WEEK))}>
            ← {t('days.before')}
          </button>
          <input class="input" type="date" aria-label={t('days.week')} value={from.value} onInput={(e) => e.currentTarget.value && (from.value = e.currentTarget.value)} />
          <button class="button small" type="button" onClick={() => (from.value = plus(from.value, WEEK))}>
            {t('days.after')} →
          </button>
        </div>
        <Table label={t('nav.days')} heads={[t('accounts.name'), ...dates.map(head)]} empty={people.length === 0 && t('days.none')}>
          {people.map((a) => (
            <tr key={a.id}>
              <td>
                <b>{a.name}</b>
              </td>
              {dates.map((date) => {
                const d = of(a.id, date);
                return (
                  <td key={date} class="day-cell">
                    <button type="button" class={d?.off ? 'off' : text(d) ? 'set' : ''} aria-label={`${a.name} ${head(date)} ${text(d) || t('days.plain')}`} onClick={() => (editing.value = d ?? { account: a.id, date, off: false, breaks: [] })}>
                      {text(d) || <span class="plain">{t('days.plain')}</span>}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </Table>
      </div>
      {editing.value && (
        <Editor
          id="day-edit"
          title={`${accounts.value.find((a) => a.id === editing.value!.account)?.name} · ${head(editing.value.date)}`}
          first={{ off: editing.value.off ?? false, breaks: editing.value.breaks ?? [] }}
          close={() => (editing.value = undefined)}
          save={async (v) => {
            await api.saveDay({ account: editing.value!.account, date: editing.value!.date, off: v.off, breaks: v.off ? [] : v.breaks });
            toast(t('settings.saved'));
            await load();
          }}
        >
          {(f) => (
            <>
              <Check {...f.at('off')} label={t('days.off.whole')} checked={f.value.off} change={(off) => f.set({ off })} />
              {!f.value.off && (
                <fieldset class="breaks">
                  <legend>{t('days.breaks')}</legend>
                  {f.value.breaks.map((b, i) => {
                    const put = (part: Partial<typeof b>) => f.set({ breaks: f.value.breaks.map((x, j) => (j === i ? { ...x, ...part } : x)) });
                    const fault = f.fault(`breaks.${i}.to`) ?? f.fault(`breaks.${i}.from`);
                    return (
                      <div key={i}>
                        <span class="row">
                          <input class="input" type="time" aria-label={t('hours.from')} value={b.from} onInput={(e) => put({ from: e.currentTarget.value })} />
                          <span aria-hidden="true">–</span>
                          <input class="input" type="time" aria-label={t('hours.to')} value={b.to} aria-invalid={fault !== undefined} onInput={(e) => put({ to: e.currentTarget.value })} />
                          <button class="button quiet small" type="button" onClick={() => f.set({ breaks: f.value.breaks.filter((_, j) => j !== i) })}>
                            {t('remove')}
                          </button>
                        </span>
                        {fault && (
                          <p class="problem" role="alert">
                            {fault}
                          </p>
                        )}
                      </div>
                    );
                  })}
                  <button class="button small" type="button" onClick={() => f.set({ breaks: [...f.value.breaks, { from: '12:00', to: '13:00' }] })}>
                    {t('days.break.new')}
                  </button>
                </fieldset>
              )}
            </>
          )}
        </Editor>
      )}
    </Page>
  );
}
