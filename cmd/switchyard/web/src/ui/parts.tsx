// The small parts that the working pages share: icons, dialogs, what ticks, words of a list.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { choose, other, t } from '../text';
import { now } from './now';
import { moment, span } from './time';
import { whole } from './zone';

export function LanguageSwitch() {
  return (
    <button class="button quiet small" type="button" id="language" lang={other()} onClick={() => choose(other())}>
      {t('language.other')}
    </button>
  );
}

/** A moment, whose tooltip says the zone where it is not the reader's. */
export function When({ at }: { at: string }) {
  return at ? (
    <time dateTime={at} title={whole(at)}>
      {moment(at)}
    </time>
  ) : null;
}

/** A waiting time that ticks with the page's one timer. */
export function Ticking({ since }: { since: number }) {
  if (!since) return null;
  return <span class="ticking">{span(now.value - since)}</span>;
}

/** What is left until a moment. */
export function Left({ until }: { until: number }) {
  return <span class="ticking">{span(Math.max(0, until - now.value))}</span>;
}

const shapes = {
  flag: 'M5 21V4h11l-1.5 4L16 12H5',
  alarm: 'M12 8v5l3 2M12 5a8 8 0 1 0 0 16 8 8 0 0 0 0-16M4 4 2.5 6M20 4l1.5 2',
  hold: 'M9 6v12M15 6v12',
  swap: 'M4 8h13l-3-3M20 16H7l3 3',
  review: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17h.01',
  end: 'M6 6l12 12M18 6L6 18',
  side: 'M4 5h16v14H4zM14 5v14',
  gear: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1',
  keys: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  slash: 'M4 4h16v16H4zM14 8l-4 8',
  search: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M16 16l4 4',
  check: 'M5 12l5 5 9-10',
  back: 'M14 6l-6 6 6 6',
  board: 'M4 5h7v6H4zM13 5h7v10h-7zM4 13h7v6H4zM13 17h7v2h-7z',
  ask: 'M4 5h16v11H10l-4 4v-4H4zM9 9h6M9 12h4',
  rooms: 'M4 6h16M4 12h16M4 18h10',
  gauge: 'M4 18a8 8 0 1 1 16 0M12 18l4-6',
  chart: 'M5 19V10M12 19V5M19 19v-7',
  flow: 'M3 6h4c5 0 5 12 10 12h4M3 18h4c2 0 3-2 4-4M13 10c1-2 2-4 4-4h4M18 3l3 3-3 3M18 15l3 3-3 3',
  volume: 'M4 18l5-6 4 3 7-9',
  book: 'M6 4h12v16H6zM9 8h6M9 12h6M9 16h3',
  coin: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M8 9l1.6 6L12 10l2.4 5L16 9',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M5 20c1-4 4-5 7-5s6 1 7 5',
  eye: 'M3 12c3-5 6-7 9-7s6 2 9 7c-3 5-6 7-9 7s-6-2-9-7M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  down: 'M12 4v11M8 11l4 4 4-4M5 20h14',
  out: 'M14 5h5v5M19 5l-8 8M17 14v5H5V7h5',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  dark: 'M19 14a8 8 0 1 1-9-9 6 6 0 0 0 9 9',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4',
  warn: 'M12 4 2.5 20h19zM12 10v4M12 17h.01',
  zoomin: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M16 16l4 4M11 8.5v5M8.5 11h5',
  zoomout: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M16 16l4 4M8.5 11h5',
  bar: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M5.6 5.6l12.8 12.8',
  reset: 'M5 5v5h5M5.6 10a7.5 7.5 0 1 1-1 4',
} as const;

export type IconName = keyof typeof shapes;
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}

/** A dialog that is open as long as it is drawn; Esc and the backdrop close it, and the focus goes back. */
export function Dialog(p: { title: string; id: string; wide?: boolean; close(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const over = useRef(false);
  // Before anything else can happen: a key pressed between the drawing and the opening would go to the page below.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const d = dialog.current!;
    d.showModal();
    return () => {
      // While it is open nothing below it takes the focus; and its late `close` must not close the next one.
      over.current = true;
      if (d.open) d.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} id={p.id} class={p.wide ? 'wide' : ''} aria-labelledby={`${p.id}-title`} onClose={() => over.current || p.close()} onMouseDown={(e) => e.target === dialog.current && p.close()}>
      <div class="stack">
        <h2 id={`${p.id}-title`}>{p.title}</h2>
        {p.children}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(p: { id: string; title: string; text: string; yes: string; danger?: boolean; onYes(): void; onNo(): void }) {
  return (
    <Dialog id={p.id} title={p.title} close={p.onNo}>
      <p>{p.text}</p>
      <div class="choices">
        <button class="button" type="button" onClick={p.onNo}>
          {t('dialog.cancel')}
        </button>
        <button class={`button ${p.danger ? 'danger' : 'primary'}`} type="button" onClick={p.onYes}>
          {p.yes}
        </button>
      </div>
    </Dialog>
  );
}

/** Words of a closed list, as many as the server takes. */
export function Tags(p: { id: string; label: string; values: string[]; most: number; length: number; disabled?: boolean; change(values: string[]): void }) {
  const add = (input: HTMLInputElement) => {
    const word = input.value.trim();
    if (word !== '' && !p.values.includes(word) && p.values.length < p.most) p.change([...p.values, word]);
    input.value = '';
  };
  return (
    <div class="tags" role="group" aria-label={p.label}>
      {p.values.map((v) => (
        <span class="tag" key={v}>
          {v}
          {!p.disabled && (
            <button type="button" aria-label={t('agent.tag.remove', { tag: v })} onClick={() => p.change(p.values.filter((x) => x !== v))}>
              <Icon name="end" size={12} />
            </button>
          )}
        </span>
      ))}
      {!p.disabled && (
        <input
          id={p.id}
          aria-label={p.label}
          placeholder={t('agent.tag.add')}
          maxLength={p.length}
          autocomplete="off"
          onKeyDown={(e) => {
            if (e.key !== 'Enter' || e.isComposing || e.keyCode === 229) return;
            e.preventDefault();
            add(e.currentTarget);
          }}
          onBlur={(e) => add(e.currentTarget)}
        />
      )}
    </div>
  );
}
