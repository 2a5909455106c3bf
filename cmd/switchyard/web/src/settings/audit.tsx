// 변경 이력: who changed what, from what to what, newest first.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { has, t, type Key } from '../text';
import * as api from './api';
import { Table } from './editor';
import { valueText } from './fields';
import { GROUPS, type Field } from './groups';
import { Page } from './group';
import { accountName, complain, same } from './store';
import { when } from './webhooks';

const fields = new Map<string, Field>(GROUPS.flatMap((g) => g.sections.flatMap((s) => s.fields.map((f) => [f.name, f] as const))));

function text(c: api.Change, name: string, v: unknown): string {
  if (v === undefined) return '–';
  const f = c.what === 'settings' ? fields.get(name) : undefined;
  if (f) return valueText(f, v);
  if (typeof v === 'boolean') return t(v ? 'value.on' : 'value.off');
  return typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v);
}
const label = (c: api.Change, name: string) => {
  if (c.what === 'settings' && fields.has(name)) return t(`set.${name}` as Key);
  const own = `audit.field.${name}`;
  return has(own) ? t(own as Key) : name;
};

/** Of what it was: its name and its id, but for an id that the node made, where there is a name. */
function named(c: api.Change): string {
  if (c.what === 'settings') return '';
  const name = c.new?.['name'] ?? c.new?.['title'] ?? c.old?.['name'] ?? c.old?.['title'];
  return [...new Set([name, name && /^[a-z]+_[a-z0-9]{16,}$/.test(c.id ?? '') ? '' : c.id])].filter(Boolean).join(' · ');
}

/** What was done, where nothing new is left by it. */
const DEEDS: Readonly<Record<string, Key>> = { session: 'audit.ended', customer_erasure: 'audit.asked' };

export function Audit() {
  const list = useSignal<api.Change[]>([]);
  const next = useSignal<string | undefined>('');
  const busy = useSignal(false);
  const more = async () => {
    if (busy.value || next.value === undefined) return;
    busy.value = true;
    try {
      const page = await api.audit(next.value);
      list.value = [...list.value, ...page.changes];
      next.value = page.next_cursor;
    } catch (e) {
      complain(e); // the button stays, to try again
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => void more(), []);
  return (
    <Page id="audit" title={t('nav.audit')} text={t('audit.text')}>
      <div class="card flush">
        <Table label={t('nav.audit')} heads={[t('audit.at'), t('audit.by'), t('audit.what'), t('audit.change')]} empty={next.value === undefined && list.value.length === 0 && t('audit.none')}>
          {list.value.map((c) => {
            const names = [...new Set([...Object.keys(c.old ?? {}), ...Object.keys(c.new ?? {})])].filter((n) => n !== 'id' && !same(c.old?.[n], c.new?.[n]));
            return (
              <tr key={c.number}>
                <td class="nowrap">{when(c.at)}</td>
                <td>{c.by ? accountName(c.by) : t('audit.node')}</td>
                <td>
                  {has(`audit.what.${c.what}`) ? t(`audit.what.${c.what}` as Key) : c.what}
                  <small>{named(c)}</small>
                </td>
                <td>
                  {!c.new ? (
                    <span class="badge warn">{t(DEEDS[c.what] ?? 'audit.removed')}</span>
                  ) : !c.old && c.what !== 'settings' ? (
                    <span class="badge ok">{t('audit.made')}</span>
                  ) : (
                    <ul class="changes">
                      {names.slice(0, 12).map((n) => (
                        <li key={n}>
                          <b>{label(c, n)}</b>
                          <span>
                            {c.old && (
                              <>
                                <s>{text(c, n, c.old[n])}</s> →{' '}
                              </>
                            )}
                            {text(c, n, c.new?.[n])}
                          </span>
                        </li>
                      ))}
                      {names.length > 12 && <li class="hint">{t('audit.more', { count: names.length - 12 })}</li>}
                    </ul>
                  )}
                </td>
              </tr>
            );
          })}
        </Table>
        {next.value !== undefined && (
          <p class="more">
            <button class="button" type="button" id="audit-more" disabled={busy.value} onClick={() => void more()}>
              {t(busy.value ? 'loading' : 'audit.older')}
            </button>
          </p>
        )}
      </div>
    </Page>
  );
}
