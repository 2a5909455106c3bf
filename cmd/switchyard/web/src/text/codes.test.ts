// What the server can say has words in both languages, on every page that says it. The lists are read from the contract itself:
// a code that is added there fails here until people can read it.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const top = new URL('../../../../../', import.meta.url);
const file = (path: string) => readFileSync(new URL(path, top), 'utf8');
const types = JSON.parse(file('protocol/schema/types.json')).definitions as Record<string, { enum: string[] }>;
const openapi = file('protocol/openapi.yaml');
const asyncapi = file('protocol/asyncapi.yaml');
const guide = file('docs/distribution.md');

/** The words of one list in brackets that a pattern finds in a contract. */
function listed(text: string, pattern: RegExp): string[] {
  const found = pattern.exec(text);
  expect(found, String(pattern)).not.toBeNull();
  return found![1]!.split(',').map((x) => x.trim().replace(/^['"]|['"]$/g, '')).filter((x) => x !== '' && x !== 'null');
}
const schema = (name: string) => listed(openapi, new RegExp(`^ +${name}: \\{type: string, enum: \\[([^\\]]+)\\]`, 'm'));
const frame = (name: string, field: string) => JSON.parse(file(`protocol/schema/${name}.json`)).properties.data.properties[field].enum as string[];
const stops = [...asyncapi.matchAll(/^ +- \{code: (4\d\d\d), meaning: .*client: (.*)\}$/gm)].filter((m) => /\bstop\b/.test(m[2]!) && m[1] !== '4400').map((m) => m[1]!); // 4400 is a defect: the general words with the code
const fails = [...guide.matchAll(/`([a-z_]+)`/g)].map((m) => m[1]!);
const whyNot = fails.slice(fails.lastIndexOf('not_consulting'));

const PAGES: Record<string, string[]> = { chat: [''], agent: ['', 'console.', 'agent.'], manager: ['', 'console.', 'manager.'], settings: ['', 'console.', 'settings.'] };

const SAID: { what: string; codes: string[]; key: (code: string) => string; pages: (keyof typeof PAGES)[] }[] = [
  { what: 'refusals', codes: types['error_code']!.enum, key: (c) => `error.${c}`, pages: ['chat', 'agent', 'manager', 'settings'] },
  { what: 'final ends of a socket', codes: stops, key: (c) => `connection.stopped.${c}`, pages: ['chat', 'agent', 'manager'] },
  { what: 'notices of settings', codes: schema('code'), key: (c) => `notice.${c}`, pages: ['settings'] },
  { what: 'fields of the profile form', codes: types['profile_field']!.enum, key: (c) => `profile.${c}`, pages: ['chat', 'agent', 'settings'] },
  { what: 'refused fields of the profile form', codes: types['profile_field']!.enum, key: (c) => `profile.error.${c}`, pages: ['chat', 'agent'] },
  { what: 'channels', codes: types['channel']!.enum, key: (c) => `agent.channel.${c}`, pages: ['agent', 'manager', 'settings'] },
  { what: "agents' states", codes: types['want']!.enum, key: (c) => `agent.want.${c}`, pages: ['agent', 'manager'] },
  { what: 'flags', codes: types['flag']!.enum.filter(Boolean), key: (c) => `agent.flag.${c}`, pages: ['agent'] },
  { what: 'roles', codes: types['role']!.enum.filter((x) => x !== 'VISITOR'), key: (c) => `agent.role.${c}`, pages: ['agent', 'manager', 'settings'] },
  { what: 'grades', codes: schema('Grade'), key: (c) => `agent.grade.${c}`, pages: ['agent', 'manager', 'settings'] },
  { what: 'means of verification', codes: schema('Means'), key: (c) => `agent.means.${c}`, pages: ['agent'] },
  { what: 'why a room has left an agent', codes: frame('server.inbox.lost', 'reason').filter((x) => x !== 'closed'), key: (c) => `agent.gone.${c}`, pages: ['agent'] },
  { what: 'states of a room', codes: types['room_state']!.enum, key: (c) => `manager.state.${c}`, pages: ['manager'] },
  { what: 'connections', codes: types['conn']!.enum, key: (c) => `manager.conn.${c}`, pages: ['manager'] },
  { what: 'modes', codes: types['mode']!.enum, key: (c) => `manager.mode.${c}`, pages: ['manager'] },
  { what: 'who ended a room', codes: types['end_actor']!.enum, key: (c) => `manager.ended.${c}`, pages: ['manager'] },
  { what: 'why a room ended', codes: types['end_reason']!.enum, key: (c) => `manager.end.${c}`, pages: ['manager'] },
  { what: 'why an agent gets no room', codes: whyNot, key: (c) => `manager.whynot.${c}`, pages: ['manager'] },
  { what: 'lines of the ledger', codes: schema('LedgerKind'), key: (c) => `manager.ledger.${c}`, pages: ['manager'] },
  { what: 'events for other systems', codes: schema('OutsideType'), key: (c) => `event.${c}`, pages: ['settings'] },
  { what: 'failures of a delivery', codes: schema('failure').filter((x) => x !== 'status'), key: (c) => `failure.${c}`, pages: ['settings'] }, // a status is shown as the number that it is
  { what: 'plans', codes: schema('plan'), key: (c) => `plan.${c}`, pages: ['settings'] },
];

for (const s of SAID) {
  test(`${s.what}: ${s.codes.length} codes`, () => {
    expect(s.codes.length).toBeGreaterThan(0);
    for (const page of s.pages) {
      for (const language of ['ko', 'en']) {
        const texts = Object.assign({}, ...PAGES[page]!.map((f) => JSON.parse(readFileSync(new URL(`${f}${language}.json`, import.meta.url), 'utf8')))) as Record<string, string>;
        expect(s.codes.filter((c) => !texts[s.key(c)]?.trim()), `${page} in ${language} has no words`).toEqual([]);
      }
    }
  });
}

test('the lists are the whole ones', () => {
  const of = (what: string) => SAID.find((s) => s.what === what)!.codes;
  expect(of('refusals')).toContain('profile_required');
  expect(of('final ends of a socket')).toEqual(['4401', '4403', '4404', '4409', '4426']);
  expect(of('why an agent gets no room')).toEqual(expect.arrayContaining(['not_consulting', 'missed_the_offer']));
});
