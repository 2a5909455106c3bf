// Who is blocked: what they write creates nothing and is answered with nothing, so that this list is the only place where they are seen.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Customer, editCustomer } from '../client/desk';
import { Refused } from '../client/frames';
import { t } from '../text';
import { Grid, type Column } from '../ui/grid';
import { Confirm, Dialog } from '../ui/parts';
import { moment } from '../ui/time';
import { blocked as listBlocked } from './api';
import { channelName, customerName } from './bits';
import { problemText } from './filters';
import { accountName, complain, site, toast } from './store';

const REASON_MOST = 200;
const nameOf = (c: Customer) => c.name?.value || customerName(c.customer_key);

export function BlockedPage() {
  const rows = useSignal<Customer[]>([]);
  const cursor = useSignal<string | undefined>('');
  const busy = useSignal(false);
  const problem = useSignal('');
  const letting = useSignal<Customer | undefined>(undefined);
  const saying = useSignal<Customer | undefined>(undefined);
  const more = async () => {
    if (busy.value || cursor.value === undefined) return;
    busy.value = true;
    try {
      const answer = await listBlocked(site(), cursor.value || undefined);
      rows.value = [...rows.value, ...answer.customers];
      cursor.value = answer.next_cursor;
    } catch (e) {
      cursor.value = undefined;
      if (e instanceof Refused && e.code !== 'unauthenticated') problem.value = problemText(e.code, e.field);
      else complain(e);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => void more(), []);
  const change = async (c: Customer, what: Record<string, unknown>, said: string): Promise<boolean> => {
    try {
      const now = await editCustomer(site(), c.customer_key, what);
      rows.value = rows.value.flatMap((x) => (x.customer_key !== c.customer_key ? [x] : now.blocked ? [now] : []));
      toast(said);
      return true;
    } catch (e) {
      complain(e);
      return false;
    }
  };
  const columns: Column<Customer>[] = [
    {
      id: 'customer', head: t('manager.blocked.customer'), width: 'minmax(10rem, 1.2fr)',
      cell: (c) => (
        <span class="two">
          <b class="cut">{nameOf(c)}</b>
          <span class="hint cut" title={c.customer_key}>
            {c.customer_key}
          </span>
        </span>
      ),
    },
    { id: 'channel', head: t('agent.fact.channel'), width: '5rem', cell: (c) => channelName(c.channel) },
    { id: 'at', head: t('manager.blocked.at'), width: '12.5rem', cell: (c) => (c.blocked_at ? <span class="figure">{moment(c.blocked_at)}</span> : <span class="faint">{t('manager.blocked.unknown')}</span>) },
    { id: 'by', head: t('manager.blocked.by'), width: 'minmax(6rem, 0.8fr)', cell: (c) => (c.blocked_by ? <span class="cut">{accountName(c.blocked_by)}</span> : <span class="faint">{t('manager.blocked.unknown')}</span>) },
    { id: 'why', head: t('manager.blocked.why'), width: 'minmax(10rem, 2fr)', cell: (c) => (c.block_reason ? <span class="cut" title={c.block_reason}>{c.block_reason}</span> : <span class="faint">–</span>) },
    {
      id: 'do', head: <span class="sr">{t('manager.blocked.acts')}</span>, width: '11.5rem', end: true,
      cell: (c) => (
        <span class="row-acts">
          <button class="button small" type="button" data-do="why" aria-label={`${nameOf(c)}: ${t('manager.blocked.edit')}`} onClick={() => (saying.value = c)}>
            {t('manager.blocked.edit')}
          </button>
          <button class="button small" type="button" data-do="unblock" aria-label={`${nameOf(c)}: ${t('manager.blocked.let')}`} onClick={() => (letting.value = c)}>
            {t('manager.blocked.let')}
          </button>
        </span>
      ),
    },
  ];
  const done = cursor.value === undefined;
  const [let_, say] = [letting.value, saying.value];
  return (
    <div class="list-page">
      <p class="hint">{t('manager.blocked.text')}</p>
      {problem.value ? (
        <p class="nothing" role="alert">
          {problem.value}
        </p>
      ) : (
        <section class="panel list" aria-label={t('nav.blocked')}>
          <p class="hint total" id="blocked-total" role="status">
            {t(done ? 'manager.blocked.count' : 'manager.blocked.count.more', { count: rows.value.length })}
          </p>
          <Grid label={t('nav.blocked')} columns={columns} items={rows.value} height={56} id={(c) => c.customer_key} more={() => void more()} none={done ? t('manager.blocked.none') : t('manager.loading')} />
        </section>
      )}
      {let_ && (
        <Confirm
          id="unblock-dialog"
          title={t('manager.blocked.let')}
          text={t('manager.blocked.let.text', { name: nameOf(let_) })}
          yes={t('manager.blocked.let')}
          onYes={() => {
            letting.value = undefined;
            void change(let_, { blocked: false }, t('manager.blocked.let.done', { name: nameOf(let_) }));
          }}
          onNo={() => (letting.value = undefined)}
        />
      )}
      {say && <Reason of={say} save={async (text) => (await change(say, { block_reason: text }, t('manager.blocked.edit.done'))) && (saying.value = undefined)} close={() => (saying.value = undefined)} />}
    </div>
  );
}

function Reason(p: { of: Customer; save(text: string): Promise<unknown>; close(): void }) {
  const text = useRef<HTMLTextAreaElement>(null);
  const busy = useSignal(false);
  return (
    <Dialog id="reason-dialog" title={t('manager.blocked.edit')} close={p.close}>
      <form
        class="stack"
        onSubmit={async (e) => {
          e.preventDefault();
          busy.value = true;
          await p.save(text.current!.value.trim());
          busy.value = false;
        }}
      >
        <label class="field">
          <span>{t('manager.blocked.why.of', { name: nameOf(p.of) })}</span>
          <textarea ref={text} id="block-reason" rows={3} maxLength={REASON_MOST} defaultValue={p.of.block_reason ?? ''} />
        </label>
        <div class="choices">
          <button class="button" type="button" onClick={p.close}>
            {t('dialog.cancel')}
          </button>
          <button class="button primary" type="submit" disabled={busy.value}>
            {t('manager.blocked.save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
