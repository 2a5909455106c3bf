import { afterEach, expect, test } from 'vitest';
import { daysOf } from '../manager/filters';
import { dayOf, moment, setZone } from './time';
import { whole } from './zone';

afterEach(() => setZone(undefined));

test('days and times are those of the zone that was set, on both sides of midnight', () => {
  const at = Date.UTC(2026, 10, 20, 15, 30);
  setZone('Asia/Seoul');
  expect(dayOf(at)).toBe('2026-11-21');
  expect(moment(at)).toContain('12:30:00');
  setZone('America/Los_Angeles');
  expect(dayOf(at)).toBe('2026-11-20');
});

test('a tooltip says the zone where it is not the reader\'s', () => {
  const at = Date.UTC(2026, 10, 20, 15, 30);
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const other = own === 'Asia/Seoul' ? 'America/Los_Angeles' : 'Asia/Seoul';
  setZone(other);
  expect(whole(at)).toBe(`${moment(at)} (${other})`);
  setZone(own);
  expect(whole(at)).toBe(moment(at));
});

test('a period counts days of the calendar, also where a clock is put forward or back (domain 16.3, 16.4)', () => {
  setZone('America/New_York');
  const at = Date.UTC(2026, 2, 9, 4, 30); // half past midnight of the day after the change
  expect(daysOf('today', {}, at)).toEqual({ from: '2026-03-09', to: '2026-03-09' });
  expect(daysOf('yesterday', {}, at)).toEqual({ from: '2026-03-08', to: '2026-03-08' });
  expect(daysOf('week', {}, at)).toEqual({ from: '2026-03-03', to: '2026-03-09' });
  expect(daysOf('month', {}, at)).toEqual({ from: '2026-02-07', to: '2026-03-09' });
  expect(daysOf('this-month', {}, at)).toEqual({ from: '2026-03-01', to: '2026-03-09' });
  expect(daysOf('year', {}, at)).toEqual({ from: '2025-03-09', to: '2026-03-09' });
  expect(daysOf('custom', { from: '2026-01-01', to: '2026-01-31' }, at)).toEqual({ from: '2026-01-01', to: '2026-01-31' });
  expect(daysOf('custom', { from: '2026-01-01' }, at)).toBeUndefined();
  expect(daysOf('any', {}, at)).toBeUndefined();
});
