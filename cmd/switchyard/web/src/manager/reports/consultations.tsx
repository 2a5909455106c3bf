// 상담 내역 (domain 16.3): every consultation by the day of its start, open ones too, newest first; and the ledger of the site.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Refused } from '../../client/frames';
import { has, t, type Key } from '../../text';
import { Grid, type Column } from '../../ui/grid';
import { moment } from '../../ui/time';
import { report } from '../api';
import { StateBadge, channelName, customerName } from '../bits';
import { AgentChoice, CategoryChoice, ChannelChoice, Choice, EndChoice, Filters, Period, daysOf, problemText } from '../filters';
import { here, route } from '../route';
import { complain, site } from '../store';
import { Watch } from '../watch';
import { Card, Files, type Query, count, seconds } from './parts';

const PRESETS = ['this-month', 'today', 'yesterday', 'week', 'month', 'custom'] as const;
const PAGE = '500';

interface Row {
  room: string;
  number: number;
  started_at: string;
  closed_at: string | null;
  state: string;
  channel: string;
  title: string | null;
  category1: string | null;
  category2: string | null;
  category3: string | null;
  customer: string;
  agents: string;
  ended_by: string | null;
  seconds: number | null;
  score: number | null;
}
interface Counters {
  total: number;
  agent: number;
  customer: number;
  auto: number;
}

/** Rows that come in pages as they are scrolled to. */
function usePages<T>(name: string, q: Query, rowsOf: (answer: any) => T[], first?: (answer: any) => void) {
  const rows = useSignal<T[]>([]);
  const cursor = useSignal<string | undefined>('');
  const busy = useSignal(false);
  const problem = useSignal('');
  const more = async () => {
    if (busy.value || cursor.value === undefined) return;
    busy.value = true;
    try {
      const answer = await report(site(), name, { ...q, limit: PAGE, cursor: cursor.value || undefined });
      if (cursor.value === '') first?.(answer);
      rows.value = [...rows.value, ...rowsOf(answer)];
      cursor.value = answer.next_cursor;
    } catch (e) {
      cursor.value = undefined;
      if (e instanceof Refused && e.code !== 'unauthenticated') problem.value = e.code === 'forbidden' ? t('manager.problem.plan') : problemText(e.code, e.field);
      else complain(e);
    } finally {
      busy.value = false;
    }
    // A narrow filter gives short pages: what is on the screen is filled first.
    if (cursor.value !== undefined && rows.value.length < 60) void more();
  };
  useEffect(() => void more(), []);
  return { rows: rows.value, done: cursor.value === undefined, problem: problem.value, more: () => void more() };
}

export function ConsultationsPage() {
  const q = route.value.q;
  const period = q['period'] ?? 'this-month';
  const days = daysOf(period, q);
  const asked: Query = { from: days?.from, to: days?.to, agent: q['agent'], channel: q['channel'], category: q['category'], ended_by: q['ended_by'] };
  const room = q['room'];
  return (
    <div class="rooms-page">
      <div class="list-page" hidden={room !== undefined}>
        <Filters beside={<Files name="consultations" q={asked} />}>
          <Period presets={PRESETS} value={period} />
          <AgentChoice />
          <ChannelChoice />
          <CategoryChoice />
          <EndChoice />
        </Filters>
        {days && <List key={JSON.stringify(asked)} asked={asked} />}
      </div>
      {room !== undefined && <Watch key={room} id={room} wide back={here({ room: undefined })} />}
    </div>
  );
}

function List({ asked }: { asked: Query }) {
  const counters = useSignal<Counters | undefined>(undefined);
  const p = usePages<Row>('consultations', asked, (a) => a.rows, (a) => (counters.value = a.counters));
  const c = counters.value;
  if (p.problem)
    return (
      <p class="nothing" role="alert">
        {p.problem}
      </p>
    );
  return (
    <>
      <div class="figures pad-figures">
        <Card id="count-total" name={t('manager.count.total')} value={c ? count(c.total) : '–'} hint={t('manager.count.total.hint')} />
        <Card name={t('manager.ended.AGENT')} value={c ? count(c.agent) : '–'} />
        <Card name={t('manager.ended.CUSTOMER')} value={c ? count(c.customer) : '–'} />
        <Card name={t('manager.ended.AUTO')} value={c ? count(c.auto) : '–'} hint={t('manager.count.hint')} />
      </div>
      <section class="panel list" aria-label={t('nav.consultations')}>
        <Grid label={t('nav.consultations')} columns={columns} items={p.rows} height={46} id={(r) => r.room} href={(r) => here({ room: r.room })} {...(c ? { total: c.total } : {})} more={p.more} none={p.done ? t('manager.rooms.none') : t('manager.loading')} />
      </section>
    </>
  );
}

const columns: Column<Row>[] = [
  { id: 'number', get head() { return t('agent.fact.number'); }, width: '6.2rem', cell: (r) => <span class="figure">#{r.number}</span> },
  { id: 'state', get head() { return t('manager.state'); }, width: '6rem', cell: (r) => <StateBadge state={r.state} /> },
  { id: 'started', get head() { return t('agent.fact.started'); }, width: '12.5rem', cell: (r) => <span class="figure">{moment(r.started_at)}</span> },
  {
    id: 'about', get head() { return t('manager.about'); }, width: 'minmax(8rem, 2fr)',
    cell: (r) => (
      <span class="two">
        <span class="cut">{customerName(r.customer)}</span>
        <span class="hint cut">{[r.title, [r.category1, r.category2, r.category3].filter(Boolean).join(' › ')].filter(Boolean).join(' · ') || '–'}</span>
      </span>
    ),
  },
  { id: 'channel', get head() { return t('agent.fact.channel'); }, width: '5rem', cell: (r) => channelName(r.channel) },
  { id: 'agents', get head() { return t('manager.agent'); }, width: 'minmax(7rem, 1fr)', cell: (r) => <span class="cut" title={r.agents}>{r.agents}</span> },
  { id: 'length', get head() { return t('agent.fact.length'); }, width: '6.5rem', end: true, cell: (r) => <span class="figure">{seconds(r.seconds)}</span> },
  { id: 'ended', get head() { return t('manager.ended.by'); }, width: '7rem', cell: (r) => (r.ended_by && has(`manager.ended.${r.ended_by}`) ? t(`manager.ended.${r.ended_by}` as Key) : '–') },
  { id: 'score', get head() { return t('manager.score'); }, width: '4.5rem', end: true, cell: (r) => (r.score ? <span class="figure">{r.score}</span> : <span class="faint">–</span>) },
];

// --- the ledger ----------------------------------------------------------------------

interface Entry {
  number: number;
  at: string;
  kind: string;
  amount: number;
  balance: number;
  price: number;
  units: number;
  ref?: string;
  recorded_only: boolean;
  covered: boolean;
  by?: string;
}

export function LedgerPage() {
  const q = route.value.q;
  const period = q['period'] ?? 'this-month';
  const days = daysOf(period, q);
  const asked: Query = { from: days?.from, to: days?.to, kind: q['kind'] };
  return (
    <div class="rooms-page">
      <div class="list-page">
        <Filters beside={<Files name="ledger" q={asked} />}>
          <Period presets={['this-month', 'today', 'yesterday', 'week', 'month', 'quarter', 'year', 'custom']} value={period} />
          <Choice name="kind" label={t('manager.ledger.kind')} value={q['kind'] ?? ''} any={t('manager.all')} options={['TOP_UP', 'KAKAO', 'SMS', 'ALIMTALK', 'ACCOUNT_FEE'].map((k) => ({ value: k, text: t(`manager.ledger.${k}` as Key) }))} />
        </Filters>
        {days && <Lines key={JSON.stringify(asked)} asked={asked} />}
      </div>
    </div>
  );
}

function Lines({ asked }: { asked: Query }) {
  const about = useSignal<{ balance: number; billing_mode: string } | undefined>(undefined);
  const p = usePages<Entry>('ledger', asked, (a) => a.rows, (a) => (about.value = a));
  const a = about.value;
  if (p.problem)
    return (
      <p class="nothing" role="alert">
        {p.problem}
      </p>
    );
  const spent = p.rows.filter((r) => r.amount < 0).reduce((s, r) => s + r.amount, 0);
  const paid = p.rows.filter((r) => r.amount > 0).reduce((s, r) => s + r.amount, 0);
  return (
    <>
      <div class="figures pad-figures">
        <Card id="balance" name={t('manager.ledger.balance')} value={a ? won(a.balance) : '–'} hint={a ? t(`manager.ledger.${a.billing_mode}` as Key) : ''} />
        <Card name={t('manager.ledger.paid')} value={p.done ? won(paid) : '–'} />
        <Card name={t('manager.ledger.spent')} value={p.done ? won(spent) : '–'} />
      </div>
      <section class="panel list" aria-label={t('nav.ledger')}>
        <Grid label={t('nav.ledger')} columns={ledgerColumns} items={p.rows} height={44} id={(r) => String(r.number)} more={p.more} none={p.done ? t('manager.report.none') : t('manager.loading')} />
      </section>
    </>
  );
}

const won = (n: number) => t('manager.won', { n: count(n) });
const ledgerColumns: Column<Entry>[] = [
  { id: 'number', get head() { return t('manager.ledger.number'); }, width: '4rem', cell: (r) => <span class="figure">{r.number}</span> },
  { id: 'at', get head() { return t('manager.ledger.at'); }, width: '12.5rem', cell: (r) => <span class="figure">{moment(r.at)}</span> },
  { id: 'kind', get head() { return t('manager.ledger.kind'); }, width: '8rem', cell: (r) => (has(`manager.ledger.${r.kind}`) ? t(`manager.ledger.${r.kind}` as Key) : r.kind) },
  { id: 'ref', get head() { return t('manager.ledger.about'); }, width: 'minmax(8rem, 1fr)', cell: (r) => <span class="cut">{[r.ref, r.by, r.recorded_only ? t('manager.ledger.recorded') : '', r.covered ? '' : t('manager.ledger.uncovered')].filter(Boolean).join(' · ') || '–'}</span> },
  { id: 'units', get head() { return t('manager.ledger.units'); }, width: '5rem', end: true, cell: (r) => <span class="figure">{r.units || '–'}</span> },
  { id: 'amount', get head() { return t('manager.ledger.amount'); }, width: '8rem', end: true, cell: (r) => <span class={`figure${r.amount < 0 ? '' : ' plus'}`}>{won(r.amount)}</span> },
  { id: 'balance', get head() { return t('manager.ledger.balance'); }, width: '8rem', end: true, cell: (r) => <span class="figure">{won(r.balance)}</span> },
];
