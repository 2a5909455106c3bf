import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addTexts, fill, has } from './index';

const folder = new URL('.', import.meta.url).pathname;
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, string>;
/** Each pair of files: the widget's frame, and what the other pages add. */
const pairs = readdirSync(folder)
  .filter((f) => /(^|\.)ko\.json$/.test(f))
  .map((f) => ({ file: f, ko: read(f), en: read(f.replace(/ko\.json$/, 'en.json')) }));
const ko: Record<string, string> = Object.assign({}, ...pairs.map((p) => p.ko));
const en: Record<string, string> = Object.assign({}, ...pairs.map((p) => p.en));

const holes = (s: string) => [...s.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

test('both languages have the same texts with the same places to fill', () => {
  expect(pairs.length).toBeGreaterThan(1);
  for (const p of pairs) expect(Object.keys(p.en), p.file).toEqual(Object.keys(p.ko));
  const all = pairs.flatMap((p) => Object.keys(p.ko));
  expect(all.filter((k, i) => all.indexOf(k) !== i), 'a text stands in one file').toEqual([]);
  for (const [key, text] of Object.entries(ko)) {
    expect(text.trim(), key).not.toBe('');
    expect(en[key]!.trim(), key).not.toBe('');
    expect(holes(en[key]!), key).toEqual(holes(text));
  }
});

test('the fixed strings are those of the domain, byte for byte (5.1)', () => {
  expect(ko['profile.open']).toBe('고객 프로필 입력');
  expect(ko['profile.ok']).toBe('확인');
  expect(ko['profile.consent']).toBe('프로필 정보 입력 후 저장하시면 개인정보 수집 및 이용에 동의 한 것으로 간주합니다.');
  expect(ko['profile.consent.link']).toBe('개인정보 수집 및 이용');
});

test('the consent line contains its link in both languages', () => {
  for (const texts of [ko, en]) expect(texts['profile.consent']).toContain(texts['profile.consent.link']);
});

test('every text that a page names exists, and every text is named by a page', () => {
  const walk = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)]));
  const root = new URL('../..', import.meta.url).pathname;
  const sources = [...walk(join(root, 'src')).filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.test.ts')), ...['index.html', ...readdirSync(root).map((f) => `${f}/index.html`).filter((f) => !/^(dist|node_modules)/.test(f))].map((f) => join(root, f)).filter(existsSync)].map((f) => readFileSync(f, 'utf8')).join('\n');
  const named = new Set([...sources.matchAll(/data-(?:t(?:-[a-z-]+)?|ask)="([^"]+)"/g)].map((m) => m[1]!));
  for (const key of named) expect(Object.keys(ko), key).toContain(key);
  const families = /^(error|connection\.stopped|profile\.(NAME|PHONE|EMAIL|BIRTH|ADDRESS|hint|error)|agent\.(want|gone|none|tab|flag|grade|channel|means|role|theme|side)|chat\.state|nav|set|said|plan|unit|group|section|pages|event|failure|notice|audit\.(what|field)|setup\.next|hotkey|bots\.(kind|next|view)|manager\.(state|conn|mode|ended|end|rule|reason|whynot|period|group|sqi|ledger|problem|rooms))\b/;
  for (const key of Object.keys(ko)) {
    if (!families.test(key)) expect(named.has(key) || sources.includes(`'${key}'`), key).toBe(true);
  }
});

test('two files that are added at the same time are both there', async () => {
  let first = () => {};
  const slow = new Promise<void>((done) => (first = done));
  const a = addTexts(async () => (await slow, { default: { 'test.a': 'a' } }));
  const b = addTexts(async () => ({ default: { 'test.b': 'b' } }));
  await b;
  first();
  await a;
  expect([has('test.a'), has('test.b')]).toEqual([true, true]);
});

test('a place without a value stays as it is', () => {
  expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}');
});
