// Searching Korean by initial consonants: ㅂㅅ finds 배송, 배ㅅ too, and a syllable that is still being typed finds
// what it may become.

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const FIRST = 0xac00;
const LAST = 0xd7a3;
const PER_INITIAL = 588; // 21 vowels × 28 finals
const FINALS = 28;

const syllable = (c: number) => c >= FIRST && c <= LAST;
const initial = (c: number) => INITIALS[Math.floor((c - FIRST) / PER_INITIAL)]!;

/** Whether one character of a query may stand for one of a text; last: it may still be composing. */
function fits(query: string, text: string, last: boolean): boolean {
  if (query === text) return true;
  const q = query.charCodeAt(0);
  const t = text.charCodeAt(0);
  if (!syllable(t)) return false;
  if (INITIALS.includes(query)) return initial(t) === query;
  // 배 on its way to 백: the same initial and vowel, and no final yet.
  return last && syllable(q) && (q - FIRST) % FINALS === 0 && Math.floor((q - FIRST) / FINALS) === Math.floor((t - FIRST) / FINALS);
}

const plain = (s: string) => s.toLowerCase().replace(/\s+/g, '');

/** Where in the text the query begins, or -1; spaces and case do not count. An empty query fits everything. */
export function find(query: string, text: string): number {
  const q = [...plain(query)];
  const t = [...plain(text)];
  for (let i = 0; i + q.length <= t.length; i++) {
    if (q.every((c, n) => fits(c, t[i + n]!, n === q.length - 1))) return i;
  }
  return -1;
}

export const matches = (query: string, text: string) => find(query, text) >= 0;
