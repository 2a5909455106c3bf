// The browser's stories hold on a slow machine: what is read without a poll says why it must be there at once.

import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('../e2e/', import.meta.url);

test('stories poll, or say why not', () => {
  const files = readdirSync(folder).filter((f) => f.endsWith('.e2e.ts'));
  expect(files.length).toBeGreaterThan(0);
  const hasty = files.flatMap((f) =>
    readFileSync(new URL(f, folder), 'utf8')
      .split('\n')
      .flatMap((line, i) => (/expect\([[(]*(await|\w+\.(url|isVisible)\()/.test(line) && !line.includes('at once') ? [`${f}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(hasty).toEqual([]);
});
