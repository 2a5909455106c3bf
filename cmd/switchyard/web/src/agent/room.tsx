import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Bubble, Entry } from '../client/transcript';
import { errorText, has, t, type Key } from '../text';
import { type Composer, attachComposer } from '../ui/composer';
import { clock, moment } from '../ui/time';
import { Acts } from './acts';
import { Confirm } from './parts';
import { type Room, dismiss, dropBubble, end, hold, locked, look, now, page, select, send, sendAgain, status, typing, who } from './store';

const NEAR = 60;
const TYPING_MS = 3_000;
const TEXT_MOST = 1_000; // the narrowest channel's limit, kept equal on all
const MEMO_MOST = 2_000;

export function RoomView({ room }: { room: Room }) {
  void room.version.value;
  const s = room.t.summary;
  const asking = useSignal(false);
  const memo = useSignal(room.draftMemo);
  const live = status.value.phase === 'live';

  // Before the room is painted: a key that is pressed as soon as the room is seen must not be lost.
  useLayoutEffect(() => {
    const keys = (e: KeyboardEvent) => {
      if (!e.altKey || e.ctrlKey || e.metaKey || room.ended) return;
      if (e.code === 'KeyM') memo.value = !memo.value;
      else if (e.code === 'KeyE') asking.value = true;
      else return;
      e.preventDefault();
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, [room]);

  const values = (['name', 'phone', 'email', 'birth', 'address'] as const).filter((f) => room.profile?.[f]?.value);
  return (
    <>
      <div class="room-head">
        <button class="button quiet small back" type="button" onClick={() => select(undefined)}>
          ‹ {t('agent.back')}
        </button>
        <div class="title">
          <h2>{room.label}</h2>
          <p class="hint">
            {s.title}
            {s.createdAt && ` · ${moment(s.createdAt)}`}
          </p>
        </div>
        {!room.ended && (
          <div class="acts">
            <Acts room={room} />
            <button class="button small" type="button" id="hold" aria-pressed={s.hold} title={t('agent.hold.title')} disabled={!live} onClick={() => void hold(room, !s.hold)}>
              {t(s.hold ? 'agent.hold.on' : 'agent.hold')}
            </button>
            <button class="button small danger" type="button" id="end" disabled={!live} onClick={() => (asking.value = true)}>
              {t('agent.end')}
            </button>
          </div>
        )}
      </div>
      {values.length > 0 && (
        <dl class="profile" aria-label={t('agent.profile')}>
          {values.map((f) => (
            <div key={f}>
              <dt>{t(`profile.${f.toUpperCase()}` as Key)}</dt>
              <dd>{room.profile![f]!.value}</dd>
            </div>
          ))}
        </dl>
      )}
      <Messages room={room} />
      {room.ended ? <Ended room={room} /> : <Writer room={room} memo={memo} />}
      {asking.value && (
        <Confirm
          title={t('agent.end.title')}
          text={t('agent.end.text')}
          yes={t('agent.end')}
          onNo={() => (asking.value = false)}
          onYes={() => {
            asking.value = false;
            void end(room);
          }}
        />
      )}
    </>
  );
}

function Messages({ room }: { room: Room }) {
  const version = room.version.value;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const height = useRef(0);
  const { entries, bubbles, before, readUpto } = room.t;

  // New lines are read out; a page of old ones is not.
  const first = entries[0]?.seq ?? 0;
  const known = useRef(first);
  const bulk = known.current !== first;
  useLayoutEffect(() => {
    const e = box.current!;
    if (atEnd.current) e.scrollTop = e.scrollHeight;
    else if (bulk) e.scrollTop += e.scrollHeight - height.current;
    height.current = e.scrollHeight;
    const timer = setTimeout(() => (known.current = first), 300);
    return () => clearTimeout(timer);
  }, [version, first]);

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
    <>
      <div
        class="log"
        id="log"
        role="log"
        aria-label={t('chat.log')}
        aria-live={bulk ? 'off' : 'polite'}
        tabIndex={0}
        ref={box}
        onScroll={(e) => {
          const b = e.currentTarget;
          atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < NEAR;
          if (atEnd.current) look();
        }}
      >
        {before > 1 && !room.gone && (
          <button class="button small older" type="button" disabled={room.loading.value} onClick={() => void page(room)}>
            {t('chat.older')}
          </button>
        )}
        {entries.map((e, i) => (
          <Line key={e.key} entry={e} before={entries[i - 1]} mark={marks.get(e.key)} />
        ))}
        {bubbles.map((b) => (
          <Sending key={b.key} room={room} bubble={b} />
        ))}
      </div>
      <Typing room={room} />
    </>
  );
}

function Typing({ room }: { room: Room }) {
  void now.value;
  void room.version.value;
  const on = room.typing.until > Date.now() && !room.ended;
  return (
    <p class="typing" role="status" id="typing">
      {on ? (room.typing.preview ? t('agent.preview', { text: room.typing.preview }) : t('agent.typing')) : ''}
    </p>
  );
}

/** Whoever spoke: an automatic message is nobody's, on whichever side it stands. */
const voice = (e: Entry) => (e.code ? 'bot' : e.side);
const endings = new Set(['M-END-AGENT', 'M-END-CUSTOMER', 'M-END-MANAGER', 'M-AUTOCLOSE']);

function Line({ entry, before, mark }: { entry: Entry; before: Entry | undefined; mark: 'read' | 'sent' | undefined }) {
  if (entry.kind === 'assigned') return <div class="notice">{t('log.assigned', { name: entry.name ?? '' })}</div>;
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
  const memo = entry.kind === 'memo';
  const follows = before !== undefined && voice(before) === voice(entry) && (before.kind === 'memo') === memo && before.kind !== 'assigned' && before.kind !== 'profile' && before.name === entry.name && Date.parse(entry.at) - Date.parse(before.at) < 120_000;
  const name = memo ? `${t('agent.memo.label')}${entry.name ? ` · ${entry.name}` : ''}` : voice(entry) === 'bot' ? t('log.bot') : own ? (entry.name ?? '') : '';
  return (
    <div class={['message', own ? 'own' : '', follows ? 'follow' : '', memo ? 'memo' : '', entry.code ? 'automatic' : ''].filter(Boolean).join(' ')}>
      {name && <span class="name">{name}</span>}
      <div class="line">
        {entry.kind === "image" && entry.file ? <button type="button" class="picture" aria-label={t("log.image.open")}><img src={`/v1/sites/${who.value?.site}/files/${entry.file}`} alt={t("log.image")} /></button> : <div class="bubble">{entry.kind === "file" ? t("log.file") : entry.text}</div>}
        <div class="meta">
          {entry.beforeProfile && <span>{t('agent.refused')}</span>}
          {mark && <span class={mark}>{t(mark === 'read' ? 'bubble.read' : 'bubble.sent')}</span>}
          <time dateTime={entry.at} title={moment(entry.at)}>
            {clock(entry.at)}
          </time>
        </div>
      </div>
    </div>
  );
}

function Sending({ room, bubble }: { room: Room; bubble: Bubble }) {
  const failed = bubble.state === 'failed';
  return (
    <div class={['message', 'own', bubble.state, bubble.kind === 'memo' ? 'memo' : ''].filter(Boolean).join(' ')}>
      <div class="line">
        <div class="bubble">{bubble.text}</div>
        <div class="meta">
          {!failed && <span>{t(bubble.state === 'sending' ? 'bubble.sending' : 'bubble.sent')}</span>}
          <time dateTime={new Date(bubble.at).toISOString()}>{clock(bubble.at)}</time>
        </div>
      </div>
      {failed && (
        <div class="repair">
          {t('bubble.failed')} · {errorText(bubble.code ?? '')}
          {!room.ended && (
            <button class="button small" type="button" onClick={() => sendAgain(room, bubble.clientID)}>
              {t('bubble.again')}
            </button>
          )}
          <button class="button small" type="button" onClick={() => dropBubble(room, bubble.clientID)}>
            {t('bubble.drop')}
          </button>
        </div>
      )}
    </div>
  );
}

function Writer({ room, memo }: { room: Room; memo: { value: boolean } }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const composer = useRef<Composer | undefined>(undefined);
  useLayoutEffect(() => {
    const e = box.current!;
    let typed = 0;
    composer.current = attachComposer(e, {
      send: (text) => {
        const sent = send(room, text, memo.value);
        if (sent && memo.value) memo.value = false;
        return sent;
      },
      input: (text) => {
        room.draft = text;
        if (memo.value) return; // nobody sees a memo being written
        if (text === '') {
          if (typed) typing(room, false);
          typed = 0;
        } else if (Date.now() - typed >= TYPING_MS) {
          typed = Date.now();
          typing(room, true);
        }
      },
    });
    composer.current.fill(room.draft);
    e.focus();
    return () => composer.current?.detach();
  }, [room]);
  const writesMemo = memo.value;
  const choose = (on: boolean) => {
    memo.value = room.draftMemo = on;
    box.current?.focus();
  };
  return (
    <form
      class={`writer${writesMemo ? ' memo' : ''}`}
      id="composer"
      onSubmit={(e) => {
        e.preventDefault();
        composer.current?.submit();
      }}
    >
      <div class="modes" role="group" aria-label={t('chat.input')}>
        <button type="button" id="mode-reply" aria-pressed={!writesMemo} onClick={() => choose(false)}>
          {t('agent.reply')}
        </button>
        <button type="button" id="mode-memo" aria-pressed={writesMemo} onClick={() => choose(true)}>
          {t('agent.memo')}
        </button>
        <span class="hint">{t(writesMemo ? 'agent.memo.label' : 'agent.keys')}</span>
      </div>
      <div class="composer">
        <label class="sr" for="text">
          {t(writesMemo ? 'agent.memo' : 'agent.reply')}
        </label>
        <textarea ref={box} id="text" rows={1} maxLength={writesMemo ? MEMO_MOST : TEXT_MOST} enterkeyhint="send" readOnly={locked.value} placeholder={t(writesMemo ? 'agent.memo.placeholder' : 'agent.placeholder')} />
        <button class="button primary" type="submit" id="send" disabled={locked.value}>
          {t(writesMemo ? 'agent.memo.send' : 'chat.send')}
        </button>
      </div>
    </form>
  );
}

/** A room that is over or away: what was not sent stays to be copied. */
function Ended({ room }: { room: Room }) {
  const why = room.gone ? (has(`agent.gone.${room.gone}`) ? t(`agent.gone.${room.gone}` as Key) : t('agent.gone')) : t('agent.closed');
  return (
    <div class="over">
      <p role="status">{why}</p>
      {room.draft.trim() !== '' && (
        <label class="field">
          <span>{t('agent.draft')}</span>
          <textarea readOnly rows={2} value={room.draft} />
        </label>
      )}
      <button class="button" type="button" id="dismiss" onClick={() => dismiss(room)}>
        {t('agent.dismiss')}
      </button>
    </div>
  );
}
