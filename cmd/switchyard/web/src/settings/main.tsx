import '../ui/base.css';
import '../ui/work.css';
import './settings.css';
import '../text/console';
import '../text/settings';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { t } from '../text';
import { applyTheme } from '../ui/theme';
import { Login } from '../ui/login';
import { App } from './app';
import { lang, role, run, signIn, starting } from './store';

function Root() {
  void lang.value; // every text is read anew when the language changes
  if (starting.value) return <p class="starting" role="status">{t('loading')}</p>;
  return role.value ? <App key={lang.value} /> : <Login key={lang.value} title={t('settings.login')} enter={signIn} />;
}

applyTheme();
effect(() => {
  document.documentElement.lang = lang.value;
  document.title = t('nav.settings');
});
render(<Root />, document.getElementById('settings')!);
void run();
