// Clock times of the site's zone.

import { moment, zoneSet } from './time';

const ownZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone in which times are shown. */
export const shownZone = (): string => zoneSet() ?? ownZone();

/** The same where it is not the reader's; else nothing. */
export const otherZone = (): string => (shownZone() === ownZone() ? '' : shownZone());

/** The whole moment for a tooltip; in which zone it is, where that is not the reader's. */
export function whole(at: string | number): string {
  const z = otherZone();
  return z ? `${moment(at)} (${z})` : moment(at);
}

/** The instant that a zone's clock shows as `local` (2026-12-25T10:00). */
export function instantIn(zone: string, local: string): Date {
  const wanted = Date.parse(`${local}Z`);
  const shown = (at: number) => {
    const part = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).formatToParts(at).map((p) => [p.type, p.value]));
    return Date.parse(`${part['year']}-${part['month']}-${part['day']}T${part['hour']}:${part['minute']}:${part['second']}Z`);
  };
  let at = wanted;
  for (let i = 0; i < 3; i++) at += wanted - shown(at);
  return new Date(at);
}

export function localIn(zone: string, at: Date | string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(new Date(at)).replace(' ', 'T');
}
