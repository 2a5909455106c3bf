// The dashboard of a day or a month (domain 16.1): figures, channels, categories, agents.

import { t } from '../../text';
import { channelName } from '../bits';
import { here, route } from '../route';
import { Chart, bars } from './chart';
import { Card, Files, State, Table, Term, count, seconds, useReport } from './parts';

interface Dashboard {
  from: string;
  to: string | null;
  closed: number;
  charged: number;
  average: number | null;
  created: number;
  channels: { channel: string; closed: number; average: number | null }[];
  categories: { category: string | null; category_name: string | null; unused: boolean; closed: number; average: number | null }[];
  agents: { agent: string; agent_name: string; received: number; active: number; closed_today: number; closed: number; average: number | null }[];
}

export function DashboardPage() {
  const view = route.value.q['view'] === 'month' ? 'month' : 'day';
  const loaded = useReport<Dashboard>('dashboard', { view });
  const d = loaded.data;
  const category = (c: Dashboard['categories'][number]) => (c.category === null ? t('manager.queue.other') : `${c.category_name ?? c.category}${c.unused ? ` (${t('manager.unused')})` : ''}`);
  return (
    <div class="report">
      <div class="report-head">
        <ul class="segments" aria-label={t('manager.period')}>
          {(['day', 'month'] as const).map((v) => (
            <li key={v}>
              <a href={here({ view: v })} {...(v === view ? { 'aria-current': 'true' as const } : {})}>
                {t(v === 'day' ? 'manager.period.today' : 'manager.period.this-month')}
              </a>
            </li>
          ))}
        </ul>
        {d && <p class="hint">{d.to === null ? t('manager.dashboard.first') : d.from === d.to ? d.from : `${d.from} – ${d.to}`}</p>}
        <span class="spring" />
        <Files name="dashboard" q={{ view }} />
      </div>
      <State loaded={loaded}>
        {d && (
          <>
            <div class="figures">
              <Card id="card-created" name={<Term text={t('manager.created')} tip={t('manager.created.tip')} />} value={count(d.created)} hint={t('manager.created.hint')} />
              <Card id="card-closed" name={<Term text={t('manager.closed')} tip={t('manager.closed.tip')} />} value={count(d.closed)} hint={t('manager.closed.hint')} />
              <Card id="card-average" name={<Term text={t('manager.average')} tip={t('manager.average.tip')} />} value={seconds(d.average)} hint={t('manager.average.hint')} />
              <Card id="card-charged" name={<Term text={t('manager.charged')} tip={t('manager.charged.tip')} />} value={count(d.charged)} hint={t('manager.charged.hint')} />
            </div>
            <div class="pair">
              <div class="panel pad">
                <Chart id="chart-channels" title={t('manager.by.channel')} height={200} of={d} none={!d.channels.some((c) => c.closed)} option={(p) => bars(p, d.channels.map((c) => channelName(c.channel)), [{ name: t('manager.closed'), values: d.channels.map((c) => c.closed) }], { unit: t('manager.chart.rooms') })} />
                <Table
                  caption={t('manager.by.channel')}
                  id={(r) => r.channel}
                  rows={d.channels}
                  columns={[
                    { id: 'name', head: t('agent.fact.channel'), cell: (r) => channelName(r.channel) },
                    { id: 'closed', head: t('manager.closed'), end: true, cell: (r) => count(r.closed) },
                    { id: 'average', head: t('manager.average'), end: true, cell: (r) => seconds(r.average) },
                  ]}
                />
              </div>
              <div class="panel pad">
                <Chart id="chart-categories" title={t('manager.by.category')} height={200} of={d} none={!d.categories.some((c) => c.closed)} option={(p) => bars(p, d.categories.map(category), [{ name: t('manager.closed'), values: d.categories.map((c) => c.closed) }], { unit: t('manager.chart.rooms') })} />
                <Table
                  caption={t('manager.by.category')}
                  id={(r) => r.category ?? '-'}
                  rows={d.categories}
                  columns={[
                    { id: 'name', head: t('manager.queue'), cell: category },
                    { id: 'closed', head: t('manager.closed'), end: true, cell: (r) => count(r.closed) },
                    { id: 'average', head: t('manager.average'), end: true, cell: (r) => seconds(r.average) },
                  ]}
                />
              </div>
            </div>
            <div class="panel pad">
              <h2 id="by-agent">{t('manager.by.agent')}</h2>
              <Table
                caption={t('manager.by.agent')}
                id={(r) => r.agent}
                rows={d.agents}
                columns={[
                  { id: 'name', head: t('manager.agent'), cell: (r) => r.agent_name || r.agent },
                  { id: 'received', head: <Term text={t('manager.received.now')} tip={t('manager.received.tip')} />, end: true, cell: (r) => count(r.received) },
                  { id: 'active', head: <Term text={t('manager.active.now')} tip={t('manager.active.tip')} />, end: true, cell: (r) => count(r.active) },
                  { id: 'today', head: t('manager.closed.today'), end: true, cell: (r) => count(r.closed_today) },
                  { id: 'closed', head: t('manager.closed.period'), end: true, cell: (r) => count(r.closed) },
                  { id: 'average', head: t('manager.average'), end: true, cell: (r) => seconds(r.average) },
                ]}
              />
            </div>
          </>
        )}
      </State>
    </div>
  );
}
