// 프로필봇: the group of settings, and beside it what a customer would see, as the server makes it of the unsaved changes.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t, type Key } from '../text';
import * as api from './api';
import { GROUPS, namesOf } from './groups';
import { GroupPage } from './group';
import { draft, said } from './store';

const group = GROUPS.find((g) => g.id === 'profile')!;

function Preview() {
  const answer = useSignal<api.Preview | undefined>(undefined);
  const problem = useSignal('');
  const changes = JSON.stringify(Object.fromEntries(Object.entries(draft.value).filter(([n]) => namesOf(group).includes(n))));
  useEffect(() => {
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const p = await api.preview(JSON.parse(changes));
        if (over) return;
        answer.value = p;
        problem.value = '';
      } catch (e) {
        const s = said(e);
        if (!over) problem.value = s.field ? `${t(`set.${s.field}` as Key)}: ${s.text}` : s.text;
      }
    }, answer.value ? 200 : 0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [changes]);
  const p = answer.value;
  const consent = p?.form.consent;
  const at = consent ? consent.text.indexOf(consent.link) : -1;
  return (
    <div class="card preview" id="preview">
      <h3>{t('profile.preview')}</h3>
      {problem.value && <p class="problem">{problem.value}</p>}
      {p && (
        <div class="phone" lang="ko">
          <p class="sr">{t('profile.preview.prompt')}</p>
          <div class="bubble-card">
            {p.prompt.image && <img src={api.fileURL(p.prompt.image)} alt="" />}
            <p id="preview-text">{p.prompt.text}</p>
            <span class="fake-button">{p.prompt.button}</span>
          </div>
          <div class="sheet">
            {p.form.fields.map((f) => (
              <div key={f} class="fake-field">
                <span>{t(`profile.${f}` as Key)}</span>
                <i />
              </div>
            ))}
            {consent && (
              <p class="hint">
                {consent.text.slice(0, at)}
                <a href={consent.url} target="_blank" rel="noreferrer noopener">
                  {consent.link}
                </a>
                {consent.text.slice(at + consent.link.length)}
              </p>
            )}
            <span class="fake-button primary">{p.form.button}</span>
          </div>
        </div>
      )}
    </div>
  );
}

export const Profile = () => <GroupPage group={group} aside={<Preview />} />;
