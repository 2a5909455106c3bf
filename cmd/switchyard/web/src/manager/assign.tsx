// To whom a room goes. The dialog holds the assignment number that it opened with: a room that moved meanwhile is not moved again.

import { useSignal } from '@preact/signals';
import { t, type Key } from '../text';
import { matches } from '../ui/hangul';
import { Dialog } from '../ui/parts';
import { Load, Want } from './bits';
import { type Assigning, type BoardAgent, accountName, accounts, assign, board, isLive, live } from './store';
import { whyNotText } from './why';

const NOTE_MOST = 500;
const SEARCH_FROM = 8; // agents from which on there is a field to search

interface Candidate extends BoardAgent {
  id: string;
  name: string;
  group: string;
  why: string; // the rule's name; '' = may be chosen
}

/** Everybody who could hold the room, those first whom a rule would choose. */
export function candidates(holder: string): Candidate[] {
  const group = (id: string) => accounts.value.find((a) => a.id === id)?.group ?? '';
  const of = holder ? group(holder) : '';
  return Object.entries(board.value?.agents ?? {})
    .filter(([id, a]) => a.why_not !== 'not_consulting' && id !== holder)
    .map(([id, a]) => {
      const mine = group(id);
      return { ...a, id, name: accountName(id), group: mine, why: a.why_not || (of && mine !== of ? 'other_group' : '') };
    })
    .sort((x, y) => Number(x.why !== '') - Number(y.why !== '') || share(x) - share(y) || x.load - y.load || x.name.localeCompare(y.name, undefined, { numeric: true }));
}
const share = (x: Candidate) => (x.limit > 0 ? x.load / x.limit : 0);

export function AssignDialog({ a, close }: { a: Assigning; close(): void }) {
  const to = useSignal('');
  const note = useSignal('');
  const anybody = useSignal(false);
  const search = useSignal('');
  const problem = useSignal('');
  const busy = useSignal(false);
  const stale = useSignal(false);
  const all = candidates(a.holder);
  const shown = search.value.trim() ? all.filter((x) => matches(search.value.trim(), `${x.name} ${x.group}`)) : all;
  const state = new Map((live.value?.agents ?? []).map((x) => [x.agent, x.state]));
  return (
    <Dialog id="assign-dialog" wide title={t(a.holder ? 'manager.assign.move.title' : 'manager.assign.title', { room: a.label })} close={close}>
      <form
        class="stack assign"
        onSubmit={async (e) => {
          e.preventDefault();
          if (to.value === '') return void (problem.value = t('manager.assign.pick'));
          busy.value = true;
          problem.value = '';
          const why = await assign(a, to.value, note.value.trim());
          busy.value = false;
          if (why === '') return close();
          problem.value = why;
          stale.value = true;
        }}
      >
        {a.holder && <p class="hint">{t('manager.assign.from', { name: accountName(a.holder) })}</p>}
        {all.length >= SEARCH_FROM && (
          <label class="field">
            <span class="sr">{t('manager.assign.search')}</span>
            <input id="assign-search" type="search" autocomplete="off" placeholder={t('manager.assign.search')} value={search.value} onInput={(e) => (search.value = e.currentTarget.value)} />
          </label>
        )}
        <fieldset class="people choices-of">
          <legend>{t('manager.assign.to')}</legend>
          {shown.length === 0 && <p class="none">{t('manager.assign.nobody')}</p>}
          {shown.map((x) => {
            const may = x.why === '' || anybody.value;
            const text = x.why ? whyNotText(x.why) : '';
            return (
              <label key={x.id} class={may ? '' : 'barred'} data-candidate={x.id}>
                {may ? <input type="radio" name="to" value={x.id} checked={to.value === x.id} onChange={() => (to.value = x.id)} /> : <span class="no-radio" aria-hidden="true" />}
                <span class="who">
                  <b>{x.name}</b>
                  {x.group && <span class="hint">{x.group}</span>}
                </span>
                <Want want={x.want} onDuty={x.on_duty} state={state.get(x.id)} conn={x.conn} />
                <Load load={x.load} limit={x.limit} />
                <span class="reason">{text && <span class={`badge${may ? '' : ' warn'}`}>{text}</span>}</span>
              </label>
            );
          })}
        </fieldset>
        <label class="switch">
          <input type="checkbox" role="switch" id="anybody" checked={anybody.value} onChange={(e) => ((anybody.value = e.currentTarget.checked), (to.value = ''))} />
          <span>{t('manager.assign.anybody')}</span>
        </label>
        <label class="field">
          <span>{t('manager.assign.note')}</span>
          <input id="assign-note" maxLength={NOTE_MOST} autocomplete="off" value={note.value} onInput={(e) => (note.value = e.currentTarget.value)} />
        </label>
        <p class="problem" role="alert" id="assign-problem">
          {problem.value}
        </p>
        <div class="choices">
          <button class="button" type="button" onClick={close}>
            {t(stale.value ? 'dialog.close' : 'dialog.cancel')}
          </button>
          <button class="button primary" type="submit" disabled={busy.value || stale.value || !isLive.value}>
            {t(a.holder ? ('manager.move' as Key) : 'manager.assign')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
