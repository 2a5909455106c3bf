import { expect, test } from 'vitest';
import { type Command, allCommands, offerCommands, paletteOpened, rank } from './commands';

const command = (id: string, group: string, title: string, detail?: string): Command => ({ id, group, title, ...(detail ? { detail } : {}), run: () => {} });
const all = [command('want-online', '내 상태', '온라인'), command('want-break', '내 상태', '휴식'), command('tab-waiting', '이동', '대기'), command('room-1', '상담', '김고객', '배송이 늦어요'), command('setting-wait', '설정', '휴식 뒤 대기')];
const ids = (q: string) => rank(all, q).map((c) => c.id);

test('an empty query offers everything as it was offered', () => {
  expect(ids('  ')).toEqual(all.map((c) => c.id));
});

test('initial consonants, a syllable that is still being written, several words, other letters', () => {
  expect(ids('ㅇㄹㅇ')).toEqual(['want-online']);
  expect(ids('휴시')).toEqual(['want-break', 'setting-wait']);
  expect(ids('상태 휴식')).toEqual(['want-break']);
  expect(ids('ㅅㅌ')).toEqual(['want-online', 'want-break']);
  expect(ids('want')).toEqual(['want-online', 'want-break']);
  expect(ids('없는것')).toEqual([]);
});

test('the beginning of a title counts most, what stands elsewhere least', () => {
  expect(ids('대기')).toEqual(['tab-waiting', 'setting-wait']);
  expect(ids('배송')).toEqual(['room-1']);
  expect(rank(all, '', 2)).toHaveLength(2);
});

test('sources come in the order of their names, are asked when it opens, and go', () => {
  let asked = 0;
  const first = offerCommands('first', { commands: () => [all[0]!], opened: () => asked++ });
  const second = offerCommands('second', { commands: () => [all[1]!] });
  expect(allCommands().map((c) => c.id)).toEqual(['want-online', 'want-break']);
  paletteOpened();
  expect(asked).toBe(1);
  const again = offerCommands('first', { commands: () => [all[2]!] }); // drawn anew: it keeps its place
  first(); // the one before takes nothing of the new one away
  expect(allCommands().map((c) => c.id)).toEqual(['tab-waiting', 'want-break']);
  again();
  const early = offerCommands('third', { commands: () => [all[3]!], order: -1 });
  expect(allCommands().map((c) => c.id)).toEqual(['room-1', 'want-break']);
  early();
  second();
  expect(allCommands()).toEqual([]);
});
