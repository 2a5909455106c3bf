// The settings application: the frame that it shares with the manager's pages, a list of its own pages, and the page that the
// address names. What an account may not do has no page.

import { useLayoutEffect } from 'preact/hooks';
import { t, type Key } from '../text';
import { Frame } from '../ui/nav';
import { Toasts } from '../ui/notices';
import { who } from '../ui/session';
import { Accounts, Me } from './accounts';
import { Audit } from './audit';
import { Bots } from './bots';
import { offerSettingsCommands } from './commands';
import { GROUPS, groupOf } from './groups';
import { GroupPage } from './group';
import { Hours } from './hours';
import { Keys } from './keys';
import { Categories, Channels, Days, Templates } from './lists';
import { Profile } from './profile';
import { type Role, dismiss, draft, href, path, role, signOut, toasts } from './store';
import { Webhooks } from './webhooks';

interface Place {
  id: string;
  roles: Role[];
}
const ADMIN: Role[] = ['ADMIN'];
const ALL: Role[] = ['ADMIN', 'MANAGER', 'AGENT'];
const PAGES: { title: string; places: Place[] }[] = [
  { title: 'consulting', places: ['site', 'hours', 'distribution', 'intake', 'autoclose', 'messages'].map((id) => ({ id, roles: ADMIN })) },
  {
    title: 'bots',
    places: [
      { id: 'bots', roles: ALL },
      { id: 'profile', roles: ADMIN },
    ],
  },
  {
    title: 'people',
    places: [
      { id: 'accounts', roles: ADMIN },
      { id: 'days', roles: ['ADMIN', 'MANAGER'] },
      { id: 'categories', roles: ADMIN },
      { id: 'templates', roles: ALL },
    ],
  },
  { title: 'outside', places: ['channels', 'webhooks', 'keys'].map((id) => ({ id, roles: ADMIN })) },
  { title: 'manage', places: ['billing', 'data', 'audit'].map((id) => ({ id, roles: ADMIN })) },
  { title: 'own', places: [{ id: 'me', roles: ALL }] },
];
const group = (id: string) => GROUPS.find((g) => g.id === id);
const label = (id: string) => t((group(id) ? `group.${id}` : `nav.${id}`) as Key);

function Content({ id, parts }: { id: string; parts: string[] }) {
  switch (id) {
    case 'hours':
      return <Hours />;
    case 'profile':
      return <Profile />;
    case 'accounts':
      return <Accounts />;
    case 'days':
      return <Days />;
    case 'categories':
      return <Categories />;
    case 'templates':
      return <Templates />;
    case 'channels':
      return <Channels />;
    case 'webhooks':
      return <Webhooks id={parts[1]} />;
    case 'keys':
      return <Keys />;
    case 'bots':
      return <Bots id={parts[1]} />;
    case 'audit':
      return <Audit />;
    case 'me':
      return <Me />;
  }
  const g = group(id);
  return g ? <GroupPage group={g} /> : null;
}

export function App() {
  useLayoutEffect(() => offerSettingsCommands(() => PAGES.flatMap((p) => p.places.filter((x) => x.roles.includes(role.value!)).map((x) => ({ id: x.id, group: t(`pages.${p.title}` as Key), title: label(x.id) })))), []);
  const mine = PAGES.map((p) => ({ ...p, places: p.places.filter((x) => x.roles.includes(role.value!)) })).filter((p) => p.places.length > 0);
  const known = mine.flatMap((p) => p.places.map((x) => x.id));
  const id = known.includes(path.value[0] ?? '') ? path.value[0]! : known[0]!;
  const dirty = new Set(Object.keys(draft.value).map((n) => groupOf(n)?.id));
  return (
    <Frame current="settings" role={role.value!} title={t('nav.settings')} site={who.value!.site} name={who.value!.name} signOut={() => void signOut()}>
      <div class="settings">
        <nav class="pages" aria-label={t('settings.pages')}>
          {mine.map((p) => (
            <div key={p.title}>
              <p class="heading">{t(`pages.${p.title}` as Key)}</p>
              <ul>
                {p.places.map((x) => (
                  <li key={x.id}>
                    <a id={`page-${x.id}-link`} href={href(x.id)} {...(x.id === id ? { 'aria-current': 'page' as const } : {})}>
                      {label(x.id)}
                      {dirty.has(x.id) && <span class="changed" role="img" aria-label={t('settings.changed')} />}
                    </a>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <Content key={`${id}/${path.value[1] ?? ''}`} id={id} parts={path.value} />
      </div>
      <Toasts list={toasts.value} dismiss={dismiss} />
    </Frame>
  );
}
