// What the settings pages offer to the command palette: the pages that the account may open, and every single setting.

import { offerCommands } from '../ui/commands';
import { label } from './fields';
import { GROUPS, namesOf } from './groups';
import { go, href, settings } from './store';

interface Page {
  id: string;
  group: string;
  title: string;
}

/** Offers them until the answer is called. */
export function offerSettingsCommands(pages: () => Page[]): () => void {
  const back = [
    offerCommands('settings.pages', { order: -1, commands: () => pages().map((p) => ({ id: `page-${p.id}`, group: p.group, title: p.title, run: () => open(p.id) })) }),
    offerCommands('settings', {
      order: 1,
      commands: () => {
        const mine = new Map(pages().map((p) => [p.id, p.title]));
        if (!settings.value) return []; // an administrator's
        return GROUPS.filter((g) => mine.has(g.id)).flatMap((g) => namesOf(g).map((name) => ({ id: `setting-${name}`, group: mine.get(g.id)!, title: label(name), run: () => open(g.id, name) })));
      },
    }),
  ];
  return () => back.forEach((f) => f());
}

/** Goes to a page, and to one of its settings when it is drawn. */
function open(page: string, name = ''): void {
  const arrive = () => {
    const at = name ? document.querySelector<HTMLElement>(`[data-setting="${name}"]`) : document.getElementById('page');
    at?.scrollIntoView({ block: name ? 'center' : 'start' });
    const field = name ? at?.querySelector<HTMLElement>('input, select, textarea, button') : at;
    field?.focus({ preventScroll: true });
  };
  if (location.hash === href(page)) return arrive();
  // The address is read in a task of its own; after it the page stands.
  go(page);
  addEventListener('hashchange', () => queueMicrotask(arrive), { once: true });
}
