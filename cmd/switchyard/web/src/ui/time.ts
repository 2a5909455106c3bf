import { language } from '../text';

/** Hours and minutes, in the reader's zone. */
export function clock(at: string | number): string {
  return new Intl.DateTimeFormat(language(), { hour: 'numeric', minute: '2-digit' }).format(new Date(at));
}

/** The whole moment, for a tooltip. */
export function moment(at: string | number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));
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
  return new Intl.DateTimeFormat(language(), { dateStyle: 'full' }).format(new Date(at));
}
