import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SENTENCES } from '../ui/said';
import { GROUPS, namesOf } from './groups';
import { instantIn } from '../ui/zone';
import { ROOT, leadTo, placeOf, remove, rename } from './scenario';
import ko from '../text/settings.ko.json';

test('the pages show every setting of docs/settings.md once, with its default', () => {
  const doc = readFileSync(new URL('../../../../../docs/settings.md', import.meta.url), 'utf8');
  const rows = [...doc.matchAll(/^\| `([^`]+)` \| .* \| `([^`]*)` \| .*\|$/gm)].map((m) => [m[1]!, m[2]!] as const);
  expect(rows.length).toBeGreaterThan(50);
  expect(GROUPS.flatMap(namesOf).sort()).toEqual(rows.map((r) => r[0]).sort());
  const fields = new Map(GROUPS.flatMap((g) => g.sections.flatMap((s) => s.fields.map((f) => [f.name, f] as const))));
  for (const [name, def] of rows) expect(fields.get(name)!.def, name).toEqual(JSON.parse(def));
});

test('every setting, value and sentence of the server has its text', () => {
  const texts = ko as Record<string, string>;
  for (const g of GROUPS) {
    expect(texts[`group.${g.id}`]).toBeTruthy();
    for (const s of g.sections) {
      expect(texts[`section.${g.id}.${s.id}`], s.id).toBeTruthy();
      for (const f of s.fields) {
        expect(texts[`set.${f.name}`], f.name).toBeTruthy();
        if (f.kind === 'choice') for (const v of f.of) expect(texts[`set.${f.name}.${v}`] ?? texts[`plan.${v}`], `${f.name} ${v}`).toBeTruthy();
      }
    }
  }
  for (const [form, key] of SENTENCES) expect(texts[key], String(form)).toBeTruthy();
});

test('what the server says of a bad setting is among the sentences', () => {
  const server = readFileSync(new URL('../../../../../actors/bot/validate.go', import.meta.url), 'utf8');
  // Each complaint of the check, with its numbers and names filled in.
  const said = [...server.matchAll(/complain\([^,]+, (?:fmt\.Sprintf\()?"([^"]+)"/g), ...server.matchAll(/Text: "([^"]+)"/g)].map((m) => m[1]!.replaceAll('%d', '7').replace(/"$/, ''));
  expect(said.length).toBeGreaterThan(15);
  for (const x of said) expect(SENTENCES.some(([form]) => form.test(x.endsWith('leads to ') ? `${x}a, which does not exist` : x.startsWith('has no ') ? 'has no scenario_list' : x.startsWith('is not a part of ') ? 'is not a part of text' : x)), x).toBe(true);
});

test('an instant of a zone: through the night in which the clock jumps, too', () => {
  expect(instantIn('Asia/Seoul', '2026-12-25T10:00').toISOString()).toBe('2026-12-25T01:00:00.000Z');
  expect(instantIn('America/New_York', '2026-03-08T12:00').toISOString()).toBe('2026-03-08T16:00:00.000Z');
  expect(instantIn('America/New_York', '2026-03-07T12:00').toISOString()).toBe('2026-03-07T17:00:00.000Z');
});

const say = [{ kind: 'text' as const, text: 'x' }];
test('a dialogue is renamed and removed with every way to it', () => {
  const s = { dialogues: { [ROOT]: { messages: say, choices: [{ label: 'a', dialogue: 'a' }, { label: 'b', agent: true }] }, a: { messages: say, input: { label: 'n', dialogue: 'a' } } } };
  const renamed = rename(s, 'a', 'order');
  expect(Object.keys(renamed.dialogues)).toEqual([ROOT, 'order']);
  expect(renamed.dialogues[ROOT]!.choices![0]).toEqual({ label: 'a', dialogue: 'order' });
  expect(renamed.dialogues['order']!.input).toEqual({ label: 'n', dialogue: 'order' });
  expect(rename(s, 'a', ROOT)).toBe(s);
  const removed = remove(s, 'a');
  expect(removed.dialogues[ROOT]!.choices![0]).toEqual({ label: 'a' });
  expect(s.dialogues[ROOT]!.choices[0]).toEqual({ label: 'a', dialogue: 'a' });
});

test('a choice leads to one thing, and a category goes with the agent only', () => {
  expect(leadTo({ label: 'x', agent: true, category: 'c1' }, { to: 'dialogue', id: 'a' })).toEqual({ label: 'x', dialogue: 'a' });
  expect(leadTo({ label: 'x', link: 'https://a.example' }, { to: 'agent' })).toEqual({ label: 'x', agent: true });
});

test('a complaint finds its dialogue, also where an id has a dot', () => {
  const ids = [ROOT, 'a', 'a.b'];
  expect(placeOf('dialogues.a.b.messages[0].text', ids)).toEqual({ dialogue: 'a.b', rest: 'messages[0].text' });
  expect(placeOf('dialogues.a.messages', ids)).toEqual({ dialogue: 'a', rest: 'messages' });
  expect(placeOf('dialogues.a', ids)).toEqual({ dialogue: 'a', rest: '' });
  expect(placeOf('agent_category', ids)).toEqual({ dialogue: '', rest: 'agent_category' });
});

test('the most keys that a site may have is said with its number', () => {
  const server = readFileSync(new URL('../../../../../actors/site/apikeys.go', import.meta.url), 'utf8');
  const said = /OverLimit, "([^"]+)"/.exec(server)![1]!;
  expect(SENTENCES.find(([form]) => form.test(said))?.[1]).toBe('said.keysfull');
});
