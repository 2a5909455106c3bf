// Notices outside the page: the system's, a sound, the tab's title. Of several tabs one speaks, and none about a room that
// somebody looks at (domain 6.4, console.md 5.5).

import { t } from '../text';
import { watched } from '../ui/page';
import { prefs } from './prefs';

let leads = true;
const elsewhere = new Map<string, string>(); // other tabs that have the focus, and the room they show
const me = Math.random().toString(36).slice(2);
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('switchyard.agent');

if (channel) {
  channel.onmessage = (e: MessageEvent<{ from: string; room: string }>) => {
    if (e.data.room === '') elsewhere.delete(e.data.from);
    else elsewhere.set(e.data.from, e.data.room);
  };
}
// The first tab has the lock until it closes; the next one then gets it.
if (typeof navigator !== 'undefined' && navigator.locks) {
  leads = false;
  void navigator.locks.request('switchyard.agent.notify', () => {
    leads = true;
    return new Promise(() => {});
  });
}

let shown = '';
/** Tells the other tabs which room is looked at here; '' = none. */
export function showing(room: string): void {
  const now = watched() ? room : '';
  if (now !== shown) channel?.postMessage({ from: me, room: (shown = now) });
}

export function desktopAllowed(): boolean {
  return typeof Notification !== 'undefined' && Notification.permission === 'granted';
}

/** Asks the system; only after a click. */
export async function askDesktop(): Promise<boolean> {
  return typeof Notification !== 'undefined' && (await Notification.requestPermission()) === 'granted';
}

export interface Notice {
  title: string;
  body: string;
  room: string; // '' = about none
  open(): void;
}

/** Gives a notice, unless the room is looked at, here or in another tab. */
export function notify(n: Notice, shownHere: boolean): void {
  if (shownHere || !leads || (n.room !== '' && [...elsewhere.values()].includes(n.room))) return;
  if (prefs.value.sound) beep();
  if (!prefs.value.desktop || !desktopAllowed() || watched()) return;
  const note = new Notification(n.title, { body: n.body, tag: n.room || 'switchyard', icon: '/favicon.svg', lang: document.documentElement.lang });
  note.onclick = () => {
    focus();
    note.close();
    n.open();
  };
}

let audio: AudioContext | undefined;
/** Two short notes; quiet until the page was clicked once, as browsers want it. */
function beep(): void {
  try {
    audio ??= new AudioContext();
    if (audio.state !== 'running') return void audio.resume().catch(() => {});
    const at = audio.currentTime;
    for (const [i, pitch] of [660, 880].entries()) {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.0001, at + i * 0.14);
      gain.gain.exponentialRampToValueAtTime(0.12, at + i * 0.14 + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + i * 0.14 + 0.13);
      tone.connect(gain).connect(audio.destination);
      tone.start(at + i * 0.14);
      tone.stop(at + i * 0.14 + 0.14);
    }
  } catch {
    // no sound on this machine
  }
}

export const counted = (n: number) => (n > 99 ? '99+' : String(n));
export const titleOf = (unread: number) => (prefs.value.badge && unread > 0 ? `(${counted(unread)}) ` : '') + t('agent.title');
