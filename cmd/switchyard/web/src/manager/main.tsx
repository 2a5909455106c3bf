import '../ui/base.css';
import '../ui/work.css';
import './manager.css';
import '../text/console';
import '../text/manager';
import { effect, useSignal } from '@preact/signals';
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { t, type Key } from '../text';
import { Login } from '../ui/login';
import { Frame } from '../ui/nav';
import { ConnectionBar, Toasts } from '../ui/notices';
import { connectionText } from '../ui/page';
import { who } from '../ui/session';
import { applyTheme } from '../ui/theme';
import { now } from '../ui/now';
import { AssignDialog } from './assign';
import './commands';
import { BoardPage, LimitChoice } from './board';
import { BlockedPage } from './blocked';
import { RequestsPage } from './requests';
import { RoomsPage } from './rooms';
import { route } from './route';
import { assigning, dismissToast, lang, me, reconnect, requests, run, signIn, signOut, status, toasts } from './store';

function App() {
  void lang.value; // every text is read anew when the language changes
  if (!who.value) return <Login key={lang.value} title={t('manager.login')} enter={signIn} />;
  if (me.value?.role === 'AGENT') return <NotForAgents key={lang.value} />;
  return <Pages key={lang.value} />;
}

function Pages() {
  const { page } = route.value;
  const known = pages[page] ? page : 'board';
  const Page = pages[known]!;
  const asked = assigning.value;
  return (
    <>
      <Frame
        current={known}
        title={t(`nav.${known}` as Key)}
        role={me.value?.role ?? 'MANAGER'}
        counts={{ requests: requests.value?.length ?? 0 }}
        site={who.value!.site}
        name={me.value?.name ?? who.value!.name}
        lamp={{ text: connectionText(status.value).text, live: status.value.phase === 'live' }}
        beside={known === 'board' ? <LimitChoice /> : undefined}
        bar={<Bar />}
        signOut={() => void signOut()}
      >
        {me.value ? <Page key={known} /> : <p class="nothing">{t('manager.loading')}</p>}
      </Frame>
      <Toasts list={toasts.value} dismiss={dismissToast} />
      {asked && <AssignDialog key={`${asked.room}.${asked.assignment}`} a={asked} close={() => (assigning.value = undefined)} />}
    </>
  );
}

/** The reports come when the first of them is opened. */
function report(name: 'DashboardPage' | 'SQIPage' | 'JourneyPage' | 'VolumesPage' | 'ConsultationsPage' | 'LedgerPage') {
  return function Report() {
    const page = useSignal<(() => preact.JSX.Element) | undefined>(undefined);
    const failed = useSignal(false);
    useEffect(() => {
      import('./reports').then(
        (m) => (page.value = m[name]),
        () => (failed.value = true),
      );
    }, []);
    const Page = page.value;
    return Page ? <Page /> : <p class="nothing">{t(failed.value ? 'manager.chart.failed' : 'manager.loading')}</p>;
  };
}

const pages: Record<string, () => preact.JSX.Element> = {
  board: BoardPage,
  requests: RequestsPage,
  rooms: RoomsPage,
  blocked: BlockedPage,
  dashboard: report('DashboardPage'),
  sqi: report('SQIPage'),
  journey: report('JourneyPage'),
  volumes: report('VolumesPage'),
  consultations: report('ConsultationsPage'),
  ledger: report('LedgerPage'),
};

function NotForAgents() {
  return (
    <main class="login">
      <div class="sorry">
        <h1>{t('manager.forbidden')}</h1>
        <p>{t('manager.forbidden.text')}</p>
        <div class="choices">
          <button class="button" type="button" onClick={() => void signOut()}>
            {t('agent.logout')}
          </button>
          <a class="button primary" href="/agent/">
            {t('nav.agent')}
          </a>
        </div>
      </div>
    </main>
  );
}

function Bar() {
  void now.value;
  const s = status.value;
  if (s.phase === 'live' || s.phase === 'idle' || !s.lostAt || Date.now() - s.lostAt < 1_500) return null;
  return <ConnectionBar s={s} text={`${connectionText(s).text} ${t('manager.bar')}`} reconnect={reconnect} />;
}

applyTheme();
effect(() => {
  document.documentElement.lang = lang.value;
  const page = pages[route.value.page] ? route.value.page : 'board';
  document.title = who.value ? `${t(`nav.${page}` as Key)} · ${t('brand')}` : t('manager.login');
});
render(<App />, document.getElementById('manager')!);
run();
