// The customer's chat. One consultation at a time, no framework: what is true is in `talk` and `kept`,
// and draw() writes it onto the page.

import '../ui/base.css';
import './chat.css';
import { Client, type Positions } from '../client/client';
import { Refused, type Welcome } from '../client/frames';
import { fileContent, socketURL, upload, visitorToken } from '../client/http';
import { newID } from '../client/id';
import { newStore } from '../client/store';
import { type Dialogue, type Summary, Transcript } from '../client/transcript';
import { bindSwitch, errorText, language, onLanguage, suggest, t, translate } from '../text';
import { attachComposer } from '../ui/composer';
import { imageOf, pictures, prepare } from '../ui/images';
import { applyTheme } from '../ui/theme';
import { VERSION, bindLifecycle, connectionText, reloadOnce, watched } from '../ui/page';
import { host } from './host';
import { Log, make } from './log';
import { profileForm } from './profile';

/** What outlives a reload. */
interface Kept {
  token?: string | undefined;
  expires?: string | undefined;
  room?: string;
  epoch?: string;
  seq?: number;
  summary?: Summary;
  customer?: string | undefined; // whom the token stands for
  starting?: string | undefined; // client_id of a room.start without an answer
}

/** A message without an answer; each has a place of its own, so that two tabs do not overwrite each other. */
interface Unsent {
  room: string;
  text: string;
  at: number;
}

const UNSENT_MOST = 50;
const UNSENT_MS = 24 * 3600_000;
const RENEW_MS = 60_000; // a token that ends sooner is renewed before it is used
const PAGE = 50;
const TYPING_MS = 3_000;
const PREVIEW_MS = 1_000;
const TYPING_LASTS_MS = 6_000;
const PATIENCE_MS = 1_200; // a gap in the connection shorter than this is not worth a bar
const NEAR = 60; // pixels from the end that still count as the end

const $ = <T extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as T;
const site = new URLSearchParams(location.search).get('site') ?? '';
const store = newStore();
const own = host({
  boot: (p, c) => begin(p, c),
  params: (p) => becomes(p),
  shown: (on) => {
    shown = on;
    if (on && atEnd) $('log').scrollTop = $('log').scrollHeight;
    if (on) (talk.open ? $('text') : $('start')).focus();
    changed();
  },
  focus: (on) => {
    hostFocused = on;
    changed();
  },
  text: (text) => sayOrStart(text),
  end: () => end(),
});
/** The visitor's things are kept for this site and the page around it: another domain is another visitor. */
const place = `switchyard.chat.${site}${own.origin ? `@${own.origin}` : ''}`;
let kept: Kept = store.get<Kept>(place) ?? {};
const keep = (change: Partial<Kept>) => {
  kept = { ...kept, ...change };
  store.set(place, kept);
};

let talk = new Transcript('customer');
let early = new Map<string, Transcript>(); // streams that spoke before room.start was answered
let starting = false;
let ending = false;
let problem = '';
let typingUntil = 0;
let previewed = false; // the site shows the agent what is typed
let loading = false;
let typedAt = 0;
let atEnd = true;
let picked = ''; // the dialogue whose button was pressed last
let shown = own.origin === ''; // in a frame the page around it says so
let hostFocused = false;
let params: Record<string, string> = {}; // of the page around the frame (domain 22.2)
let category = '';
let outbox: string[] = []; // texts of the page around the frame, for a room that is not there yet
let toldUnread = -1;
let focusNext = false; // it was by key: the next dialogue's buttons get the focus

const stream = () => (kept.room ? `room/${kept.room}` : '');

// --- the client --------------------------------------------------------------

/** What the page around the frame says of its visitor, as the token takes it. */
function visitor(): { site_uid?: string; params?: Record<string, string> } {
  const { site_uid, ...rest } = params;
  return { ...(site_uid ? { site_uid } : {}), ...(Object.keys(rest).length > 0 ? { params: rest } : {}) };
}

async function newToken(): Promise<string> {
  let answer;
  try {
    answer = await visitorToken(site, kept.token, visitor());
  } catch (e) {
    if (!(e instanceof Refused) || e.code !== 'unauthenticated' || !kept.token) throw e;
    forgetRoom(); // too old to be renewed: whoever this was is somebody new now
    keep({ token: undefined });
    answer = await visitorToken(site, undefined, visitor());
  }
  if (kept.customer && kept.customer !== answer.customer_key) forgetRoom(); // somebody else now (K-02)
  suggest(answer.language);
  keep({ token: answer.token, expires: answer.expires_at, customer: answer.customer_key });
  return answer.token;
}

const positions: Positions | undefined = kept.room && kept.epoch && kept.summary ? { epoch: kept.epoch, streams: { [`room/${kept.room}`]: kept.seq ?? 0 } } : undefined;

const client = new Client({
  url: socketURL(site),
  client: { name: 'widget', version: VERSION, language: language() },
  token: () => token(),
  renew: newToken,
  reload: reloadOnce,
  ...(positions ? { positions } : {}),
  savePositions: (p) => {
    const seq = p.streams[stream()];
    if (seq === undefined) keep({ epoch: p.epoch });
    else keep({ epoch: p.epoch, seq, summary: talk.summary });
  },
  listeners: {
    status: () => changed(),
    welcome: (w: Welcome) => {
      suggest(w.language);
      previewed = w.capabilities.includes('typing.preview');
    },
    reset: (name, reset) => {
      of(name).reset(reset);
      if (name === stream()) void page();
      changed();
    },
    event: (name, frame) => {
      of(name).apply(frame);
      if (name === stream() && frame.type === 'message.new' && frame.data?.from?.kind === 'agent') typingUntil = 0;
      changed();
    },
    live: (name) => {
      if (name === stream() && talk.before > 1 && talk.entries.every((e) => e.seq >= talk.before)) void page();
      changed();
    },
    gone: (name) => {
      if (name === stream()) forgetRoom();
      changed();
    },
    ephemeral: (frame) => {
      if (frame.type !== 'typing' || frame.stream !== stream() || frame.data?.who !== 'agent') return;
      typingUntil = frame.data.on ? Date.now() + TYPING_LASTS_MS : 0;
      changed();
    },
  },
});

function of(name: string): Transcript {
  if (name === stream()) return talk;
  let t = early.get(name);
  if (!t) early.set(name, (t = new Transcript('customer')));
  return t;
}

function forgetRoom(): void {
  for (const key of store.keys(`${place}.say.`)) store.remove(key);
  talk = new Transcript('customer');
  log.clear();
  const { token, expires, customer } = kept;
  kept = {};
  keep({ token, expires, customer });
}

/** Asks for a page of what was said before; it is not read out. */
async function page(): Promise<void> {
  if (loading) return;
  loading = true;
  try {
    while (talk.before > 1) {
      const current = talk;
      const { before } = talk;
      const answer = await client.ask('history', { before, limit: PAGE }, stream());
      if (current !== talk || before !== talk.before) continue; // a reset overtook it: what is before the new log is asked for
      const box = $('log');
      const height = box.scrollHeight;
      const top = box.scrollTop;
      box.setAttribute('aria-live', 'off');
      talk.prepend(answer.events ?? [], answer.before);
      draw();
      if (!atEnd) box.scrollTop = top + box.scrollHeight - height;
      setTimeout(() => box.removeAttribute('aria-live'), 500);
      break;
    }
  } catch (e) {
    if (!(e instanceof Refused)) throw e; // the next live asks again
  } finally {
    loading = false;
    changed();
  }
}

// --- what the customer does ---------------------------------------------------

function start(): void {
  if (starting) return client.start(); // where it was stopped
  const id = kept.starting ?? newID();
  starting = true;
  problem = '';
  keep({ starting: id });
  client.start();
  const { params: now } = visitor();
  client.write('room.start', { client_id: id, ...(now ? { params: now } : {}), ...(category ? { category } : {}) }).then(
    (answer) => {
      if (kept.room && kept.room !== answer.room) client.forget(stream());
      const name = `room/${answer.room}`;
      starting = false;
      talk = early.get(name) ?? new Transcript('customer');
      early = new Map();
      atEnd = true;
      log.clear();
      keep({ room: answer.room, seq: client.position(name), summary: talk.summary, starting: undefined });
      client.adopt(name);
      if (talk.summary.state === '') talk.summary.state = 'OPENED';
      changed();
      if (!talk.closed && seen()) $('text').focus();
      own.tell('room', { room: answer.room });
      for (const text of outbox.splice(0)) say(text);
    },
    (why: Refused) => {
      starting = false;
      changed();
      if (why.code === 'stopped') return;
      outbox = [];
      keep({ starting: undefined });
      problem = errorText(why.code);
    },
  );
  changed();
}

function say(text: string): boolean {
  const name = stream();
  if (!name || talk.closed || text.length > client.limits.text) return false;
  const id = newID();
  const unsent: Unsent = { room: kept.room!, text, at: Date.now() };
  if (store.keys(`${place}.say.`).length < UNSENT_MOST) store.set(`${place}.say.${id}`, unsent);
  atEnd = true;
  post(id, unsent);
  return true;
}

/** Sends a message, now or when the streams are live again. */
function post(id: string, unsent: Unsent): void {
  const current = talk;
  current.add(id, 'text', unsent.text, unsent.at);
  client.write('message.send', { client_id: id, kind: 'text', text: unsent.text }, `room/${unsent.room}`).then(
    () => {
      store.remove(`${place}.say.${id}`);
      current.sent(id);
      changed();
    },
    (why: Refused) => {
      if (why.code === 'stopped') return;
      store.remove(`${place}.say.${id}`);
      current.failed(id, why.code);
      changed();
    },
  );
  changed();
}

/** sendText of the page around the frame: starts a consultation where there is none. */
function sayOrStart(text: string): void {
  if (text.trim() === '') return;
  if (kept.room && talk.open) {
    say(text);
    return;
  }
  outbox.push(text);
  start();
}

// --- images -------------------------------------------------------------------

const token = async () => (kept.token && Date.parse(kept.expires ?? '') - Date.now() > RENEW_MS ? kept.token : newToken());
const shelf = pictures(async (file) => fileContent(site, file, await token()));
const images = new Map<string, Blob>(); // of bubbles that are not sent; they do not outlive the page

/** Shows the image and asks; only then it goes up. */
async function offer(file: Blob | undefined): Promise<void> {
  if (!file || !kept.room || talk.closed) return;
  const dialog = $<HTMLDialogElement>('image');
  const ready = await prepare(file);
  const good = typeof ready !== 'string';
  const preview = $<HTMLImageElement>('image-preview');
  const url = good ? URL.createObjectURL(ready) : '';
  preview.hidden = !good;
  if (good) preview.src = url;
  preview.alt = t('log.image');
  $('image-problem').textContent = good ? '' : t(ready === 'too_large' ? 'image.too_large' : 'image.unsupported');
  const yes = $<HTMLButtonElement>('image-yes');
  yes.hidden = !good;
  yes.onclick = () => {
    dialog.close();
    if (!good) return;
    const id = newID();
    images.set(id, ready);
    talk.add(id, 'image', '', Date.now(), url);
    atEnd = true;
    void postImage(id);
  };
  dialog.showModal();
}

async function postImage(id: string): Promise<void> {
  const content = images.get(id);
  const room = kept.room;
  if (!content || !room) return;
  const current = talk;
  changed();
  try {
    const { file } = await upload(site, room, content, id, await token());
    shelf.keep(file, content);
    await client.write('message.send', { client_id: id, kind: 'image', file }, `room/${room}`);
    images.delete(id);
    current.sent(id);
  } catch (e) {
    const code = e instanceof Refused ? e.code : 'internal';
    if (code !== 'stopped') current.failed(id, code);
  }
  changed();
}

/** The press of a bot's button; each dialogue is answered once. */
function pick(dialogue: Dialogue, choice: string, label: string, byKey: boolean): void {
  const name = stream();
  if (!name || talk.closed || picked === dialogue.messageID) return;
  picked = dialogue.messageID;
  focusNext = byKey;
  const id = newID();
  const current = talk;
  atEnd = true;
  current.add(id, 'text', label);
  client.write('bot.pick', { client_id: id, message_id: dialogue.messageID, choice }, name).then(
    () => {
      current.sent(id);
      changed();
    },
    (why: Refused) => {
      if (why.code === 'stopped') return;
      picked = '';
      current.failed(id, why.code);
      changed();
    },
  );
  changed();
}

function end(): void {
  const name = stream();
  if (!name || talk.closed || ending) return;
  ending = true;
  client.write('room.end', { client_id: newID() }, name).then(
    () => {
      ending = false;
      changed();
    },
    () => {
      ending = false; // somebody else ended it, and the stream says so
      changed();
    },
  );
  changed();
}

let rating = false;

function rate(): void {
  const name = stream();
  if (!name || !talk.closed || talk.summary.score || rating) return;
  rating = true;
  problem = '';
  const current = talk;
  const comment = $<HTMLInputElement>('comment').value.trim();
  const score = Number(document.querySelector<HTMLInputElement>('[name=score]:checked')?.value ?? 0);
  if (!score) {
    rating = false;
    problem = t('chat.rate.none');
    changed();
    return;
  }
  client.start();
  client.write('room.rate', { client_id: newID(), score, ...(comment ? { comment } : {}) }, name).then(
    () => {
      rating = false;
      current.summary.score ||= score;
      changed();
    },
    (why: Refused) => {
      rating = false;
      if (why.code === 'conflict') current.summary.score ||= 1; // rated in another window
      else if (why.code !== 'stopped') problem = errorText(why.code);
      changed();
    },
  );
  changed();
}

// --- the page -----------------------------------------------------------------

const log = new Log($('log'), {
  again: (id) => {
    const b = talk.bubbles.find((x) => x.clientID === id);
    if (!b || !kept.room) return;
    talk.again(id);
    if (b.kind === 'image') void postImage(id);
    else post(id, { room: kept.room, text: b.text, at: b.at });
  },
  picture: (file) => shelf.url(file),
  view: (url) => {
    $<HTMLImageElement>('viewer-image').src = url;
    $<HTMLImageElement>('viewer-image').alt = t('log.image');
    $<HTMLDialogElement>('viewer').showModal();
  },
  drop: (id) => {
    images.delete(id);
    talk.drop(id);
    changed();
  },
  form: (entry) => profile.open(entry),
  pick,
});

const profile = profileForm(
  (form, id, fields) => client.write('form.submit', { client_id: id, form, fields }, stream()),
  () => $('text').focus(),
);

const composer = attachComposer($<HTMLTextAreaElement>('text'), {
  send: say,
  input: (text) => {
    const now = Date.now();
    const name = stream();
    if (!name || talk.closed) return;
    if (text === '') {
      if (typedAt !== 0) client.typing(name, false);
      typedAt = 0;
    } else if (now - typedAt >= (previewed ? PREVIEW_MS : TYPING_MS)) {
      typedAt = now;
      client.typing(name, true, previewed ? text.slice(0, 500) : undefined);
    }
  },
});

const older = make('button', 'button small older');
older.type = 'button';
older.dataset['t'] = 'chat.older';
older.addEventListener('click', () => void page());

function stateText(): string {
  const name = talk.summary.agent;
  if (!kept.room) return t('chat.state.none');
  switch (talk.summary.state) {
    case 'BOT':
      return t('chat.state.bot');
    case 'WAITING':
      return t('chat.state.waiting');
    case 'RECEIVED':
      return t('chat.state.received', { name });
    case 'ACTIVE':
      return t('chat.state.active', { name });
    case 'CLOSED':
    case 'BOT_CLOSED':
    case 'DELETED':
      return t('chat.state.closed');
    default:
      return t('chat.state.opened');
  }
}

/** Text that a screen reader announces is written only when it is another. */
function write(id: string, text: string): void {
  const e = $(id);
  if (e.textContent !== text) e.textContent = text;
}

function draw(): void {
  const talking = !!kept.room;
  const busy = starting && client.status.phase !== 'stopped';
  tellHost();
  $('welcome').hidden = talking;
  $('talk').hidden = !talking;
  $<HTMLButtonElement>('start').disabled = busy || !site;
  write('start', t(busy ? 'chat.starting' : 'chat.start'));
  write('start-problem', site ? problem : t('chat.nosite'));
  write('state', stateText());
  $('end').hidden = !talking || !talk.open;
  $<HTMLButtonElement>('end').disabled = ending;
  $('composer').hidden = talk.closed;
  $('closed').hidden = !talk.closed;
  $('preview').hidden = !previewed || talk.closed;
  if (talk.closed) {
    write('closed-text', problem || t(talk.summary.refused ? 'chat.refused' : talk.summary.score ? 'chat.rated' : 'chat.closed'));
    $('rating').hidden = talk.summary.refused || talk.summary.score > 0;
    $<HTMLButtonElement>('rate').disabled = rating;
    $<HTMLButtonElement>('again').disabled = busy;
    write('again', t(busy ? 'chat.starting' : 'chat.again'));
  }
  write('typing', typingUntil > Date.now() && !talk.closed ? t('chat.typing') : '');
  older.textContent = t('chat.older');
  if (talk.before <= 1) older.remove();
  const box = $('log');
  log.draw(talk, talk.before > 1 ? older : undefined);
  if (focusNext && talk.dialogue && talk.dialogue.dialogue?.messageID !== picked) {
    focusNext = false;
    box.querySelector<HTMLElement>('.choices button:enabled')?.focus();
  }
  if (atEnd) box.scrollTop = box.scrollHeight;
  $('newer').hidden = atEnd || talk.closed;
  drawConnection();
}

function drawConnection(): void {
  const s = client.status;
  const wanted = starting || (!!kept.room && !(talk.closed && s.phase === 'idle'));
  const show = wanted && s.phase !== 'live' && (s.phase === 'stopped' || Date.now() - (s.lostAt ?? Date.now()) >= PATIENCE_MS);
  const bar = $('connection');
  bar.hidden = !show;
  bar.classList.toggle('stopped', s.phase === 'stopped');
  const { text, counting, retry } = connectionText(s);
  write('connection-text', show ? text : '');
  write('connection-seconds', counting);
  $('retry').hidden = !retry;
}

/** Somebody looks: at the page, or at the frame while the page around it has the focus. */
function seen(): boolean {
  return own.origin ? shown && hostFocused && document.visibilityState === 'visible' : watched();
}

let toldClosed = false;
function tellHost(): void {
  if (!own.origin) return;
  const unread = talk.open ? talk.entries.filter((e) => !talk.mine(e) && e.kind !== 'assigned' && e.seq > talk.summary.readBy.customer).length : 0;
  if (unread !== toldUnread) own.tell('unread', { count: (toldUnread = unread), room: kept.room ?? '' });
  if (talk.closed && !toldClosed) own.tell('ended', { room: kept.room ?? '' });
  toldClosed = talk.closed;
}

let planned = false;
function changed(): void {
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    draw();
    look();
  });
}

/** The read mark: only what somebody sees is read. */
function look(): void {
  if (seen() && stream() && atEnd && talk.newestForeign > 0) client.read(stream(), talk.newestForeign);
}

$('log').addEventListener('scroll', () => {
  const box = $('log');
  const now = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  if (now === atEnd) return;
  atEnd = now;
  $('newer').hidden = atEnd || talk.closed;
  look();
});
$('newer').addEventListener('click', () => {
  atEnd = true;
  changed();
});
$('composer').addEventListener('submit', (e) => {
  e.preventDefault();
  composer.submit();
});
$('rating').addEventListener('submit', (e) => {
  e.preventDefault();
  rate();
});
$('start').addEventListener('click', start);
$('again').addEventListener('click', start);
$('retry').addEventListener('click', () => client.start());
const sure = $<HTMLDialogElement>('ending');
$('end').addEventListener('click', () => sure.showModal());
$('ending-no').addEventListener('click', () => sure.close());
$('ending-yes').addEventListener('click', () => {
  sure.close();
  end();
});
// What stands below the log takes height from it: its end stays in sight.
new ResizeObserver(() => {
  if (atEnd) $('log').scrollTop = $('log').scrollHeight;
}).observe($('log'));

$('close').hidden = !own.origin;
$('close').addEventListener('click', () => own.tell('close'));
addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && own.origin && !e.isComposing && !document.querySelector('dialog[open]')) own.tell('close');
});
$('attach').addEventListener('click', () => $('file').click());
$('file').addEventListener('change', () => {
  const input = $<HTMLInputElement>('file');
  void offer(input.files?.[0]);
  input.value = '';
});
$('talk').addEventListener('paste', (e) => {
  const image = imageOf((e as ClipboardEvent).clipboardData);
  if (!image) return;
  e.preventDefault();
  void offer(image);
});
$('talk').addEventListener('dragover', (e) => e.preventDefault());
$('talk').addEventListener('drop', (e) => {
  e.preventDefault();
  void offer(imageOf((e as DragEvent).dataTransfer));
});
$('image-no').addEventListener('click', () => $<HTMLDialogElement>('image').close());
bindSwitch($('language'));
onLanguage(() => {
  translate(document);
  document.title = t('chat.title');
  changed();
});
bindLifecycle(client, look);
setInterval(() => {
  if (client.status.phase !== 'live' || typingUntil > 0) draw();
  if (typingUntil <= Date.now()) typingUntil = 0;
}, 1000);

translate(document);
document.title = t('chat.title');
if (kept.room && kept.summary) talk.restore(kept.summary);

/** Goes on where the visitor was. A frame waits for the page around it to say who that is. */
function begin(with_: Record<string, string> = {}, in_ = ''): void {
  params = with_;
  category = in_;
  // Whoever the page names is asked for anew; the token in hand may be another's.
  if (Object.keys(params).length > 0) keep({ expires: undefined });
  if (site && kept.room) {
    client.adopt(stream());
    client.start();
    for (const key of store.keys(`${place}.say.`)) {
      const unsent = store.get<Unsent>(key);
      if (unsent && unsent.room === kept.room && Date.now() - unsent.at < UNSENT_MS) post(key.slice(`${place}.say.`.length), unsent);
      else store.remove(key);
    }
  }
  if (site && kept.starting) start();
  changed();
}

/** setParams of the page around the frame: they go with the next start, and another site_uid is another customer. */
function becomes(p: Record<string, string>): void {
  const uid = params['site_uid'];
  params = { ...params, ...p };
  keep({ expires: undefined });
  if (params['site_uid'] === uid || !kept.room) return;
  client.suspend();
  client.forget(stream());
  forgetRoom();
  changed();
}

applyTheme();
if (own.origin) {
  document.documentElement.classList.add('framed');
  own.tell('ready');
  changed();
} else begin();
