// A bar between two columns: dragged, or moved with the arrow keys.

export function Split(p: { id: string; label: string; value: number; least: number; most: number; side: 'start' | 'end'; change(width: number): void }) {
  const set = (w: number) => p.change(Math.round(Math.min(p.most, Math.max(p.least, w))));
  return (
    <div
      class="split"
      id={p.id}
      role="separator"
      aria-orientation="vertical"
      aria-label={p.label}
      aria-valuenow={p.value}
      aria-valuemin={p.least}
      aria-valuemax={p.most}
      tabIndex={0}
      onPointerDown={(e) => {
        const bar = e.currentTarget;
        const from = e.clientX;
        const width = p.value;
        bar.setPointerCapture(e.pointerId);
        const move = (m: PointerEvent) => set(width + (m.clientX - from) * (p.side === 'start' ? 1 : -1));
        const up = () => {
          bar.removeEventListener('pointermove', move);
          bar.removeEventListener('pointerup', up);
          bar.removeEventListener('pointercancel', up);
        };
        bar.addEventListener('pointermove', move);
        bar.addEventListener('pointerup', up);
        bar.addEventListener('pointercancel', up);
        e.preventDefault();
      }}
      onKeyDown={(e) => {
        const step = e.shiftKey ? 64 : 16;
        if (e.key === 'ArrowLeft') set(p.value + (p.side === 'start' ? -step : step));
        else if (e.key === 'ArrowRight') set(p.value + (p.side === 'start' ? step : -step));
        else if (e.key === 'Home') set(p.least);
        else if (e.key === 'End') set(p.most);
        else return;
        e.preventDefault();
      }}
    />
  );
}
