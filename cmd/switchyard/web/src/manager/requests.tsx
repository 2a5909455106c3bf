// What agents ask their managers: another agent for a room, or a look at it.

import { useSignal } from '@preact/signals';
import { t } from '../text';
import { now } from '../ui/now';
import { span } from '../ui/time';
import { whole } from '../ui/zone';
import type { OpenRequest } from './api';
import { here, link, route } from './route';
import { accountName, complain, isLive, loadRequests, memo, requests, toast, write } from './store';
import { Watch } from './watch';

const ANSWER_MOST = 1000;

export function RequestsPage() {
  const kind = route.value.q['kind'] === 'review' ? 'review' : route.value.q['kind'] === 'change' ? 'change' : '';
  const room = route.value.q['room'];
  const all = requests.value;
  const shown = (all ?? []).filter((r) => kind === '' || r.kind === kind).sort((a, b) => a.at.localeCompare(b.at));
  const count = (k: string) => (all ?? []).filter((r) => r.kind === k).length;
  return (
    <div class={`board${room ? ' with-panel' : ''}`}>
      <div class="requests">
        <ul class="segments" aria-label={t('manager.requests.kind')}>
          {(['', 'change', 'review'] as const).map((k) => (
            <li key={k}>
              <a href={link('requests', { kind: k })} {...(k === kind ? { 'aria-current': 'true' as const } : {})}>
                {t(k === '' ? 'manager.all' : k === 'change' ? 'manager.kind.change' : 'manager.kind.review')} <span class="count">{k === '' ? (all ?? []).length : count(k)}</span>
              </a>
            </li>
          ))}
        </ul>
        {all === undefined ? (
          <p class="none">{t('manager.loading')}</p>
        ) : shown.length === 0 ? (
          <p class="nothing">{t('manager.requests.none')}</p>
        ) : (
          <ul class="cards">
            {shown.map((r) => (
              <Card key={r.request} r={r} />
            ))}
          </ul>
        )}
      </div>
      {room && (
        <aside class="board-side" aria-label={t('manager.side')}>
          <Watch key={room} id={room} back={here({ room: undefined })} />
        </aside>
      )}
    </div>
  );
}

function Card({ r }: { r: OpenRequest }) {
  const busy = useSignal(false);
  const answer = useSignal('');
  const change = r.kind === 'change';
  const by = r.by_name || accountName(r.by);
  const decide = async (ok: boolean) => {
    busy.value = true;
    try {
      const words = answer.value.trim();
      if (words && !(await memo(r.room, words))) return;
      await write('request.decide', { request: r.request, ok });
      toast(t(!change ? 'manager.requests.done' : ok ? 'manager.requests.approved' : 'manager.requests.rejected'));
    } catch (e) {
      complain(e);
    } finally {
      busy.value = false;
      void loadRequests();
    }
  };
  return (
    <li class="card request" data-request={r.request}>
      <div class="request-head">
        <span class={`badge kind ${r.kind}`}>{t(change ? 'manager.kind.change' : 'manager.kind.review')}</span>
        <b>{change ? t('manager.requests.change', { from: by, to: r.to_name || accountName(r.to ?? '') }) : by}</b>
        <time class="hint" dateTime={r.at} title={whole(r.at)}>
          {t('manager.ago', { time: span(now.value - Date.parse(r.at)) })}
        </time>
      </div>
      <blockquote>{r.text}</blockquote>
      {!change && (
        <label class="field">
          <span>{t('manager.requests.answer')}</span>
          <textarea rows={2} maxLength={ANSWER_MOST} placeholder={t('manager.requests.answer.hint')} value={answer.value} onInput={(e) => (answer.value = e.currentTarget.value)} />
        </label>
      )}
      <div class="request-acts">
        <a class="button small" href={here({ room: r.room })}>
          {t('manager.requests.room')}
        </a>
        <span class="spring" />
        {change && (
          <button class="button small" type="button" data-do="reject" disabled={busy.value || !isLive.value} onClick={() => void decide(false)}>
            {t('manager.requests.reject')}
          </button>
        )}
        <button class="button small primary" type="button" data-do="ok" disabled={busy.value || !isLive.value} onClick={() => void decide(true)}>
          {t(change ? 'manager.requests.approve' : 'manager.requests.finish')}
        </button>
      </div>
    </li>
  );
}
