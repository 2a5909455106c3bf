// One group of settings: its sections, what is worth knowing of them, and the bar that saves. What the server refuses is
// shown at the field; what somebody else changed meanwhile is said before anything is overwritten.

import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { has, t, type Key } from '../text';
import * as api from './api';
import { SettingField, Warn, useFocusOnFault, valueText } from './fields';
import { type Field, type Group, groupOf, namesOf } from './groups';
import { draft, drop, faults, same, said, settings, toast } from './store';

export function Page(p: { title: string; text?: string; children: ComponentChildren; action?: ComponentChildren; id: string }) {
  return (
    <section class="page" aria-labelledby="page-title" id={`page-${p.id}`}>
      <div class="page-head">
        <div>
          <h2 id="page-title">{p.title}</h2>
          {p.text && <p class="lead">{p.text}</p>}
        </div>
        {p.action}
      </div>
      {p.children}
    </section>
  );
}

export function GroupPage({ group, aside, children }: { group: Group; aside?: ComponentChildren; children?: ComponentChildren }) {
  useFocusOnFault(faults.value, '.page');
  const notices = settings.value!.notices.filter((n) => namesOf(group).includes(n.setting));
  return (
    <Page id={group.id} title={t(`group.${group.id}` as Key)} text={t(`group.${group.id}.text` as Key)}>
      {notices.map((n) => (
        <Warn key={n.code}>{has(`notice.${n.code}`) ? t(`notice.${n.code}` as Key) : n.text_en}</Warn>
      ))}
      <div class={aside ? 'beside' : ''}>
        <div>
          {group.sections.map((s) => (
            <div class="card" key={s.id} role="group" aria-labelledby={`s-${s.id}`}>
              <h3 id={`s-${s.id}`}>{t(`section.${group.id}.${s.id}` as Key)}</h3>
              {s.fields.map((f) => (
                <SettingField key={f.name} f={f} />
              ))}
            </div>
          ))}
          <SaveBar group={group} />
        </div>
        {aside && <aside class="aside">{aside}</aside>}
      </div>
      {children}
    </Page>
  );
}

const RETENTION = 'retention.rooms';

function SaveBar({ group }: { group: Group }) {
  const names = namesOf(group);
  const busy = useSignal(false);
  const problem = useSignal('');
  const theirs = useSignal<Field[]>([]); // what somebody else changed while it was changed here
  const removes = useSignal<api.Value>(undefined); // the period with which rooms go for good, and that was not confirmed yet (X-41)
  const changed = useComputed(() => Object.keys(draft.value).filter((n) => names.includes(n)));
  const sure = removes.value !== undefined && same(removes.value, draft.value[RETENTION]); // of this period it was asked, and of no other
  const save = async () => {
    if (busy.value || changed.value.length === 0) return;
    busy.value = true;
    problem.value = '';
    const changes = Object.fromEntries(changed.value.map((n) => [n, draft.value[n]]));
    try {
      for (let tries = 0; ; tries++) {
        const before = settings.value!;
        try {
          settings.value = await api.changeSettings(changes, before.version, sure ? RETENTION : '');
          break;
        } catch (e) {
          const s = said(e);
          if (s.code === 'conflict' && s.field === 'confirm') {
            removes.value = changes[RETENTION]; // the next click is the second step
            return;
          }
          if (s.code !== 'conflict' || s.field !== 'If-Match' || tries > 3) throw e;
          // Somebody saved since. Only what was changed on both sides is a conflict of people; one that was shown is decided by
          // the next click, which writes over the settings that were shown and no later ones.
          settings.value = await api.settings();
          theirs.value = group.sections.flatMap((x) => x.fields).filter((f) => f.name in changes && !same(before[f.name], settings.value![f.name]) && !same(changes[f.name], settings.value![f.name]));
          if (theirs.value.length > 0) return;
        }
      }
      theirs.value = [];
      removes.value = undefined;
      drop(Object.keys(changes));
      toast(t('settings.saved'));
    } catch (e) {
      const s = said(e);
      if (names.includes(s.field)) faults.value = { ...faults.value, [s.field]: s.text };
      else problem.value = s.field && groupOf(s.field) ? `${t(`set.${s.field}` as Key)}: ${s.text}` : s.text;
    } finally {
      busy.value = false;
    }
  };
  if (changed.value.length === 0) return null;
  return (
    <div class="savebar" role="region" aria-label={t('settings.unsaved', { count: changed.value.length })}>
      {theirs.value.length > 0 && (
        <div class="conflict" role="alert">
          <b>{t('settings.conflict')}</b>
          <ul>
            {theirs.value.map((f) => (
              <li key={f.name}>
                {t(`set.${f.name}` as Key)}: {t('settings.conflict.now', { value: valueText(f, settings.value![f.name]) })}
              </li>
            ))}
          </ul>
        </div>
      )}
      {sure && (
        <div class="conflict" role="alert">
          <b>{t('settings.removes')}</b>
        </div>
      )}
      <p class="problem" role="alert">
        {problem.value}
      </p>
      <span class="count-line">{t('settings.unsaved', { count: changed.value.length })}</span>
      <button class="button" type="button" id="revert" onClick={() => (drop(names), (theirs.value = []), (removes.value = undefined), (problem.value = ''))}>
        {t(theirs.value.length > 0 ? 'settings.conflict.theirs' : 'settings.revert')}
      </button>
      <button class="button primary" type="button" id="save" disabled={busy.value} onClick={() => void save()}>
        {t(busy.value ? 'settings.saving' : sure ? 'settings.removes.save' : theirs.value.length > 0 ? 'settings.conflict.mine' : 'settings.save')}
      </button>
    </div>
  );
}
