// 웹훅: addresses of other systems, how sending to them goes, the last attempts, and what was given up.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language, t, type Key } from '../text';
import { Dialog } from '../ui/parts';
import * as api from './api';
import { Check, Editor, Line, RowSwitch, Table } from './editor';
import { Page } from './group';
import { complain, go, href, toast } from './store';

export const EVENTS = ['room.created', 'room.state_changed', 'room.agent_changed', 'room.change_requested', 'room.review_requested', 'room.category_changed', 'room.flag_changed', 'room.tags_changed', 'profile.saved', 'charge.written', 'customer.merged'];
export const when = (at: string) => new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));

/** How sending goes, in one word and its colour. */
function state(w: api.Webhook): { text: string; kind: string } {
  if (!w.enabled) return { text: t('webhooks.off'), kind: '' };
  if (w.breaker === 'open') return { text: t('webhooks.resting'), kind: 'warn' };
  if ((w.failures ?? 0) > 0) return { text: t('webhooks.failing', { count: w.failures ?? 0 }), kind: 'warn' };
  return { text: t('webhooks.well'), kind: 'ok' };
}

export function Webhooks({ id }: { id: string | undefined }) {
  const list = useSignal<api.Webhook[] | undefined>(undefined);
  const editing = useSignal<api.Webhook | 'new' | undefined>(undefined);
  const secret = useSignal<api.Webhook | undefined>(undefined);
  const load = () => api.webhooks().then((all) => void (list.value = all), complain);
  useEffect(() => void load(), []);
  const now = editing.value === 'new' ? undefined : editing.value;
  const one = list.value?.find((w) => w.id === id);
  const change = async (w: api.Webhook, v: api.Values) => {
    const after = await api.changeWebhook(w.id, v);
    if (after.secret) secret.value = after;
    await load();
  };
  return (
    <>
      {one ? (
        <One w={one} reload={load} edit={() => (editing.value = one)} rotate={() => change(one, { rotate_secret: true }).catch(complain)} />
      ) : (
        <Page
          id="webhooks"
          title={t('nav.webhooks')}
          text={t('webhooks.text')}
          action={
            <button class="button primary" type="button" id="webhook-new" onClick={() => (editing.value = 'new')}>
              {t('webhooks.new')}
            </button>
          }
        >
          <div class="card flush">
            <Table label={t('nav.webhooks')} heads={[t('webhooks.url'), t('webhooks.events'), t('webhooks.state'), t('webhooks.pending'), t('webhooks.givenup'), t('value.use'), '']} empty={list.value?.length === 0 && t('webhooks.none')}>
              {(list.value ?? []).map((w) => (
                <tr key={w.id}>
                  <td>
                    <a href={href('webhooks', w.id)}>
                      <b>{w.id}</b>
                    </a>
                    <small>{w.url}</small>
                  </td>
                  <td>{w.all_events ? t('webhooks.all') : t('webhooks.some', { count: w.events.length })}</td>
                  <td>
                    <span class={`badge ${state(w).kind}`}>{state(w).text}</span>
                  </td>
                  <td class="num">{w.pending ?? 0}</td>
                  <td class="num">{w.given_up ?? 0}</td>
                  <td>
                    <RowSwitch label={`${t('value.use')}: ${w.id}`} checked={w.enabled} change={(enabled) => change(w, { enabled })} />
                  </td>
                  <td class="acts">
                    <button class="button quiet small" type="button" aria-label={t('edit.of', { name: w.id })} onClick={() => (editing.value = w)}>
                      {t('edit')}
                    </button>
                  </td>
                </tr>
              ))}
            </Table>
          </div>
        </Page>
      )}
      {editing.value && (
        <Editor
          id="webhook-edit"
          title={t(now ? 'webhooks.edit' : 'webhooks.new')}
          first={{ id: now?.id ?? '', url: now?.url ?? '', all: now?.all_events ?? true, events: now?.all_events ? [] : (now?.events ?? []) }}
          close={() => (editing.value = undefined)}
          save={async (v) => {
            const body = { url: v.url.trim(), events: v.all ? [] : v.events };
            if (now) await api.changeWebhook(now.id, body);
            else {
              const made = await api.createWebhook({ ...body, ...(v.id.trim() ? { id: v.id.trim() } : {}) });
              if (made.secret) secret.value = made;
            }
            toast(t('settings.saved'));
            await load();
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="url" label={t('webhooks.url')}>
                <input {...f.at('url')} type="url" value={f.value.url} placeholder="https://" autocomplete="off" onInput={(e) => f.set({ url: e.currentTarget.value })} />
              </Line>
              {!now && (
                <Line form={f} name="id" label={t('webhooks.id')} hint={t('webhooks.id.hint')}>
                  <input {...f.at('id')} value={f.value.id} autocapitalize="none" autocomplete="off" spellcheck={false} onInput={(e) => f.set({ id: e.currentTarget.value })} />
                </Line>
              )}
              <Line form={f} name="events" label={t('webhooks.events')}>
                <Check {...f.at('events')} label={t('webhooks.all')} hint={t('webhooks.all.hint')} checked={f.value.all} change={(all) => f.set({ all })} />
              </Line>
              {!f.value.all && (
                <div class="checks">
                  {EVENTS.map((e) => (
                    <label key={e} class="check">
                      <input type="checkbox" checked={f.value.events.includes(e)} onChange={(x) => f.set({ events: x.currentTarget.checked ? [...f.value.events, e] : f.value.events.filter((y) => y !== e) })} />
                      {t(`event.${e}` as Key)} <small>{e}</small>
                    </label>
                  ))}
                </div>
              )}
            </>
          )}
        </Editor>
      )}
      {secret.value && (
        <Dialog id="secret" title={t('webhooks.secret')} close={() => (secret.value = undefined)}>
          <p>{t('webhooks.secret.text')}</p>
          <pre class="code" tabIndex={0} aria-label={t('webhooks.secret')}>
            {secret.value.secret}
          </pre>
          <div class="choices">
            <button class="button" type="button" onClick={() => navigator.clipboard?.writeText(secret.value!.secret!).then(() => toast(t('copied')), () => {})}>
              {t('copy')}
            </button>
            <button class="button primary" type="button" onClick={() => (secret.value = undefined)}>
              {t('webhooks.secret.kept')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function One({ w, reload, edit, rotate }: { w: api.Webhook; reload(): Promise<void>; edit(): void; rotate(): void }) {
  const log = useSignal<{ deliveries: api.Delivery[]; given_up: api.GivenUp[] } | undefined>(undefined);
  const load = () => api.deliveries(w.id).then((x) => void (log.value = x), complain);
  useEffect(() => void load(), [w.id]);
  const again = (event?: string) =>
    api.resend(w.id, event).then(async ({ events }) => {
      toast(t('webhooks.resent', { count: events }));
      await Promise.all([load(), reload()]);
    }, complain);
  const what = (status: number | undefined, failure: string | undefined) => (failure && failure !== 'status' ? t(`failure.${failure}` as Key) : String(status ?? ''));
  return (
    <Page
      id="webhook"
      title={w.id}
      text={w.url}
      action={
        <span class="row">
          <button class="button" type="button" onClick={() => go('webhooks')}>
            {t('agent.back')}
          </button>
          <button class="button" type="button" onClick={edit}>
            {t('edit')}
          </button>
          <button class="button" type="button" id="rotate" onClick={rotate}>
            {t('webhooks.rotate')}
          </button>
        </span>
      }
    >
      <div class="card">
        <dl class="facts">
          <div>
            <dt>{t('webhooks.state')}</dt>
            <dd>
              <span class={`badge ${state(w).kind}`}>{state(w).text}</span> {w.retry_at && t('webhooks.retry', { time: when(w.retry_at) })}
            </dd>
          </div>
          <div>
            <dt>{t('webhooks.pending')}</dt>
            <dd>
              {w.pending ?? 0} {w.oldest_at && t('webhooks.oldest', { time: when(w.oldest_at) })}
            </dd>
          </div>
          <div>
            <dt>{t('webhooks.events')}</dt>
            <dd>{w.all_events ? t('webhooks.all') : w.events.map((e) => t(`event.${e}` as Key)).join(', ')}</dd>
          </div>
          <div>
            <dt>{t('webhooks.secret.version')}</dt>
            <dd>{w.secret_version}</dd>
          </div>
        </dl>
      </div>
      {(log.value?.given_up.length ?? 0) > 0 && (
        <div class="card flush">
          <div class="card-head inset">
            <div>
              <h3>{t('webhooks.givenup')}</h3>
              <p class="hint">{t('webhooks.givenup.text')}</p>
            </div>
            <button class="button" type="button" id="resend-all" onClick={() => void again()}>
              {t('webhooks.resend.all')}
            </button>
          </div>
          <Table label={t('webhooks.givenup')} heads={[t('webhooks.event'), t('webhooks.happened'), t('webhooks.attempts'), t('webhooks.why'), '']}>
            {log.value!.given_up.map((x) => (
              <tr key={x.event}>
                <td>
                  {t(`event.${x.type}` as Key)}
                  <small>{x.event}</small>
                </td>
                <td>{when(x.happened_at)}</td>
                <td class="num">{x.attempts}</td>
                <td>{what(x.status, x.failure)}</td>
                <td class="acts">
                  <button class="button small" type="button" aria-label={`${t('webhooks.resend')}: ${x.event}`} onClick={() => void again(x.event)}>
                    {t('webhooks.resend')}
                  </button>
                </td>
              </tr>
            ))}
          </Table>
        </div>
      )}
      <div class="card flush">
        <div class="card-head inset">
          <div>
            <h3>{t('webhooks.log')}</h3>
            <p class="hint">{t('webhooks.log.text')}</p>
          </div>
          <button class="button small" type="button" onClick={() => void Promise.all([load(), reload()])}>
            {t('reload')}
          </button>
        </div>
        <Table label={t('webhooks.log')} heads={[t('webhooks.at'), t('webhooks.event'), t('webhooks.attempt'), t('webhooks.answer'), t('webhooks.took')]} empty={log.value?.deliveries.length === 0 && t('webhooks.log.none')}>
          {(log.value?.deliveries ?? []).map((d) => (
            <tr key={d.number}>
              <td>{when(d.at)}</td>
              <td>
                {t(`event.${d.type}` as Key)}
                <small>{d.event}</small>
              </td>
              <td class="num">{d.attempt}</td>
              <td>
                <span class={`badge ${d.ok ? 'ok' : 'warn'}`}>{d.ok ? d.status : what(d.status, d.failure)}</span>
              </td>
              <td class="num">{d.took_ms} ms</td>
            </tr>
          ))}
        </Table>
      </div>
    </Page>
  );
}
