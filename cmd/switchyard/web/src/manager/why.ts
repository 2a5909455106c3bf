// The node's reasons in the reader's words (docs/distribution.md).

import { has, t, type Key } from '../text';
import { accountName } from './store';

/** Why an agent is not chosen: a rule that it fails. */
export function whyNotText(code: string): string {
  return has(`manager.whynot.${code}`) ? t(`manager.whynot.${code}` as Key) : code;
}

/** A reason of explain: a code, a code with an agent, or an agent with the rule that it fails. */
export function reasonText(reason: string): string {
  const [first = '', second = '', third = ''] = reason.split(' ');
  if (first === 'closed_by') return t('manager.reason.closed_by', { by: has(`manager.ended.${second}`) ? t(`manager.ended.${second}` as Key) : second, why: has(`manager.end.${third}`) ? t(`manager.end.${third}` as Key) : third });
  if (has(`manager.reason.${first}`)) return t(`manager.reason.${first}` as Key, { name: second ? accountName(second) : '' });
  if (second && has(`manager.whynot.${second}`)) return `${accountName(first)}: ${whyNotText(second)}`;
  return reason;
}

export function ruleText(rule: string): string {
  return has(`manager.rule.${rule}`) ? t(`manager.rule.${rule}` as Key) : rule;
}
