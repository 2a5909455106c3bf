import { expect, test } from 'vitest';
import { find, matches } from './hangul';

test.each([
  ['ㅂㅅ', '배송 안내', true],
  ['ㅂㅅ', '안내: 배송', true],
  ['ㅂㅅㅇㄴ', '배송 안내', true], // spaces do not count
  ['배ㅅ', '배송', true],
  ['배소', '배송', true], // 송 on its way
  ['배소안', '배송안내', false], // only the last syllable may still grow
  ['ㅆ', '상품', false], // a doubled consonant is another
  ['ㅅㅂ', '배송', false],
  ['VIP', '우수 vip 고객', true],
  ['', '무엇이든', true],
  ['배송배송', '배송', false],
])('%s in %s: %s', (query, text, fits) => expect(matches(query, text)).toBe(fits));

test('the place where it begins orders what is found', () => expect([find('ㅂ', '배송'), find('ㅂ', '교환 배송')]).toEqual([0, 2]));
