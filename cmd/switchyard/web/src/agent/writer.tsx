// What is being written: an answer or a memo, templates by `/` at the start of a line, an image.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Template } from '../client/desk';
import { t } from '../text';
import { type Composer, attachComposer } from '../ui/composer';
import { phrase, wish } from './keys';
import { Icon } from '../ui/parts';
import { prefs } from './prefs';
import { findTemplates, placeAfter, queryAt } from './templates';
import { type Room, keepDraft, locked, phrases, send, sendTemplate, typing, who } from './store';

const TYPING_MS = 3_000;
const TEXT_MOST = 1_000; // the narrowest channel's limit, kept equal on all
const MEMO_MOST = 2_000;

export function Writer({ room, memo, image }: { room: Room; memo: { value: boolean }; image(file: Blob | undefined): void }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const composer = useRef<Composer | undefined>(undefined);
  const found = useSignal<Template[]>([]);
  const at = useSignal(0);
  const missed = useSignal(false); // a template is looked for, and there is none
  const mixed = useSignal<Template | undefined>(undefined);
  const length = useSignal(room.draft.length);

  const look = () => {
    const e = box.current!;
    const q = memo.value ? undefined : queryAt(e.value, e.selectionStart);
    found.value = q ? findTemplates(phrases.value, q.query) : [];
    missed.value = q !== undefined && found.value.length === 0;
    if (at.value >= found.value.length) at.value = 0;
  };
  const insert = (template: Template) => {
    const e = box.current!;
    const q = queryAt(e.value, e.selectionStart);
    found.value = [];
    if (template.type === 'MIXED') {
      mixed.value = template;
      if (q) composer.current!.fill(e.value.slice(0, q.from) + e.value.slice(e.selectionStart));
      room.draft = e.value;
      return;
    }
    const name = room.profile?.name?.value;
    let text = template.text.replaceAll('[counselor_name]', who.value?.name ?? '');
    if (name) text = text.replaceAll('[customer_name]', name);
    const from = q?.from ?? e.selectionStart;
    const to = e.selectionStart;
    composer.current!.fill(e.value.slice(0, from) + text + e.value.slice(to));
    room.draft = e.value;
    length.value = e.value.length;
    if (!place(from)) e.setSelectionRange(from + text.length, from + text.length);
    e.focus();
  };
  /** Selects the next place that a template left open. */
  const place = (from: number): boolean => {
    const e = box.current!;
    const next = placeAfter(e.value, from);
    if (next) e.setSelectionRange(next[0], next[1]);
    return next !== undefined;
  };
  const openTemplates = () => {
    const e = box.current!;
    e.focus();
    memo.value = room.draftMemo = false;
    const line = e.value.slice(e.value.lastIndexOf('\n', e.selectionStart - 1) + 1);
    if (queryAt(e.value, e.selectionStart)) return look();
    const start = line.trim() === '' ? '' : '\n';
    const caret = line.trim() === '' ? e.selectionStart : e.value.length;
    composer.current!.fill(`${e.value.slice(0, caret)}${start}/${e.value.slice(caret)}`);
    e.setSelectionRange(caret + start.length + 1, caret + start.length + 1);
    room.draft = e.value;
    look();
  };

  useSignalEffect(() => {
    if (wish.value !== 'templates') return;
    wish.value = '';
    openTemplates();
  });
  useSignalEffect(() => {
    const template = phrase.value;
    if (!template) return;
    phrase.value = undefined;
    if (locked.peek()) return;
    memo.value = room.draftMemo = false;
    insert(template);
  });

  useLayoutEffect(() => {
    const e = box.current!;
    let typed = 0;
    composer.current = attachComposer(e, {
      enterSends: () => prefs.value.enterSends,
      send: (text) => {
        const sent = send(room, text, memo.value);
        if (sent) {
          found.value = [];
          missed.value = false;
          if (memo.value) memo.value = room.draftMemo = false;
        }
        return sent;
      },
      key: (k) => {
        const list = found.value;
        if (list.length > 0) {
          if (k.key === 'ArrowDown') at.value = (at.value + 1) % list.length;
          else if (k.key === 'ArrowUp') at.value = (at.value + list.length - 1) % list.length;
          else if (k.key === 'Enter' || k.key === 'Tab') insert(list[at.value]!);
          else if (k.key === 'Escape') found.value = [];
          else return false;
          return true;
        }
        if (missed.value) {
          if (k.key === 'Escape') missed.value = false;
          else if (k.key !== 'Enter' || e.value.trim() !== '/') return false; // the sign alone is no answer to anybody
          return true;
        }
        // Tab leaves the field, unless a template left a place open behind the caret.
        if (k.key === 'Tab' && !k.shiftKey && !k.altKey && !k.ctrlKey) return place(e.selectionEnd);
        return false;
      },
      input: (text) => {
        room.draft = text;
        length.value = text.length;
        look();
        if (memo.value) return; // nobody sees a memo being written
        if (text === '') {
          if (typed) typing(room, false);
          typed = 0;
        } else if (!text.startsWith('/') && Date.now() - typed >= TYPING_MS) {
          typed = Date.now();
          typing(room, true);
        }
      },
    });
    composer.current.fill(room.draft);
    e.focus();
    return () => composer.current?.detach();
  }, [room]);
  useEffect(() => {
    const save = setInterval(() => keepDraft(room), 2_000);
    return () => {
      clearInterval(save);
      keepDraft(room);
    };
  }, [room]);

  const writesMemo = memo.value;
  const most = writesMemo ? MEMO_MOST : TEXT_MOST;
  const choose = (on: boolean) => {
    memo.value = room.draftMemo = on;
    found.value = [];
    missed.value = false;
    box.current?.focus();
  };
  const list = found.value;
  return (
    <form
      class={`writer${writesMemo ? ' memo' : ''}`}
      id="composer"
      onSubmit={(e) => {
        e.preventDefault();
        composer.current?.submit();
      }}
    >
      {mixed.value && (
        <div class="mixed" id="mixed">
          <p>
            <b>{mixed.value.title}</b> {t('agent.template.mixed')}
          </p>
          <button class="button small" type="button" onClick={() => (mixed.value = undefined)}>
            {t('dialog.cancel')}
          </button>
          <button
            class="button small primary"
            type="button"
            disabled={locked.value}
            onClick={() => {
              sendTemplate(room, mixed.value!);
              mixed.value = undefined;
              box.current?.focus();
            }}
          >
            {t('chat.send')}
          </button>
        </div>
      )}
      {list.length > 0 && (
        <ul class="templates" id="templates" role="listbox" aria-label={t('agent.template')}>
          {list.map((x, i) => (
            <li key={x.id} id={`template-${i}`} role="option" aria-selected={i === at.value} onMouseDown={(e) => e.preventDefault()} onClick={() => insert(x)}>
              <b>{x.title}</b>
              {x.shared === false && <span class="badge">{t('agent.template.own')}</span>}
              {x.type === 'MIXED' && <span class="badge">{t('agent.template.image')}</span>}
              <span class="text">{x.text}</span>
            </li>
          ))}
        </ul>
      )}
      {missed.value && (
        <p class="templates missed" id="templates-missed" role="status">
          {t(phrases.value.length === 0 ? 'agent.template.none' : 'agent.template.missed')}{' '}
          <a href="/settings/#/templates" target="_blank">
            {t('agent.template.make')}
          </a>
        </p>
      )}
      <div class="modes" role="group" aria-label={t('chat.input')}>
        <button type="button" id="mode-reply" aria-pressed={!writesMemo} onClick={() => choose(false)}>
          {t('agent.reply')}
        </button>
        <button type="button" id="mode-memo" aria-pressed={writesMemo} title="Alt+M" onClick={() => choose(true)}>
          {t('agent.memo')}
        </button>
        <span class="gap" />
        <button type="button" class="tool" id="open-templates" title={`${t('agent.template')} (/, Alt+T)`} aria-label={t('agent.template')} disabled={locked.value} onClick={openTemplates}>
          <Icon name="slash" size={16} />
        </button>
        <button type="button" class="tool" id="attach" title={t('chat.attach')} aria-label={t('chat.attach')} disabled={locked.value} onClick={() => file.current?.click()}>
          <Icon name="image" size={17} />
        </button>
        <input
          type="file"
          ref={file}
          id="file"
          hidden
          accept="image/jpeg,image/png"
          aria-label={t('chat.attach')}
          tabIndex={-1}
          onChange={(e) => {
            image(e.currentTarget.files?.[0]);
            e.currentTarget.value = '';
          }}
        />
        <span class="hint">{writesMemo ? t('agent.memo.label') : length.value > most * 0.9 ? `${length.value}/${most}` : t(prefs.value.enterSends ? 'agent.keys.enter' : 'agent.keys.ctrl')}</span>
      </div>
      <div class="composer">
        <label class="sr" for="text">
          {t(writesMemo ? 'agent.memo' : 'agent.reply')}
        </label>
        <textarea
          ref={box}
          id="text"
          rows={1}
          maxLength={most}
          enterkeyhint="send"
          readOnly={locked.value}
          placeholder={t(writesMemo ? 'agent.memo.placeholder' : 'agent.placeholder')}
          aria-autocomplete="list"
          {...(list.length > 0 ? { 'aria-controls': 'templates', 'aria-activedescendant': `template-${at.value}` } : {})}
        />
        <button class="button primary" type="submit" id="send" disabled={locked.value}>
          {t(writesMemo ? 'agent.memo.send' : 'chat.send')}
        </button>
      </div>
    </form>
  );
}
