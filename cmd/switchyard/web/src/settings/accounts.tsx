// 계정: who works here, with which role and limit; and, of one account, its logins. An account is locked, never deleted.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language, t, type Key } from '../text';
import { who } from '../ui/session';
import { Confirm } from '../ui/parts';
import * as api from './api';
import { Check, Editor, Line, RowSwitch, Table } from './editor';
import { NumberInput } from './fields';
import { Page } from './group';
import { accountName, accounts, complain, leave, reloadAccounts, toast } from './store';

type Draft = { id: string; role: api.Account['role']; name: string; password: string; consulting: boolean; certified: boolean; manager: string; sees_all: boolean; group: string; max_concurrent: number };
const blank: Draft = { id: '', role: 'AGENT', name: '', password: '', consulting: true, certified: true, manager: '', sees_all: false, group: '', max_concurrent: 0 };

/** What fits a new account of a role until it is said otherwise: who leads gets no rooms by itself, and sees what goes on. */
const beginning = (role: string): Partial<Draft> => ({ consulting: role === 'AGENT', sees_all: role === 'MANAGER' });

/** A password that can be read to somebody: 80 random bits. */
export function randomPassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const bits = crypto.getRandomValues(new Uint8Array(16));
  const all = Array.from(bits, (b) => letters[b % 32]).join('');
  return [all.slice(0, 4), all.slice(4, 8), all.slice(8, 12), all.slice(12)].join('-');
}

export function Accounts() {
  const editing = useSignal<api.Account | 'new' | undefined>(undefined);
  const password = useSignal<api.Account | undefined>(undefined);
  const ending = useSignal<api.Account | undefined>(undefined);
  const find = useSignal('');
  const managers = accounts.value.filter((a) => a.role !== 'AGENT' && !a.disabled);
  const shown = accounts.value.filter((a) => `${a.name} ${a.id} ${a.group ?? ''}`.toLowerCase().includes(find.value.trim().toLowerCase()));
  const change = async (id: string, v: api.Values) => {
    await api.changeAccount(id, v);
    await reloadAccounts();
  };
  const now = editing.value === 'new' ? undefined : editing.value;
  return (
    <Page
      id="accounts"
      title={t('nav.accounts')}
      text={t('accounts.text')}
      action={
        <button class="button primary" type="button" id="account-new" onClick={() => (editing.value = 'new')}>
          {t('accounts.new')}
        </button>
      }
    >
      <div class="card flush">
        <div class="tools">
          <input class="input" type="search" aria-label={t('accounts.find')} placeholder={t('accounts.find')} value={find.value} onInput={(e) => (find.value = e.currentTarget.value)} />
          <span class="hint">{t('accounts.count', { count: accounts.value.length })}</span>
        </div>
        <Table label={t('nav.accounts')} heads={[t('accounts.name'), t('accounts.role'), t('accounts.group'), t('accounts.limit'), t('accounts.consulting'), t('accounts.state'), '']} empty={shown.length === 0 && t('list.none')}>
          {shown.map((a) => (
            <tr key={a.id} class={a.disabled ? 'off' : ''}>
              <td>
                <b>{a.name}</b>
                <small>{a.id}</small>
              </td>
              <td>
                {t(`agent.role.${a.role}` as Key)}
                {a.role === 'MANAGER' && a.sees_all && <small>{t('accounts.seesall.short')}</small>}
              </td>
              <td>
                {a.group || '–'}
                {a.manager && <small>{accountName(a.manager)}</small>}
              </td>
              <td class="num">{a.max_concurrent === 0 ? t('accounts.nolimit') : a.max_concurrent}</td>
              <td>
                <RowSwitch label={`${t('accounts.consulting')}: ${a.name}`} checked={a.consulting} disabled={a.disabled} change={(consulting) => change(a.id, { consulting })} />
              </td>
              <td>
                <span class={`badge ${a.disabled ? 'warn' : 'ok'}`}>{t(a.disabled ? 'accounts.locked' : 'accounts.usable')}</span>
              </td>
              <td class="acts">
                <button class="button quiet small" type="button" aria-label={t('edit.of', { name: a.name })} onClick={() => (editing.value = a)}>
                  {t('edit')}
                </button>
                <button class="button quiet small" type="button" aria-label={`${t('accounts.password')}: ${a.name}`} onClick={() => (password.value = a)}>
                  {t('accounts.password')}
                </button>
                <button class="button quiet small" type="button" aria-label={`${t('sessions.end')}: ${a.name}`} onClick={() => (ending.value = a)}>
                  {t('sessions.end')}
                </button>
                {a.role !== 'ADMIN' && (
                  <button class="button quiet small" type="button" aria-label={`${t(a.disabled ? 'accounts.unlock' : 'accounts.lock')}: ${a.name}`} onClick={() => change(a.id, { disabled: !a.disabled }).catch(complain)}>
                    {t(a.disabled ? 'accounts.unlock' : 'accounts.lock')}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {editing.value && (
        <Editor<Draft>
          id="account-edit"
          title={now ? t('accounts.edit', { name: now.name }) : t('accounts.new')}
          first={now ? { ...blank, ...now, manager: now.manager ?? '', group: now.group ?? '', password: '' } : blank}
          rename={{ account: 'id' }}
          close={() => (editing.value = undefined)}
          save={async (v) => {
            const { id, password: word, role, ...rest } = v;
            if (now) await api.changeAccount(now.id, { ...rest, ...(role === now.role ? {} : { role }) });
            else await api.createAccount({ id: id.trim(), role, ...(word ? { password: word } : {}), ...rest });
            toast(t('settings.saved'));
            await reloadAccounts();
          }}
        >
          {(f) => (
            <div class="two">
              <Line form={f} name="id" label={t('accounts.id')} hint={now ? '' : t('accounts.id.hint')}>
                <input {...f.at('id')} value={f.value.id} disabled={now !== undefined} autocapitalize="none" autocomplete="off" spellcheck={false} maxLength={40} onInput={(e) => f.set({ id: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="name" label={t('accounts.name')} hint={t('accounts.name.hint')}>
                <input {...f.at('name')} value={f.value.name} autocomplete="off" onInput={(e) => f.set({ name: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="role" label={t('accounts.role')}>
                <select {...f.at('role')} value={f.value.role} disabled={now?.role === 'ADMIN'} onChange={(e) => f.set({ role: e.currentTarget.value as Draft['role'], ...(now ? {} : beginning(e.currentTarget.value)) })}>
                  {(now?.role === 'ADMIN' ? (['ADMIN'] as const) : (['AGENT', 'MANAGER'] as const)).map((r) => (
                    <option key={r} value={r}>
                      {t(`agent.role.${r}` as Key)}
                    </option>
                  ))}
                </select>
              </Line>
              <Line form={f} name="max_concurrent" label={t('accounts.limit')} hint={t('accounts.limit.hint')}>
                <NumberInput {...f.at('max_concurrent')} value={f.value.max_concurrent} change={(max_concurrent) => f.set({ max_concurrent })} />
              </Line>
              <Line form={f} name="group" label={t('accounts.group')} hint={t('accounts.group.hint')}>
                <input {...f.at('group')} value={f.value.group} list="groups" autocomplete="off" maxLength={60} onInput={(e) => f.set({ group: e.currentTarget.value })} />
                <datalist id="groups">
                  {[...new Set(accounts.value.map((a) => a.group).filter(Boolean))].map((g) => (
                    <option key={g} value={g} />
                  ))}
                </datalist>
              </Line>
              {f.value.role === 'AGENT' && (
                <Line form={f} name="manager" label={t('accounts.manager')}>
                  <select {...f.at('manager')} value={f.value.manager} onChange={(e) => f.set({ manager: e.currentTarget.value })}>
                    <option value="">{t('value.none')}</option>
                    {managers.map((m) => (
                      <option key={m.id} value={m.id}>
                        {m.name}
                      </option>
                    ))}
                  </select>
                </Line>
              )}
              {!now && (
                <Line form={f} name="password" label={t('accounts.firstpassword')} hint={t('accounts.password.hint')}>
                  <span class="row">
                    <input {...f.at('password')} class="mono" value={f.value.password} autocomplete="off" spellcheck={false} onInput={(e) => f.set({ password: e.currentTarget.value })} />
                    <button class="button small" type="button" onClick={() => f.set({ password: randomPassword() })}>
                      {t('accounts.password.make')}
                    </button>
                  </span>
                </Line>
              )}
              <div class="whole">
                <Check {...f.at('consulting')} label={t('accounts.consulting')} hint={t('accounts.consulting.hint')} checked={f.value.consulting} change={(consulting) => f.set({ consulting })} />
                <Check {...f.at('certified')} label={t('accounts.certified')} hint={t('accounts.certified.hint')} checked={f.value.certified} change={(certified) => f.set({ certified })} />
                {f.value.role === 'MANAGER' && <Check {...f.at('sees_all')} label={t('accounts.seesall')} hint={t('accounts.seesall.hint')} checked={f.value.sees_all} change={(sees_all) => f.set({ sees_all })} />}
              </div>
            </div>
          )}
        </Editor>
      )}
      {password.value && (
        <Editor
          id="account-password"
          title={t('accounts.password.title', { name: password.value.name })}
          first={{ password: '' }}
          close={() => (password.value = undefined)}
          save={async (v) => {
            await api.changeAccount(password.value!.id, { password: v.password });
            toast(t('accounts.password.done'));
          }}
        >
          {(f) => (
            <>
              <p>{t('accounts.password.text')}</p>
              <Line form={f} name="password" label={t('login.password')} hint={t('accounts.password.hint')}>
                <span class="row">
                  <input {...f.at('password')} class="mono" value={f.value.password} autocomplete="off" spellcheck={false} onInput={(e) => f.set({ password: e.currentTarget.value })} />
                  <button class="button small" type="button" onClick={() => f.set({ password: randomPassword() })}>
                    {t('accounts.password.make')}
                  </button>
                </span>
              </Line>
            </>
          )}
        </Editor>
      )}
      {ending.value && (
        <Confirm
          id="sessions-end"
          title={t('sessions.end.title', { name: ending.value.name })}
          text={t('sessions.end.text')}
          yes={t('sessions.end')}
          danger
          onNo={() => (ending.value = undefined)}
          onYes={() => {
            const { id, name } = ending.value!;
            ending.value = undefined;
            api.endSessions(id).then(() => toast(t('sessions.ended', { name })), complain);
          }}
        />
      )}
    </Page>
  );
}

/** One's own logins, and the way to end them all. */
export function Me() {
  const list = useSignal<api.Session[] | undefined>(undefined);
  const asking = useSignal(false);
  const changing = useSignal(false);
  const me = who.value!;
  const load = () => api.sessions(me.account).then((all) => (list.value = all), complain);
  useEffect(() => void load(), []);
  const when = (at: string) => new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));
  return (
    <Page
      id="me"
      title={t('nav.me')}
      text={t('me.text')}
      action={
        <button class="button" type="button" id="my-password" onClick={() => (changing.value = true)}>
          {t('me.password')}
        </button>
      }
    >
      <div class="card">
        <dl class="facts">
          <div>
            <dt>{t('accounts.name')}</dt>
            <dd>{me.name}</dd>
          </div>
          <div>
            <dt>{t('accounts.id')}</dt>
            <dd>{me.account}</dd>
          </div>
          <div>
            <dt>{t('login.site')}</dt>
            <dd>{me.site}</dd>
          </div>
        </dl>
      </div>
      <div class="card">
        <div class="card-head">
          <div>
            <h3>{t('sessions.title')}</h3>
            <p class="hint">{t('sessions.text')}</p>
          </div>
          <button class="button danger" type="button" id="everywhere" onClick={() => (asking.value = true)}>
            {t('sessions.everywhere')}
          </button>
        </div>
        <Table label={t('sessions.title')} heads={[t('sessions.id'), t('sessions.until'), '']} empty={list.value?.length === 0 && t('list.none')}>
          {(list.value ?? []).map((s) => (
            <tr key={s.id}>
              <td>
                <code>{s.id}</code> {s.current && <span class="badge ok">{t('sessions.this')}</span>}
              </td>
              <td>{when(s.expires_at)}</td>
              <td class="acts">
                {!s.current && (
                  <button class="button quiet small" type="button" aria-label={`${t('sessions.end.one')}: ${s.id}`} onClick={() => api.endSessions(me.account, s.id).then(load, complain)}>
                    {t('sessions.end.one')}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {changing.value && (
        <Editor
          id="password-edit"
          title={t('me.password')}
          first={{ old: '', new: '', again: '' }}
          close={() => (changing.value = false)}
          check={(v) => (v.new === v.again ? undefined : { field: 'again', text: t('setup.again.differs') })}
          save={async (v) => {
            await api.changePassword(me.account, v.old, v.new);
            leave(t('me.password.done'));
          }}
        >
          {(f) => (
            <>
              <p>{t('me.password.text')}</p>
              <Line form={f} name="old" label={t('me.password.old')}>
                <input {...f.at('old')} type="password" autocomplete="current-password" value={f.value.old} onInput={(e) => f.set({ old: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="new" label={t('me.password.new')} hint={t('accounts.password.hint')}>
                <input {...f.at('new')} type="password" autocomplete="new-password" value={f.value.new} onInput={(e) => f.set({ new: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="again" label={t('setup.again')}>
                <input {...f.at('again')} type="password" autocomplete="new-password" value={f.value.again} onInput={(e) => f.set({ again: e.currentTarget.value })} />
              </Line>
            </>
          )}
        </Editor>
      )}
      {asking.value && (
        <Confirm
          id="everywhere-sure"
          title={t('sessions.everywhere')}
          text={t('sessions.everywhere.text')}
          yes={t('sessions.everywhere')}
          danger
          onNo={() => (asking.value = false)}
          onYes={() => {
            asking.value = false;
            // Afterwards this page has no session either: the next request leads to the login.
            api.endSessions(me.account).then(load, complain);
          }}
        />
      )}
    </Page>
  );
}
