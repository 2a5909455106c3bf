import '../ui/base.css';
import '../ui/work.css';
import './agent.css';
import '../text/console';
import '../text/agent';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { t } from '../text';
import { Login } from '../ui/login';
import { applyTheme } from '../ui/theme';
import { Console } from './console';
import { titleOf } from './notify';
import { lang, run, signIn, unreadTotal, who, zone } from './store';

function App() {
  // Every text is read anew when the language changes, and every time when the zone does.
  return who.value ? <Console key={`${lang.value} ${zone.value}`} /> : <Login key={lang.value} title={t('login.title')} enter={signIn} />;
}

applyTheme();
effect(() => {
  document.documentElement.lang = lang.value;
  document.title = titleOf(unreadTotal.value);
});
render(<App />, document.getElementById('agent')!);
run();
