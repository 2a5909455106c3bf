// A room that is looked at, read-only: its log with the memos, what is known of it, why it is where it is; and the three things that a
// manager does with it: give it to somebody, end it, leave a memo.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { errorText, has, t, type Key } from '../text';
import { Log } from '../ui/log';
import { now } from '../ui/now';
import { Confirm, Icon } from '../ui/parts';
import { moment, span } from '../ui/time';
import { StateBadge, Waits, channelName, useArrival } from './bits';
import { type Watched, accountName, categoryName, endRoom, isLive, memo, newest, older, openAssign, site, watch, watched } from './store';
import { reasonText, ruleText } from './why';

const MEMO_MOST = 1000;

export function Watch({ id, back, wide }: { id: string; back: string; wide?: boolean }) {
  useEffect(() => {
    watch(id);
    return () => watch(undefined);
  }, [id]);
  const w = watched.value;
  if (!w || w.id !== id) return <p class="none">{t('manager.loading')}</p>;
  return <Room w={w} back={back} wide={wide ?? false} />;
}

function Room({ w, back, wide }: { w: Watched; back: string; wide: boolean }) {
  const version = w.version.value;
  const ending = useSignal(false);
  const arrival = useArrival<HTMLHeadingElement>();
  const facts = useSignal(false);
  const s = w.t.summary;
  const open = w.t.open && w.problem === '';
  const shown = wide || facts.value;
  const since = s.state === 'WAITING' ? s.requestedAt : s.state === 'RECEIVED' ? s.requestedAt : s.state === 'ACTIVE' && s.lastCustomer ? (w.t.lastWord?.at ?? '') : '';
  const acts = (
    <div class="watch-acts">
      {open && (
        <>
          <button class="button small primary" type="button" id="assign" disabled={!isLive.value || s.state === 'BOT'} onClick={() => void openAssign(w.id)}>
            <Icon name="swap" size={16} /> {t(s.account ? 'manager.move' : 'manager.assign')}
          </button>
          <button class="button small danger" type="button" id="end" disabled={!isLive.value} onClick={() => (ending.value = true)}>
            {t('agent.end')}
          </button>
        </>
      )}
      {!wide && (
        <button class="button small" type="button" id="facts" aria-expanded={facts.value} aria-controls="watch-facts" onClick={() => (facts.value = !facts.value)}>
          {t('manager.facts')}
        </button>
      )}
      <span class="readonly">
        <Icon name="eye" size={15} /> {t('manager.readonly')}
      </span>
    </div>
  );
  return (
    <section class={`watch${wide ? ' wide' : ''}`} aria-labelledby="watch-title">
      <div class="watch-head">
        <a class="button quiet small icon" href={back} id="watch-back" aria-label={t('manager.back')} title={t('manager.back')}>
          <Icon name="back" />
        </a>
        <div class="title">
          <h2 id="watch-title" tabIndex={-1} ref={arrival}>
            {w.info && <span class="number">#{w.info.number}</span>} <span class="cut">{w.label}</span> {s.state && <StateBadge state={s.state} waits={s.state === 'ACTIVE' ? s.lastCustomer : undefined} />}
          </h2>
          <p class="hint cut">
            {[channelName(s.channel), s.agent || (s.state === 'WAITING' ? t('manager.nobody.yet') : ''), s.category ? categoryName(s.category) : ''].filter(Boolean).join(' · ')}
            {open && since && (
              <>
                {' · '}
                <Waits since={since} />
              </>
            )}
          </p>
        </div>
        {wide && w.problem === '' && acts}
      </div>
      {w.problem ? (
        <p class="none" role="alert">
          {errorText(w.problem)}
        </p>
      ) : (
        <>
          {!wide && acts}
          <div class="watch-body">
            <div class="watch-log">
              {w.ready ? <Log site={site()} transcript={w.t} version={version} loading={w.loading.value} pages older={() => void older(w)} newest={() => void newest(w)} /> : <p class="none">{t('manager.loading')}</p>}
              {open && <Memo w={w} />}
              {w.t.closed && <p class="closed-line">{t('manager.closed.line', { by: has(`manager.ended.${s.endedBy}`) ? t(`manager.ended.${s.endedBy}` as Key) : s.endedBy, time: s.closedAt ? moment(s.closedAt) : '' })}</p>}
            </div>
            {shown && <Facts w={w} version={version} />}
          </div>
        </>
      )}
      {ending.value && (
        <Confirm
          id="end-dialog"
          danger
          title={t('agent.end.title')}
          text={s.agent ? t('manager.end.text', { name: s.agent }) : t('agent.end.text')}
          yes={t('agent.end')}
          onNo={() => (ending.value = false)}
          onYes={() => {
            ending.value = false;
            void endRoom(w);
          }}
        />
      )}
    </section>
  );
}

function Memo({ w }: { w: Watched }) {
  const text = useSignal('');
  return (
    <form
      class="memo-form"
      onSubmit={async (e) => {
        e.preventDefault();
        const words = text.value.trim();
        if (words && (await memo(w.id, words))) text.value = '';
      }}
    >
      <label class="sr" for="memo">
        {t('agent.memo')}
      </label>
      <input id="memo" autocomplete="off" maxLength={MEMO_MOST} placeholder={t('manager.memo.placeholder')} value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} />
      <button class="button small" type="submit" disabled={!isLive.value || text.value.trim() === ''}>
        {t('agent.memo.send')}
      </button>
    </form>
  );
}

function Fact({ name, value }: { name: string; value: string | number | undefined }) {
  if (value === undefined || value === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Facts({ w, version }: { w: Watched; version: number }) {
  void version;
  const s = w.t.summary;
  const i = w.info;
  const started = Date.parse(s.createdAt);
  const length = i?.total_seconds !== undefined ? i.total_seconds * 1000 : started && w.t.open ? now.value - started : undefined;
  return (
    <div class="watch-facts" id="watch-facts">
      <WhyHere w={w} />
      <dl class="facts">
        <Fact name={t('agent.fact.agent')} value={s.agent || i?.agent} />
        <Fact name={t('agent.fact.agents')} value={i?.agents} />
        <Fact name={t('agent.category')} value={[s.category ? categoryName(s.category) : '', s.category3].filter(Boolean).join(' › ')} />
        <Fact name={t('agent.tags.room')} value={s.tags.join(', ')} />
        <Fact name={t('agent.grade')} value={i?.grade && i.grade !== 'NONE' ? t(`agent.grade.${i.grade}` as Key) : ''} />
        <Fact name={t('agent.fact.customer')} value={i?.customer_key || s.customer} />
        <Fact name={t('agent.fact.channel')} value={channelName(s.channel)} />
        <Fact name={t('agent.fact.history')} value={i?.history_count === undefined ? undefined : t('agent.fact.rooms', { count: i.history_count })} />
        <Fact name={t('agent.fact.started')} value={s.createdAt && moment(s.createdAt)} />
        <Fact name={t('agent.fact.requested')} value={s.requestedAt && moment(s.requestedAt)} />
        <Fact name={t('agent.fact.closed')} value={s.closedAt && moment(s.closedAt)} />
        <Fact name={t('agent.fact.length')} value={length === undefined ? undefined : span(length)} />
        <Fact name={t('manager.ended.by')} value={s.endedBy && has(`manager.ended.${s.endedBy}`) ? t(`manager.ended.${s.endedBy}` as Key) : ''} />
        <Fact name={t('manager.score')} value={s.score || undefined} />
        {Object.entries(i?.params ?? {}).map(([k, v]) => (
          <Fact key={k} name={k} value={v} />
        ))}
      </dl>
    </div>
  );
}

/** Why the room waits, or why this agent got it (domain 9, docs/distribution.md). */
function WhyHere({ w }: { w: Watched }) {
  const x = w.why.value;
  if (!x || (!x.assigned && (x.reasons ?? []).length === 0)) return null;
  const why = x.assigned?.data.why;
  const reasons = x.reasons ?? [];
  return (
    <div class="why" id="why">
      {x.assigned && (
        <>
          <h3>{t('manager.why.assigned')}</h3>
          <p>
            <b>{x.assigned.data.name || accountName(x.assigned.data.agent)}</b> · {moment(x.assigned.at)}
          </p>
          {why && (
            <p>
              {ruleText(why.rule)}
              {why.eligible > 0 && ` · ${t('manager.why.eligible', { n: why.eligible })}`}
              {` · ${t('manager.why.waiting', { n: why.waiting })}`}
            </p>
          )}
          {why?.candidates && why.candidates.length > 0 && (
            <ul>
              {why.candidates.map((c) => (
                <li key={c.account}>{t('manager.why.candidate', { name: accountName(c.account), load: c.load })}</li>
              ))}
            </ul>
          )}
        </>
      )}
      {reasons.length > 0 && (
        <>
          <h3>{t(w.t.closed ? 'manager.why.closed' : 'manager.why.waits')}</h3>
          {x.position !== undefined && x.position > 0 && <p>{t('manager.why.position', { n: x.position })}</p>}
          <ul>
            {reasons.map((r) => (
              <li key={r}>{reasonText(r)}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
