// 상담 시간: the weekly hours are a group of settings; beside them stand the registered dates, and whether the site is open
// at a chosen instant, as the node's own calendar says it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language, t } from '../text';
import { Confirm } from '../ui/parts';
import * as api from './api';
import { Editor, Line, Table } from './editor';
import { HoursInput, hoursText } from './fields';
import { GROUPS } from './groups';
import { GroupPage } from './group';
import { complain, draft, said, settings, toast, valueOf } from './store';
import { instantIn, localIn } from '../ui/zone';

const readable = (zone: string, at: string) => new Intl.DateTimeFormat(language(), { timeZone: zone, dateStyle: 'full', timeStyle: 'short' }).format(new Date(at));

const names = ['hours.weekday', 'hours.saturday', 'hours.sunday', 'time_zone'];

function OpenNow({ dates }: { dates: number }) {
  const zone = String(settings.value!['time_zone']);
  const local = useSignal(localIn(zone, new Date()));
  const answer = useSignal<api.Preview['calendar'] | undefined>(undefined);
  const problem = useSignal('');
  const changes = JSON.stringify(Object.fromEntries(Object.entries(draft.value).filter(([n]) => names.includes(n))));
  useEffect(() => {
    let over = false;
    const timer = setTimeout(async () => {
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local.value)) return;
      try {
        const p = await api.preview(JSON.parse(changes), instantIn(zone, local.value).toISOString());
        if (over) return;
        answer.value = p.calendar;
        problem.value = '';
      } catch (e) {
        if (!over) problem.value = said(e).text;
      }
    }, answer.value ? 200 : 0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [local.value, changes, dates]);
  const c = answer.value;
  return (
    <div class="card" id="open-now">
      <h3>{t('hours.now')}</h3>
      <div class="field">
        <label for="at">{t('hours.now.at', { zone })}</label>
        <input id="at" class="input" type="datetime-local" value={local.value} onInput={(e) => (local.value = e.currentTarget.value)} />
      </div>
      <button class="button small" type="button" onClick={() => (local.value = localIn(zone, new Date()))}>
        {t('hours.now.now')}
      </button>
      <div role="status" class="verdict-line">
        {problem.value ? (
          <p class="problem">{problem.value}</p>
        ) : (
          c && (
            <>
              <p class={`verdict ${c.open ? 'open' : 'shut'}`}>{t(c.open ? 'hours.now.open' : valueOf('after_hours_intake') === 'ON' ? 'hours.now.intake' : 'hours.now.shut')}</p>
              <p class="hint">{c.next_at ? t(c.next_open ? 'hours.now.opens' : 'hours.now.closes', { time: readable(zone, c.next_at) }) : t('hours.now.never')}</p>
              {changes !== '{}' && <p class="hint">{t('hours.now.unsaved')}</p>}
            </>
          )
        )}
      </div>
    </div>
  );
}

export function Hours() {
  const list = useSignal<api.Holiday[] | undefined>(undefined);
  const editing = useSignal<api.Holiday | 'new' | undefined>(undefined);
  const removing = useSignal<api.Holiday | undefined>(undefined);
  const count = useSignal(0); // of changes: the calendar is asked again
  const load = () =>
    api.holidays().then((all) => {
      list.value = all;
      count.value++;
    }, complain);
  useEffect(() => void load(), []);
  const zone = String(settings.value!['time_zone']);
  const today = localIn(zone, new Date()).slice(0, 10);
  const day = (date: string) => new Intl.DateTimeFormat(language(), { timeZone: 'UTC', dateStyle: 'full' }).format(new Date(`${date}T00:00:00Z`));
  return (
    <GroupPage group={GROUPS.find((g) => g.id === 'hours')!} aside={<OpenNow dates={count.value} />}>
      <div class="card">
        <div class="card-head">
          <div>
            <h3>{t('holidays.title')}</h3>
            <p class="hint">{t('holidays.text')}</p>
          </div>
          <button class="button" type="button" id="holiday-new" onClick={() => (editing.value = 'new')}>
            {t('holidays.new')}
          </button>
        </div>
        <Table label={t('holidays.title')} heads={[t('holidays.date'), t('holidays.name'), t('holidays.hours'), '']} empty={list.value?.length === 0 && t('holidays.none')}>
          {(list.value ?? []).map((h) => (
            <tr key={h.date} class={h.date < today ? 'past' : ''}>
              <td>{day(h.date)}</td>
              <td>{h.name ?? ''}</td>
              <td>{hoursText(h.hours)}</td>
              <td class="acts">
                <button class="button quiet small" type="button" onClick={() => (editing.value = h)} aria-label={t('edit.of', { name: h.date })}>
                  {t('edit')}
                </button>
                <button class="button quiet small" type="button" onClick={() => (removing.value = h)} aria-label={t('remove.of', { name: h.date })}>
                  {t('remove')}
                </button>
              </td>
            </tr>
          ))}
        </Table>
      </div>
      {editing.value && (
        <Editor
          id="holiday"
          title={t(editing.value === 'new' ? 'holidays.new' : 'holidays.edit')}
          first={editing.value === 'new' ? { date: today, name: '', hours: { open: false } as api.DayHours } : { name: '', ...editing.value }}
          close={() => (editing.value = undefined)}
          save={async (v) => {
            if (editing.value === 'new') await api.createHoliday(v);
            else await api.changeHoliday(v.date, { name: v.name, hours: v.hours });
            toast(t('settings.saved'));
            await load();
          }}
        >
          {(f) => (
            <>
              <Line form={f} name="date" label={t('holidays.date')}>
                <input {...f.at('date')} type="date" value={f.value.date} disabled={editing.value !== 'new'} onInput={(e) => f.set({ date: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="name" label={t('holidays.name')}>
                <input {...f.at('name')} maxLength={60} value={f.value.name} placeholder={t('holidays.name.example')} onInput={(e) => f.set({ name: e.currentTarget.value })} />
              </Line>
              <Line form={f} name="hours" label={t('holidays.hours')}>
                <HoursInput id={f.at('hours').id} value={f.value.hours} change={(hours) => f.set({ hours })} />
              </Line>
            </>
          )}
        </Editor>
      )}
      {removing.value && (
        <Confirm
          id="holiday-remove"
          title={t('holidays.remove')}
          text={t('holidays.remove.text', { date: day(removing.value.date) })}
          yes={t('remove')}
          danger
          onNo={() => (removing.value = undefined)}
          onYes={() => {
            const { date } = removing.value!;
            removing.value = undefined;
            api.removeHoliday(date).then(load, complain);
          }}
        />
      )}
    </GroupPage>
  );
}
