// One chart: drawn from an option, drawn anew with the scheme and the size, zoomed and moved, saved as a picture. The table beside it says the same.

import type { EChartsType } from 'echarts/core';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { language, t } from '../../text';
import { Icon } from '../../ui/parts';

export interface Palette {
  ink: string;
  muted: string;
  line: string;
  surface: string;
  series: string[];
  /** For what ended badly; it also has a pattern. */
  loss: string;
}

const NAMES = { ink: '--ink', muted: '--muted', line: '--line', surface: '--surface', loss: '--chart-loss' } as const;
const SERIES = 6;

/** The colours as they are now: light-dark() is the browser's to resolve. */
function palette(at: HTMLElement): Palette {
  const probe = document.createElement('i');
  at.append(probe);
  const of = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(Object.entries(NAMES).map(([k, v]) => [k, of(v)]));
  const series = Array.from({ length: SERIES }, (_, i) => of(`--chart-${i + 1}`));
  probe.remove();
  return { ...(colours as unknown as Palette), series };
}

export interface ChartProps {
  id: string;
  /** What the chart shows: its heading, and its name for those who do not see it. */
  title: string;
  /** More than the heading says, for those who do not see the chart. */
  label?: string;
  /** Below the heading. */
  hint?: ComponentChildren;
  height: number;
  /** There is nothing to draw: it is said in words. */
  none?: boolean;
  /** Changes with what is shown. */
  of: unknown;
  option(p: Palette): object;
  /** The library's instance, each time that one was made: for what goes beyond, as highlighting from a list. */
  ready?(chart: EChartsType): void;
}

const STEP = 1.5; // of one press on a zoom button
const MOVE = 60; // pixels of one press on an arrow key
export const ZOOM_MOST = 12;

/** How far a chart is zoomed in; 1 = all of it is seen. Bars have a window of their names, a flow has a scale. */
function zoomOf(c: EChartsType): number {
  const o = c.getOption() as { dataZoom?: { start: number; end: number }[]; series?: { type: string; zoom?: number }[] };
  if (o.series?.[0]?.type === 'sankey') return o.series[0].zoom ?? 1;
  const z = o.dataZoom?.[0];
  return z ? 100 / Math.max(0.1, z.end - z.start) : 1;
}

function zoomBy(c: EChartsType, factor: number): void {
  const o = c.getOption() as { dataZoom?: { start: number; end: number }[]; series?: { type: string }[] };
  if (o.series?.[0]?.type === 'sankey') {
    c.dispatchAction({ type: 'sankeyRoam', seriesIndex: 0, zoom: factor, originX: c.getWidth() / 2, originY: c.getHeight() / 2 });
    return;
  }
  const z = o.dataZoom?.[0];
  if (!z) return;
  const middle = (z.start + z.end) / 2;
  const half = Math.min(100, (z.end - z.start) / factor) / 2;
  const start = Math.max(0, Math.min(middle - half, 100 - 2 * half));
  c.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, start, end: start + 2 * half });
}

/** By pixels, to where an arrow points; bars only go sideways. */
function moveBy(c: EChartsType, x: number, y: number): void {
  const o = c.getOption() as { dataZoom?: { start: number; end: number }[]; series?: { type: string }[] };
  if (o.series?.[0]?.type === 'sankey') {
    c.dispatchAction({ type: 'sankeyRoam', seriesIndex: 0, dx: -x, dy: -y });
    return;
  }
  const z = o.dataZoom?.[0];
  if (!z) return;
  const span = z.end - z.start;
  const start = Math.max(0, Math.min(z.start + (x / c.getWidth()) * span, 100 - span));
  c.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, start, end: start + span });
}

export function Chart(p: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | undefined>(undefined);
  const redraw = useRef(() => {});
  const failed = useSignal(false);
  const zoom = useSignal(1);
  const moved = useSignal(false);
  const latest = useRef(p);
  latest.current = p;
  useEffect(() => {
    if (p.none) return;
    let over = false;
    let stop = () => {};
    import('./charts').then(
      ({ init }) => {
        const e = box.current;
        if (over || !e) return;
        const c = init(e, null, { renderer: 'svg' });
        chart.current = c;
        // By name, because text is measured on a canvas, which inherits nothing; double quotes would end an attribute of the picture.
        const font = getComputedStyle(e).fontFamily.replaceAll('"', "'");
        const draw = () => {
          const colours = palette(e);
          c.setOption({ animation: false, textStyle: { fontFamily: font, color: colours.ink }, color: colours.series, ...latest.current.option(colours) }, true);
          [zoom.value, moved.value] = [1, false];
          latest.current.ready?.(c);
        };
        redraw.current = draw;
        draw();
        for (const name of ['sankeyRoam', 'dataZoom'])
          c.on(name, () => {
            zoom.value = zoomOf(c);
            moved.value = true;
          });
        // The wheel alone scrolls the page, as everywhere; with Ctrl, and by two fingers on a pad, it zooms.
        const wheel = (w: WheelEvent) => {
          if (!w.ctrlKey && !w.metaKey) w.stopPropagation();
        };
        e.addEventListener('wheel', wheel, { capture: true });
        const size = new ResizeObserver(() => c.resize());
        size.observe(e);
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        scheme.addEventListener('change', draw);
        const choice = new MutationObserver(draw);
        choice.observe(document.documentElement, { attributeFilter: ['data-theme'] });
        stop = () => {
          e.removeEventListener('wheel', wheel, { capture: true });
          size.disconnect();
          scheme.removeEventListener('change', draw);
          choice.disconnect();
          c.dispose();
        };
      },
      () => (failed.value = true),
    );
    return () => {
      over = true;
      stop();
    };
  }, [p.of]);
  const keys = (e: KeyboardEvent) => {
    const c = chart.current;
    if (!c || e.ctrlKey || e.metaKey || e.altKey) return;
    const acts: Record<string, () => void> = {
      '+': () => zoomBy(c, STEP),
      '=': () => zoomBy(c, STEP),
      '-': () => zoomBy(c, 1 / STEP),
      '0': () => redraw.current(),
      ArrowLeft: () => moveBy(c, -MOVE, 0),
      ArrowRight: () => moveBy(c, MOVE, 0),
      ArrowUp: () => moveBy(c, 0, -MOVE),
      ArrowDown: () => moveBy(c, 0, MOVE),
    };
    const act = acts[e.key];
    if (!act || (zoom.value <= 1 && !moved.value && e.key.startsWith('Arrow'))) return; // arrows scroll the page where nothing is hidden
    e.preventDefault();
    act();
  };
  const tool = (name: 'zoomin' | 'zoomout' | 'reset' | 'image', text: string, act: (c: EChartsType) => void, off = false) => (
    <button class={`button small quiet tool ${name}`} type="button" title={text} aria-label={`${p.title}: ${text}`} aria-disabled={off} onClick={() => !off && chart.current && act(chart.current)}>
      <Icon name={name} size={16} />
    </button>
  );
  if (p.none)
    return (
      <figure class="chart" id={p.id}>
        <figcaption class="chart-head">
          <h2 id={`${p.id}-title`}>{p.title}</h2>
        </figcaption>
        <p class="nothing">{t('manager.report.none')}</p>
      </figure>
    );
  return (
    <figure class="chart" id={p.id} onKeyDown={keys}>
      <figcaption class="chart-head">
        <h2 id={`${p.id}-title`}>{p.title}</h2>
        {p.hint && <p class="hint">{p.hint}</p>}
        <span class="spring" />
        <span class="tools" role="group" aria-label={`${p.title}: ${t('manager.chart.tools')}`}>
          {tool('zoomin', t('manager.chart.zoomin'), (c) => zoomBy(c, STEP))}
          {tool('zoomout', t('manager.chart.zoomout'), (c) => zoomBy(c, 1 / STEP), zoom.value <= 1.001)}
          {tool('reset', t('manager.chart.reset'), () => redraw.current(), zoom.value <= 1.001 && !moved.value)}
          {tool('image', t('manager.chart.save'), (c) => box.current && void save(c, box.current, p.id))}
        </span>
      </figcaption>
      <div class="chart-box" role="img" tabIndex={0} aria-label={`${p.label ?? p.title}. ${t('manager.chart.keys')}`} ref={box} style={{ height: `${p.height}px` }} data-zoom={zoom.value.toFixed(2)} />
      {failed.value && <p class="none">{t('manager.chart.failed')}</p>}
    </figure>
  );
}

/** The chart as a PNG of twice its size. */
async function save(chart: EChartsType, box: HTMLElement, name: string): Promise<void> {
  const picture = new Image();
  picture.src = chart.getDataURL({ type: 'svg', backgroundColor: palette(box).surface });
  await picture.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [box.clientWidth * 2, box.clientHeight * 2];
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const content = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!content) return;
  const a = document.createElement('a');
  a.href = URL.createObjectURL(content);
  a.download = `${name}.png`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

/** A list or a line of figures as bars, with what they count at the axis; with many of them there is a slider for the part that is seen. */
export function bars(p: Palette, names: string[], series: { name: string; values: (number | null)[]; loss?: boolean }[], o: { unit: string; stack?: boolean; line?: boolean; format?(v: number): string }): object {
  const many = names.length > 31;
  const format = o.format ?? ((v: number) => new Intl.NumberFormat(language()).format(v));
  const legend = series.length > 1;
  return {
    grid: { left: 8, right: 16, top: legend ? 56 : 32, bottom: many ? 44 : 8, containLabel: true },
    ...(legend ? { legend: { top: 0, right: 8, textStyle: { color: p.ink }, data: series.map((s) => s.name) } } : {}),
    tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: p.surface, borderColor: p.line, textStyle: { color: p.ink }, axisPointer: { type: o.line ? 'line' : 'shadow' }, valueFormatter: (v: unknown) => (typeof v === 'number' ? format(v) : '-') },
    xAxis: { type: 'category', data: names, axisLine: { lineStyle: { color: p.line } }, axisTick: { show: false }, axisLabel: { color: p.muted, hideOverlap: true, width: 110, overflow: 'truncate' } },
    yAxis: { type: 'value', name: o.unit, nameGap: 12, nameTextStyle: { color: p.muted, align: 'left' }, minInterval: 1, splitLine: { lineStyle: { color: p.line } }, axisLabel: { color: p.muted, formatter: format } },
    dataZoom: [{ type: 'inside', minValueSpan: 1 }, ...(many ? [{ type: 'slider', minValueSpan: 1, height: 18, bottom: 8, borderColor: p.line, textStyle: { color: p.muted } }] : [])],
    series: series.map((s) => ({
      name: s.name,
      type: o.line ? 'line' : 'bar',
      data: s.values,
      barMaxWidth: 44,
      symbolSize: 6,
      ...(o.stack ? { stack: 'all' } : {}),
      ...(s.loss ? { itemStyle: { color: p.loss, decal: { symbol: 'rect', color: p.surface, dashArrayX: [1, 0], dashArrayY: [3, 5], rotation: -0.7 } } } : { itemStyle: { borderRadius: o.line || o.stack ? 0 : [4, 4, 0, 0] } }),
    })),
  };
}
