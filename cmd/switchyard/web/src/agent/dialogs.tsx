// What is asked before it is done: requests, the alarm, the image; and the two dialogs of the page itself.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { choose as chooseLanguage, language, t, type Key } from '../text';
import { chooseTheme, theme, type Theme } from '../ui/theme';
import { moment } from '../ui/time';
import { instantIn, localIn, otherZone, shownZone } from '../ui/zone';
import { LIST } from './keys';
import { askDesktop, desktopAllowed } from './notify';
import { Dialog } from '../ui/parts';
import { type Prefs, prefs, setPref } from './prefs';
import { type Room, here, loadDesk, serverNow, set, status, toast, write } from './store';

const REASON_MOST = 500;

/** Asks for another agent, one of those whom the node would take, or for a manager's look. */
export function Ask({ room, kind, close }: { room: Room; kind: 'change' | 'review'; close(): void }) {
  const to = useSignal('');
  const problem = useSignal('');
  const change = kind === 'change';
  useEffect(() => void loadDesk(), []); // who is there may have changed
  const colleagues = here.value?.colleagues ?? [];
  return (
    <Dialog id="ask" title={t(change ? 'agent.change' : 'agent.review')} close={close}>
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          const text = String(new FormData(e.currentTarget).get('text')).trim();
          if (change && to.value === '') return void (problem.value = t('agent.change.pick'));
          if (text === '') return void (problem.value = t('agent.reason.missing'));
          void write(room, change ? 'room.request_change' : 'room.request_review', change ? { to: to.value, text } : { text }).then((ok) => ok && toast(t(change ? 'agent.change.sent' : 'agent.review.sent')));
          close();
        }}
      >
        {change && (
          <fieldset class="people">
            <legend>{t('agent.change.to')}</legend>
            {colleagues.length === 0 && <p class="none">{t('agent.change.nobody')}</p>}
            {colleagues.map((c) => (
              <label key={c.id}>
                <input type="radio" name="to" value={c.id} checked={to.value === c.id} onChange={() => (to.value = c.id)} />
                <span>{c.name}</span>
                <span class="hint">{t(`agent.role.${c.role}` as Key)}</span>
              </label>
            ))}
          </fieldset>
        )}
        <label class="field">
          <span>{t('agent.reason')}</span>
          <textarea name="text" rows={3} maxLength={REASON_MOST} />
        </label>
        <p class="hint">{t('agent.request.memo')}</p>
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <div class="choices">
          <button class="button" type="button" onClick={close}>
            {t('dialog.cancel')}
          </button>
          <button class="button primary" type="submit" disabled={status.value.phase !== 'live'}>
            {t('agent.request')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** When the agent wants to be reminded of the room. */
export function Alarm({ room, close }: { room: Room; close(): void }) {
  const zone = shownZone(); // the field is in the zone in which the times of the page are
  const local = (ms: number) => localIn(zone, new Date(ms));
  const at = useSignal(local(serverNow() + 3600_000));
  const put = (when: string | null) => {
    void set(room, { alarm_at: when });
    close();
  };
  const instant = () => (at.value ? instantIn(zone, at.value).getTime() : NaN);
  const now = room.t.summary.alarmAt;
  return (
    <Dialog id="alarm-dialog" title={t('agent.alarm.title')} close={close}>
      {now && <p>{t('agent.alarm.set', { time: moment(now) })}</p>}
      <div class="quick">
        {[10, 30, 60, 180].map((m) => (
          <button key={m} class="button small" type="button" onClick={() => put(new Date(serverNow() + m * 60_000).toISOString())}>
            {t('agent.alarm.minutes', { minutes: m })}
          </button>
        ))}
      </div>
      <label class="field">
        <span>
          {t('agent.alarm.at')}
          {otherZone() && ` (${otherZone()})`}
        </span>
        <input type="datetime-local" value={at.value} min={local(serverNow())} onInput={(e) => (at.value = e.currentTarget.value)} />
      </label>
      <div class="choices">
        {now && (
          <button class="button danger" type="button" onClick={() => put(null)}>
            {t('agent.alarm.clear')}
          </button>
        )}
        <button class="button" type="button" onClick={close}>
          {t('dialog.cancel')}
        </button>
        <button class="button primary" type="button" disabled={!(instant() > serverNow())} onClick={() => put(new Date(instant()).toISOString())}>
          {t('agent.alarm.put')}
        </button>
      </div>
    </Dialog>
  );
}

export function Shortcuts({ close }: { close(): void }) {
  return (
    <Dialog id="keys-dialog" title={t('agent.keys.title')} close={close}>
      <dl class="keys">
        {LIST.map((x) => (
          <div key={x.keys}>
            <dt>
              <kbd>{x.keys}</kbd>
            </dt>
            <dd>{t(x.text)}</dd>
          </div>
        ))}
      </dl>
      <Switch name="shortcuts" label={t('agent.prefs.shortcuts')} />
      <div class="choices">
        <button class="button" type="button" onClick={close}>
          {t('dialog.close')}
        </button>
      </div>
    </Dialog>
  );
}

function Switch({ name, label }: { name: 'sound' | 'badge' | 'shortcuts' | 'enterSends'; label: string }) {
  return (
    <label class="switch">
      <input type="checkbox" role="switch" id={`pref-${name}`} checked={prefs.value[name]} onChange={(e) => setPref({ [name]: e.currentTarget.checked } as Partial<Prefs>)} />
      <span>{label}</span>
    </label>
  );
}

export function Preferences({ close }: { close(): void }) {
  const scheme = useSignal<Theme>(theme());
  return (
    <Dialog id="prefs-dialog" title={t('agent.prefs')} close={close}>
      <Switch name="sound" label={t('agent.prefs.sound')} />
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          id="pref-desktop"
          checked={prefs.value.desktop && desktopAllowed()}
          onChange={async (e) => {
            const box = e.currentTarget;
            const on = box.checked && (await askDesktop());
            setPref({ desktop: on });
            if (box.checked && !on) toast(t('agent.prefs.desktop.denied'), 'problem');
            box.checked = on;
          }}
        />
        <span>{t('agent.prefs.desktop')}</span>
      </label>
      <Switch name="badge" label={t('agent.prefs.badge')} />
      <Switch name="enterSends" label={t('agent.prefs.enter')} />
      <Switch name="shortcuts" label={t('agent.prefs.shortcuts')} />
      <label class="field">
        <span>{t('agent.prefs.theme')}</span>
        <select
          id="pref-theme"
          value={scheme.value}
          onChange={(e) => {
            scheme.value = e.currentTarget.value as Theme;
            chooseTheme(scheme.value);
          }}
        >
          {(['auto', 'light', 'dark'] as const).map((x) => (
            <option key={x} value={x}>
              {t(`agent.theme.${x}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t('agent.prefs.language')}</span>
        <select id="pref-language" value={language()} onChange={(e) => chooseLanguage(e.currentTarget.value as 'ko' | 'en')}>
          <option value="ko" lang="ko">
            한국어
          </option>
          <option value="en" lang="en">
            English
          </option>
        </select>
      </label>
      <a href="/settings/" id="pref-more">
        {t('agent.prefs.more')}
      </a>
      <div class="choices">
        <button class="button primary" type="button" onClick={close}>
          {t('dialog.close')}
        </button>
      </div>
    </Dialog>
  );
}
