// The profile form (domain section 8): opened from the prompt card, in the site's order of fields.
// The node checks the formats; what it refuses is said at the field.

import { Refused } from '../client/frames';
import { newID } from '../client/id';
import type { Entry } from '../client/transcript';
import { errorText, has, onLanguage, t, type Key } from '../text';
import { make } from './log';

const kinds: Record<string, { type: string; inputMode?: string; autocomplete: string; maxLength?: number }> = {
  NAME: { type: 'text', autocomplete: 'name', maxLength: 100 },
  PHONE: { type: 'tel', inputMode: 'tel', autocomplete: 'tel' },
  EMAIL: { type: 'email', inputMode: 'email', autocomplete: 'email', maxLength: 100 },
  BIRTH: { type: 'text', inputMode: 'numeric', autocomplete: 'bday' },
  ADDRESS: { type: 'text', autocomplete: 'street-address', maxLength: 255 },
};

export interface ProfileForm {
  open(card: Entry): void;
  close(): void;
}

export function profileForm(submit: (form: string, clientID: string, fields: Record<string, string>) => Promise<unknown>, saved: () => void): ProfileForm {
  const dialog = document.getElementById('profile') as HTMLDialogElement;
  const form = document.getElementById('profile-form') as HTMLFormElement;
  const list = document.getElementById('profile-fields')!;
  const consent = document.getElementById('profile-consent')!;
  const problem = document.getElementById('profile-problem')!;
  const ok = document.getElementById('profile-ok') as HTMLButtonElement;
  let card: Entry | undefined;

  const field = (name: string) => list.querySelector<HTMLInputElement>(`[name="${name}"]`);

  function draw(): void {
    if (!card) return;
    const values = new Map([...list.querySelectorAll('input')].map((i) => [i.name, i.value]));
    list.replaceChildren(
      ...(card.fields ?? []).map((name) => {
        const box = make('div', 'field');
        const id = `profile-${name}`;
        const label = make('label', '', has(`profile.${name}`) ? t(`profile.${name}` as Key) : name);
        label.htmlFor = id;
        const input = make('input', '');
        Object.assign(input, kinds[name] ?? {}, { id, name, required: true, value: values.get(name) ?? '' });
        const described = [];
        box.append(label, input);
        if (has(`profile.hint.${name}`)) {
          const hint = make('p', 'hint', t(`profile.hint.${name}` as Key));
          hint.id = `${id}-hint`;
          described.push(hint.id);
          box.append(hint);
        }
        const error = make('p', 'problem');
        error.id = `${id}-problem`;
        error.setAttribute('role', 'alert');
        described.push(error.id);
        box.append(error);
        input.setAttribute('aria-describedby', described.join(' '));
        input.addEventListener('input', () => complain(name, ''));
        return box;
      }),
    );
    consent.hidden = !/^https?:\/\//i.test(card.consent ?? '');
    if (!consent.hidden) {
      const [before = '', after = ''] = t('profile.consent').split(t('profile.consent.link'));
      const link = make('a', '', t('profile.consent.link'));
      link.href = card.consent!;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      consent.replaceChildren(before, link, after);
    }
  }

  function complain(name: string, text: string): void {
    const input = field(name);
    if (!input) return;
    input.setAttribute('aria-invalid', String(text !== ''));
    document.getElementById(`profile-${name}-problem`)!.textContent = text;
  }

  function busy(on: boolean): void {
    ok.disabled = on;
    ok.textContent = t(on ? 'profile.saving' : 'profile.ok');
  }

  form.addEventListener('submit', (e) => {
    e.preventDefault();
    const sent = card;
    if (!sent?.form || ok.disabled) return;
    problem.textContent = '';
    const fields = Object.fromEntries((sent.fields ?? []).map((name) => [name, field(name)?.value ?? '']));
    for (const name of Object.keys(fields)) complain(name, '');
    busy(true);
    submit(sent.form, newID(), fields).then(
      () => {
        busy(false);
        if (card !== sent) return;
        list.replaceChildren(); // what was typed is saved; nothing of it stays here
        card = undefined;
        dialog.close();
        saved();
      },
      (why: unknown) => {
        busy(false);
        const code = why instanceof Refused ? why.code : 'internal';
        const name = (why instanceof Refused ? (why.field ?? '') : '').split('.').at(-1)!;
        if (code === 'bad_request' && field(name)) {
          complain(name, has(`profile.error.${name}`) ? t(`profile.error.${name}` as Key) : errorText(code));
          field(name)!.focus();
        } else if (code === 'room_closed') problem.textContent = t('profile.error.closed');
        else if (code === 'conflict') problem.textContent = t('profile.error.conflict');
        else problem.textContent = errorText(code);
      },
    );
  });
  document.getElementById('profile-cancel')!.addEventListener('click', () => dialog.close());
  onLanguage(draw);

  return {
    open(entry) {
      if (card?.form !== entry.form) list.replaceChildren();
      card = entry;
      problem.textContent = '';
      draw();
      busy(false);
      dialog.showModal();
      list.querySelector('input')?.focus();
    },
    close() {
      dialog.close();
    },
  };
}
