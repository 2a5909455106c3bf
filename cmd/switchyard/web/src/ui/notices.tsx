// What a working page says beside its content: notices that go by themselves, and the bar that tells the truth about the connection.

import type { Status } from '../client/client';
import { t } from '../text';
import { connectionText } from './page';
import { Icon } from './parts';

export interface Notice {
  id: number;
  text: string;
  kind: string;
}

/** Notices, the newest last; `open` gives what a press on one leads to, if it leads anywhere. */
export function Toasts<N extends Notice>(p: { list: readonly N[]; dismiss(id: number): void; open?(n: N): (() => void) | undefined }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {p.list.map((x) => {
        const go = p.open?.(x);
        return (
          <div key={x.id} class={`toast ${x.kind}`}>
            {go ? (
              <button class="text" type="button" onClick={() => (go(), p.dismiss(x.id))}>
                {x.text}
              </button>
            ) : (
              <span class="text">{x.text}</span>
            )}
            <button class="away" type="button" aria-label={t('dialog.close')} onClick={() => p.dismiss(x.id)}>
              <Icon name="end" size={14} />
            </button>
          </div>
        );
      })}
    </div>
  );
}

/** The bar over a page whose connection is lost: what that means, when it is tried again, and a button where only people can. */
export function ConnectionBar({ s, text, reconnect }: { s: Status; text: string; reconnect(): void }) {
  const { counting, retry } = connectionText(s);
  return (
    <div class={`connection${s.phase === 'stopped' ? ' stopped' : ''}`} id="connection" role="region" aria-label={connectionText(s).text}>
      <span role="status">{text}</span>
      <span>{counting}</span>
      {retry && (
        <button class="button small" type="button" onClick={reconnect}>
          {t('connection.retry')}
        </button>
      )}
    </div>
  );
}
