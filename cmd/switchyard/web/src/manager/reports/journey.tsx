// The customers' ways through a scenario bot (domain 15): the chart, and the table that says the same and more.

import type { EChartsType } from 'echarts/core';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../text';
import { bots } from '../api';
import { Choice, Filters, Period, daysOf } from '../filters';
import { go, here, route } from '../route';
import { complain, site } from '../store';
import { Chart, ZOOM_MOST, type Palette } from './chart';
import { Files, State, Table, Term, count, useReport } from './parts';
import { type DrawnNode, type Journey, type JourneyRow, fold, touches } from './sankey';

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
  // The node that was picked, in the chart or in the list below it; the table keeps to it, and the address names it.
  const picked = shown?.nodes.find((n) => n.id === q['node']);
  const pick = (id: string | undefined) => go(here({ node: id === q['node'] ? undefined : id }), true);
  const latest = useRef(pick);
  latest.current = pick;
  const mark = (id: string | undefined) => {
    chart.current?.dispatchAction({ type: 'unselect', seriesIndex: 0, dataIndex: shown?.nodes.map((_, i) => i) ?? [] });
    if (id) chart.current?.dispatchAction({ type: 'select', seriesIndex: 0, name: id });
  };
  useEffect(() => mark(picked?.id), [picked?.id]);
  const light = (id: string, on: boolean) => chart.current?.dispatchAction({ type: on ? 'highlight' : 'downplay', seriesIndex: 0, name: id });
  const rows = d && (picked ? d.rows.filter((r) => touches(r, picked)) : d.rows);
  const nodeOf = (r: JourneyRow) => shown?.nodes.find((n) => n.of.includes(`${r.stage}/${r.dialogue}`))?.id;
  return (
    <div class="report">
      <Filters beside={asked && <Files name="journey" q={asked} />}>
        {list.value?.length !== 0 && <Choice name="bot" label={t('manager.bot')} value={bot ?? ''} options={(list.value ?? []).map((b) => ({ value: b.id, text: b.name }))} />}
        {list.value?.length !== 0 && <Period presets={PRESETS} value={period} />}
      </Filters>
      {list.value?.length === 0 ? (
        <p class="nothing">{t('manager.journey.nobot')}</p>
      ) : (
        <State loaded={loaded}>
          {d && shown && rows && (
            <>
              <div class="panel pad">
                {shown.nodes.length === 0 ? (
                  <>
                    <h2>{t('nav.journey')}</h2>
                    <p class="hint">{daysText(d)}</p>
                    <p class="nothing">{t('manager.report.none')}</p>
                  </>
                ) : (
                  <>
                    <Chart
                      id="chart-journey"
                      title={t('nav.journey')}
                      label={t('manager.journey.label')}
                      hint={daysText(d)}
                      height={HEIGHT}
                      of={d}
                      ready={(c) => {
                        chart.current = c;
                        c.off('click');
                        c.on('click', (x) => x.dataType === 'node' && latest.current(x.name));
                        mark(picked?.id);
                      }}
                      option={(p) => sankey(p, shown)}
                    />
                    <p class="hint">{t('manager.journey.pick')}</p>
                    <ul class="walk" aria-label={t('manager.journey.nodes')}>
                      {shown.nodes.map((n) => (
                        <li key={n.id}>
                          <button
                            type="button"
                            aria-pressed={n === picked}
                            onClick={() => pick(n.id)}
                            onFocus={() => light(n.id, true)}
                            onBlur={() => light(n.id, false)}
                            onMouseEnter={() => light(n.id, true)}
                            onMouseLeave={() => light(n.id, false)}
                          >
                            {figures(n)}
                          </button>
                        </li>
                      ))}
                    </ul>
                  </>
                )}
              </div>
              <div class="panel pad">
                <div class="chart-head">
                  <h2 id="journey-table-title">{t('manager.journey.table')}</h2>
                  <span class="spring" />
                  <span role="status" class="hint" id="journey-shown">
                    {picked && t('manager.journey.only', { stage: picked.stage, name: picked.name, n: count(rows.length), all: count(d.rows.length) })}
                  </span>
                  {picked && (
                    <button class="button small" type="button" id="journey-all" onClick={() => pick(undefined)}>
                      {t('manager.journey.all')}
                    </button>
                  )}
                </div>
                <Table<JourneyRow>
                  caption={t('manager.journey.table')}
                  id={(r) => [r.stage, r.previous, r.dialogue, r.label, r.next].join('/')}
                  rows={rows}
                  over={(r, on) => {
                    const id = nodeOf(r);
                    if (id) light(id, on);
                  }}
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

const daysText = (d: Journey) => `${d.from === d.to ? d.from : `${d.from} – ${d.to}`}${d.through ? ` · ${t('manager.journey.through', { day: d.through })}` : ''}`;
const figures = (n: DrawnNode) =>
  t('manager.journey.node', { stage: n.stage, name: n.name, entries: count(n.entries), rooms: count(n.rooms), customers: count(n.customers) }) + (n.leaves > 0 ? ` · ${t('manager.journey.leave', { rate: ((n.leaves / n.entries) * 100).toFixed(1) })}` : '');

const hatch = (p: Palette) => ({ symbol: 'rect', color: p.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -0.78 });

function sankey(p: Palette, d: ReturnType<typeof fold>): object {
  const at = new Map(d.nodes.map((n) => [n.id, n]));
  const name = (id: string) => at.get(id)?.name ?? id;
  const tip = (x: { dataType?: string; name: string; data: { source?: string; target?: string; value?: number } }) => {
    if (x.dataType === 'edge') {
      const [from, moves] = [at.get(x.data.source ?? ''), x.data.value ?? 0];
      return `${name(x.data.source ?? '')} → ${name(x.data.target ?? '')}: ${t('manager.journey.way', { n: count(moves), rate: ((moves / Math.max(1, from?.entries ?? 0)) * 100).toFixed(1) })}`;
    }
    const n = at.get(x.name);
    return n ? figures(n) : '';
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
        roam: true,
        scaleLimit: { min: 1, max: ZOOM_MOST },
        selectedMode: 'single',
        select: { itemStyle: { borderColor: p.ink, borderWidth: 2 }, label: { fontWeight: 'bold' } },
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
