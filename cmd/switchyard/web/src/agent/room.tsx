// The open room: what it is about, what was said, and what is being written.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import type { Bubble } from '../client/transcript';
import { errorText, has, t, type Key } from '../text';
import { imageOf, prepare } from '../ui/images';
import { Log } from '../ui/log';
import { clock, moment } from '../ui/time';
import { whole } from '../ui/zone';
import { Alarm, Ask } from './dialogs';
import { wish } from './keys';
import { Confirm, Dialog, Icon, Tags, Ticking, When } from '../ui/parts';
import { sideOpen, toggleSide } from './prefs';
import { type Room, categoryName, dismiss, dropBubble, end, here, kinds, lastMemo, look, newest, now, page, select, sendAgain, sendImage, set, status, who } from './store';
import { Writer } from './writer';

export const FLAGS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'warning', 'exclamation'];

export function RoomView({ room }: { room: Room }) {
  void room.version.value;
  const s = room.t.summary;
  const asking = useSignal<'' | 'end' | 'change' | 'review' | 'alarm'>('');
  const writesMemo = useSignal(room.draftMemo);
  const picture = useSignal<Blob | string | undefined>(undefined);
  const live = status.value.phase === 'live';
  const open = !room.ended;

  useSignalEffect(() => {
    const w = wish.value;
    if (w === '' || w === 'templates') return; // the writer takes that one
    wish.value = '';
    if (room.ended) return;
    if (w === 'memo') writesMemo.value = !writesMemo.value;
    else if (w === 'hold') void set(room, { hold_close: !room.t.summary.hold });
    else if (w === 'end' || w === 'alarm') asking.value = w;
    else if ((w === 'change' && room.t.summary.request === '') || w === 'review') asking.value = w;
  });

  const offerImage = async (file: Blob | undefined) => {
    if (!file || !open) return;
    const ready = await prepare(file);
    picture.value = typeof ready === 'string' ? t(ready === 'too_large' ? 'image.too_large' : 'image.unsupported') : ready;
  };
  const name = (account: string) => here.value?.colleagues.find((c) => c.id === account)?.name ?? account;
  const memoLine = lastMemo(room);
  return (
    <div
      class="room-body"
      onPaste={(e) => {
        const image = imageOf(e.clipboardData);
        if (!image) return;
        e.preventDefault();
        void offerImage(image);
      }}
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault();
        void offerImage(imageOf(e.dataTransfer));
      }}
    >
      <div class="room-head">
        <button class="button quiet small back" type="button" onClick={() => select(undefined)}>
          <Icon name="back" size={16} /> {t('agent.back')}
        </button>
        <div class="title">
          <h2>
            {room.profile?.grade && room.profile.grade !== 'NONE' && <span class={`grade ${room.profile.grade}`}>{t(`agent.grade.${room.profile.grade}` as Key)}</span>} {room.label}
            {room.profile?.verified_mobile && (
              <span class="verified" title={t('agent.verified')}>
                <Icon name="check" size={14} />
                <span class="sr">{t('agent.verified')}</span>
              </span>
            )}
          </h2>
          <p class="hint">
            {[has(`agent.channel.${s.channel}`) ? t(`agent.channel.${s.channel}` as Key) : s.channel, s.title].filter(Boolean).join(' · ')}
            {s.createdAt && (
              <>
                {' · '}
                <When at={s.createdAt} />
              </>
            )}
            {open && room.waitsSince > 0 && (
              <>
                {' · '}
                <span class="waits">
                  {t('agent.waited')} <Ticking since={room.waitsSince} />
                </span>
              </>
            )}
          </p>
        </div>
        <div class="acts">
          {open && (
            <>
              <label class={`flags${s.flag ? ` ${s.flag}` : ''}`} title={t('agent.flag')}>
                <Icon name="flag" size={16} />
                <span class="sr">{t('agent.flag')}</span>
                <select id="flag" disabled={!live} value={s.flag || 'none'} onChange={(e) => void set(room, { flag: e.currentTarget.value })}>
                  {['none', ...FLAGS].map((f) => (
                    <option key={f} value={f}>
                      {t(`agent.flag.${f}` as Key)}
                    </option>
                  ))}
                </select>
              </label>
              <Act id="alarm" icon="alarm" label={t('agent.alarm')} keys="Alt+L" on={s.alarmAt !== ''} live={live} press={() => (asking.value = 'alarm')} />
              <Act id="hold" icon="hold" label={t(s.hold ? 'agent.hold.on' : 'agent.hold')} title={t('agent.hold.title')} keys="Alt+H" on={s.hold} live={live} press={() => void set(room, { hold_close: !s.hold })} />
              <Act id="change" icon="swap" label={t('agent.change.short')} title={t('agent.change')} keys="Alt+R" live={live && s.request === ''} press={() => (asking.value = 'change')} />
              <Act id="review" icon="review" label={t('agent.review.short')} title={t('agent.review')} keys="Alt+V" live={live} press={() => (asking.value = 'review')} />
              <button class="button small danger" type="button" id="end" title="Alt+E" disabled={!live} onClick={() => (asking.value = 'end')}>
                {t('agent.end')}
              </button>
            </>
          )}
          <button class="button quiet small icon" type="button" id="toggle-side" aria-pressed={sideOpen.value} title={`${t('agent.side')} (Alt+I)`} aria-label={t('agent.side')} onClick={toggleSide}>
            <Icon name="side" />
          </button>
        </div>
      </div>
      <div class="about-room">
        <Categories room={room} live={live && open} />
        <Tags id="room-tag" label={t('agent.tags.room')} values={s.tags} most={20} length={20} disabled={!open || !live} change={(tags) => void set(room, { tags })} />
      </div>
      {s.request !== '' && open && <p class="strip request">{t('agent.change.pending', { name: name(s.requestTo) })}</p>}
      {s.alarmAt && open && <p class="strip" title={whole(s.alarmAt)}>{t('agent.alarm.set', { time: moment(s.alarmAt) })}</p>}
      {memoLine && (
        <p class="strip memo" title={memoLine.text}>
          <b>{t('agent.memo')}</b> {memoLine.text}
        </p>
      )}
      <Messages room={room} />
      {room.ended ? <Ended room={room} /> : <Writer room={room} memo={writesMemo} image={offerImage} />}
      {asking.value === 'end' && (
        <Confirm
          id="end-dialog"
          danger
          title={t('agent.end.title')}
          text={t('agent.end.text')}
          yes={t('agent.end')}
          onNo={() => (asking.value = '')}
          onYes={() => {
            asking.value = '';
            void end(room);
          }}
        />
      )}
      {(asking.value === 'change' || asking.value === 'review') && <Ask room={room} kind={asking.value} close={() => (asking.value = '')} />}
      {asking.value === 'alarm' && <Alarm room={room} close={() => (asking.value = '')} />}
      {picture.value !== undefined && <Picture content={picture.value} close={() => (picture.value = undefined)} send={(b) => sendImage(room, b)} />}
    </div>
  );
}

function Act(p: { id: string; icon: 'alarm' | 'hold' | 'swap' | 'review'; label: string; title?: string; keys: string; on?: boolean; live: boolean; press(): void }) {
  return (
    <button class="button small act" type="button" id={p.id} {...(p.on === undefined ? {} : { 'aria-pressed': p.on })} title={`${p.title ?? p.label} (${p.keys})`} disabled={!p.live} onClick={p.press}>
      <Icon name={p.icon} size={16} />
      <span>{p.label}</span>
    </button>
  );
}

/** 대/중/소분류: one category of level 1 or 2, and a free word of this room. */
function Categories({ room, live }: { room: Room; live: boolean }) {
  void room.version.value; // whoever reads signals is drawn again by signals, not because the parent is
  const s = room.t.summary;
  const third = useSignal<string | undefined>(undefined); // while it is being written: what happens in the room does not wipe it out
  const tops = kinds.value.filter((k) => k.level === 1 && (!k.unused || k.id === s.category));
  const below = (id: string) => kinds.value.filter((k) => k.parent === id && (!k.unused || k.id === s.category));
  return (
    <div class="categories">
      <label>
        <span class="sr">{t('agent.category')}</span>
        <select id="category" disabled={!live} value={s.category} onChange={(e) => void set(room, { category: e.currentTarget.value })}>
          <option value="">{t('agent.category.none')}</option>
          {s.category && !kinds.value.some((k) => k.id === s.category) && <option value={s.category}>{categoryName(s.category)}</option>}
          {tops.map((k) => (
            <>
              <option key={k.id} value={k.id}>
                {k.name}
              </option>
              {below(k.id).map((b) => (
                <option key={b.id} value={b.id}>
                  {k.name} › {b.name}
                </option>
              ))}
            </>
          ))}
        </select>
      </label>
      <input
        id="category3"
        aria-label={t('agent.category3')}
        placeholder={t('agent.category3')}
        maxLength={8}
        disabled={!live}
        value={third.value ?? s.category3}
        autocomplete="off"
        onInput={(e) => (third.value = e.currentTarget.value)}
        onChange={(e) => {
          if (e.currentTarget.value.trim() !== s.category3) void set(room, { category3: e.currentTarget.value.trim() });
        }}
        onBlur={() => (third.value = undefined)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && !e.isComposing && e.keyCode !== 229) e.currentTarget.blur();
        }}
      />
    </div>
  );
}

function Picture(p: { content: Blob | string; close(): void; send(b: Blob): void }) {
  const content = p.content;
  const url = useSignal('');
  useLayoutEffect(() => {
    if (typeof content !== 'string') url.value = URL.createObjectURL(content);
  }, [content]);
  return (
    <Dialog id="image-dialog" title={t('image.title')} close={p.close}>
      {typeof content === 'string' ? (
        <p class="problem" role="alert">
          {content}
        </p>
      ) : (
        url.value && <img class="preview-image" src={url.value} alt={t('log.image')} />
      )}
      <div class="choices">
        <button class="button" type="button" onClick={p.close}>
          {t('dialog.cancel')}
        </button>
        {typeof content !== 'string' && (
          <button
            class="button primary"
            type="button"
            onClick={() => {
              p.send(content);
              p.close();
            }}
          >
            {t('chat.send')}
          </button>
        )}
      </div>
    </Dialog>
  );
}

export function Messages({ room }: { room: Room }) {
  return (
    <>
      <Log site={who.value?.site ?? ''} transcript={room.t} version={room.version.value} loading={room.loading.value} pages={!room.gone} older={() => void page(room)} newest={() => void newest(room)} seen={look}>
        {room.t.bubbles.map((b) => (
          <Sending key={b.key} room={room} bubble={b} />
        ))}
      </Log>
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

function Sending({ room, bubble }: { room: Room; bubble: Bubble }) {
  const failed = bubble.state === 'failed';
  return (
    <div class={['message', 'own', bubble.state, bubble.kind === 'memo' ? 'memo' : ''].filter(Boolean).join(' ')}>
      <div class="line">
        {bubble.image ? (
          <span class="picture">
            <img src={bubble.image} alt={t('log.image')} />
          </span>
        ) : (
          <div class="bubble">{bubble.text}</div>
        )}
        <div class="meta">
          {!failed && <span>{t(bubble.state === 'sending' ? 'bubble.sending' : 'bubble.sent')}</span>}
          <time dateTime={new Date(bubble.at).toISOString()} title={whole(bubble.at)}>{clock(bubble.at)}</time>
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

/** A room that is over or away: what was not sent stays to be copied. */
function Ended({ room }: { room: Room }) {
  void room.version.value;
  const why = room.gone ? (has(`agent.gone.${room.gone}`) ? t(`agent.gone.${room.gone}` as Key) : t('agent.gone')) : t('agent.closed');
  const score = room.t.summary.score;
  return (
    <div class="over">
      <p role="status">
        {why}
        {score > 0 && ` ${t('agent.score', { score })}`}
      </p>
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
