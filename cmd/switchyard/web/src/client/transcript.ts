// What one room's stream adds up to: the entries on the screen, the bubbles that are not
// confirmed yet, and the room's state. It serves both views, room/ of the visitor and desk/
// of the agent; who reads decides only which bubbles are one's own.

import { type Frame, type Reset } from './frames';

export type Side = 'customer' | 'agent' | 'bot';

/** A turn of the scenario bot: what it said, and the buttons that go with it. */
export interface Dialogue {
  messageID: string;
  messages: { kind: string; title?: string; text?: string; image?: string; buttons?: { label: string; url: string }[] }[];
  choices: { choice: string; label: string; link?: string }[];
  hotkeys: { choice: string; label: string }[];
}

/** One line of the log. */
export interface Entry {
  key: string; // stays the same when a bubble becomes an entry, so that its element does too
  seq: number;
  at: string;
  kind: string; // text, link, image, file, memo, card, dialogue; or assigned, closed, profile for what happened
  side: Side;
  name?: string | undefined;
  text: string;
  code?: string | undefined; // of an automatic message
  file?: string | undefined; // image, file
  more?: string | undefined; // where the whole of a shortened text is
  clientID?: string | undefined;
  beforeProfile?: boolean;
  form?: string | undefined; // card: the one-time token; only the visitor has it
  fields?: string[] | undefined;
  consent?: string | undefined;
  button?: string | undefined;
  values?: Record<string, string> | undefined; // profile
  dialogue?: Dialogue | undefined;
}

/** What was written here and is not in the stream yet. */
export interface Bubble {
  key: string;
  clientID: string;
  kind: string;
  text: string;
  at: number; // local time
  image?: string | undefined; // the local address of a picture on its way up
  state: 'sending' | 'sent' | 'failed';
  code?: string; // why it failed
}

export type RoomState = '' | 'OPENED' | 'BOT' | 'WAITING' | 'RECEIVED' | 'ACTIVE' | 'CLOSED' | 'BOT_CLOSED' | 'DELETED';

/** What of a room is more than its log; a page may keep it over a reload. */
export interface Summary {
  state: RoomState;
  agent: string; // the name
  account: string; // the agent's account; desk/ only
  assignment: number;
  customer: string;
  title: string;
  category: string;
  channel: string;
  createdAt: string;
  requestedAt: string;
  closedAt: string;
  endedBy: string;
  reason: string;
  refused: boolean;
  locked: boolean; // waits for the profile
  hold: boolean;
  category3: string;
  tags: string[];
  flag: string; // '' = none
  alarmAt: string; // '' = none
  request: string; // the open change request, and whom it asks for
  requestTo: string;
  lastCustomer: boolean; // the customer spoke last
  readBy: { customer: number; agent: number }; // positions in this stream
  saved: string[]; // forms that are in
  score: number; // of the customer's rating; 0 = none
  at: number; // position up to which all this is true
}

const MOST = 500; // entries kept; older ones come back with history
const SLACK = 100;

function blank(): Summary {
  return {
    state: '', agent: '', account: '', assignment: 0, customer: '', title: '', category: '', channel: '', createdAt: '', requestedAt: '', closedAt: '',
    endedBy: '', reason: '', refused: false, locked: false, hold: false, category3: '', tags: [], flag: '', alarmAt: '', request: '', requestTo: '', lastCustomer: false, readBy: { customer: 0, agent: 0 }, saved: [], score: 0, at: 0,
  };
}

export class Transcript {
  entries: Entry[] = [];
  bubbles: Bubble[] = [];
  summary: Summary = blank();
  /** Where the next older page ends; 0 = everything is here. */
  before = 0;

  constructor(readonly me: 'customer' | 'agent') {}

  get open(): boolean {
    return ['OPENED', 'BOT', 'WAITING', 'RECEIVED', 'ACTIVE'].includes(this.summary.state);
  }
  get closed(): boolean {
    return ['CLOSED', 'BOT_CLOSED', 'DELETED'].includes(this.summary.state);
  }

  /** Takes up what was kept over a reload: the entries before it come with history. */
  restore(kept: Summary): void {
    this.summary = { ...blank(), ...kept };
    this.before = kept.at + 1;
  }

  reset(r: Reset): void {
    const s = r.snapshot ?? {};
    const before = this.summary;
    this.entries = [];
    this.detached = false;
    this.missed = 0;
    this.before = r.history_from > 1 ? r.history_from : 0;
    this.summary = {
      ...blank(),
      state: s.state ?? '',
      agent: (this.me === 'agent' ? s.name : s.agent) ?? '',
      account: this.me === 'agent' ? (s.agent ?? '') : '',
      assignment: s.assignment ?? 0,
      customer: s.customer ?? before.customer,
      title: s.title ?? before.title,
      category: s.category ?? '',
      channel: s.channel ?? before.channel,
      createdAt: s.created_at ?? '',
      requestedAt: s.requested_at ?? s.created_at ?? '',
      closedAt: s.closed_at ?? '',
      endedBy: s.ended_by ?? '',
      reason: s.reason ?? '',
      locked: s.profile_required ?? false,
      hold: s.hold_close ?? false,
      category3: s.category3 ?? '',
      tags: s.tags ?? [],
      flag: s.flag ?? '',
      alarmAt: s.alarm_at ?? '',
      request: s.request ?? '',
      requestTo: s.request_to ?? '',
      lastCustomer: s.last_customer ?? false,
      readBy: { customer: s.read_by_customer ?? 0, agent: s.read_by_agent ?? 0 },
      score: s.score ?? 0,
      at: r.seq,
    };
  }

  /** Older pages took the newest entries' place: what is new is counted, and shown by toNewest. */
  detached = false;
  missed = 0;

  /** A live or replayed event. */
  apply(f: Frame): void {
    this.#fold(f);
    const e = this.#entry(f);
    if (e && this.detached) {
      this.missed++;
      if (e.clientID) this.drop(e.clientID);
      return;
    }
    if (e) this.#insert(e);
    if (this.entries.length > MOST + SLACK) {
      this.entries = this.entries.slice(-MOST);
      this.before = this.entries[0]!.seq;
    }
  }

  /** A page of history; `before` as the reply gave it. */
  prepend(events: Frame[], before: number | undefined): void {
    for (const f of events) {
      this.#fold(f);
      const e = this.#entry(f);
      if (e) this.#insert(e);
    }
    this.before = before ?? 0;
    if (this.entries.length > MOST + SLACK) {
      this.entries = this.entries.slice(0, MOST);
      this.detached = true;
    }
  }

  /** Lets the entries go; the next page of history is the newest one. */
  toNewest(): void {
    this.entries = [];
    this.detached = false;
    this.missed = 0;
    this.before = this.summary.at + 1;
  }

  #insert(e: Entry): void {
    if (e.clientID) this.bubbles = this.bubbles.filter((b) => b.clientID !== e.clientID);
    let i = this.entries.length;
    while (i > 0 && this.entries[i - 1]!.seq > e.seq) i--;
    if (this.entries[i - 1]?.seq === e.seq) return;
    this.entries.splice(i, 0, e);
  }

  /** Brings the summary up to the event, unless it knows better already. */
  #fold(f: Frame): void {
    const s = this.summary;
    const d = f.data ?? {};
    if (f.type === 'form.saved' && d.form && !s.saved.includes(d.form)) s.saved = [...s.saved, d.form];
    if (f.type === 'message.read') {
      const by = d.by === 'agent' ? 'agent' : 'customer';
      s.readBy = { ...s.readBy, [by]: Math.max(s.readBy[by], d.upto ?? 0) };
    }
    if (f.seq! <= s.at) return;
    s.at = f.seq!;
    switch (f.type) {
      case 'room.state':
        s.state = d.state ?? s.state;
        if (d.state === 'OPENED') {
          s.createdAt = s.requestedAt = f.at ?? '';
          s.customer = d.customer ?? s.customer;
          s.channel = d.channel ?? s.channel;
          s.category = d.category ?? s.category;
          s.title = d.title ?? s.title;
        }
        if (d.state === 'WAITING') {
          s.requestedAt = f.at ?? s.requestedAt;
          s.locked = d.profile_required ?? false;
          s.agent = s.account = '';
        }
        return;
      case 'room.assigned':
        s.state = 'RECEIVED';
        s.agent = (this.me === 'agent' ? d.name : d.agent) ?? '';
        s.account = this.me === 'agent' ? (d.agent ?? '') : '';
        s.assignment = d.assignment ?? s.assignment;
        s.locked = false;
        s.request = s.requestTo = '';
        return;
      case 'bot.dialogue':
        s.state = 'BOT';
        return;
      case 'message.new':
        if (d.from?.kind === 'agent' && d.kind !== 'memo' && !d.code && s.state === 'RECEIVED') s.state = 'ACTIVE';
        if (d.kind !== 'memo' && !d.code && (d.from?.kind === 'customer' || d.from?.kind === 'agent')) s.lastCustomer = d.from.kind === 'customer';
        return;
      case 'form.saved':
        s.locked = false;
        return;
      case 'room.meta':
        if ('hold_close' in d) s.hold = d.hold_close;
        if ('category' in d) s.category = d.category ?? '';
        if ('category3' in d) s.category3 = d.category3 ?? '';
        if ('tags' in d) s.tags = d.tags ?? [];
        if ('flag' in d) s.flag = d.flag ?? '';
        if ('alarm_at' in d) s.alarmAt = d.alarm_at ?? '';
        return;
      case 'request.new':
        if (d.kind === 'change') [s.request, s.requestTo] = [d.request ?? '', d.to ?? ''];
        return;
      case 'request.decided':
        if (d.request === s.request) s.request = s.requestTo = '';
        return;
      case 'alarm.due':
        s.alarmAt = '';
        return;
      case 'room.rated':
        s.score = d.score ?? 0;
        return;
      case 'room.closed':
        s.state = d.state ?? 'CLOSED';
        s.closedAt = f.at ?? '';
        s.endedBy = d.ended_by ?? '';
        s.reason = d.reason ?? '';
        s.refused = d.refused ?? false;
        return;
    }
  }

  #entry(f: Frame): Entry | undefined {
    const d = f.data ?? {};
    const base = { key: `s${f.seq}`, seq: f.seq!, at: f.at ?? '', text: '' };
    switch (f.type) {
      case 'message.new': {
        const side: Side = d.from?.kind ?? 'bot';
        // The title is the customer's first line, whoever wrote it for him (domain 5.2).
        const shown: Side = d.code === 'M-TITLE' ? 'customer' : side;
        return {
          ...base, kind: d.kind, side: shown, name: d.from?.name, text: d.text ?? '', code: d.code, file: d.file, more: d.full_text, clientID: d.client_id, beforeProfile: d.before_profile ?? false,
          key: d.client_id && side === this.me ? `c${d.client_id}` : base.key,
        };
      }
      case 'bot.dialogue': {
        const dialogue: Dialogue = { messageID: d.message_id, messages: d.messages ?? [], choices: d.choices ?? [], hotkeys: d.hotkeys ?? [] };
        const said = dialogue.messages.flatMap((m) => [m.title, m.text, m.image].filter((x) => !!x));
        return { ...base, kind: 'dialogue', side: 'bot', text: said.join('\n'), dialogue };
      }
      case 'form.prompt':
        return { ...base, kind: 'card', side: 'bot', text: d.text ?? '', code: d.code, form: d.form, fields: d.fields ?? [], consent: d.consent, button: d.button };
      case 'form.saved':
        return this.me === 'agent' ? { ...base, kind: 'profile', side: 'bot', values: d.fields ?? {} } : undefined;
      case 'room.assigned':
        return { ...base, kind: 'assigned', side: 'bot', text: d.note ?? '', name: this.me === 'agent' ? d.name : d.agent };
      default:
        return undefined;
    }
  }

  // --- bubbles ----------------------------------------------------------------

  add(clientID: string, kind: string, text: string, at = Date.now(), image?: string): void {
    if (this.bubbles.some((b) => b.clientID === clientID) || this.entries.some((e) => e.clientID === clientID)) return;
    this.bubbles = [...this.bubbles, { key: `c${clientID}`, clientID, kind, text, at, image, state: 'sending' }];
  }
  #change(clientID: string, change: Partial<Bubble>): void {
    this.bubbles = this.bubbles.map((b) => (b.clientID === clientID ? { ...b, ...change } : b));
  }
  /** The reply came; the event takes the bubble's place when it comes. */
  sent(clientID: string): void {
    this.#change(clientID, { state: 'sent' });
  }
  failed(clientID: string, code: string): void {
    this.#change(clientID, { state: 'failed', code });
  }
  again(clientID: string): void {
    this.#change(clientID, { state: 'sending' });
  }
  drop(clientID: string): void {
    this.bubbles = this.bubbles.filter((b) => b.clientID !== clientID);
  }

  // --- reading ----------------------------------------------------------------

  /** The dialogue whose buttons lead on: the newest, as long as the bot has the room. */
  get dialogue(): Entry | undefined {
    return this.summary.state === 'BOT' ? this.entries.findLast((e) => e.kind === 'dialogue') : undefined;
  }

  /** The newest message of somebody else: what a read mark should reach. */
  get newestForeign(): number {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const e = this.entries[i]!;
      if (!this.mine(e) && e.kind !== 'assigned' && e.kind !== 'profile') return e.seq;
    }
    return 0;
  }
  get newest(): Entry | undefined {
    return this.entries.at(-1);
  }
  mine(e: Entry): boolean {
    return e.side === this.me;
  }
  /** How far the other side has read. */
  get readUpto(): number {
    return this.me === 'customer' ? this.summary.readBy.agent : this.summary.readBy.customer;
  }
  /** The last thing said by customer or agent; it says whose turn it is. */
  get lastWord(): Entry | undefined {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const e = this.entries[i]!;
      if ((e.side === 'customer' || e.side === 'agent') && e.kind !== 'memo' && e.kind !== 'assigned' && e.code === undefined) return e;
    }
    return undefined;
  }
}
