// The command palette: Ctrl+K (Cmd+K) or its button opens it over any of the working pages. What can be done and where one can go
// stands in one list that typing narrows. A combobox with a listbox (ARIA 1.2): the focus stays in the field.

import { signal, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../text';
import { type Command, allCommands, paletteOpened, rank } from './commands';
import './palette.css';
import { Icon } from './parts';

const open = signal(false);
const PAGE = 8; // rows that Page Up and Page Down pass

export function openPalette(): void {
  if (open.value || document.querySelector('dialog[open]')) return; // a question comes first
  open.value = true;
  paletteOpened();
}

/** Stands once in a page. `keys`: whether the shortcut counts now. */
export function Palette({ keys }: { keys?(): boolean }) {
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      // The key's place, not what the layout writes with it; and no syllable is written with Ctrl.
      if (e.code !== 'KeyK' || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey || keys?.() === false) return;
      e.preventDefault();
      if (open.value) open.value = false;
      else openPalette();
    };
    addEventListener('keydown', pressed);
    return () => {
      removeEventListener('keydown', pressed);
      open.value = false;
    };
  }, []);
  return open.value ? <List /> : null;
}

export function PaletteButton() {
  const label = t('palette.title');
  return (
    <button class="button quiet small icon" type="button" id="open-palette" aria-label={label} aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K" title={`${label} (Ctrl+K)`} onClick={openPalette}>
      <Icon name="search" />
    </button>
  );
}

function List() {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const query = useSignal('');
  const chosen = useSignal(''); // by id: what is listed may change under the reader's fingers
  const wanted = useRef<Command | undefined>(undefined);
  const composed = useRef(false); // Safari ends a composition before the keydown of its Enter

  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const d = dialog.current!;
    d.showModal();
    return () => {
      if (d.open) d.close();
      if (before?.isConnected) before.focus();
      const command = wanted.current;
      if (command) queueMicrotask(command.run);
    };
  }, []);

  const found = rank(allCommands(), query.value);
  const at = Math.max(0, found.findIndex((c) => c.id === chosen.value));
  const current = found[at];
  useLayoutEffect(() => {
    if (list.current && current) document.getElementById(`command-${current.id}`)?.scrollIntoView({ block: 'nearest' });
  }, [current?.id]);

  const go = (to: number) => (chosen.value = found[(to + found.length) % found.length]?.id ?? '');
  const run = (c: Command) => {
    wanted.current = c;
    open.value = false;
  };
  const key = (e: KeyboardEvent) => {
    if (e.isComposing || e.keyCode === 229) return; // it belongs to the syllable
    if (e.key === 'ArrowDown') go(at + 1);
    else if (e.key === 'ArrowUp') go(at - 1);
    else if (e.key === 'PageDown') go(Math.min(found.length - 1, at + PAGE));
    else if (e.key === 'PageUp') go(Math.max(0, at - PAGE));
    else if (e.key === 'Enter') {
      if (current && !composed.current) run(current);
    } else if (e.key !== 'Tab') return; // Tab has nowhere to go: the field is all there is
    e.preventDefault();
  };
  const label = t('palette.title');
  return (
    <dialog
      ref={dialog}
      id="palette"
      aria-label={label}
      onCancel={(e) => {
        e.preventDefault();
        open.value = false;
      }}
      onMouseDown={(e) => e.target === dialog.current && (open.value = false)}
    >
      <div class="ask">
        <Icon name="search" />
        <input
          id="palette-query"
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded="true"
          aria-controls="palette-list"
          aria-autocomplete="list"
          {...(current ? { 'aria-activedescendant': `command-${current.id}` } : {})}
          placeholder={t('palette.placeholder')}
          autocomplete="off"
          spellcheck={false}
          onInput={(e) => {
            query.value = e.currentTarget.value; // read only: a syllable that is being written is never written over
            chosen.value = '';
          }}
          onCompositionEnd={() => {
            composed.current = true;
            setTimeout(() => (composed.current = false));
          }}
          onKeyDown={key}
          onKeyUp={() => (composed.current = false)}
        />
        <kbd>Esc</kbd>
      </div>
      <ul ref={list} id="palette-list" role="listbox" aria-label={label} hidden={found.length === 0}>
        {found.map((c) => (
          <li key={c.id} id={`command-${c.id}`} role="option" aria-selected={c === current} onMouseDown={(e) => e.preventDefault()} onClick={() => run(c)}>
            <b>{c.title}</b>
            <span class="detail">{c.detail}</span>
            {c.keys && <kbd>{c.keys}</kbd>}
            <span class="of">{c.group}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="none">{t('palette.none')}</p>}
      <p class="sr" role="status">
        {t('palette.found', { count: found.length })}
      </p>
    </dialog>
  );
}
