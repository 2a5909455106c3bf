// The chart's nodes as they are drawn: of more than 40 at a stage the tail is one node.

export interface JourneyNode {
  id: string;
  stage: number;
  name: string;
  entries: number;
  rooms: number;
  customers: number;
}
export interface JourneyLink {
  from: string;
  to: string;
  moves: number;
  rooms: number;
  customers: number;
}
export interface JourneyRow {
  stage: number;
  previous: string | null;
  dialogue: string;
  entries: number;
  rooms: number;
  customers: number;
  label: string | null;
  next: string | null;
  moves: number | null;
  leaves: number | null;
  leave_rate: number | null;
}
export interface Journey {
  bot: string;
  from: string;
  to: string;
  through?: string;
  rows: JourneyRow[];
  nodes: JourneyNode[];
  links: JourneyLink[];
}

export const NODES_MOST = 40; // of a stage (console.md 4.4)

export interface Drawn {
  /** The first stage there is. */
  first: number;
  /** In the order of stages, the larger first. */
  nodes: DrawnNode[];
  links: { from: string; to: string; moves: number }[];
}
export interface DrawnNode extends JourneyNode {
  loss: boolean;
  leaves: number;
  /** The nodes that it stands for: itself, or a stage's tail. */
  of: string[];
}

// What the table calls that which is no dialogue (domain 15.2): data, in every language.
const LABELS: Readonly<Record<string, string>> = { $error: 'error', $end: '챗봇종료', $served: '상담사진행' };

/** Whether a row of the table belongs to a node of the chart: it is the dialogue at that stage, or the move that leads there. */
export function touches(r: JourneyRow, n: DrawnNode): boolean {
  return n.of.some((id) => {
    const dialogue = id.slice(id.indexOf('/') + 1);
    if (r.stage === n.stage) return r.dialogue === dialogue;
    if (r.stage !== n.stage - 1) return false;
    if (dialogue === '$leave') return (r.leaves ?? 0) > 0;
    const label = LABELS[dialogue];
    return label ? r.label === label || r.next === label : r.next === dialogue && r.label !== LABELS['$error'];
  });
}

const lost = (id: string) => /\/\$(leave|error)$/.test(id);

/** `rest` names the node that the tail becomes. Rooms and customers of the tail are added up, so one may count more than once. */
export function fold(d: Journey, rest: (n: number) => string): Drawn {
  const stages = new Map<number, JourneyNode[]>();
  for (const n of d.nodes) stages.set(n.stage, [...(stages.get(n.stage) ?? []), n]);
  const becomes = new Map<string, string>();
  const alone = (n: JourneyNode) => ({ ...n, of: [n.id] });
  const nodes: (JourneyNode & { of: string[] })[] = [];
  for (const [stage, list] of [...stages].sort((a, b) => a[0] - b[0])) {
    list.sort((a, b) => b.entries - a.entries || a.id.localeCompare(b.id));
    if (list.length <= NODES_MOST) {
      nodes.push(...list.map(alone));
      continue;
    }
    const tail = list.slice(NODES_MOST - 1);
    const id = `${stage}/$rest`;
    for (const n of tail) becomes.set(n.id, id);
    const sum = (of: (n: JourneyNode) => number) => tail.reduce((s, n) => s + of(n), 0);
    nodes.push(...list.slice(0, NODES_MOST - 1).map(alone), { id, of: tail.map((n) => n.id), stage, name: rest(tail.length), entries: sum((n) => n.entries), rooms: sum((n) => n.rooms), customers: sum((n) => n.customers) });
  }
  const links = new Map<string, { from: string; to: string; moves: number }>();
  const leaves = new Map<string, number>();
  for (const l of d.links) {
    const from = becomes.get(l.from) ?? l.from;
    const to = becomes.get(l.to) ?? l.to;
    const key = `${from} ${to}`;
    const link = links.get(key) ?? { from, to, moves: 0 };
    link.moves += l.moves;
    links.set(key, link);
    if (/\/\$leave$/.test(l.to)) leaves.set(from, (leaves.get(from) ?? 0) + l.moves);
  }
  return { first: nodes[0]?.stage ?? 1, nodes: nodes.map((n) => ({ ...n, loss: lost(n.id), leaves: leaves.get(n.id) ?? 0 })), links: [...links.values()] };
}
