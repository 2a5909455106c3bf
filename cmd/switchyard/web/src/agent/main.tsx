import '../ui/base.css';
import './agent.css';
import '../text/console';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { t } from '../text';
import { Console } from './console';
import { Login } from './login';
import { lang, run, unreadTotal, who } from './store';

function App() {
  void lang.value; // every text is read anew when the language changes
  return who.value ? <Console key={lang.value} /> : <Login key={lang.value} />;
}

effect(() => {
  document.documentElement.lang = lang.value;
  const n = unreadTotal.value;
  document.title = (n > 0 ? `(${n}) ` : '') + t('agent.title');
});
render(<App />, document.getElementById('agent')!);
run();
