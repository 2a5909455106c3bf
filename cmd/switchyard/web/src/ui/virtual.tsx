// A list of which only what is seen is in the page: 10,000 rows cost what 20 do.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

const BEYOND = 6; // rows above and below what is seen

export interface VirtualProps<T> {
  items: readonly T[];
  height: number; // of a row, in pixels
  id(item: T): string;
  label: string;
  /** The row that must be seen; it is scrolled to when it changes. */
  current?: string;
  children(item: T, index: number): ComponentChildren;
}

export function Virtual<T>(p: VirtualProps<T>) {
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
  useEffect(() => {
    const i = p.items.findIndex((x) => p.id(x) === p.current);
    const e = box.current;
    if (i < 0 || !e) return;
    if (i * p.height < e.scrollTop) e.scrollTop = i * p.height;
    else if ((i + 1) * p.height > e.scrollTop + e.clientHeight) e.scrollTop = (i + 1) * p.height - e.clientHeight;
  }, [p.current]);
  const first = Math.max(0, Math.floor(top.value / p.height) - BEYOND);
  const last = Math.min(p.items.length, Math.ceil((top.value + room.value) / p.height) + BEYOND);
  return (
    <div class="virtual" ref={box} onScroll={(e) => (top.value = e.currentTarget.scrollTop)}>
      <ul aria-label={p.label} style={{ height: `${p.items.length * p.height}px` }}>
        {p.items.slice(first, last).map((item, n) => (
          <li key={p.id(item)} aria-setsize={p.items.length} aria-posinset={first + n + 1} style={{ transform: `translateY(${(first + n) * p.height}px)`, height: `${p.height}px` }}>
            {p.children(item, first + n)}
          </li>
        ))}
      </ul>
    </div>
  );
}
