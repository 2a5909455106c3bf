import { expect, test } from 'vitest';
import { readBefore } from './history';

test('a page that was asked for before a reset is asked for again', async () => {
  const got: unknown[] = [];
  const t = {
    before: 9,
    prepend(events: unknown[], before: number | undefined) {
      got.push(events, before);
      this.before = before ?? 0;
    },
  };
  const asked: number[] = [];
  await readBefore(t, async (before) => {
    asked.push(before);
    if (asked.length === 1) t.before = 12; // the stream is reset while the page is on its way
    return { events: [{ type: `before ${before}` }] as never, before: 5 };
  });
  expect(asked).toEqual([9, 12]);
  expect(got).toEqual([[{ type: 'before 12' }], 5]);

  t.before = 1;
  await readBefore(t, () => Promise.reject(new Error('there is nothing before the first')));
});
