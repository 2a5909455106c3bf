// Draws a run. The data is the JSON that switchyard-bench wrote, in the element "data":
// {run, oracle, scale, versus}, of which all but the run may be missing.
'use strict'

const data = JSON.parse(document.getElementById('data').textContent)
const main = document.getElementById('main')
const dark = matchMedia('(prefers-color-scheme: dark)')
const palette = ['#4385dd', '#dc8633', '#2fa36a', '#b566cc', '#d25757', '#7688a0', '#c2a12c']
const plots = []

function element(name, attributes = {}, ...children) {
  const e = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value)
  e.append(...children.filter((c) => c !== null && c !== undefined))
  return e
}

// number writes three digits and sets thousands apart.
function number(v) {
  if (v === null || v === undefined || !Number.isFinite(v)) return '–'
  const a = Math.abs(v)
  if (v === 0) return '0'
  if (a >= 1000) return Math.round(v).toLocaleString('en-US')
  if (a >= 100) return v.toFixed(0)
  if (a >= 10) return v.toFixed(1)
  if (a >= 1) return v.toFixed(2)
  return a >= 0.001 ? v.toFixed(3) : v.toExponential(1)
}

function section(title, ...content) {
  main.append(element('h2', {}, title), ...content)
}

function table(head, rows) {
  const cell = (name, value, i) => {
    const isNumber = head[i].startsWith('#')
    const text = value && value.nodeType ? value : document.createTextNode(typeof value === 'number' ? number(value) : (value ?? ''))
    return element(name, isNumber ? { class: 'n' } : {}, text)
  }
  return element('div', { class: 'wide' }, element('table', {},
    element('thead', {}, element('tr', {}, ...head.map((h, i) => cell('th', h.replace('#', ''), i)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((v, i) => cell('td', v, i)))))))
}

// plot adds a chart; its options are made anew when the reader turns the lights on or off.
function plot(title, height, options) {
  const box = element('div', { class: 'plot', role: 'img', 'aria-label': title, style: `height:${height}px` })
  main.append(element('h3', {}, title), box)
  plots.push({ box, options, chart: null })
}

function style(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim() }

function draw() {
  const ink = style('--ink'), soft = style('--soft'), line = style('--line')
  for (const p of plots) {
    if (p.chart) p.chart.dispose()
    p.chart = echarts.init(p.box, null, { renderer: 'svg' })
    const axis = { axisLabel: { color: ink, fontSize: 12 }, nameTextStyle: { color: ink, fontSize: 12 }, axisLine: { lineStyle: { color: soft } }, splitLine: { lineStyle: { color: line } } }
    const o = p.options({ ink, soft, line, axis, good: style('--good'), fair: style('--fair'), bad: style('--bad') })
    p.chart.setOption({ color: palette, animation: false, textStyle: { fontFamily: 'system-ui, sans-serif', color: ink }, tooltip: { trigger: 'item' }, ...o })
  }
}
dark.addEventListener('change', draw)
addEventListener('resize', () => plots.forEach((p) => p.chart && p.chart.resize()))

// whiskers are lines from the least to the greatest value; values are [x, min, max], or [min, max, y] lying down.
function whiskers(values, color, { lying = false, name } = {}) {
  return {
    type: 'custom', name, silent: true, z: 5, tooltip: { show: false }, encode: lying ? { x: [0, 1], y: 2 } : { x: 0, y: [1, 2] }, data: values,
    renderItem: (_, api) => {
      const [a, b] = lying ? [api.coord([api.value(0), api.value(2)]), api.coord([api.value(1), api.value(2)])] : [api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)])]
      const s = { stroke: color, lineWidth: 1.5, fill: 'none' }
      const end = (p) => lying
        ? { type: 'line', shape: { x1: p[0], y1: p[1] - 4, x2: p[0], y2: p[1] + 4 }, style: s }
        : { type: 'line', shape: { x1: p[0] - 4, y1: p[1], x2: p[0] + 4, y2: p[1] }, style: s }
      return { type: 'group', children: [{ type: 'line', shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: s }, end(a), end(b)] }
    },
  }
}

function axisName(a) { return a.unit ? `${a.name} [${a.unit}]` : a.name }

// verdict of a row {less, median, floor, goal}.
function verdict(r) {
  const better = (bar) => (r.less ? r.median <= bar : r.median >= bar)
  if (!r.goal) return ''
  if (better(r.goal)) return 'goal'
  if (!r.floor) return 'below the goal'
  return better(r.floor) ? 'floor' : 'below the floor'
}

function badge(v) { return element('span', { class: { goal: 'goal', floor: 'floor' }[v] ?? (v ? 'below' : '') }, v) }

const bound = (r, v) => (v ? (r.less ? '≤ ' : '≥ ') + number(v) : '')

// goals draws rows {id, what, median, min, max, floor, goal, less} as shares of their goals.
function goals(title, rows) {
  rows = rows.filter((r) => r.goal && r.median > 0)
  if (!rows.length) return
  const share = (r, v) => (r.less ? r.goal / v : v / r.goal)
  const names = rows.map((r) => r.id).reverse()
  const back = [...rows].reverse()
  const all = rows.flatMap((r) => [share(r, r.min || r.median), share(r, r.max || r.median), r.floor ? share(r, r.floor) : 1, 1])
  const low = Math.min(...all) * 0.8, high = Math.max(...all) * 1.25
  plot(title, 110 + 34 * rows.length, (t) => ({
    grid: { left: 130, right: 30, top: 44, bottom: 56 },
    legend: { top: 6, itemWidth: 14, textStyle: { color: t.ink }, data: ['median', 'floor'], selectedMode: false },
    xAxis: { type: 'log', min: low, max: high, name: 'share of the goal (1 = reached, farther right = better)', nameLocation: 'middle', nameGap: 32, ...t.axis, axisLabel: { ...t.axis.axisLabel, formatter: number } },
    yAxis: { type: 'category', data: names, ...t.axis },
    series: [
      { name: 'median', type: 'scatter', symbolSize: 12, z: 6, data: back.map((r, i) => [share(r, r.median), i]),
        itemStyle: { color: (p) => ({ goal: t.good, floor: t.fair }[verdict(back[p.dataIndex])] ?? t.bad) },
        tooltip: { formatter: (p) => `${back[p.dataIndex].id}: ${number(back[p.dataIndex].median)} (${number(back[p.dataIndex].min)} to ${number(back[p.dataIndex].max)})` },
        markLine: { silent: true, symbol: 'none', label: { formatter: 'goal', color: t.ink, position: 'end' }, lineStyle: { color: t.good, type: 'solid', width: 2 }, data: [{ xAxis: 1 }] } },
      { name: 'floor', type: 'scatter', symbol: 'triangle', symbolRotate: -90, symbolSize: 10, itemStyle: { color: t.soft }, data: back.flatMap((r, i) => (r.floor ? [[share(r, r.floor), i]] : [])), tooltip: { formatter: 'floor' } },
      whiskers(back.map((r, i) => [share(r, r.min || r.median), share(r, r.max || r.median), i]), t.ink, { lying: true }),
    ],
  }))
}

function curve(c) {
  plot(c.title, 380, (t) => ({
    grid: { left: 76, right: 30, top: 48, bottom: 60 },
    legend: { top: 8, textStyle: { color: t.ink } },
    xAxis: { type: c.x.log ? 'log' : 'value', name: axisName(c.x), nameLocation: 'middle', nameGap: 34, ...t.axis, axisLabel: { ...t.axis.axisLabel, formatter: number } },
    yAxis: { type: c.y.log ? 'log' : 'value', name: axisName(c.y), nameLocation: 'middle', nameGap: 56, ...t.axis, axisLabel: { ...t.axis.axisLabel, formatter: number } },
    series: c.series.flatMap((s, i) => [
      { name: s.name, type: 'line', symbolSize: 8, itemStyle: { color: palette[i % palette.length] }, lineStyle: { color: palette[i % palette.length], width: 2, type: ['solid', 'dashed', 'dotted'][i % 3] }, symbol: ['circle', 'rect', 'triangle', 'diamond'][i % 4], data: s.points.map((p) => [p[0], p[1]]),
        tooltip: { formatter: (p) => `${s.name}<br>${number(p.value[0])}: ${number(p.value[1])}` } },
      whiskers(s.points.filter((p) => p[2] !== p[3]).map((p) => [p[0], p[2], p[3]]), palette[i % palette.length]),
    ]),
  }))
}

// bars draws figures of one unit beside each other, median with least and greatest.
function bars(title, unit, rows) {
  if (!rows.length) return
  const back = [...rows].reverse()
  plot(title, 90 + 30 * rows.length, (t) => ({
    grid: { left: 350, right: 40, top: 14, bottom: 50 },
    xAxis: { type: 'value', name: unit, nameLocation: 'middle', nameGap: 32, ...t.axis, axisLabel: { ...t.axis.axisLabel, formatter: number, hideOverlap: true } },
    yAxis: { type: 'category', data: back.map((r) => r.name), ...t.axis, axisLabel: { ...t.axis.axisLabel, width: 325, overflow: 'truncate' } },
    series: [
      { type: 'bar', barMaxWidth: 16, data: back.map((r) => r.median), itemStyle: { color: palette[0] }, tooltip: { formatter: (p) => `${p.name}: ${number(back[p.dataIndex].median)} (${number(back[p.dataIndex].min)} to ${number(back[p.dataIndex].max)}) ${unit}` } },
      whiskers(back.map((r, i) => [r.min, r.max, i]), t.ink, { lying: true }),
    ],
  }))
}

// latencies draws distributions of one load.
function latencies(title, all) {
  all = all.filter((l) => l.count > 0)
  if (!all.length) return
  const back = [...all].reverse()
  plot(title, 110 + 34 * all.length, (t) => ({
    grid: { left: 350, right: 40, top: 40, bottom: 50 },
    legend: { top: 6, itemWidth: 14, textStyle: { color: t.ink } },
    xAxis: { type: 'log', name: 'time [ms]', nameLocation: 'middle', nameGap: 32, ...t.axis, axisLabel: { ...t.axis.axisLabel, formatter: number } },
    yAxis: { type: 'category', data: back.map((l) => l.name), ...t.axis, axisLabel: { ...t.axis.axisLabel, width: 325, overflow: 'truncate' } },
    series: [['p50', 'p50_ms', 'circle'], ['p90', 'p90_ms', 'rect'], ['p99', 'p99_ms', 'triangle'], ['p99.9', 'p99_9_ms', 'diamond']].map(([name, key, symbol]) => (
      { name, type: 'scatter', symbol, symbolSize: 11, data: back.map((l, i) => [Math.max(l[key], 0.001), i]), tooltip: { formatter: (p) => `${back[p.dataIndex].name}<br>${name}: ${number(p.value[0])} ms` } })),
  }))
}

// bands draws one table of the queueing oracles: every quantity's mean with its 95 % half-width, beside theory.
function bands(tableOf) {
  const rows = tableOf.rows.filter((r) => r.judged && r.expected !== 0)
  if (!rows.length) return
  const labels = [...new Set(rows.map((r) => r.label))]
  const quantities = [...new Set(rows.map((r) => r.quantity))]
  plot(`${tableOf.title}: mean ÷ theory, 95 % half-width`, 420 + 2 * Math.max(...labels.map((l) => l.length)), (t) => ({
    grid: { left: 76, right: 64, top: 64, bottom: labels.length > 6 ? 40 + 5 * Math.max(...labels.map((l) => l.length)) : 50 },
    legend: { top: 8, type: 'scroll', textStyle: { color: t.ink } },
    xAxis: { type: 'category', data: labels, ...t.axis, axisLabel: { ...t.axis.axisLabel, rotate: labels.length > 6 ? 40 : 0, hideOverlap: true } },
    yAxis: { type: 'value', name: 'deviation from theory [%]', nameLocation: 'middle', nameGap: 50, ...t.axis },
    series: quantities.flatMap((q, i) => {
      const of = rows.filter((r) => r.quantity === q)
      const shift = (r) => labels.indexOf(r.label)
      const percent = (v, r) => 100 * (v / r.expected - 1)
      return [
        { name: q, type: 'scatter', symbolSize: 8, itemStyle: { color: palette[i % palette.length] }, symbol: ['circle', 'rect', 'triangle', 'diamond'][i % 4], data: of.map((r) => [shift(r), percent(r.mean, r)]),
          tooltip: { formatter: (p) => { const r = of[p.dataIndex]; return `${r.label}<br>${q}: ${number(r.mean)} ± ${number(r.half_width)}, theory ${number(r.expected)}, z ${number(r.z)}` } },
          ...(i === 0 ? { markLine: { silent: true, symbol: 'none', label: { formatter: 'theory', color: t.ink }, lineStyle: { color: t.ink, type: 'solid' }, data: [{ yAxis: 0 }] } } : {}) },
        whiskers(of.map((r) => [shift(r), percent(r.mean - r.half_width, r), percent(r.mean + r.half_width, r)]), palette[i % palette.length]),
      ]
    }),
  }))
}

function facts(m) {
  const all = [
    ['commit', m.commit], ['Go', m.go], ['system', `${m.system}, ${m.cpus} CPUs, GOMAXPROCS ${m.gomaxprocs}`], ['load average, before', m.load_average_before],
    ['load average, after', m.load_average_after], ['fsync of 4 KiB', `p50 ${number(m.sync_p50_ms)} ms, p99 ${number(m.sync_p99_ms)} ms`], ['CPU of the harness', `${number(m.cpu_seconds_harness)} s`],
  ]
  return element('div', { class: 'facts' }, ...all.map(([k, v]) => element('div', {}, element('span', {}, k), element('b', {}, String(v)))))
}

const run = data.run
document.title = `switchyard-bench: ${run.profile}, ${run.began.slice(0, 16).replace('T', ' ')}`
document.getElementById('about').textContent = `Profile ${run.profile} (${run.summary}), ${run.began.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(run.took_seconds)} s.`
main.append(facts(run.machine), element('pre', {}, run.command ?? ''))

const ratioRows = (run.ratios ?? []).map((r) => ({ ...r, id: r.id ?? '', less: !!r.less_is_better }))
section('Ratios', element('p', { class: 'note' }, 'Ceiling and system were measured in turns; each value is the median of the ratios of the pairs, with the least and the greatest. A release never falls below the floor.'),
  table(['goal', 'quantity', 'formula', '#median', '#min', '#max', '#floor', '#goal ', 'verdict', 'load'],
    ratioRows.map((r) => [r.id, r.quantity, r.formula, r.median, r.min, r.max, bound(r, r.floor), bound(r, r.goal), badge(verdict(r)), r.load])))
goals('Where the goals stand', ratioRows.filter((r) => r.id))

if (run.curves?.length) {
  section('Curves')
  run.curves.forEach(curve)
}

section('Loads')
for (const l of run.loads ?? []) {
  main.append(element('h3', {}, l.name), element('p', {}, l.says))
  if (l.failed) main.append(element('p', { class: 'below' }, `Failed: ${l.failed}`))
  if (l.figures?.length) main.append(table(['figure', 'unit', '#median', '#min', '#max', '#n'], l.figures.map((f) => [f.name, f.unit, f.median, f.min, f.max, String(f.values?.length ?? 0)])))
  latencies(`${l.name}: times`, l.latencies ?? [])
}

if (run.ceilings?.length) {
  section('Ceilings', element('p', { class: 'note' }, 'What bare parts do on this machine, at this time.'))
  main.append(table(['part', 'unit', '#median', '#min', '#max', '#n'], run.ceilings.map((f) => [f.name, f.unit, f.median, f.min, f.max, String(f.values?.length ?? 0)])))
  for (const unit of [...new Set(run.ceilings.map((f) => f.unit))]) {
    const of = run.ceilings.filter((f) => f.unit === unit)
    if (of.length > 1) bars(`Ceilings in ${unit}`, unit, of)
  }
}

if (data.oracle) {
  const o = data.oracle
  section('Queueing', element('p', {}, `${o.seeds} seeds, ${number(o.arrivals)} arrivals each: ${o.judged} quantities compared with theory, ${o.beyond} outside |z| ≤ ${o.bound}; the largest |z| is ${number(o.worst_z)} (${o.worst_at}). Little's law: ${o.little?.failed ?? 0} of ${o.little?.runs ?? 0} runs fail; conservation: ${o.conservation?.failed ?? 0} of ${o.conservation?.runs ?? 0}.`))
  for (const t of o.tables ?? []) bands(t)
}

if (data.scale) {
  const rows = (data.scale.figures ?? []).map((f) => {
    const v = f.ratio ?? f.value
    return { id: f.goal, what: f.what, unit: f.ratio ? '' : f.unit, median: v.median, min: v.min, max: v.max, floor: f.floor, goal: f.best, less: f.less, note: f.note }
  })
  section('Scale', element('p', { class: 'note' }, `switchyard-bench scale: ${number(data.scale.rooms)} rooms, ${number(data.scale.agents)} agents, commit ${data.scale.machine?.commit ?? ''}.`),
    table(['goal', 'what', 'unit', '#median', '#min', '#max', '#floor', '#goal ', 'verdict'], rows.map((r) => [r.id, r.what, r.unit || 'ratio', r.median, r.min, r.max, bound(r, r.floor), bound(r, r.goal), badge(verdict(r))])))
  goals('Where the goals of scale stand', rows)
}

if (data.versus) {
  const v = data.versus
  const summed = (v.contenders ?? []).filter((c) => c.steady?.length).map((c) => {
    const all = c.steady.map((r) => r.rooms_per_second).sort((a, b) => a - b)
    return { name: c.name, median: all[Math.floor(all.length / 2)], min: all[0], max: all[all.length - 1] }
  })
  section('Beside what a team would otherwise use', element('p', { class: 'note' }, 'Each does the same durable work: room created, assigned, seen by the agent, closed.'))
  bars('Rooms assigned and closed', 'rooms/s', summed)
}

draw()
