// API 키: with which keys other systems speak HTTP, for which account, and how far. A key is shown once, when it is made.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t, type Key } from '../text';
import { Confirm, Dialog } from '../ui/parts';
import { who } from '../ui/session';
import * as api from './api';
import { Editor, Line, Table } from './editor';
import { Warn } from './fields';
import { Page } from './group';
import { accountName, accounts, complain, toast } from './store';
import { when } from './webhooks';

const ROLES: api.MachineKey['role'][] = ['AGENT', 'MANAGER', 'ADMIN'];

export function Keys() {
  const list = useSignal<api.MachineKey[] | undefined>(undefined);
  const making = useSignal(false);
  const made = useSignal<api.MachineKey | undefined>(undefined);
  const revoking = useSignal<api.MachineKey | undefined>(undefined);
  const load = () => api.keys().then((all) => void (list.value = all), complain);
  useEffect(() => void load(), []);
  return (
    <Page
      id="keys"
      title={t('nav.keys')}
      text={t('keys.text')}
      action={
        <button class="button primary" type="button" id="key-new" onClick={() => (making.value = true)}>
          {t('keys.new')}
        </button>
      }
    >
      <div class="card flush">
        <Table label={t('nav.keys')} heads={[t('keys.name'), t('keys.role'), t('keys.account'), t('keys.made'), t('keys.by'), '']} empty={list.value?.length === 0 && t('keys.none')}>
          {(list.value ?? []).map((k) => (
            <tr key={k.id}>
              <td>
                <b>{k.name}</b>
                <small>{k.id}</small>
              </td>
              <td>{t(`agent.role.${k.role}` as Key)}</td>
              <td>
                {accountName(k.account)}
                <small>{k.account}</small>
              </td>
              <td class="nowrap">{when(k.created_at)}</td>
              <td>{accountName(k.created_by)}</td>
              <td class="acts">
                <button class="button quiet small" type="button" aria-label={`${t('keys.revoke')}: ${k.name}`} onClick={() => (revoking.value = k)}>
                  {t('keys.revoke')}
                </button>
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {making.value && (
        <Editor
          id="key-edit"
          title={t('keys.new')}
          first={{ name: '', account: who.value!.account, role: 'AGENT' as api.MachineKey['role'] }}
          close={() => (making.value = false)}
          save={async (v) => {
            made.value = await api.createKey({ ...v, name: v.name.trim() });
            await load();
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="name" label={t('keys.name')} hint={t('keys.name.hint')}>
                <input {...f.at('name')} value={f.value.name} autocomplete="off" onInput={(e) => f.set({ name: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="account" label={t('keys.account')} hint={t('keys.account.hint')}>
                <select {...f.at('account')} value={f.value.account} onChange={(e) => f.set({ account: e.currentTarget.value })}>
                  {accounts.value
                    .filter((a) => !a.disabled)
                    .map((a) => (
                      <option key={a.id} value={a.id}>
                        {a.name} ({a.id})
                      </option>
                    ))}
                </select>
              </Line>
              <Line form={f} name="role" label={t('keys.role')} hint={t('keys.role.hint')}>
                <select {...f.at('role')} value={f.value.role} onChange={(e) => f.set({ role: e.currentTarget.value as api.MachineKey['role'] })}>
                  {ROLES.map((r) => (
                    <option key={r} value={r}>
                      {t(`agent.role.${r}` as Key)}
                    </option>
                  ))}
                </select>
              </Line>
            </>
          )}
        </Editor>
      )}
      {made.value && (
        <Dialog id="key-made" title={t('keys.shown')} close={() => (made.value = undefined)}>
          <Warn>{t('keys.shown.text')}</Warn>
          <pre class="code" tabIndex={0} aria-label={t('keys.shown')}>
            {made.value.token}
          </pre>
          <div class="choices">
            <button class="button" type="button" id="key-copy" onClick={() => navigator.clipboard?.writeText(made.value!.token!).then(() => toast(t('copied')), () => {})}>
              {t('copy')}
            </button>
            <button class="button primary" type="button" onClick={() => (made.value = undefined)}>
              {t('keys.kept')}
            </button>
          </div>
        </Dialog>
      )}
      {revoking.value && (
        <Confirm
          id="key-revoke"
          title={t('keys.revoke.title')}
          text={t('keys.revoke.text', { name: revoking.value.name })}
          yes={t('keys.revoke')}
          danger
          onYes={() => {
            const { id } = revoking.value!;
            revoking.value = undefined;
            api.revokeKey(id).then(() => toast(t('keys.revoked')), complain).then(load);
          }}
          onNo={() => (revoking.value = undefined)}
        />
      )}
    </Page>
  );
}
