import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../text';
import { LanguageSwitch } from './parts';
import { loginProblem, who } from './session';

/** The form by which every working page is entered. */
export function Login(p: { title: string; enter(site: string, account: string, password: string): Promise<unknown> }) {
  const busy = useSignal(false);
  // Another language begins with an empty form, and without a refusal in the words of the last one.
  useEffect(() => () => void (loginProblem.value = ''), []);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    if (busy.value) return;
    const form = new FormData(e.currentTarget as HTMLFormElement);
    const value = (name: string) => String(form.get(name) ?? '');
    busy.value = true;
    await p.enter(value('site').trim(), value('account').trim(), value('password'));
    busy.value = false;
  };
  const site = new URLSearchParams(location.search).get('site') ?? who.peek()?.site ?? 'demo';
  return (
    <main class="login">
      <form onSubmit={submit}>
        <div class="head">
          <img src="/favicon.svg" alt="" width="32" height="32" />
          <LanguageSwitch />
        </div>
        <h1>{p.title}</h1>
        <Field name="site" label={t('login.site')} value={site} autocomplete="organization" />
        <Field name="account" label={t('login.account')} autocomplete="username" />
        <Field name="password" label={t('login.password')} autocomplete="current-password" />
        <p class="problem" role="alert" id="login-problem">
          {loginProblem.value}
        </p>
        <button class="button primary large" type="submit" disabled={busy.value}>
          {t(busy.value ? 'login.busy' : 'login.submit')}
        </button>
      </form>
    </main>
  );
}

function Field(p: { name: string; label: string; value?: string; autocomplete: 'organization' | 'username' | 'current-password' }) {
  const rest = { id: `login-${p.name}`, name: p.name, autocomplete: p.autocomplete, autocapitalize: 'none', spellcheck: false, required: true } as const;
  return (
    <div class="field">
      <label for={rest.id}>{p.label}</label>
      {p.autocomplete === 'current-password' ? <input type="password" {...rest} /> : <input type="text" defaultValue={p.value ?? ''} {...rest} />}
    </div>
  );
}
