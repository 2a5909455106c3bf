import { language } from '../text';

let zone: string | undefined;
/** The zone in which times are shown from now on; undefined is the reader's own. */
export function setZone(name: string | undefined): void {
  zone = name;
}
export const zoneSet = (): string | undefined => zone;
const format = (o: Intl.DateTimeFormatOptions, l: string = language()) => new Intl.DateTimeFormat(l, zone ? { ...o, timeZone: zone } : o);

/** Hours and minutes. */
export function clock(at: string | number): string {
  return format({ hour: 'numeric', minute: '2-digit' }).format(new Date(at));
}

/** The day as it is written on the wire: 2026-11-20. */
export function dayOf(at: number): string {
  const part = Object.fromEntries(format({ year: 'numeric', month: '2-digit', day: '2-digit' }, 'en').formatToParts(new Date(at)).map((p) => [p.type, p.value]));
  return `${part['year']}-${part['month']}-${part['day']}`;
}

/** The whole moment. */
export function moment(at: string | number): string {
  return format({ dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));
}

/** A span that ticks: 0:42, 12:03, 1:02:03. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const h = Math.floor(s / 3600);
  return h > 0 ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** The day, as a heading between messages. */
export function day(at: string | number): string {
  return format({ dateStyle: 'full' }).format(new Date(at));
}
