// What the pages may weigh, gzipped (console.md 4.6): measured on a build made for the purpose, in the language that is
// read, with everything a page loads before it stands.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const dist = mkdtempSync(join(tmpdir(), 'switchyard-size-'));
beforeAll(async () => {
  // The runner says `test`, and libraries then bring what only developers want: readers get the other build.
  const said = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  await build({ root, logLevel: 'silent', build: { outDir: dist, emptyOutDir: true } });
  process.env['NODE_ENV'] = said;
}, 60_000);
afterAll(() => rmSync(dist, { recursive: true, force: true }));

const packed = (file: string) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** Every file that the page or one of its scripts names, but those of another language and those of other pages' charts. */
function weight(page: string, language: 'ko' | 'en'): number {
  const seen = new Set<string>();
  const walk = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name] of readFileSync(join(dist, file), 'utf8').matchAll(/["'`/](?:\.\/|\/?assets\/)([\w.-]+\.(?:js|css))/g)) {
      const other = /^(?:[a-z]+\.)?(ko|en)-/.exec(name!)?.[1];
      if (/^charts-/.test(name!)) continue; // comes with the first chart that is looked at
      if (!other || other === language) walk(`assets/${name}`);
    }
  };
  walk(`${page}/index.html`);
  expect([...seen].filter((f) => f.endsWith('.js')).length, [...seen].join(' ')).toBeGreaterThan(2);
  return [...seen].reduce((sum, f) => sum + packed(f), 0);
}

for (const language of ['ko', 'en'] as const) {
  test(`the widget's frame weighs at most 25 kB, its loader 3 kB, the console and the manager's pages 80 kB (${language})`, () => {
    expect(packed('w/v1.js')).toBeLessThanOrEqual(3_000);
    expect(weight('chat', language)).toBeLessThanOrEqual(25_000);
    expect(weight('agent', language)).toBeLessThanOrEqual(80_000);
    expect(weight('manager', language)).toBeLessThanOrEqual(80_000);
    expect(weight('settings', language)).toBeLessThanOrEqual(80_000);
    expect(weight('setup', language)).toBeLessThanOrEqual(80_000);
  });
}

test("the loader is a script of its own: no import, no export, nothing left in the page's names", () => {
  const text = readFileSync(join(dist, 'w/v1.js'), 'utf8');
  expect(text).not.toMatch(/\b(import|export)\b/);
  expect(text).toMatch(/^\(\(\)=>\{/);
});
