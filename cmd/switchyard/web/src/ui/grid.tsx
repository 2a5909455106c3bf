// A table of which only what is seen is in the page: 10,000 rows cost what 20 do. Its head stays; rows are links or buttons.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

const BEYOND = 8; // rows above and below what is seen
const NEAR = 40; // rows before the end at which more is asked for

export interface Column<T> {
  id: string;
  head: ComponentChildren;
  /** A track of grid-template-columns. */
  width: string;
  /** Figures stand at the end of their column. */
  end?: boolean;
  cell(item: T): ComponentChildren;
}

export interface GridProps<T> {
  label: string;
  columns: Column<T>[];
  items: readonly T[];
  /** Of a row, in pixels. */
  height: number;
  id(item: T): string;
  /** Where a press on the row leads; the first column carries the link. */
  href?(item: T): string;
  current?: string | undefined;
  /** How many rows there are in all, as far as is known. */
  total?: number;
  /** The end comes near. */
  more?(): void;
  /** What stands there without rows. */
  none?: ComponentChildren;
}

export function Grid<T>(p: GridProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const room = useSignal(600);
  useLayoutEffect(() => {
    const e = box.current!;
    const seen = new ResizeObserver(() => (room.value = e.clientHeight));
    seen.observe(e);
    room.value = e.clientHeight;
    return () => seen.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(top.value / p.height) - BEYOND);
  const last = Math.min(p.items.length, Math.ceil((top.value + room.value) / p.height) + BEYOND);
  const near = last > p.items.length - NEAR;
  useEffect(() => {
    if (near) p.more?.();
  }, [near, p.items.length]);
  const tracks = { gridTemplateColumns: p.columns.map((c) => c.width).join(' ') };
  return (
    <div class="grid" role="table" aria-label={p.label} aria-rowcount={(p.total ?? p.items.length) + 1} ref={box} tabIndex={0} onScroll={(e) => (top.value = e.currentTarget.scrollTop)}>
      <div class="grid-head" role="rowgroup">
        <div class="grid-row" role="row" aria-rowindex={1} style={tracks}>
          {p.columns.map((c) => (
            <div key={c.id} role="columnheader" class={c.end ? 'end' : ''}>
              {c.head}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup">
        {p.items.length === 0 && p.none !== undefined && (
          <div role="row">
            <div role="cell" class="none">
              {p.none}
            </div>
          </div>
        )}
        <div role="presentation" class="grid-space" style={{ height: `${p.items.length * p.height}px` }}>
          {p.items.slice(first, last).map((item, n) => {
            const id = p.id(item);
            return (
              <div key={id} role="row" aria-rowindex={first + n + 2} data-row={id} class={`grid-row${p.current === id ? ' current' : ''}`} style={{ ...tracks, height: `${p.height}px`, transform: `translateY(${(first + n) * p.height}px)` }}>
                {p.columns.map((c, i) => (
                  <div key={c.id} role="cell" class={c.end ? 'end' : ''}>
                    {i === 0 && p.href ? (
                      <a class="cover" href={p.href(item)} {...(p.current === id ? { 'aria-current': 'true' as const } : {})}>
                        {c.cell(item)}
                      </a>
                    ) : (
                      c.cell(item)
                    )}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
