import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { choose, other, t } from '../text';
import { span } from '../ui/time';
import { now } from './store';

export function LanguageSwitch() {
  return (
    <button class="button quiet small" type="button" id="language" lang={other()} onClick={() => choose(other())}>
      {t('language.other')}
    </button>
  );
}

/** A waiting time that ticks with the page's one timer. */
export function Ticking({ since }: { since: number }) {
  if (!since) return null;
  return <span class="ticking">{span(now.value - since)}</span>;
}

/** Asks before something that cannot be taken back. */
export function Confirm(p: { title: string; text: string; yes: string; onYes(): void; onNo(): void; children?: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current!.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" aria-describedby="confirm-text" onClose={p.onNo}>
      <div class="stack">
        <h2 id="confirm-title">{p.title}</h2>
        <p id="confirm-text">{p.text}</p>
        <div class="choices">
          <button class="button" type="button" onClick={p.onNo}>
            {t('dialog.cancel')}
          </button>
          <button class="button danger" type="button" onClick={p.onYes}>
            {p.yes}
          </button>
        </div>
      </div>
    </dialog>
  );
}
