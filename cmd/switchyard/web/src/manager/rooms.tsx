// Lists of rooms with their filters in the address, and one room with its full log.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Refused } from '../client/frames';
import { has, t, type Key } from '../text';
import { Grid, type Column } from '../ui/grid';
import { moment, span } from '../ui/time';
import { type ListedRoom, type RoomQuery, rooms as listRooms } from './api';
import { StateBadge, Waits, channelName, customerName } from './bits';
import { AgentChoice, CategoryChoice, ChannelChoice, Choice, EndChoice, Filters, Period, daysOf, problemText } from './filters';
import { here, route } from './route';
import { accountName, categoryName, complain, site } from './store';
import { Watch } from './watch';

const PRESETS = ['today', 'yesterday', 'week', 'month', 'quarter', 'half', 'year', 'custom'] as const;

export function RoomsPage() {
  const q = route.value.q;
  const closed = q['state'] === 'closed';
  const period = q['period'] ?? (closed ? 'week' : 'any');
  const days = daysOf(period, q);
  const room = q['room'];
  const asked: RoomQuery = {
    state: closed ? 'closed' : 'open',
    agent: q['agent'],
    channel: q['channel'],
    category: q['category'],
    ended_by: closed ? q['ended_by'] : undefined,
    started_from: days?.from,
    started_to: days?.to,
  };
  return (
    <div class="rooms-page">
      <div class="list-page" hidden={room !== undefined}>
        <Filters>
          <Choice name="state" label={t('manager.state')} value={closed ? 'closed' : 'open'} options={['open', 'closed'].map((x) => ({ value: x, text: t(`manager.rooms.${x}` as Key) }))} />
          <Period presets={PRESETS} value={period} any={!closed} />
          <AgentChoice />
          <ChannelChoice />
          <CategoryChoice />
          {closed && <EndChoice />}
        </Filters>
        <List key={JSON.stringify(asked)} asked={asked} closed={closed} />
      </div>
      {room !== undefined && <Watch key={room} id={room} wide back={here({ room: undefined })} />}
    </div>
  );
}

function List({ asked, closed }: { asked: RoomQuery; closed: boolean }) {
  const rows = useSignal<ListedRoom[]>([]);
  const cursor = useSignal<string | undefined>('');
  const busy = useSignal(false);
  const problem = useSignal('');
  const more = async () => {
    if (busy.value || cursor.value === undefined) return;
    busy.value = true;
    try {
      const answer = await listRooms(site(), asked, cursor.value || undefined);
      rows.value = [...rows.value, ...answer.rooms];
      cursor.value = answer.next_cursor;
      problem.value = '';
    } catch (e) {
      cursor.value = undefined;
      if (e instanceof Refused && e.code === 'bad_request') problem.value = problemText(e.code, e.field);
      else complain(e);
    } finally {
      busy.value = false;
    }
    // A narrow filter gives short pages: what is on the screen is filled first.
    if (!problem.value && cursor.value !== undefined && rows.value.length < 60) void more();
  };
  useEffect(() => void more(), []);
  const done = cursor.value === undefined;
  return (
    <section class="panel list" aria-label={t('nav.rooms')}>
      <p class="hint total" role="status" id="rooms-total">
        {problem.value || (done ? t('manager.rooms.total', { count: rows.value.length }) : rows.value.length > 0 ? t('manager.rooms.some', { count: rows.value.length }) : t('manager.loading'))}
      </p>
      <Grid label={t('nav.rooms')} columns={closed ? closedColumns : openColumns} items={rows.value} height={46} id={(r) => r.room} href={(r) => here({ room: r.room })} more={() => void more()} none={done ? t('manager.rooms.none') : t('manager.loading')} />
    </section>
  );
}

const number: Column<ListedRoom> = { id: 'number', get head() { return t('agent.fact.number'); }, width: '6.2rem', cell: (r) => <span class="figure">#{r.number ?? r.room.slice(2, 8)}</span> };
const state: Column<ListedRoom> = { id: 'state', get head() { return t('manager.state'); }, width: '5.5rem', cell: (r) => <StateBadge state={r.state} waits={r.state === 'ACTIVE' ? r.waits_since !== undefined : undefined} /> };
const about: Column<ListedRoom> = {
  id: 'about', get head() { return t('manager.about'); }, width: 'minmax(8rem, 2fr)',
  cell: (r) => (
    <span class="two">
      <span class="cut">{customerName(r.customer)}</span>
      <span class="hint cut">{[r.title, r.category ? categoryName(r.category) : '', r.category3].filter(Boolean).join(' · ')}</span>
    </span>
  ),
};
const channel: Column<ListedRoom> = { id: 'channel', get head() { return t('agent.fact.channel'); }, width: '5rem', cell: (r) => channelName(r.channel) };
const agent: Column<ListedRoom> = { id: 'agent', get head() { return t('manager.agent'); }, width: 'minmax(6rem, 1fr)', cell: (r) => <span class="cut">{r.agents || (r.agent ? accountName(r.agent) : '–')}</span> };
const started: Column<ListedRoom> = { id: 'started', get head() { return t('agent.fact.started'); }, width: '12.5rem', cell: (r) => <span class="figure">{r.created_at ? moment(r.created_at) : '–'}</span> };

const openColumns: Column<ListedRoom>[] = [
  number, state, about, channel, agent, started,
  { id: 'wait', get head() { return t('manager.unanswered'); }, width: '7rem', end: true, cell: (r) => <Waits since={r.state === 'WAITING' || r.state === 'RECEIVED' ? (r.requested_at ?? r.created_at) : r.waits_since} /> },
];
const closedColumns: Column<ListedRoom>[] = [
  number, about, channel, agent, started,
  { id: 'length', get head() { return t('agent.fact.length'); }, width: '5.5rem', end: true, cell: (r) => <span class="figure">{r.created_at && r.closed_at ? span(Date.parse(r.closed_at) - Date.parse(r.created_at)) : '–'}</span> },
  { id: 'ended', get head() { return t('manager.ended.by'); }, width: '7rem', cell: (r) => (r.ended_by && has(`manager.ended.${r.ended_by}`) ? t(`manager.ended.${r.ended_by}` as Key) : '–') },
  { id: 'score', get head() { return t('manager.score'); }, width: '4.5rem', end: true, cell: (r) => (r.score ? <span class="figure">{r.score}</span> : <span class="faint">–</span>) },
];
