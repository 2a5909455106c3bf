// The log's elements. Each entry keeps its element: a bubble that is confirmed moves to its place, nothing
// is written anew, and a screen reader hears only what is new.

import type { Bubble, Dialogue, Entry, Transcript } from '../client/transcript';
import { errorText, language, t } from '../text';
import { clock, moment } from '../ui/time';

export interface LogActs {
  again(clientID: string): void;
  drop(clientID: string): void;
  form(entry: Entry): void;
  /** Where an uploaded image can be shown. */
  picture(file: string): Promise<string>;
  view(url: string): void;
  pick(dialogue: Dialogue, choice: string, label: string, byKey: boolean): void;
}

type Line = Entry | Bubble;
const isBubble = (l: Line): l is Bubble => 'state' in l;

/** Ends of a consultation are said in the middle, by nobody. */
const endings = new Set(['M-END-AGENT', 'M-END-CUSTOMER', 'M-END-MANAGER', 'M-AUTOCLOSE']);

export class Log {
  #elements = new Map<string, { element: HTMLElement; drawn: string }>();

  constructor(
    readonly root: HTMLElement,
    readonly acts: LogActs,
  ) {}

  clear(): void {
    this.#elements.clear();
    this.root.replaceChildren();
  }

  draw(transcript: Transcript, older: HTMLElement | undefined): void {
    const lines: Line[] = [...transcript.entries, ...transcript.bubbles];
    const marks = this.#marks(transcript);
    const keep = new Set<string>();
    let place: ChildNode | null = this.root.firstChild;
    if (older && place !== older) this.root.insertBefore(older, place);
    if (older) place = older.nextSibling;
    lines.forEach((line, i) => {
      keep.add(line.key);
      const follows = !isBubble(line) && i > 0 && this.#follows(lines[i - 1]!, line);
      const mark = marks.get(line.key) ?? '';
      const drawn = JSON.stringify([line, mark, follows, language(), !isBubble(line) && line.form && transcript.summary.saved.includes(line.form), transcript.closed, transcript.dialogue?.key === line.key]);
      let known = this.#elements.get(line.key);
      if (!known || known.drawn !== drawn) {
        const element = known?.element ?? document.createElement('div');
        this.#write(element, line, transcript, mark, follows);
        known = { element, drawn };
        this.#elements.set(line.key, known);
      }
      if (place === known.element) place = place.nextSibling;
      else this.root.insertBefore(known.element, place);
    });
    for (const [key, { element }] of this.#elements) {
      if (keep.has(key)) continue;
      element.remove();
      this.#elements.delete(key);
    }
  }

  #follows(before: Line, line: Entry): boolean {
    return !isBubble(before) && before.side === line.side && before.name === line.name && before.kind !== 'assigned' && !endings.has(before.code ?? '') && Date.parse(line.at) - Date.parse(before.at) < 120_000;
  }

  /** Read and sent are said once each, at the last bubble of which they are true. */
  #marks(transcript: Transcript): Map<string, 'read' | 'sent'> {
    const marks = new Map<string, 'read' | 'sent'>();
    let read = false;
    for (let i = transcript.entries.length - 1; i >= 0 && !read; i--) {
      const e = transcript.entries[i]!;
      if (e.side !== 'customer' || e.code) continue;
      read = e.seq <= transcript.readUpto;
      if (read) marks.set(e.key, 'read');
      else if (marks.size === 0 && !transcript.bubbles.some((b) => b.state === 'sent')) marks.set(e.key, 'sent');
    }
    return marks;
  }

  #write(e: HTMLElement, line: Line, transcript: Transcript, mark: string, follows: boolean): void {
    e.replaceChildren();
    if (!isBubble(line) && (line.kind === 'assigned' || endings.has(line.code ?? ''))) {
      e.className = 'notice';
      e.textContent = line.kind === 'assigned' ? t('log.assigned', { name: line.name ?? '' }) : line.text;
      return;
    }
    const own = isBubble(line) || line.side === 'customer';
    e.className = ['message', own ? 'own' : '', follows ? 'follow' : '', isBubble(line) ? line.state : '', !isBubble(line) && line.code ? 'automatic' : ''].filter(Boolean).join(' ');
    if (!own && !isBubble(line)) e.append(make('span', 'name', line.side === 'bot' ? t('log.bot') : (line.name ?? '')));
    const row = make('div', 'line');
    const dialogue = isBubble(line) ? undefined : line.dialogue;
    const bubble = make('div', 'bubble', dialogue ? '' : body(line));
    const image = isBubble(line) ? line.image : line.kind === 'image' && line.file ? this.acts.picture(line.file) : undefined;
    if (dialogue) this.#dialogue(bubble, dialogue, transcript.dialogue?.key === line.key);
    if (!isBubble(line) && line.kind === 'card') {
      bubble.classList.add('card');
      bubble.append(this.#formButton(line, transcript));
    }
    const meta = make('div', 'meta');
    if (isBubble(line)) {
      if (line.state !== 'failed') meta.append(make('span', '', t(line.state === 'sending' ? 'bubble.sending' : 'bubble.sent')));
    } else if (mark) meta.append(make('span', mark, t(mark === 'read' ? 'bubble.read' : 'bubble.sent')));
    const at = make('time', '', clock(line.at));
    at.dateTime = new Date(line.at).toISOString();
    at.title = moment(line.at);
    meta.append(at);
    if (image !== undefined) {
      const stack = make('div', 'stack-image');
      stack.append(this.#picture(image));
      if (!isBubble(line) && line.text) stack.append(bubble);
      row.append(stack, meta);
    } else row.append(bubble, meta);
    e.append(row);
    if (isBubble(line) && line.state === 'failed') e.append(this.#repair(line));
  }

  #picture(address: string | Promise<string>): HTMLElement {
    const button = make('button', 'picture');
    button.type = 'button';
    button.setAttribute('aria-label', t('log.image.open'));
    const img = make('img', '');
    img.alt = t('log.image');
    button.append(img);
    const show = (url: string) => {
      img.src = url;
      button.addEventListener('click', () => this.acts.view(url));
    };
    if (typeof address === 'string') show(address);
    else address.then(show, () => button.classList.add('missing'));
    return button;
  }

  /** What the bot said, then its buttons in order; only the newest dialogue's can be pressed. */
  #dialogue(bubble: HTMLElement, d: Dialogue, current: boolean): void {
    bubble.classList.add('dialogue');
    for (const m of d.messages) {
      if (m.title) bubble.append(make('strong', '', m.title));
      if (m.text) bubble.append(make('p', '', m.text));
      if (m.image) bubble.append(link(m.image, t('log.image.open'), 'button small'));
      for (const b of m.buttons ?? []) bubble.append(link(b.url, b.label, 'button small'));
    }
    const group = make('div', 'choices');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', t('log.choices'));
    const add = (choice: string, label: string, className: string) => {
      const button = make('button', className, label);
      button.type = 'button';
      button.disabled = !current;
      button.dataset['choice'] = choice;
      button.addEventListener('click', (e) => this.acts.pick(d, choice, label, e.detail === 0));
      group.append(button);
    };
    for (const c of d.choices) {
      if (c.link) group.append(link(c.link, c.label, 'button'));
      else add(c.choice, c.label, 'button');
    }
    for (const k of d.hotkeys) add(k.choice, k.label, 'button small hotkey');
    if (group.childElementCount > 0) bubble.append(group);
  }

  #formButton(line: Entry, transcript: Transcript): HTMLElement {
    const done = !!line.form && transcript.summary.saved.includes(line.form);
    // The label is the node's, byte for byte; other languages have their own words for it.
    const label = done ? t('log.form.done') : language() === 'ko' && line.button ? line.button : t('profile.open');
    const button = make('button', done ? 'button' : 'button primary', label);
    button.type = 'button';
    button.disabled = done || transcript.closed;
    button.dataset['form'] = line.form ?? '';
    button.addEventListener('click', () => this.acts.form(line));
    return button;
  }

  #repair(line: Bubble): HTMLElement {
    const box = make('div', 'repair', `${t('bubble.failed')} · ${errorText(line.code ?? '')}`);
    for (const [label, act] of [
      [t('bubble.again'), () => this.acts.again(line.clientID)],
      [t('bubble.drop'), () => this.acts.drop(line.clientID)],
    ] as const) {
      const b = make('button', 'button small', label);
      b.type = 'button';
      b.addEventListener('click', act);
      box.append(b);
    }
    return box;
  }
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text?: string): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

/** A link to elsewhere; what is no web address stays text. */
function link(url: string, label: string, className: string): HTMLElement {
  if (!/^https?:\/\//i.test(url)) return make('span', '', label);
  const a = make('a', className, label);
  a.href = url;
  a.target = '_blank';
  a.rel = 'noopener noreferrer';
  return a;
}

function body(line: Line): string {
  if (line.kind === 'image') return isBubble(line) ? '' : line.text || t('log.image');
  if (line.kind === 'file') return t('log.file');
  return line.text;
}
