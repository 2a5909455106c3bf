// The customers' ways through a scenario bot (domain 15): the chart, and the table that says the same and more.

import type { EChartsType } from 'echarts/core';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../text';
import { bots } from '../api';
import { Choice, Filters, Period, daysOf } from '../filters';
import { route } from '../route';
import { complain, site } from '../store';
import { Chart, type Palette } from './chart';
import { Files, State, Table, Term, count, useReport } from './parts';
import { type Journey, type JourneyRow, fold } from './sankey';

const PRESETS = ['yesterday', 'week', 'month', 'custom'] as const;
const HEIGHT = 420;

export function JourneyPage() {
  const q = route.value.q;
  const list = useSignal<{ id: string; name: string }[] | undefined>(undefined);
  useEffect(() => {
    bots(site()).then((b) => (list.value = b), complain);
  }, []);
  const period = q['period'] ?? 'week';
  const bot = q['bot'] ?? list.value?.[0]?.id;
  const days = daysOf(period, q);
  // The last day that can be made is yesterday.
  const yesterday = daysOf('yesterday', q)!.to;
  const to = days && days.to > yesterday ? yesterday : days?.to;
  const asked = bot && days && to ? { bot, from: days.from > to ? to : days.from, to } : undefined;
  const loaded = useReport<Journey>('journey', asked);
  const d = loaded.data;
  const chart = useRef<EChartsType | undefined>(undefined);
  const shown = d && fold(d, (n) => t('manager.journey.rest', { n }));
  return (
    <div class="report">
      <Filters beside={asked && <Files name="journey" q={asked} />}>
        <Choice name="bot" label={t('manager.bot')} value={bot ?? ''} options={(list.value ?? []).map((b) => ({ value: b.id, text: b.name }))} />
        <Period presets={PRESETS} value={period} />
      </Filters>
      {list.value?.length === 0 ? (
        <p class="nothing">{t('manager.journey.nobot')}</p>
      ) : (
        <State loaded={loaded}>
          {d && shown && (
            <>
              <div class="panel pad">
                <h2 id="journey-title">{t('nav.journey')}</h2>
                <p class="hint">{d.from === d.to ? d.from : `${d.from} – ${d.to}`}{d.through ? ` · ${t('manager.journey.through', { day: d.through })}` : ''}</p>
                {shown.nodes.length === 0 ? (
                  <p class="nothing">{t('manager.report.none')}</p>
                ) : (
                  <>
                    <Chart
                      id="chart-journey"
                      label={t('manager.journey.label')}
                      height={HEIGHT}
                      of={d}
                      ready={(c) => (chart.current = c)}
                      option={(p) => sankey(p, shown)}
                    />
                    <ul class="walk" aria-label={t('manager.journey.nodes')}>
                      {shown.nodes.map((n) => (
                        <li key={n.id}>
                          <button
                            type="button"
                            onFocus={() => chart.current?.dispatchAction({ type: 'highlight', name: n.id })}
                            onBlur={() => chart.current?.dispatchAction({ type: 'downplay', name: n.id })}
                            onMouseEnter={() => chart.current?.dispatchAction({ type: 'highlight', name: n.id })}
                            onMouseLeave={() => chart.current?.dispatchAction({ type: 'downplay', name: n.id })}
                          >
                            {t('manager.journey.node', { stage: n.stage, name: n.name, entries: count(n.entries), rooms: count(n.rooms), customers: count(n.customers) })}
                            {n.leaves > 0 && ` · ${t('manager.journey.leave', { rate: ((n.leaves / n.entries) * 100).toFixed(1) })}`}
                          </button>
                        </li>
                      ))}
                    </ul>
                  </>
                )}
              </div>
              <div class="panel pad">
                <h2 id="journey-table-title">{t('manager.journey.table')}</h2>
                <Table<JourneyRow>
                  caption={t('manager.journey.table')}
                  id={(r) => [r.stage, r.previous, r.dialogue, r.label, r.next].join('/')}
                  rows={d.rows}
                  columns={[
                    { id: 'stage', head: t('manager.journey.stage'), cell: (r) => r.stage },
                    { id: 'previous', head: t('manager.journey.previous'), cell: (r) => r.previous ?? '-' },
                    { id: 'dialogue', head: t('manager.journey.dialogue'), cell: (r) => r.dialogue },
                    { id: 'entries', head: <Term text={t('manager.journey.entries')} tip={t('manager.journey.entries.tip')} />, end: true, cell: (r) => count(r.entries) },
                    { id: 'rooms', head: t('manager.journey.rooms'), end: true, cell: (r) => count(r.rooms) },
                    { id: 'customers', head: t('manager.journey.customers'), end: true, cell: (r) => count(r.customers) },
                    { id: 'label', head: t('manager.journey.choice'), cell: (r) => r.label ?? '-' },
                    { id: 'next', head: t('manager.journey.next'), cell: (r) => r.next ?? '-' },
                    { id: 'moves', head: <Term text={t('manager.journey.moves')} tip={t('manager.journey.moves.tip')} />, end: true, cell: (r) => (r.moves === null ? '-' : count(r.moves)) },
                    { id: 'leaves', head: <Term text={t('manager.journey.leaves')} tip={t('manager.journey.leaves.tip')} />, end: true, cell: (r) => (r.leaves === null ? '-' : count(r.leaves)) },
                    { id: 'rate', head: t('manager.journey.rate'), end: true, cell: (r) => (r.leave_rate === null ? '-' : `${r.leave_rate.toFixed(1)} %`) },
                  ]}
                />
              </div>
            </>
          )}
        </State>
      )}
    </div>
  );
}

const hatch = (p: Palette) => ({ symbol: 'rect', color: p.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -0.78 });

function sankey(p: Palette, d: ReturnType<typeof fold>): object {
  const at = new Map(d.nodes.map((n) => [n.id, n]));
  const name = (id: string) => at.get(id)?.name ?? id;
  const tip = (x: { dataType?: string; name: string; data: { source?: string; target?: string; value?: number } }) => {
    if (x.dataType === 'edge') return `${name(x.data.source ?? '')} → ${name(x.data.target ?? '')}: ${count(x.data.value ?? 0)}`;
    const n = at.get(x.name);
    return n ? t('manager.journey.node', { stage: n.stage, name: n.name, entries: count(n.entries), rooms: count(n.rooms), customers: count(n.customers) }) : '';
  };
  return {
    tooltip: { trigger: 'item', renderMode: 'richText', confine: true, backgroundColor: p.surface, borderColor: p.line, textStyle: { color: p.ink }, formatter: tip },
    series: [
      {
        type: 'sankey',
        left: 8,
        right: 130,
        top: 12,
        bottom: 12,
        nodeGap: 12,
        nodeWidth: 14,
        draggable: false,
        layoutIterations: 32,
        emphasis: { focus: 'adjacency' },
        label: { color: p.ink, width: 120, overflow: 'truncate', formatter: (x: { name: string }) => `${name(x.name)} ${count(at.get(x.name)?.entries ?? 0)}` },
        lineStyle: { color: 'source', opacity: 0.28, curveness: 0.5 },
        data: d.nodes.map((n) => ({ name: n.id, depth: n.stage - d.first, itemStyle: n.loss ? { color: p.loss, decal: hatch(p) } : { color: p.series[(n.stage - 1) % p.series.length] } })),
        links: d.links.map((l) => ({ source: l.from, target: l.to, value: l.moves, ...(at.get(l.to)?.loss ? { lineStyle: { color: p.loss, opacity: 0.35, type: 'dashed' } } : {}) })),
      },
    ],
  };
}
