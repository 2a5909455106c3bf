// What the manager's pages offer to the command palette: the queues and agents of the board, and the open rooms.

import { signal } from '@preact/signals';
import { t } from '../text';
import { type Command, offerCommands } from '../ui/commands';
import { type ListedRoom, rooms as listRooms } from './api';
import { customerName, stateName } from './bits';
import { go, link } from './route';
import { accountName, board, categoryName, me, site } from './store';

const open = signal<ListedRoom[]>([]); // the first page of them, as they were when the palette opened

offerCommands('manager', {
  order: 1, // where one can go comes first: there may be hundreds of agents
  commands: () => (me.value && me.value.role !== 'AGENT' ? [...queues(), ...agents(), ...rooms()] : []),
  opened: () => {
    if (!me.value || me.value.role === 'AGENT') return;
    listRooms(site(), { state: 'open' }).then(
      (answer) => (open.value = answer.rooms),
      () => {}, // what there was before is still to be found
    );
  },
});

const queues = (): Command[] =>
  Object.entries(board.value?.queues ?? {}).map(([id, q]) => ({
    id: `queue-${id || '-'}`,
    group: t('manager.queues'),
    title: id ? categoryName(id) : t('manager.queue.other'),
    detail: `${t('manager.waiting')} ${q.waiting}`,
    run: () => go(link('board', { queue: id || '-' })),
  }));

const agents = (): Command[] =>
  Object.entries(board.value?.agents ?? {}).map(([id, a]) => ({
    id: `agent-${id}`,
    group: t('manager.agents'),
    title: accountName(id),
    detail: [id, a.limit > 0 ? `${a.load}/${a.limit}` : String(a.load)].join(' · '),
    run: () => go(link('board', { agent: id })),
  }));

const rooms = (): Command[] =>
  open.value.map((r) => ({
    id: `room-${r.room}`,
    group: stateName(r.state),
    title: `${customerName(r.customer)}${r.number ? ` #${r.number}` : ''}`,
    detail: [r.title, r.agent ? accountName(r.agent) : '', r.category ? categoryName(r.category) : ''].filter(Boolean).join(' · '),
    run: () => go(link('rooms', { room: r.room })),
  }));
