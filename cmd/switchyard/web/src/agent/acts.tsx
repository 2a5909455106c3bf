// The holder's other acts on a room: a template without typing, another agent, a review.

import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Template, templates } from '../client/http';
import { t } from '../text';
import { type Room, status, who, write } from './store';

const REASON_MOST = 500;

/** The shared templates and the account's own, as they were when a room was opened last. */
const known = signal<Template[]>([]);

async function load(): Promise<void> {
  if (!who.value) return;
  try {
    known.value = await templates(who.value.site);
  } catch {
    // without them the agent types
  }
}

export function Acts({ room }: { room: Room }) {
  const asking = useSignal<'change' | 'review' | ''>('');
  const live = status.value.phase === 'live';
  useEffect(() => void load(), [room]);
  return (
    <>
      {known.value.length > 0 && (
        <select
          id="template"
          aria-label={t('agent.template')}
          disabled={!live}
          value=""
          onChange={(e) => {
            const template = e.currentTarget.value;
            e.currentTarget.value = '';
            if (template) void write(room, 'message.send', { template });
          }}
        >
          <option value="">{t('agent.template')}</option>
          {known.value.map((x) => (
            <option key={x.id} value={x.id} title={x.text}>
              {x.title}
            </option>
          ))}
        </select>
      )}
      <button class="button small" type="button" id="change" disabled={!live} onClick={() => (asking.value = 'change')}>
        {t('agent.change')}
      </button>
      <button class="button small" type="button" id="review" disabled={!live} onClick={() => (asking.value = 'review')}>
        {t('agent.review')}
      </button>
      {asking.value && <Ask room={room} kind={asking.value} done={() => (asking.value = '')} />}
    </>
  );
}

function Ask({ room, kind, done }: { room: Room; kind: 'change' | 'review'; done(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  const change = kind === 'change';
  return (
    <dialog ref={dialog} aria-labelledby="ask-title" onClose={done}>
      <form
        class="stack"
        id="ask"
        onSubmit={(e) => {
          e.preventDefault();
          const f = new FormData(e.currentTarget);
          const text = String(f.get('text')).trim();
          const to = String(f.get('to') ?? '').trim();
          if (text === '' || (change && to === '')) return;
          void write(room, change ? 'room.request_change' : 'room.request_review', change ? { to, text } : { text });
          done();
        }}
      >
        <h2 id="ask-title">{t(change ? 'agent.change' : 'agent.review')}</h2>
        {change && (
          <label class="field">
            <span>{t('agent.change.to')}</span>
            <input name="to" required maxLength={40} autocomplete="off" />
          </label>
        )}
        <label class="field">
          <span>{t('agent.reason')}</span>
          <textarea name="text" required rows={3} maxLength={REASON_MOST} />
        </label>
        <div class="choices">
          <button class="button" type="button" onClick={done}>
            {t('dialog.cancel')}
          </button>
          <button class="button primary" type="submit">
            {t('agent.request')}
          </button>
        </div>
      </form>
    </dialog>
  );
}
