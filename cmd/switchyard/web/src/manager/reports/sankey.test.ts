import { expect, test } from 'vitest';
import { type Journey, type JourneyRow, NODES_MOST, fold, touches } from './sankey';

const node = (stage: number, name: string, entries: number) => ({ id: `${stage}/${name}`, stage, name, entries, rooms: entries, customers: entries });
const move = (from: string, to: string, moves: number) => ({ from, to, moves, rooms: moves, customers: moves });
const journey = (nodes: Journey['nodes'], links: Journey['links']): Journey => ({ bot: 'main', from: '2021-06-10', to: '2021-06-10', rows: [], nodes, links });
const rest = (n: number) => `rest ${n}`;

// The worked example of domain 15.4, some of it.
test('a small journey is drawn as it is, leaves counted where they begin', () => {
  const d = fold(journey([node(2, 'delivery', 5), node(1, 'scenario_list', 9), node(3, '$leave', 3), node(2, '$error', 1)], [move('1/scenario_list', '2/delivery', 5), move('1/scenario_list', '2/$error', 1), move('2/delivery', '3/$leave', 3)]), rest);
  expect(d.nodes.map((n) => [n.id, n.loss, n.leaves])).toEqual([['1/scenario_list', false, 0], ['2/delivery', false, 3], ['2/$error', true, 0], ['3/$leave', true, 0]]);
  expect(d.links.map((l) => l.moves)).toEqual([5, 1, 3]);
  expect(d.first).toBe(1);
});

test('of more than 40 nodes of a stage the tail is one, and no move is lost', () => {
  const many = Array.from({ length: 60 }, (_, i) => node(2, `d${i}`, 100 - i));
  const links = many.flatMap((n) => [move('1/start', n.id, n.entries), move(n.id, '3/end', n.entries)]);
  const d = fold(journey([node(1, 'start', 4230), ...many, node(3, 'end', 4230)], links), rest);
  const second = d.nodes.filter((n) => n.stage === 2);
  expect(second.length).toBe(NODES_MOST);
  expect(second.at(-1)).toMatchObject({ id: '2/$rest', name: 'rest 21', entries: many.slice(39).reduce((s, n) => s + n.entries, 0) });
  const total = links.reduce((s, l) => s + l.moves, 0);
  expect(d.links.reduce((s, l) => s + l.moves, 0)).toBe(total);
  expect(d.links.filter((l) => l.to === '2/$rest')).toEqual([{ from: '1/start', to: '2/$rest', moves: second.at(-1)!.entries }]);
  const known = new Set(d.nodes.map((n) => n.id));
  for (const l of d.links) expect(known.has(l.from) && known.has(l.to), `${l.from} ${l.to}`).toBe(true);
});

test('nothing is nothing', () => {
  expect(fold(journey([], []), rest)).toEqual({ first: 1, nodes: [], links: [] });
});

test('the rows of a node are those of its dialogue and the moves that lead there', () => {
  const row = (stage: number, dialogue: string, label: string | null, next: string | null, leaves = 0) => ({ stage, dialogue, label, next, leaves }) as JourneyRow;
  const rows = [row(1, 'home', '배송', 'delivery'), row(1, 'home', 'error', 'delivery'), row(1, 'home', '챗봇종료', '챗봇종료'), row(2, 'delivery', '조회', 'track', 3), row(2, 'track', '상담사연결', '상담사연결'), row(3, '상담사연결', '상담사진행', '상담사진행')];
  const d = fold(journey(['1/home', '2/delivery', '2/$error', '2/$end', '3/$leave', '3/상담사연결', '4/$served'].map((id) => node(Number(id[0]), id.slice(2), 1)), []), rest);
  const of = (id: string) => rows.filter((r) => touches(r, d.nodes.find((n) => n.id === id)!)).map((r) => rows.indexOf(r));
  expect(of('1/home')).toEqual([0, 1, 2]);
  expect(of('2/delivery')).toEqual([0, 3]); // what was typed wrongly leads to the node `error`
  expect(of('2/$error')).toEqual([1]);
  expect(of('2/$end')).toEqual([2]);
  expect(of('3/$leave')).toEqual([3]);
  expect(of('3/상담사연결')).toEqual([4, 5]);
  expect(of('4/$served')).toEqual([5]);
});
