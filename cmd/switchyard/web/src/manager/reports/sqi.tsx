// The service quality indicators (domain 14) and the volumes, which are counts of the same rooms.

import { t, type Key } from '../../text';
import { channelName } from '../bits';
import { AgentChoice, CategoryChoice, ChannelChoice, Choice, Filters, Period, daysOf } from '../filters';
import { route } from '../route';
import { Chart, bars } from './chart';
import { Card, Files, type Query, State, Table, Term, count, seconds, useReport } from './parts';

const METRICS = ['queue', 'frt', 'agent_wait', 'hold', 'handle', 'acw', 'total'] as const;
type Metric = (typeof METRICS)[number];
const GROUPS = ['agent', 'category', 'channel', 'day'] as const;
const PRESETS = ['this-month', 'today', 'yesterday', 'week', 'month', 'quarter', 'custom'] as const;

type Row = Record<Metric, number | null> &
  Record<`${Metric}_samples`, number> & {
    day?: string | null;
    agent?: string | null;
    agent_name?: string | null;
    category?: string | null;
    category_name?: string | null;
    channel?: string | null;
    requested: number;
    abandoned: number;
    abd: number | null;
  };
interface SQI {
  from: string;
  to: string;
  group: string;
  rows: Row[];
  total: Row;
}

function nameOf(group: string, r: Row): string {
  if (group === 'day') return r.day ?? '-';
  if (group === 'agent') return r.agent ? (r.agent_name ?? r.agent) : t('manager.nobody.had');
  if (group === 'category') return r.category ? (r.category_name ?? r.category) : t('manager.queue.other');
  return r.channel ? channelName(r.channel) : '-';
}
const keyOf = (group: string, r: Row) => String((r as unknown as Record<string, unknown>)[group] ?? '-');
const percent = (x: number | null) => (x === null ? '-' : `${x.toFixed(1)} %`);

function asked(first: string): { q: Query | undefined; group: string; period: string } {
  const q = route.value.q;
  const group = (GROUPS as readonly string[]).includes(q['group'] ?? '') ? q['group']! : first;
  const period = q['period'] ?? 'this-month';
  const days = daysOf(period, q);
  return { group, period, q: days && { from: days.from, to: days.to, group, agent: q['agent'], category: q['category'], channel: q['channel'] } };
}

function Asked({ group, period, q, children }: { group: string; period: string; q: Query | undefined; children?: preact.ComponentChildren }) {
  return (
    <Filters beside={q && <Files name="sqi" q={q} />}>
      <Choice name="group" label={t('manager.group')} value={group} options={GROUPS.map((g) => ({ value: g, text: t(`manager.group.${g}` as Key) }))} />
      <Period presets={PRESETS} value={period} />
      {children}
      <AgentChoice />
      <ChannelChoice />
      <CategoryChoice />
    </Filters>
  );
}

/** In the middle of a sentence; Korean has no small letters. */
const groupIn = (group: string) => t(`manager.group.${group}` as Key).toLowerCase();
const metricTerm = (m: Metric | 'abd') => <Term text={t(`manager.sqi.${m}` as Key)} tip={t(`manager.sqi.${m}.tip` as Key)} />;

export function SQIPage() {
  const { q, group, period } = asked('agent');
  const loaded = useReport<SQI>('sqi', q);
  const wanted = route.value.q['metric'] ?? 'frt';
  const metric = (METRICS as readonly string[]).includes(wanted) ? (wanted as Metric) : 'frt';
  const d = loaded.data;
  return (
    <div class="report">
      <Asked group={group} period={period} q={q}>
        <Choice name="metric" label={t('manager.metric')} value={metric} options={METRICS.map((m) => ({ value: m, text: t(`manager.sqi.${m}` as Key) }))} />
      </Asked>
      <State loaded={loaded}>
        {d && (
          <>
            <div class="figures">
              {(['frt', 'hold', 'handle', 'acw', 'total'] as const).map((m) => (
                <Card key={m} name={metricTerm(m)} value={seconds(d.total[m])} hint={t('manager.samples', { n: count(d.total[`${m}_samples`]) })} />
              ))}
              <Card name={metricTerm('abd')} value={percent(d.total.abd)} hint={`${count(d.total.abandoned)} / ${count(d.total.requested)}`} />
            </div>
            <div class="panel pad">
              <Chart
                id="chart-sqi"
                title={t('manager.sqi.by', { metric: t(`manager.sqi.${metric}` as Key), group: groupIn(group) })}
                height={260}
                none={!d.rows.some((r) => r[metric] !== null)}
                of={`${metric}.${JSON.stringify(d)}`}
                option={(p) => bars(p, d.rows.map((r) => nameOf(group, r)), [{ name: t(`manager.sqi.${metric}` as Key), values: d.rows.map((r) => r[metric]) }], { unit: t('manager.chart.mean'), line: group === 'day' && d.rows.length > 2, format: (v) => seconds(Math.round(v)) })}
              />
            </div>
            <div class="panel pad">
              <h2 id="sqi-table-title">{t('nav.sqi')}</h2>
              <Table
                caption={t('nav.sqi')}
                id={(r) => keyOf(group, r)}
                rows={d.rows}
                total={d.total}
                columns={[
                  { id: 'name', head: t(`manager.group.${group}` as Key), cell: (r) => (r === d.total ? t('manager.total') : nameOf(group, r)) },
                  { id: 'requested', head: <Term text={t('manager.requested')} tip={t('manager.requested.tip')} />, end: true, cell: (r) => count(r.requested) },
                  { id: 'abd', head: metricTerm('abd'), end: true, cell: (r) => percent(r.abd) },
                  ...METRICS.map((m) => ({ id: m, head: metricTerm(m), end: true, cell: (r: Row) => <span title={t('manager.samples', { n: count(r[`${m}_samples`]) })}>{seconds(r[m])}</span> })),
                ]}
              />
            </div>
          </>
        )}
      </State>
    </div>
  );
}

export function VolumesPage() {
  const { q, group, period } = asked('day');
  const loaded = useReport<SQI>('sqi', q);
  const d = loaded.data;
  return (
    <div class="report">
      <Asked group={group} period={period} q={q} />
      <State loaded={loaded}>
        {d && (
          <>
            <div class="figures">
              <Card id="card-requested" name={<Term text={t('manager.requested')} tip={t('manager.requested.tip')} />} value={count(d.total.requested)} hint={d.from === d.to ? d.from : `${d.from} – ${d.to}`} />
              <Card name={t('manager.kept')} value={count(d.total.requested - d.total.abandoned)} hint={percent(d.total.requested ? ((d.total.requested - d.total.abandoned) / d.total.requested) * 100 : null)} />
              <Card name={<Term text={t('manager.abandoned')} tip={t('manager.abandoned.tip')} />} value={count(d.total.abandoned)} hint={percent(d.total.abd)} />
            </div>
            <div class="panel pad">
              <Chart
                id="chart-volumes"
                title={t('manager.volumes.by', { group: groupIn(group) })}
                height={300}
                none={d.total.requested === 0}
                of={d}
                option={(p) =>
                  bars(
                    p,
                    d.rows.map((r) => nameOf(group, r)),
                    [
                      { name: t('manager.kept'), values: d.rows.map((r) => r.requested - r.abandoned) },
                      { name: t('manager.abandoned'), values: d.rows.map((r) => r.abandoned), loss: true },
                    ],
                    { unit: t('manager.chart.rooms'), stack: true },
                  )
                }
              />
            </div>
            <div class="panel pad">
              <h2 id="volume-table-title">{t('nav.volumes')}</h2>
              <Table
                caption={t('nav.volumes')}
                id={(r) => keyOf(group, r)}
                rows={d.rows}
                total={d.total}
                columns={[
                  { id: 'name', head: t(`manager.group.${group}` as Key), cell: (r) => (r === d.total ? t('manager.total') : nameOf(group, r)) },
                  { id: 'requested', head: t('manager.requested'), end: true, cell: (r) => count(r.requested) },
                  { id: 'share', head: t('manager.share'), end: true, cell: (r) => percent(d.total.requested ? (r.requested / d.total.requested) * 100 : null) },
                  { id: 'kept', head: t('manager.kept'), end: true, cell: (r) => count(r.requested - r.abandoned) },
                  { id: 'abandoned', head: t('manager.abandoned'), end: true, cell: (r) => count(r.abandoned) },
                  { id: 'abd', head: metricTerm('abd'), end: true, cell: (r) => percent(r.abd) },
                ]}
              />
            </div>
          </>
        )}
      </State>
    </div>
  );
}
