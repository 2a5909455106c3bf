// One chart: drawn from an option, drawn anew with the scheme and the size, saved as a picture. The table beside it says the same.

import type { EChartsType } from 'echarts/core';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../text';
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
  /** What the chart shows, for those who do not see it. */
  label: string;
  height: number;
  /** Changes with what is shown. */
  of: unknown;
  option(p: Palette): object;
  /** The library's instance, for what goes beyond: highlighting from a list. */
  ready?(chart: EChartsType): void;
}

export function Chart(p: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | undefined>(undefined);
  const failed = useSignal(false);
  const option = useRef(p.option);
  option.current = p.option;
  useEffect(() => {
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
          c.setOption({ animation: false, textStyle: { fontFamily: font, color: colours.ink }, color: colours.series, ...option.current(colours) }, true);
        };
        draw();
        p.ready?.(c);
        const size = new ResizeObserver(() => c.resize());
        size.observe(e);
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        scheme.addEventListener('change', draw);
        const choice = new MutationObserver(draw);
        choice.observe(document.documentElement, { attributeFilter: ['data-theme'] });
        stop = () => {
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
  return (
    <figure class="chart" id={p.id}>
      <div class="chart-box" role="img" aria-label={p.label} ref={box} style={{ height: `${p.height}px` }} />
      {failed.value && <p class="none">{t('manager.chart.failed')}</p>}
      <button class="button small quiet save" type="button" title={t('manager.chart.save')} aria-label={`${p.label}: ${t('manager.chart.save')}`} onClick={() => chart.current && box.current && void save(chart.current, box.current, p.id)}>
        <Icon name="image" size={16} />
      </button>
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

/** A list or a line of figures as bars; with many of them it can be zoomed. */
export function bars(p: Palette, names: string[], series: { name: string; values: (number | null)[]; loss?: boolean }[], o: { stack?: boolean; line?: boolean; format?(v: number): string } = {}): object {
  const many = names.length > 31;
  const format = o.format ?? ((v: number) => String(v));
  return {
    grid: { left: 8, right: 16, top: series.length > 1 ? 36 : 16, bottom: many ? 44 : 8, containLabel: true },
    ...(series.length > 1 ? { legend: { top: 0, textStyle: { color: p.ink }, data: series.map((s) => s.name) } } : {}),
    tooltip: { trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: p.surface, borderColor: p.line, textStyle: { color: p.ink }, axisPointer: { type: o.line ? 'line' : 'shadow' }, valueFormatter: (v: unknown) => (typeof v === 'number' ? format(v) : '-') },
    xAxis: { type: 'category', data: names, axisLine: { lineStyle: { color: p.line } }, axisTick: { show: false }, axisLabel: { color: p.muted, hideOverlap: true, width: 110, overflow: 'truncate' } },
    yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: p.line } }, axisLabel: { color: p.muted, formatter: format } },
    ...(many ? { dataZoom: [{ type: 'inside' }, { type: 'slider', height: 18, bottom: 8, borderColor: p.line, textStyle: { color: p.muted } }] } : {}),
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
