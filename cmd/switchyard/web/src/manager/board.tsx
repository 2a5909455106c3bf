// The live board: queues and agents now; beside them what one of them consists of, and the room that is looked at.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Refused } from '../client/frames';
import { t, type Key } from '../text';
import { Grid, type Column } from '../ui/grid';
import { Icon } from '../ui/parts';
import { type ListedRoom, type LiveAgent, rooms as listRooms } from './api';
import { Conn, Load, StateBadge, Waits, Want, channelName, useArrival } from './bits';
import { here, route } from './route';
import { type BoardAgent, type Waiting, LIMIT_CHOICES, accountName, board, categoryName, categoryParts, chooseLimits, complain, gradeOf, isLive, limits, line, live, me, openAssign, site, toast, write } from './store';
import { Watch } from './watch';

const NO_CATEGORY = '-'; // in the address; on the wire it is the empty word
const ROOMS_MS = 5_000; // between two looks at an agent's rooms

interface QueueRow {
  id: string;
  waiting: number;
  locked: number;
  oldest: string | undefined;
}
interface AgentRow extends BoardAgent {
  id: string;
  live: LiveAgent | undefined;
}

/** The one who waits longer first, those who do not wait last. */
const moment = (at: string | undefined) => (at ? Date.parse(at) : Number.MAX_SAFE_INTEGER);
const earlier = (a: string | undefined, b: string | undefined) => moment(a) - moment(b);

export function BoardPage() {
  const q = route.value.q;
  const b = board.value;
  const l = live.value;
  const asked = q['queue'] !== undefined || q['agent'] !== undefined || q['room'] !== undefined;
  const queues: QueueRow[] = Object.entries(b?.queues ?? {})
    .map(([id, x]) => ({ id: id || NO_CATEGORY, waiting: x.waiting, locked: x.locked, oldest: x.oldest_at }))
    .sort((x, y) => earlier(x.oldest, y.oldest) || x.id.localeCompare(y.id));
  const of = new Map((l?.agents ?? []).map((a) => [a.agent, a]));
  const agents: AgentRow[] = Object.entries(b?.agents ?? {})
    .filter(([, a]) => a.why_not !== 'not_consulting' || a.load > 0)
    .map(([id, a]) => ({ id, ...a, live: of.get(id) }))
    .sort((x, y) => earlier(x.live?.oldest_unanswered_at, y.live?.oldest_unanswered_at) || Number(y.eligible) - Number(x.eligible) || y.load - x.load || accountName(x.id).localeCompare(accountName(y.id), undefined, { numeric: true }));
  return (
    <div class={`board${asked ? ' with-panel' : ''}`}>
      <div class="board-main">
        <Figures />
        <section class="panel queues" aria-labelledby="queues-title">
          <h2 id="queues-title">{t('manager.queues')}</h2>
          <Grid
            label={t('manager.queues')}
            columns={queueColumns}
            items={queues}
            height={48}
            id={(x) => x.id}
            href={(x) => here({ queue: x.id, agent: undefined, room: undefined })}
            current={q['queue']}
            none={t('manager.queues.none')}
          />
        </section>
        <section class="panel agents" aria-labelledby="agents-title">
          <h2 id="agents-title">{t('manager.agents')}</h2>
          {l && me.value?.role === 'MANAGER' && agents.some((a) => !a.live) && <p class="hint others">{t('manager.agents.others')}</p>}
          <Grid
            label={t('manager.agents')}
            columns={agentColumns}
            items={agents}
            height={48}
            id={(x) => x.id}
            href={(x) => here({ agent: x.id, queue: undefined, room: undefined })}
            current={q['agent']}
            none={t('manager.agents.none')}
          />
        </section>
      </div>
      {asked && (
        <aside class="board-side" aria-label={t('manager.side')}>
          {q['room'] !== undefined ? <Watch key={q['room']} id={q['room']} back={here({ room: undefined })} /> : q['queue'] !== undefined ? <QueueRooms key={q['queue']} queue={q['queue']} /> : <AgentRooms key={q['agent']} agent={q['agent']!} />}
        </aside>
      )}
    </div>
  );
}

const queueColumns: Column<QueueRow>[] = [
  {
    id: 'name', get head() { return t('manager.queue'); }, width: 'minmax(0, 1fr)',
    cell: (x) => {
      const [parent, name] = x.id === NO_CATEGORY ? ['', t('manager.queue.other')] : categoryParts(x.id);
      const beside = [parent, x.locked > 0 ? t('manager.locked', { count: x.locked }) : ''].filter(Boolean).join(' · ');
      return (
        <span class="two">
          <b class="cut">{name}</b>
          {beside && <span class="hint cut">{beside}</span>}
        </span>
      );
    },
  },
  { id: 'waiting', get head() { return t('manager.waiting'); }, width: '3.6rem', end: true, cell: (x) => <span class="figure">{x.waiting}</span> },
  { id: 'oldest', get head() { return t('manager.oldest'); }, width: '6rem', end: true, cell: (x) => <Waits since={x.oldest} /> },
];

const agentColumns: Column<AgentRow>[] = [
  { id: 'name', get head() { return t('manager.agent'); }, width: 'minmax(6rem, 1.2fr)', cell: (x) => <b class="cut">{accountName(x.id)}</b> },
  { id: 'want', get head() { return t('manager.want'); }, width: 'minmax(6rem, 1fr)', cell: (x) => <Want want={x.want} onDuty={x.on_duty} state={x.live?.state} conn={x.conn} /> },
  { id: 'conn', get head() { return t('manager.conn'); }, width: 'minmax(6.2rem, 0.8fr)', cell: (x) => <Conn conn={x.conn} load={x.load} /> },
  { id: 'load', get head() { return t('manager.load'); }, width: 'minmax(6rem, 1fr)', cell: (x) => <Load load={x.load} limit={x.limit} /> },
  { id: 'split', get head() { return t('manager.split'); }, width: 'minmax(7.5rem, 0.9fr)', cell: (x) => (x.live ? <span class="figure">{x.live.received} · {x.live.inquiry} · {x.live.answered}</span> : <span class="faint">–</span>) },
  { id: 'unanswered', get head() { return t('manager.unanswered'); }, width: '6.5rem', end: true, cell: (x) => <Waits since={x.live?.oldest_unanswered_at} /> },
];

function Figures() {
  const b = board.value;
  const l = live.value;
  const oldest = Date.parse(b?.oldest_at ?? '') || 0;
  return (
    <div class="figures">
      <Figure name={t('manager.waiting')} grade={oldest ? gradeOf(oldest) : ''} value={b?.waiting ?? 0} beside={b?.oldest_at ? <Waits since={b.oldest_at} /> : t('manager.nobody')} id="figure-waiting" />
      <Figure name={t('manager.state.RECEIVED')} value={l?.received ?? '–'} beside={t('manager.received.text')} id="figure-received" />
      <Figure name={t('manager.state.INQUIRY')} value={l?.inquiry ?? '–'} beside={t('manager.inquiry.text')} id="figure-inquiry" />
      <Figure name={t('manager.state.ANSWERED')} value={l?.answered ?? '–'} beside={t('manager.answered.text')} id="figure-answered" />
      <Figure name={t('manager.state.BOT')} value={l?.bot ?? '–'} beside={t('manager.bot.text')} id="figure-bot" />
      <Figure name={t('manager.free')} value={!b ? '–' : b.free < 0 ? '∞' : b.free} beside={b ? `${t(b.open ? 'manager.open' : 'manager.shut')} · ${t(`manager.mode.${b.mode ?? 'AUTO'}` as Key)}` : ''} id="figure-free" />
    </div>
  );
}

function Figure(p: { id: string; name: string; value: string | number; beside: preact.ComponentChildren; grade?: string }) {
  return (
    <div class={`figure-card ${p.grade ?? ''}`} id={p.id}>
      <span class="name">{p.name}</span>
      <b>{p.value}</b>
      <span class="hint">{p.beside}</span>
    </div>
  );
}

/** From when on a wait is shown as long. */
export function LimitChoice() {
  return (
    <label class="limit-choice">
      <span>{t('manager.sla')}</span>
      <select id="limits" value={limits.value} onChange={(e) => chooseLimits(e.currentTarget.value)}>
        {LIMIT_CHOICES.map((x) => {
          const [long, late] = x.split('/').map(Number) as [number, number];
          const say = (s: number) => (s < 60 ? t('manager.seconds', { n: s }) : t('manager.minutes', { n: s / 60 }));
          return (
            <option key={x} value={x}>
              {t('manager.sla.choice', { long: say(long), late: say(late) })}
            </option>
          );
        })}
      </select>
    </label>
  );
}

function SideHead({ title, hint }: { title: string; hint: string }) {
  const arrival = useArrival<HTMLHeadingElement>();
  return (
    <div class="side-head">
      <div>
        <h2 tabIndex={-1} ref={arrival}>
          {title}
        </h2>
        <p class="hint">{hint}</p>
      </div>
      <a class="button quiet small icon" href={here({ queue: undefined, agent: undefined, room: undefined })} aria-label={t('dialog.close')} title={t('dialog.close')} id="close-side">
        <Icon name="end" size={16} />
      </a>
    </div>
  );
}

function QueueRooms({ queue }: { queue: string }) {
  const rows = line.value.filter((w) => (w.category || NO_CATEGORY) === queue);
  const all = board.value?.queues[queue === NO_CATEGORY ? '' : queue]?.waiting ?? 0; // the stream has the 256 that wait longest
  const columns: Column<Waiting>[] = [
    {
      id: 'room', head: t('manager.room'), width: 'minmax(0, 1fr)',
      cell: (w) => (
        <span class="two">
          <b class="cut">{w.room.slice(2, 8)}</b>
          <span class="hint cut">{[channelName(w.channel ?? ''), w.profile_required ? t('agent.queue.locked') : '', w.offered ? t('manager.offered', { name: accountName(w.offered) }) : '', w.priority ? `${t('agent.priority')} ${w.priority}` : ''].filter(Boolean).join(' · ')}</span>
        </span>
      ),
    },
    { id: 'wait', head: t('manager.oldest'), width: '5.5rem', end: true, cell: (w) => <Waits since={w.requested_at} /> },
    {
      id: 'do', head: <span class="sr">{t('manager.assign')}</span>, width: '4.5rem', end: true,
      cell: (w) => (
        <button class="button small above" type="button" data-assign={w.room} onClick={() => void openAssign(w.room)}>
          {t('manager.assign')}
        </button>
      ),
    },
  ];
  return (
    <>
      <SideHead title={queue === NO_CATEGORY ? t('manager.queue.other') : categoryName(queue)} hint={all > rows.length ? t('manager.queue.longest', { count: rows.length, of: all }) : t('manager.queue.rooms', { count: rows.length })} />
      <Grid label={t('manager.queue.list')} columns={columns} items={rows} height={56} id={(w) => w.room} href={(w) => here({ room: w.room })} none={t('agent.none.waiting')} />
    </>
  );
}

function AgentRooms({ agent }: { agent: string }) {
  const rows = useSignal<ListedRoom[] | undefined>(undefined);
  const problem = useSignal('');
  const a = board.value?.agents[agent];
  useEffect(() => {
    let over = false;
    const look = async () => {
      if (document.visibilityState !== 'visible') return;
      try {
        const answer = await listRooms(site(), { state: 'open', agent });
        if (!over) [rows.value, problem.value] = [answer.rooms, ''];
      } catch (e) {
        if (!over) problem.value = e instanceof Refused ? e.code : 'internal';
      }
    };
    void look();
    const timer = setInterval(() => void look(), ROOMS_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [agent, a?.load]);
  const columns: Column<ListedRoom>[] = [
    {
      id: 'room', head: t('manager.room'), width: 'minmax(0, 1fr)',
      cell: (r) => (
        <span class="two">
          <b class="cut">#{r.number ?? r.room.slice(2, 8)}</b>
          <span class="hint cut">{[channelName(r.channel), r.category ? categoryName(r.category) : ''].filter(Boolean).join(' · ')}</span>
        </span>
      ),
    },
    { id: 'state', head: t('manager.state'), width: '4.5rem', cell: (r) => <StateBadge state={r.state} waits={r.waits_since !== undefined} /> },
    { id: 'wait', head: t('manager.unanswered'), width: '5.5rem', end: true, cell: (r) => <Waits since={r.state === 'RECEIVED' ? (r.since ?? r.requested_at) : r.waits_since} /> },
  ];
  return (
    <>
      <SideHead title={accountName(agent)} hint={a ? `${t('manager.load')} ${a.limit > 0 ? `${a.load}/${a.limit}` : a.load}` : ''} />
      {a && <WantChoice key={agent} agent={agent} want={a.want || 'online'} />}
      {problem.value ? <p class="none">{t('manager.agent.hidden')}</p> : <Grid label={t('manager.agent.list')} columns={columns} items={rows.value ?? []} height={56} id={(r) => r.room} href={(r) => here({ room: r.room })} none={rows.value ? t('manager.agent.none') : t('manager.loading')} />}
    </>
  );
}

const WANTS = ['online', 'busy', 'break', 'meal', 'offline'] as const;

/** What the agent wants to be, set by its manager (`want` is the agent's and the manager's; protocol.md, presence). It moves no rooms: it only says who gets the next one. */
function WantChoice({ agent, want }: { agent: string; want: string }) {
  const busy = useSignal(false);
  const choose = async (w: string) => {
    busy.value = true;
    try {
      await write('agent.status', { want: w, account: agent });
      toast(t('manager.want.done', { name: accountName(agent), state: t(`agent.want.${w}` as Key) }));
    } catch (e) {
      complain(e);
    } finally {
      busy.value = false;
    }
  };
  return (
    <label class="want-choice">
      <span>{t('manager.want')}</span>
      <select id="agent-want" value={want} disabled={busy.value || !isLive.value} onChange={(e) => void choose(e.currentTarget.value)}>
        {[...new Set([...WANTS, want])].map((w) => (
          <option key={w} value={w}>
            {t(`agent.want.${w}` as Key)}
          </option>
        ))}
      </select>
    </label>
  );
}
