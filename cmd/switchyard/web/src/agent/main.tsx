import '../ui/base.css';
import './agent.css';
import '../text/console';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { applyTheme } from '../ui/theme';
import { Console } from './console';
import { Login } from './login';
import { titleOf } from './notify';
import { lang, run, unreadTotal, who } from './store';

function App() {
  void lang.value; // every text is read anew when the language changes
  return who.value ? <Console key={lang.value} /> : <Login key={lang.value} />;
}

applyTheme();
effect(() => {
  document.documentElement.lang = lang.value;
  document.title = titleOf(unreadTotal.value);
});
render(<App />, document.getElementById('agent')!);
run();
