// What was said in a room, for whoever reads it: its holder, and a manager who only looks on.

import { useSignal } from '@preact/signals';
import { Component, type ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Entry, Transcript } from '../client/transcript';
import { has, language, t, type Key } from '../text';
import { Dialog } from './parts';
import { clock, day } from './time';
import { whole } from './zone';

const NEAR = 60;

export interface LogProps {
  site: string;
  transcript: Transcript;
  /** Counts the transcript's changes. */
  version: number;
  /** A page of older entries is on its way. */
  loading: boolean;
  /** Whether older entries can be had. */
  pages: boolean;
  older(): void;
  /** After older entries took the newest ones' place: back to those. */
  newest(): void;
  /** The end is seen. */
  seen?(): void;
  /** What is not in the log yet. */
  children?: ComponentChildren;
}

/** The log holds at most what the transcript keeps; older pages are asked for. */
export function Log(p: LogProps) {
  const { version } = p;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const away = useSignal(false); // the end is not seen
  const height = useRef(0);
  const viewed = useSignal('');
  const { entries, before, readUpto, detached, missed } = p.transcript;

  // New lines are read out; a page of old ones is not.
  const first = entries[0]?.seq ?? 0;
  const known = useRef(first);
  const bulk = known.current !== first;
  const stick = () => {
    const e = box.current;
    if (!e || !atEnd.current || p.transcript.detached) return;
    e.scrollTop = e.scrollHeight;
    height.current = e.scrollHeight;
  };
  const sticks = useRef(stick);
  sticks.current = stick;
  useLayoutEffect(() => {
    const e = box.current!;
    if (!atEnd.current && bulk) e.scrollTop += e.scrollHeight - height.current;
    height.current = e.scrollHeight;
    stick();
    // Lines have their true heights when they are painted first: whoever was at the end stays there.
    let frame = requestAnimationFrame(() => (frame = requestAnimationFrame(stick)));
    const timer = setTimeout(() => (known.current = first), 300);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }, [version, first]);

  // A bar above or a longer text below takes height from the log: its end stays in sight.
  useLayoutEffect(() => {
    const resized = new ResizeObserver(() => sticks.current());
    resized.observe(box.current!);
    return () => resized.disconnect();
  }, []);

  let read = false;
  const marks = new Map<string, 'read' | 'sent'>();
  for (let i = entries.length - 1; i >= 0 && !read; i--) {
    const e = entries[i]!;
    if (e.side !== 'agent' || e.kind === 'memo' || e.kind === 'assigned') continue;
    read = e.seq <= readUpto;
    if (read) marks.set(e.key, 'read');
    else if (marks.size === 0) marks.set(e.key, 'sent');
  }
  return (
    <div class="log-box">
      <div
        class="log"
        id="log"
        role="log"
        aria-label={t('chat.log')}
        aria-live={bulk ? 'off' : 'polite'}
        tabIndex={0}
        ref={box}
        onLoadCapture={stick}
        onScroll={(e) => {
          const b = e.currentTarget;
          atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < NEAR;
          away.value = !atEnd.current;
          if (atEnd.current) p.seen?.();
        }}
      >
        {before > 1 && p.pages && (
          <button class="button small older" type="button" disabled={p.loading} onClick={p.older}>
            {t('chat.older')}
          </button>
        )}
        {entries.map((e, i) => (
          <Line key={e.key} entry={e} before={entries[i - 1]} mark={marks.get(e.key)} lang={language()} site={p.site} view={viewed} />
        ))}
        {p.children}
      </div>
      {(detached || away.value) && (
        <button
          class="button small newer"
          type="button"
          id="newest"
          onClick={() => {
            atEnd.current = true;
            away.value = false;
            if (detached) p.newest();
            else box.current!.scrollTop = box.current!.scrollHeight;
          }}
        >
          {missed > 0 ? t('agent.newest.count', { count: missed }) : t('agent.newest')}
        </button>
      )}
      {viewed.value && (
        <Dialog id="viewer" title={t('log.image')} wide close={() => (viewed.value = '')}>
          <img class="preview-image" src={viewed.value} alt={t('log.image')} />
          <div class="choices">
            <a class="button" href={viewed.value} download="">
              {t('agent.download')}
            </a>
            <button class="button primary" type="button" onClick={() => (viewed.value = '')}>
              {t('dialog.close')}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

export const fileURL = (site: string, file: string) => `/v1/sites/${encodeURIComponent(site)}/files/${encodeURIComponent(file)}`;

/** Whoever spoke: an automatic message is nobody's, on whichever side it stands. */
const voice = (e: Entry) => (e.code ? 'bot' : e.side);
const endings = new Set(['M-END-AGENT', 'M-END-CUSTOMER', 'M-END-MANAGER', 'M-AUTOCLOSE']);

interface LineProps {
  entry: Entry;
  before: Entry | undefined;
  mark: 'read' | 'sent' | undefined;
  lang: string;
  site: string;
  view: { value: string };
}

/** Of 500 lines only those that changed are drawn again. */
class Line extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps): boolean {
    const p = this.props;
    return p.entry !== next.entry || p.before !== next.before || p.mark !== next.mark || p.lang !== next.lang;
  }
  override render(p: LineProps) {
    const first = p.before === undefined || day(p.before.at) !== day(p.entry.at);
    return (
      <>
        {first && <div class="day">{day(p.entry.at)}</div>}
        <Said {...p} />
      </>
    );
  }
}

function Said({ entry, before, mark, view, site }: LineProps) {
  if (entry.kind === 'assigned')
    return (
      <div class="notice">
        {t('log.assigned', { name: entry.name ?? '' })}
        {entry.text && ` · ${t('agent.memo')}: ${entry.text}`}
      </div>
    );
  if (endings.has(entry.code ?? '')) return <div class="notice">{entry.text}</div>;
  if (entry.kind === 'profile') {
    const values = Object.entries(entry.values ?? {}).map(([f, v]) => `${has(`profile.${f}`) ? t(`profile.${f}` as Key) : f} ${v}`);
    return (
      <div class="notice">
        {t('agent.profile.saved')}: {values.join(' · ')}
      </div>
    );
  }
  const own = entry.side === 'agent';
  const memoed = entry.kind === 'memo';
  const follows = before !== undefined && voice(before) === voice(entry) && (before.kind === 'memo') === memoed && before.kind !== 'assigned' && before.kind !== 'profile' && before.name === entry.name && Date.parse(entry.at) - Date.parse(before.at) < 120_000;
  const name = memoed ? `${t('agent.memo.label')}${entry.name ? ` · ${entry.name}` : ''}` : voice(entry) === 'bot' ? t('log.bot') : own ? (entry.name ?? '') : '';
  const image = entry.kind === 'image' && entry.file;
  const words = entry.kind === 'file' ? t('log.file') : image ? entry.text : entry.kind === 'image' ? t('log.image') : entry.text;
  return (
    <div class={['message', own ? 'own' : '', follows ? 'follow' : '', memoed ? 'memo' : '', entry.code ? 'automatic' : ''].filter(Boolean).join(' ')}>
      {name && <span class="name">{name}</span>}
      <div class="line">
        <div class="said">
          {image && (
            <button class="picture" type="button" aria-label={t('log.image.open')} onClick={() => (view.value = fileURL(site, entry.file!))}>
              <img src={fileURL(site, entry.file!)} alt={t('log.image')} loading="lazy" />
            </button>
          )}
          {words && (
            <div class="bubble">
              {words}
              {entry.more && /^https?:\/\//.test(entry.more) && (
                <a class="more" href={entry.more} target="_blank" rel="noopener noreferrer">
                  {t('agent.full')}
                </a>
              )}
            </div>
          )}
          {entry.dialogue && entry.dialogue.choices.length > 0 && (
            <ul class="said-choices" aria-label={t('log.choices')}>
              {entry.dialogue.choices.map((c) => (
                <li key={c.choice}>{c.label}</li>
              ))}
            </ul>
          )}
        </div>
        <div class="meta">
          {entry.beforeProfile && <span>{t('agent.refused')}</span>}
          {mark && <span class={mark}>{t(mark === 'read' ? 'bubble.read' : 'bubble.sent')}</span>}
          <time dateTime={entry.at} title={whole(entry.at)}>
            {clock(entry.at)}
          </time>
        </div>
      </div>
    </div>
  );
}
