// 시나리오 봇: the list, and the editor of one: as a form or as JSON, the node's complaints where they belong, and beside it a
// pane in which the scenario is talked with as a customer would meet it. Nothing is saved by trying.

import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t, type Key } from '../text';
import { Confirm, Icon } from '../ui/parts';
import * as api from './api';
import { complaintText } from '../ui/said';
import { Check, Editor, Line, RowSwitch, Table } from './editor';
import { Page } from './group';
import { type Placed, type Target, ROOT, blank, freeID, idsOf, leadTo, placed, remove, rename, targetOf } from './scenario';
import { categories, categoryName, channels, complain, go, href, said, same, toast } from './store';

export function Bots({ id }: { id: string | undefined }) {
  return id === undefined ? <BotList /> : <BotPage id={id} />;
}

const bindingText = (b: api.Binding) => [b.channel_account ? (channels.value.find((c) => c.id === b.channel_account)?.name ?? b.channel_account) : '', b.category ? categoryName(b.category) : ''].filter(Boolean).join(' + ');

function BotList() {
  const list = useSignal<api.Bot[] | undefined>(undefined);
  const making = useSignal(false);
  const load = () => api.bots().then((all) => void (list.value = all), complain);
  useEffect(() => void load(), []);
  return (
    <Page
      id="bots"
      title={t('nav.bots')}
      text={t('bots.text')}
      action={
        <button class="button primary" type="button" id="bot-new" onClick={() => (making.value = true)}>
          {t('bots.new')}
        </button>
      }
    >
      <div class="card flush">
        <Table label={t('nav.bots')} heads={[t('bots.name'), t('bots.where'), t('bots.version'), t('value.use'), '']} empty={list.value?.length === 0 && t('bots.none')}>
          {(list.value ?? []).map((b) => (
            <tr key={b.id}>
              <td>
                <a href={href('bots', b.id)}>
                  <b>{b.name}</b>
                </a>
                <small>{b.id}</small>
              </td>
              <td>
                {b.default && <span class="badge ok">{t('bots.default')}</span>} {b.bindings.map(bindingText).join(', ') || (b.default ? '' : '–')}
              </td>
              <td class="num">{b.version}</td>
              <td>
                <RowSwitch label={`${t('value.use')}: ${b.name}`} checked={b.enabled} change={async (enabled) => (await api.changeBot(b.id, { enabled }), load())} />
              </td>
              <td class="acts">
                <a class="button quiet small" href={href('bots', b.id)} aria-label={t('edit.of', { name: b.name })}>
                  {t('edit')}
                </a>
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {making.value && (
        <Editor
          id="bot-make"
          title={t('bots.new')}
          first={{ id: '', name: '' }}
          close={() => (making.value = false)}
          save={async (v) => {
            const made = await api.createBot({ id: v.id.trim(), name: v.name.trim(), enabled: false, scenario: blank(t('bots.hello')) });
            go('bots', made.id);
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="name" label={t('bots.name')}>
                <input {...f.at('name')} value={f.value.name} maxLength={60} autocomplete="off" onInput={(e) => f.set({ name: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="id" label={t('bots.id')} hint={t('bots.id.hint')}>
                <input {...f.at('id')} value={f.value.id} maxLength={32} autocapitalize="none" autocomplete="off" spellcheck={false} onInput={(e) => f.set({ id: e.currentTarget.value })} />
              </Line>
            </>
          )}
        </Editor>
      )}
    </Page>
  );
}

function BotPage({ id }: { id: string }) {
  const saved = useSignal<api.Bot | undefined>(undefined);
  const scenario = useSignal<api.Scenario | undefined>(undefined);
  const json = useSignal(''); // the text of the JSON view, whatever is wrong with it
  const unread = useSignal(''); // why the text is no scenario
  const view = useSignal<'form' | 'json'>('form');
  const open = useSignal(ROOT); // the dialogue in the form; '' is what concerns all
  const found = useSignal<api.Complaint[]>([]);
  const busy = useSignal(false);
  const cover = useSignal(false); // the dialog with name, default and bindings
  const dirty = useComputed(() => saved.value !== undefined && (!same(scenario.value, saved.value.scenario) || unread.value !== ''));
  const take = (b: api.Bot) => {
    saved.value = b;
    scenario.value = b.scenario;
    json.value = JSON.stringify(b.scenario, null, 2);
    unread.value = '';
  };
  useEffect(() => void api.bot(id).then(take, complain), [id]);

  // Every change is asked about, a moment after the last one.
  const text = JSON.stringify(scenario.value);
  useEffect(() => {
    if (!scenario.value) return;
    let over = false;
    const timer = setTimeout(() => {
      api.checkScenario(id, JSON.parse(text)).then((x) => {
        if (!over) found.value = x.complaints;
      }, (e) => over || complain(e));
    }, 250);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text]);
  useEffect(() => {
    const ask = (e: BeforeUnloadEvent) => dirty.value && e.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, []);

  const b = saved.value;
  const s = scenario.value;
  if (!b || !s) return <Page id="bot" title={id} children={<p role="status">{t('loading')}</p>} />;
  const ids = idsOf(s);
  const complaints = placed(found.value, ids);
  const wrong = complaints.filter((c) => !c.warning);
  const put = (next: api.Scenario) => {
    scenario.value = next;
    json.value = JSON.stringify(next, null, 2);
    unread.value = '';
  };
  const typed = (value: string) => {
    json.value = value;
    try {
      const next = JSON.parse(value);
      if (typeof next?.dialogues !== 'object' || next.dialogues === null || Array.isArray(next.dialogues)) throw new Error(t('bots.nodialogues'));
      if (Object.values(next.dialogues).some((d) => typeof d !== 'object' || d === null || !Array.isArray((d as api.Dialogue).messages))) throw new Error(t('bots.nomessages'));
      scenario.value = next;
      unread.value = '';
    } catch (e) {
      unread.value = (e as Error).message;
    }
  };
  const show = (c: Placed) => {
    open.value = c.dialogue;
    if (view.value === 'json') jump(json.value, c.dialogue);
    else queueMicrotask(() => document.querySelector<HTMLElement>('.dialogue [aria-invalid="true"]')?.focus());
  };
  const save = async () => {
    busy.value = true;
    try {
      take(await api.changeBot(id, { scenario: s }));
      toast(t('bots.saved', { version: saved.value!.version }));
    } catch (e) {
      const x = said(e);
      toast(x.field === 'scenario' ? t('bots.refused') : x.text, 'problem');
    } finally {
      busy.value = false;
    }
  };
  return (
    <Page
      id="bot"
      title={b.name}
      text={t('bots.about', { id: b.id, version: b.version })}
      action={
        <span class="row">
          <a class="button" href={href('bots')}>
            {t('agent.back')}
          </a>
          <button class="button" type="button" id="bot-cover" onClick={() => (cover.value = true)}>
            {t('bots.cover')}
          </button>
          <Exchange id={id} json={json.value} typed={typed} />
          <button class="button primary" type="button" id="bot-save" disabled={busy.value || !dirty.value || unread.value !== '' || wrong.length > 0} onClick={() => void save()}>
            {t(busy.value ? 'settings.saving' : 'settings.save')}
          </button>
        </span>
      }
    >
      <p class="states">
        <span class={`badge ${b.enabled ? 'ok' : ''}`}>{t(b.enabled ? 'bots.enabled' : 'bots.disabled')}</span>
        {b.default && <span class="badge ok">{t('bots.default')}</span>}
        {b.bindings.map((x) => (
          <span class="badge" key={bindingText(x)}>
            {bindingText(x)}
          </span>
        ))}
        {dirty.value && <span class="badge warn">{t('settings.changed')}</span>}
      </p>
      <div class="bot">
        <div class="bot-main">
          <div class="seg" role="tablist" aria-label={t('bots.view')}>
            {(['form', 'json'] as const).map((x) => (
              <button key={x} type="button" role="tab" id={`view-${x}`} aria-selected={view.value === x} aria-controls="bot-view" tabIndex={view.value === x ? 0 : -1} onClick={() => (view.value = x)} onKeyDown={(e) => (e.key === 'ArrowLeft' || e.key === 'ArrowRight') && ((view.value = x === 'form' ? 'json' : 'form'), document.getElementById(`view-${view.value}`)?.focus())}>
                {t(`bots.view.${x}` as Key)}
              </button>
            ))}
          </div>
          <Complaints all={complaints} show={show} />
          <div id="bot-view" role="tabpanel" aria-labelledby={`view-${view.value}`}>
            {view.value === 'json' ? (
              <>
                <textarea id="json" class="input mono" rows={26} spellcheck={false} aria-label={t('bots.view.json')} aria-invalid={unread.value !== ''} value={json.value} onInput={(e) => typed(e.currentTarget.value)} />
                <p class="problem" role="alert">
                  {unread.value && t('said.unreadable', { why: unread.value })}
                </p>
              </>
            ) : (
              <Form s={s} ids={ids} open={open} complaints={complaints} put={put} />
            )}
          </div>
        </div>
        <Try key={text} id={id} scenario={s} wrong={wrong.length} />
      </div>
      {cover.value && <Cover b={b} close={() => (cover.value = false)} done={(x) => (saved.value = { ...x, scenario: saved.value!.scenario! })} />}
    </Page>
  );
}

/** Puts the cursor where the JSON of a dialogue begins. */
function jump(json: string, dialogue: string): void {
  const box = document.getElementById('json') as HTMLTextAreaElement | null;
  const at = dialogue ? json.indexOf(`${JSON.stringify(dialogue)}: {`) : 0;
  if (!box || at < 0) return;
  box.focus();
  box.setSelectionRange(at, at + (dialogue ? JSON.stringify(dialogue).length : 0));
  box.scrollTop = Math.max(0, json.slice(0, at).split('\n').length - 4) * (Number.parseFloat(getComputedStyle(box).lineHeight) || 20);
}

function Complaints({ all, show }: { all: Placed[]; show(c: Placed): void }) {
  if (all.length === 0) {
    return (
      <p class="fine" role="status" id="complaints">
        <Icon name="check" size={16} /> {t('bots.fine')}
      </p>
    );
  }
  return (
    <details class="complaints" open id="complaints">
      <summary>{t('bots.complaints', { wrong: all.filter((c) => !c.warning).length, warnings: all.filter((c) => c.warning).length })}</summary>
      <ul>
        {all.map((c) => (
          <li key={`${c.field} ${c.text}`} class={c.warning ? 'warning' : 'wrong'}>
            <button type="button" onClick={() => show(c)}>
              <span class="badge">{c.dialogue || t('bots.common')}</span>
              <span>
                {c.rest && <code>{c.rest}</code>} {complaintText(c.text)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Exchange({ id, json, typed }: { id: string; json: string; typed(text: string): void }) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={file}
        id="import"
        class="sr"
        type="file"
        accept="application/json,.json"
        tabIndex={-1}
        aria-hidden="true"
        onChange={async (e) => {
          const f = e.currentTarget.files?.[0];
          if (f) typed(await f.text());
          if (file.current) file.current.value = '';
          if (f) toast(t('bots.imported', { name: f.name }));
        }}
      />
      <button class="button" type="button" onClick={() => file.current?.click()}>
        {t('bots.import')}
      </button>
      <button
        class="button"
        type="button"
        id="export"
        onClick={() => {
          const a = document.createElement('a');
          a.href = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
          a.download = `${id}.json`;
          a.click();
          setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
        }}
      >
        {t('bots.export')}
      </button>
    </>
  );
}

function Cover({ b, close, done }: { b: api.Bot; close(): void; done(b: api.Bot): void }) {
  return (
    <Editor
      id="bot-edit"
      title={t('bots.cover')}
      first={{ name: b.name, enabled: b.enabled, default: b.default, bindings: b.bindings }}
      close={close}
      save={async (v) => {
        done(await api.changeBot(b.id, { ...v, name: v.name.trim() }));
        toast(t('settings.saved'));
      }}
    >
      {(f) => (
        <>
          <Line form={f} name="name" label={t('bots.name')}>
            <input {...f.at('name')} value={f.value.name} autocomplete="off" onInput={(e) => f.set({ name: e.currentTarget.value })} />
          </Line>
          <Check {...f.at('enabled')} label={t('value.use')} hint={t('bots.enabled.hint')} checked={f.value.enabled} change={(enabled) => f.set({ enabled })} />
          <Check {...f.at('default')} label={t('bots.default')} hint={t('bots.default.hint')} checked={f.value.default} change={(on) => f.set({ default: on })} />
          <fieldset class="breaks">
            <legend>{t('bots.bindings')}</legend>
            <p class="hint">{t('bots.bindings.hint')}</p>
            {f.value.bindings.map((x, i) => {
              const put = (part: api.Binding) => f.set({ bindings: f.value.bindings.map((y, j) => (j === i ? Object.fromEntries(Object.entries({ ...y, ...part }).filter(([, v]) => v)) : y)) });
              return (
                <span class="row" key={i}>
                  <select class="input" aria-label={t('bots.binding.channel')} value={x.channel_account ?? ''} onChange={(e) => put({ channel_account: e.currentTarget.value })}>
                    <option value="">{t('bots.binding.anychannel')}</option>
                    {channels.value.map((c) => (
                      <option key={c.id} value={c.id}>
                        {c.name}
                      </option>
                    ))}
                  </select>
                  <select class="input" aria-label={t('bots.binding.category')} value={x.category ?? ''} onChange={(e) => put({ category: e.currentTarget.value })}>
                    <option value="">{t('bots.binding.anycategory')}</option>
                    {categories.value.filter((c) => !c.unused || c.id === x.category).map((c) => (
                      <option key={c.id} value={c.id}>
                        {categoryName(c.id)}
                      </option>
                    ))}
                  </select>
                  <button class="button quiet small" type="button" onClick={() => f.set({ bindings: f.value.bindings.filter((_, j) => j !== i) })}>
                    {t('remove')}
                  </button>
                </span>
              );
            })}
            {f.fault('bindings') && (
              <p class="problem" role="alert">
                {f.fault('bindings')}
              </p>
            )}
            <button class="button small" type="button" onClick={() => f.set({ bindings: [...f.value.bindings, {}] })}>
              {t('bots.binding.new')}
            </button>
          </fieldset>
        </>
      )}
    </Editor>
  );
}

// --- the form -------------------------------------------------------------------------

interface FormProps {
  s: api.Scenario;
  ids: string[];
  open: Signal<string>;
  complaints: Placed[];
  put(s: api.Scenario): void;
}

function Form({ s, ids, open, complaints, put }: FormProps) {
  const removing = useSignal('');
  const here = ids.includes(open.value) ? open.value : '';
  const count = (id: string) => complaints.filter((c) => c.dialogue === id && !c.warning).length;
  return (
    <div class="scenario">
      <div class="dialogues">
        <ul aria-label={t('bots.dialogues')}>
          {['', ...ids].map((id) => (
            <li key={id}>
              <button type="button" data-dialogue={id} aria-current={id === here ? 'true' : undefined} onClick={() => (open.value = id)}>
                <span>{id === '' ? t('bots.common') : id}</span>
                {count(id) > 0 && <span class="count bad">{count(id)}</span>}
              </button>
            </li>
          ))}
        </ul>
        <button
          class="button small"
          type="button"
          id="dialogue-new"
          onClick={() => {
            const id = freeID(s);
            put({ ...s, dialogues: { ...s.dialogues, [id]: { messages: [{ kind: 'text', text: '' }], hotkeys: ['home', 'back'] } } });
            open.value = id;
          }}
        >
          + {t('bots.dialogue.new')}
        </button>
      </div>
      {here === '' ? <Common s={s} complaints={complaints.filter((c) => c.dialogue === '')} put={put} /> : <DialogueForm key={here} id={here} s={s} ids={ids} complaints={complaints.filter((c) => c.dialogue === here)} put={put} moved={(to) => (open.value = to)} removeIt={() => (removing.value = here)} />}
      {removing.value && (
        <Confirm
          id="dialogue-remove"
          title={t('bots.dialogue.remove')}
          text={t('bots.dialogue.remove.text', { id: removing.value })}
          yes={t('remove')}
          danger
          onNo={() => (removing.value = '')}
          onYes={() => {
            put(remove(s, removing.value));
            open.value = ROOT;
            removing.value = '';
          }}
        />
      )}
    </div>
  );
}

/** What a complaint says, below the control that it is about. */
function Fault({ of, at }: { of: Placed[]; at: string }) {
  const here = of.filter((c) => c.rest === at);
  return (
    <>
      {here.map((c) => (
        <p key={c.text} class={c.warning ? 'warntext' : 'problem'}>
          {complaintText(c.text)}
        </p>
      ))}
    </>
  );
}
const bad = (of: Placed[], ...at: string[]) => ({ 'aria-invalid': of.some((c) => at.includes(c.rest) && !c.warning) });

const used = () => categories.value.filter((c) => !c.unused);
function CategorySelect({ value, label, change, invalid }: { value: string | undefined; label: string; invalid?: boolean; change(v: string): void }) {
  return (
    <select class="input" aria-label={label} aria-invalid={invalid ?? false} value={value ?? ''} onChange={(e) => change(e.currentTarget.value)}>
      <option value="">{t('bots.nocategory')}</option>
      {value && !used().some((c) => c.id === value) && <option value={value}>{categoryName(value)}</option>}
      {used().map((c) => (
        <option key={c.id} value={c.id}>
          {categoryName(c.id)}
        </option>
      ))}
    </select>
  );
}

const HOTKEYS = ['home', 'back', 'agent'] as const;

function Common({ s, complaints, put }: { s: api.Scenario; complaints: Placed[]; put(s: api.Scenario): void }) {
  const keys = s.error_hotkeys ?? { home: true, back: true, agent: false };
  return (
    <div class="dialogue">
      <h3>{t('bots.common')}</h3>
      <Fault of={complaints} at="dialogues" />
      <div class="field">
        <span>{t('bots.agentcategory')}</span>
        <CategorySelect
          label={t('bots.agentcategory')}
          value={s.agent_category}
          invalid={complaints.some((c) => c.rest === 'agent_category')}
          change={(v) => {
            const { agent_category: _, ...rest } = s;
            put(v ? { ...rest, agent_category: v } : rest);
          }}
        />
        <p class="hint">{t('bots.agentcategory.hint')}</p>
        <Fault of={complaints} at="agent_category" />
      </div>
      <fieldset class="breaks">
        <legend>{t('bots.errorkeys')}</legend>
        <p class="hint">{t('bots.errorkeys.hint')}</p>
        {HOTKEYS.map((k) => (
          <label key={k} class="check">
            <input type="checkbox" checked={keys[k]} onChange={(e) => put({ ...s, error_hotkeys: { ...keys, [k]: e.currentTarget.checked } })} />
            {t(`hotkey.${k}`)}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function DialogueForm(p: { id: string; s: api.Scenario; ids: string[]; complaints: Placed[]; put(s: api.Scenario): void; moved(to: string): void; removeIt(): void }) {
  const { id, s, ids, complaints: found } = p;
  const d = s.dialogues[id]!;
  const put = (part: Partial<api.Dialogue>) => {
    const next: any = { ...d, ...part };
    for (const k of ['choices', 'hotkeys']) if (next[k]?.length === 0) delete next[k];
    if (next.input === undefined) delete next.input;
    p.put({ ...s, dialogues: { ...s.dialogues, [id]: next } });
  };
  const messages = d.messages;
  const message = (i: number, m: api.BotMessage) => put({ messages: messages.map((x, j) => (j === i ? m : x)) });
  const choices = d.choices ?? [];
  const choice = (i: number, c: api.Choice) => put({ choices: choices.map((x, j) => (j === i ? c : x)) });
  const swap = <T,>(list: T[], i: number): T[] => {
    const next = [...list];
    [next[i - 1], next[i]] = [next[i]!, next[i - 1]!];
    return next;
  };
  const how = d.input ? 'input' : choices.length > 0 ? 'choices' : 'none';
  return (
    <div class="dialogue">
      <div class="card-head">
        <div class="field id-field">
          <label for="dialogue-id">{t('bots.dialogue.id')}</label>
          <input
            id="dialogue-id"
            class="input"
            defaultValue={id}
            disabled={id === ROOT}
            spellcheck={false}
            {...bad(found, '')}
            onChange={(e) => {
              const to = e.currentTarget.value.trim();
              if (to === '' || to in s.dialogues) return void (e.currentTarget.value = id);
              p.put(rename(s, id, to));
              p.moved(to);
            }}
          />
        </div>
        {id !== ROOT && (
          <button class="button danger small" type="button" id="dialogue-delete" onClick={p.removeIt}>
            {t('remove')}
          </button>
        )}
      </div>
      <Fault of={found} at="" />

      <h3 class="sub">{t('bots.messages')}</h3>
      <Fault of={found} at="messages" />
      {messages.map((m, i) => {
        const at = `messages[${i}]`;
        return (
          <div class="part" key={i} role="group" aria-label={t('bots.message', { number: i + 1 })}>
            <div class="part-head">
              <select
                class="input"
                aria-label={t('bots.kind')}
                value={m.kind}
                onChange={(e) => {
                  const kind = e.currentTarget.value as api.BotMessage['kind'];
                  message(i, kind === 'image' ? { kind, image: m.image ?? '' } : { kind, text: m.text ?? '', ...(kind === 'card' ? { buttons: m.buttons ?? [] } : {}) });
                }}
              >
                {(['text', 'image', 'card'] as const).map((k) => (
                  <option key={k} value={k}>
                    {t(`bots.kind.${k}`)}
                  </option>
                ))}
              </select>
              <span class="moves">
                <button type="button" class="button quiet small" disabled={i === 0} aria-label={t('move.up', { name: t('bots.message', { number: i + 1 }) })} onClick={() => put({ messages: swap(messages, i) })}>
                  ↑
                </button>
                <button type="button" class="button quiet small" aria-label={t('remove.of', { name: t('bots.message', { number: i + 1 }) })} onClick={() => put({ messages: messages.filter((_, j) => j !== i) })}>
                  <Icon name="end" size={14} />
                </button>
              </span>
            </div>
            {m.kind === 'card' && (
              <>
                <input class="input wide" aria-label={t('bots.card.title')} placeholder={t('bots.card.title')} value={m.title ?? ''} {...bad(found, `${at}.title`)} onInput={(e) => message(i, { ...m, title: e.currentTarget.value })} />
                <Fault of={found} at={`${at}.title`} />
              </>
            )}
            {m.kind !== 'text' && (
              <>
                <input class="input wide" type="url" aria-label={t('bots.image')} placeholder={t('bots.image')} value={m.image ?? ''} {...bad(found, `${at}.image`)} onInput={(e) => message(i, { ...m, image: e.currentTarget.value })} />
                <Fault of={found} at={`${at}.image`} />
              </>
            )}
            {m.kind !== 'image' && (
              <>
                <textarea class="input" rows={2} aria-label={t('bots.text.label')} placeholder={t('bots.text.label')} value={m.text ?? ''} {...bad(found, `${at}.text`)} onInput={(e) => message(i, { ...m, text: e.currentTarget.value })} />
                <Fault of={found} at={`${at}.text`} />
              </>
            )}
            {m.kind === 'card' && (
              <>
                {(m.buttons ?? []).map((x, j) => {
                  const to = `${at}.buttons[${j}]`;
                  const set = (part: Partial<typeof x>) => message(i, { ...m, buttons: m.buttons!.map((y, k) => (k === j ? { ...y, ...part } : y)) });
                  return (
                    <div key={j}>
                      <span class="row">
                        <input class="input" aria-label={t('bots.button.label')} placeholder={t('bots.button.label')} value={x.label} {...bad(found, `${to}.label`)} onInput={(e) => set({ label: e.currentTarget.value })} />
                        <input class="input wide" type="url" aria-label={t('bots.button.url')} placeholder="https://" value={x.url} {...bad(found, `${to}.url`)} onInput={(e) => set({ url: e.currentTarget.value })} />
                        <button type="button" class="button quiet small" aria-label={t('remove.of', { name: x.label })} onClick={() => message(i, { ...m, buttons: m.buttons!.filter((_, k) => k !== j) })}>
                          <Icon name="end" size={14} />
                        </button>
                      </span>
                      <Fault of={found} at={`${to}.label`} />
                      <Fault of={found} at={`${to}.url`} />
                    </div>
                  );
                })}
                <button class="button small" type="button" onClick={() => message(i, { ...m, buttons: [...(m.buttons ?? []), { label: '', url: '' }] })}>
                  + {t('bots.button.new')}
                </button>
              </>
            )}
          </div>
        );
      })}
      <button class="button small" type="button" onClick={() => put({ messages: [...messages, { kind: 'text', text: '' }] })}>
        + {t('bots.message.new')}
      </button>

      <h3 class="sub">{t('bots.next')}</h3>
      <div class="radios inline" role="radiogroup" aria-label={t('bots.next')}>
        {(['choices', 'input', 'none'] as const).map((x) => (
          <label key={x}>
            <input
              type="radio"
              name="how"
              checked={how === x}
              onChange={() => put({ choices: x === 'choices' ? (choices.length > 0 ? choices : [{ label: '' }]) : [], input: (x === 'input' ? { label: '' } : undefined) as any })}
            />
            <span>{t(`bots.next.${x}`)}</span>
          </label>
        ))}
      </div>
      <Fault of={found} at="choices" />
      {choices.map((c, i) => {
        const at = `choices[${i}]`;
        return (
          <div class="part" key={i} role="group" aria-label={t('bots.choice', { number: i + 1 })}>
            <span class="row">
              <input class="input" aria-label={t('bots.choice.label')} placeholder={t('bots.choice.label')} value={c.label} {...bad(found, `${at}.label`)} onInput={(e) => choice(i, { ...c, label: e.currentTarget.value })} />
              <TargetSelect s={s} ids={ids} value={targetOf(c)} link invalid={found.some((x) => [at, `${at}.dialogue`].includes(x.rest))} change={(to) => choice(i, leadTo(c, to))} make={(to) => p.put({ ...s, dialogues: { ...s.dialogues, [id]: { ...d, choices: choices.map((x, j) => (j === i ? leadTo(c, { to: 'dialogue', id: to }) : x)) }, [to]: { messages: [{ kind: 'text', text: '' }], hotkeys: ['home', 'back'] } } })} />
              <span class="moves">
                <button type="button" class="button quiet small" disabled={i === 0} aria-label={t('move.up', { name: c.label })} onClick={() => put({ choices: swap(choices, i) })}>
                  ↑
                </button>
                <button type="button" class="button quiet small" aria-label={t('remove.of', { name: c.label })} onClick={() => put({ choices: choices.filter((_, j) => j !== i) })}>
                  <Icon name="end" size={14} />
                </button>
              </span>
            </span>
            {c.link !== undefined && !c.agent && <input class="input wide" type="url" aria-label={t('bots.link')} placeholder="https://" value={c.link} {...bad(found, `${at}.link`)} onInput={(e) => choice(i, { ...c, link: e.currentTarget.value })} />}
            {c.agent && <CategorySelect label={t('bots.category')} value={c.category} invalid={found.some((x) => x.rest === `${at}.category`)} change={(v) => choice(i, withCategory(c, v))} />}
            {['', '.label', '.dialogue', '.link', '.category'].map((x) => (
              <Fault key={x} of={found} at={`${at}${x}`} />
            ))}
          </div>
        );
      })}
      {how === 'choices' && (
        <button class="button small" type="button" id="choice-new" onClick={() => put({ choices: [...choices, { label: '' }] })}>
          + {t('bots.choice.new')}
        </button>
      )}
      {d.input && (
        <div class="part">
          <div class="two">
            <div class="field">
              <label for="input-label">{t('bots.input.label')}</label>
              <input id="input-label" class="input" value={d.input.label} {...bad(found, 'input.label')} onInput={(e) => put({ input: { ...d.input!, label: e.currentTarget.value } })} />
              <Fault of={found} at="input.label" />
            </div>
            <div class="field">
              <label for="input-pattern">{t('bots.input.pattern')}</label>
              <input
                id="input-pattern"
                class="input mono"
                placeholder="[0-9]{4}"
                spellcheck={false}
                value={d.input.pattern ?? ''}
                {...bad(found, 'input.pattern')}
                onInput={(e) => {
                  const { pattern: _, ...rest } = d.input!;
                  put({ input: e.currentTarget.value ? { ...rest, pattern: e.currentTarget.value } : rest });
                }}
              />
              <p class="hint">{t('bots.input.pattern.hint')}</p>
              <Fault of={found} at="input.pattern" />
            </div>
          </div>
          <div class="field">
            <span>{t('bots.input.then')}</span>
            <TargetSelect s={s} ids={ids} value={targetOf(d.input)} invalid={found.some((x) => ['input', 'input.dialogue'].includes(x.rest))} change={(to) => put({ input: leadTo(d.input!, to) })} make={(to) => p.put({ ...s, dialogues: { ...s.dialogues, [id]: { ...d, input: leadTo(d.input!, { to: 'dialogue', id: to }) }, [to]: { messages: [{ kind: 'text', text: '' }], hotkeys: ['home', 'back'] } } })} />
            {d.input.agent && <CategorySelect label={t('bots.category')} value={d.input.category} change={(v) => put({ input: withCategory(d.input!, v) })} />}
            {['input', 'input.dialogue', 'input.category', 'input.max'].map((x) => (
              <Fault key={x} of={found} at={x} />
            ))}
          </div>
        </div>
      )}

      <h3 class="sub">{t('bots.hotkeys')}</h3>
      <div class="checks">
        {HOTKEYS.map((k) => (
          <label key={k} class="check">
            <input type="checkbox" checked={d.hotkeys?.includes(k) ?? false} onChange={(e) => put({ hotkeys: HOTKEYS.filter((x) => (x === k ? e.currentTarget.checked : d.hotkeys?.includes(x))) })} />
            {t(`hotkey.${k}`)}
          </label>
        ))}
      </div>
    </div>
  );
}

function withCategory<T extends { category?: string }>(c: T, v: string): T {
  const { category: _, ...rest } = c;
  return (v ? { ...rest, category: v } : rest) as T;
}

function TargetSelect({ s, ids, value, link, invalid, change, make }: { s: api.Scenario; ids: string[]; value: Target; link?: boolean; invalid: boolean; change(to: Target): void; make(id: string): void }) {
  const now = value.to === 'dialogue' ? `d:${value.id}` : value.to;
  return (
    <select
      class="input"
      aria-label={t('bots.target')}
      aria-invalid={invalid}
      value={now}
      onChange={(e) => {
        const v = e.currentTarget.value;
        if (v === 'new') make(freeID(s));
        else if (v === 'link') change({ to: 'link', url: '' });
        else change(v.startsWith('d:') ? { to: 'dialogue', id: v.slice(2) } : { to: v as 'agent' | 'nothing' });
      }}
    >
      <option value="nothing">{t('bots.target.none')}</option>
      <option value="agent">{t('bots.target.agent')}</option>
      {link && <option value="link">{t('bots.target.link')}</option>}
      <optgroup label={t('bots.dialogues')}>
        {value.to === 'dialogue' && !ids.includes(value.id) && <option value={now}>{value.id}</option>}
        {ids.map((x) => (
          <option key={x} value={`d:${x}`}>
            {x}
          </option>
        ))}
        <option value="new">+ {t('bots.dialogue.new')}</option>
      </optgroup>
    </select>
  );
}

// --- try it -----------------------------------------------------------------------------

/** The scenario as a customer would meet it. The node plays it from the start with every act, so nothing is kept anywhere. */
function Try({ id, scenario, wrong }: { id: string; scenario: api.Scenario; wrong: number }) {
  const acts = useSignal<api.Act[]>([]);
  const turns = useSignal<api.Turn[]>([]);
  const begun = useSignal(false);
  const log = useRef<HTMLDivElement>(null);
  const play = async (next: api.Act[]) => {
    try {
      const x = await api.tryScenario(id, scenario, next);
      acts.value = next;
      turns.value = x.turns;
      begun.value = true;
      queueMicrotask(() => log.current?.scrollTo(0, log.current.scrollHeight));
    } catch (e) {
      complain(e);
    }
  };
  const over = turns.value.at(-1)?.kind === 'agent';
  let display = -1;
  return (
    <aside class="try" aria-label={t('try.title')}>
      <div class="try-head">
        <h3>{t('try.title')}</h3>
        <button class="button small" type="button" id="try-start" disabled={wrong > 0} onClick={() => void play([])}>
          {t(begun.value ? 'try.again' : 'try.start')}
        </button>
      </div>
      {wrong > 0 ? (
        <p class="hint inset">{t('try.wrong')}</p>
      ) : (
        !begun.value && <p class="hint inset">{t('try.text')}</p>
      )}
      <div class="try-log" ref={log} role="log" aria-label={t('try.title')} tabIndex={0} lang="ko">
        {turns.value.map((x, i) => {
          if (x.kind === 'customer') return <p key={i} class="tbubble own">{x.text}</p>;
          if (x.kind === 'bot') return <p key={i} class="tbubble">{x.text}</p>;
          if (x.kind === 'link') return <p key={i} class="tbubble"><a href={x.link} target="_blank" rel="noreferrer noopener">{x.link}</a></p>;
          if (x.kind === 'agent') return <p key={i} class="tnotice" id="try-agent">{x.category ? t('try.agent.category', { category: categoryName(x.category) }) : t('try.agent')}</p>;
          const of = ++display;
          return (
            <div key={i} class="tdialogue">
              <p class="tname">{t('try.dialogue', { id: x.dialogue, stage: x.stage })}</p>
              {x.messages.map((m, j) => (
                <div key={j} class="tbubble">
                  {m.image && <span class="timage">{m.image}</span>}
                  {m.title && <b>{m.title}</b>}
                  {m.text}
                  {m.buttons?.map((y) => (
                    <span key={y.url} class="fake-button">
                      {y.label}
                    </span>
                  ))}
                </div>
              ))}
              <div class="tchoices">
                {x.choices.map((c) => (
                  <button key={c.id} type="button" class="button small" disabled={over} onClick={() => void play([...acts.value, { display: of, choice: c.id }])}>
                    {c.label}
                    {c.link && ' ↗'}
                  </button>
                ))}
                {x.hotkeys.map((c) => (
                  <button key={c.id} type="button" class="button small hot" disabled={over} onClick={() => void play([...acts.value, { display: of, choice: c.id }])}>
                    {c.label}
                  </button>
                ))}
              </div>
            </div>
          );
        })}
      </div>
      {begun.value && !over && (
        <form
          class="try-say"
          onSubmit={(e) => {
            e.preventDefault();
            const box = (e.currentTarget as HTMLFormElement).elements.namedItem('text') as HTMLInputElement;
            if (box.value.trim() === '') return;
            void play([...acts.value, { text: box.value }]);
            box.value = '';
          }}
        >
          <input class="input" name="text" id="try-text" aria-label={t('try.say')} placeholder={t('try.say')} autocomplete="off" />
          <button class="button small" type="submit">
            {t('chat.send')}
          </button>
        </form>
      )}
    </aside>
  );
}
