import { expect, test } from 'vitest';
import { findTemplates, placeAfter, queryAt } from './templates';

test.each([
  ['/', 1, { query: '', from: 0 }],
  ['/ㅂㅅ', 3, { query: 'ㅂㅅ', from: 0 }],
  ['첫 줄\n/배송', 7, { query: '배송', from: 4 }],
  ['/배송\n둘째 줄', 3, { query: '배송', from: 0 }],
  ['10/20', 5, undefined], // only at the start of a line
  ['/배송 안내', 3, undefined], // and only on one that holds nothing else
  ['//', 2, undefined],
  ['/배송', 0, undefined], // the caret is before it
])('%j at %d', (text, caret, found) => expect(queryAt(text, caret)).toEqual(found));

const all = [
  { id: 't_1', type: 'TEXT' as const, title: '교환 안내', text: '배송비는 왕복입니다' },
  { id: 't_2', type: 'TEXT' as const, title: '배송 안내', text: '내일 도착합니다' },
  { id: 't_3', type: 'TEXT' as const, title: '끝인사', text: '감사합니다' },
];
test('titles before texts, initials as well as words', () => {
  expect(findTemplates(all, 'ㅂㅅ').map((x) => x.id)).toEqual(['t_2', 't_1']);
  expect(findTemplates(all, '').length).toBe(3);
  expect(findTemplates(all, 'ㅎㅎㅎ')).toEqual([]);
});

test('the places that a template left open, one after the other', () => {
  const text = '운송장 [번호], 도착 [날짜]';
  expect(placeAfter(text, 0)).toEqual([4, 8]);
  expect(placeAfter(text, 8)).toEqual([13, 17]);
  expect(placeAfter(text, 17)).toBeUndefined();
  expect(placeAfter('[줄을\n넘는]', 0)).toBeUndefined();
});
