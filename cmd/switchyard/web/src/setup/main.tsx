// The first run: who has the link that the node printed makes the first site, its administrator, and what one plays with.

import '../ui/base.css';
import '../ui/work.css';
import './setup.css';
import '../text/console';
import '../text/settings';
import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { CSRF, call } from '../client/http';
import { Refused } from '../client/frames';
import { choose, language, onLanguage, t } from '../text';
import { LanguageSwitch } from '../ui/parts';
import { enter } from '../ui/session';
import { applyTheme } from '../ui/theme';
import { explain } from '../ui/said';

const token = location.hash.slice(1);
const lang = signal(language());
const state = signal<'asking' | 'dead' | 'form' | 'busy' | 'done' | 'away'>('asking');
const faults = signal<Record<string, string>>({});
const problem = signal('');
const made = signal<{ site: string; account: string; accounts: { account: string; password: string }[] } | undefined>(undefined);

interface Values {
  name: string;
  site: string;
  person: string;
  account: string;
  password: string;
  again: string;
  language: 'ko' | 'en';
  time_zone: string;
  demo: boolean;
}
const values = signal<Values>({ name: '', site: '', person: '', account: 'admin', password: '', again: '', language: language(), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'Asia/Seoul', demo: false });
onLanguage(() => {
  lang.value = language();
  values.value = { ...values.value, language: language() }; // who reads one language makes a site in it, until it is said otherwise
});
const set = (part: Partial<Values>) => {
  values.value = { ...values.value, ...part };
  faults.value = Object.fromEntries(Object.entries(faults.value).filter(([f]) => !(f in part)));
};

async function ask(): Promise<void> {
  if (!token) return void (state.value = 'dead');
  try {
    await call('POST', '/v1/setup/check', { token }, CSRF);
    state.value = 'form';
  } catch (e) {
    const gone = e instanceof Refused && e.code === 'not_found';
    state.value = gone ? 'dead' : 'away';
    problem.value = e instanceof Refused ? explain(e) : '';
  }
}

async function submit(e: SubmitEvent): Promise<void> {
  e.preventDefault();
  if (state.value === 'busy') return;
  const { again, ...v } = values.value;
  problem.value = '';
  faults.value = {};
  if (again !== v.password) {
    faults.value = { again: t('setup.again.differs') };
    return document.getElementById('again')?.focus();
  }
  state.value = 'busy';
  try {
    made.value = await call('POST', '/v1/setup', { token, ...v, site: v.site.trim(), account: v.account.trim() }, CSRF);
    history.replaceState(null, '', location.pathname); // the link is dead now
    await enter(made.value!.site, made.value!.account, v.password);
    state.value = 'done';
  } catch (x) {
    const r = x instanceof Refused ? x : undefined;
    state.value = r?.code === 'not_found' ? 'dead' : 'form';
    if (r?.field && r.field in values.value) {
      faults.value = { [r.field]: explain(r) };
      queueMicrotask(() => document.getElementById(r.field!)?.focus());
    } else problem.value = r ? explain(r) : t('error.internal');
  }
}

const zones = (Intl as unknown as { supportedValuesOf?(k: string): string[] }).supportedValuesOf?.('timeZone') ?? ['Asia/Seoul'];

function Field(p: { name: keyof Values; label: string; hint?: string; type?: string; list?: string; auto?: string; most?: number }) {
  const fault = faults.value[p.name];
  return (
    <div class="field">
      <label for={p.name}>{p.label}</label>
      <input
        id={p.name}
        type={(p.type ?? 'text') as 'text'}
        value={String(values.value[p.name])}
        required
        maxLength={p.most ?? 200}
        autocomplete={(p.auto ?? 'off') as 'off'}
        autocapitalize="none"
        spellcheck={false}
        {...(p.list ? { list: p.list } : {})}
        aria-invalid={fault !== undefined}
        aria-describedby={`${p.name}-about`}
        onInput={(e) => set({ [p.name]: e.currentTarget.value } as Partial<Values>)}
      />
      <p class={fault ? 'problem' : 'hint'} id={`${p.name}-about`} role={fault ? 'alert' : undefined}>
        {fault ?? p.hint}
      </p>
    </div>
  );
}

function Form() {
  const v = values.value;
  return (
    <form onSubmit={(e) => void submit(e)} noValidate>
      <p class="lead">{t('setup.text')}</p>
      <h2>{t('setup.site')}</h2>
      <div class="two">
        <Field name="name" label={t('set.name')} hint={t('setup.name.hint')} most={60} auto="organization" />
        <Field name="site" label={t('setup.id')} hint={t('setup.id.hint')} most={32} />
        <div class="field">
          <label for="site-language">{t('set.language')}</label>
          <select
            id="site-language"
            value={v.language}
            onChange={(e) => {
              set({ language: e.currentTarget.value as 'ko' });
              choose(e.currentTarget.value as 'ko');
            }}
          >
            <option value="ko" lang="ko">
              한국어
            </option>
            <option value="en" lang="en">
              English
            </option>
          </select>
        </div>
        <Field name="time_zone" label={t('set.time_zone')} list="zones" />
        <datalist id="zones">
          {zones.map((z) => (
            <option key={z} value={z} />
          ))}
        </datalist>
      </div>
      <h2>{t('setup.admin')}</h2>
      <div class="two">
        <Field name="person" label={t('accounts.name')} hint={t('setup.person.hint')} most={60} auto="name" />
        <Field name="account" label={t('accounts.id')} hint={t('accounts.id.hint')} most={40} auto="username" />
        <Field name="password" label={t('login.password')} type="password" hint={t('accounts.password.hint')} auto="new-password" />
        <Field name="again" label={t('setup.again')} type="password" auto="new-password" />
      </div>
      <label class="demo">
        <input type="checkbox" id="demo" checked={v.demo} onChange={(e) => set({ demo: e.currentTarget.checked })} />
        <span>
          <b>{t('setup.demo')}</b>
          <small>{t('setup.demo.hint')}</small>
        </span>
      </label>
      <p class="problem" role="alert" id="problem">
        {problem.value}
      </p>
      <button class="button primary large" type="submit" disabled={state.value === 'busy'}>
        {t(state.value === 'busy' ? 'setup.busy' : 'setup.submit')}
      </button>
    </form>
  );
}

function Done() {
  const m = made.value!;
  return (
    <div class="stack" id="done">
      <p class="lead">{t('setup.done.text')}</p>
      {m.accounts.length > 0 && (
        <>
          <h2>{t('setup.done.accounts')}</h2>
          <p class="hint">{t('setup.done.accounts.text')}</p>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('accounts.id')}</th>
                <th scope="col">{t('login.password')}</th>
              </tr>
            </thead>
            <tbody>
              {m.accounts.map((a) => (
                <tr key={a.account}>
                  <td>{a.account}</td>
                  <td>
                    <code>{a.password}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <h2>{t('setup.next')}</h2>
      <ol class="next">
        {(['accounts', 'hours', 'channels'] as const).map((x) => (
          <li key={x}>
            <a href={`/settings/#/${x}`}>{t(`setup.next.${x}`)}</a>
          </li>
        ))}
      </ol>
      <div class="doors">
        <a class="button primary large" id="open-settings" href="/settings/">
          {t('setup.done.settings')}
        </a>
        <a class="button large" href={`/chat/?site=${encodeURIComponent(m.site)}`} target="_blank" rel="noopener">
          {t('setup.done.chat')}
        </a>
      </div>
    </div>
  );
}

function Root() {
  void lang.value;
  const s = state.value;
  return (
    <main class="setup" key={lang.value}>
      <div class="box">
        <div class="head">
          <img src="/favicon.svg" alt="" width="32" height="32" />
          <LanguageSwitch />
        </div>
        <h1>{t(s === 'done' ? 'setup.done' : s === 'dead' ? 'setup.dead' : 'setup.title')}</h1>
        {s === 'asking' && <p role="status">{t('loading')}</p>}
        {s === 'dead' && <p class="lead">{t('setup.dead.text')}</p>}
        {s === 'away' && (
          <>
            <p class="problem" role="alert">
              {problem.value}
            </p>
            <button class="button" type="button" onClick={() => void ask()}>
              {t('connection.retry')}
            </button>
          </>
        )}
        {(s === 'form' || s === 'busy') && <Form />}
        {s === 'done' && <Done />}
      </div>
    </main>
  );
}

applyTheme();
effect(() => {
  document.documentElement.lang = lang.value;
  document.title = t('setup.title');
});
render(<Root />, document.getElementById('setup')!);
void ask();
