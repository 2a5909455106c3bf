// What the server says of a bad value is English, for logs. People read it in their language: each sentence of the server's
// that can come up here has one of ours, with the same numbers. What is not among them is shown as it is, after the code's text.

import { type Refused } from '../client/frames';
import { errorText, has, language, t, type Key } from '../text';

/** Sentence -> text key, with the names of what the parentheses catch. The first that fits counts. */
export const SENTENCES: [RegExp, string, string[]?][] = [
  [/^must be 1 to ([\d,]+) of a-z/, 'said.id', ['most']],
  [/^must have at least ([\d,]+) characters$/, 'said.least', ['least']],
  [/^must have at most ([\d,]+) characters$/, 'said.most', ['most']],
  [/^must have ([\d,]+) to ([\d,]+) characters$/, 'said.length', ['least', 'most']],
  [/^(?:must|may) (?:have|be) at most ([\d,]+) (?:characters|bytes)/, 'said.most', ['most']],
  [/^(?:is|has a text) longer than ([\d,]+) characters$/, 'said.most', ['most']],
  [/^is too long$/, 'said.long'],
  [/^is missing/, 'said.missing'],
  [/^is not the password$/, 'said.oldpassword'],
  [/^must be null or ([\d,]+) to ([\d,]+) minutes in steps of 1$/, 'said.range', ['least', 'most']],
  [/^must be null or ([\d,]+) to ([\d,]+) minutes in steps of ([\d,]+)$/, 'said.steps', ['least', 'most', 'step']],
  [/^must be null \(off\) or ([\d,]+) to ([\d,]+) seconds$/, 'said.range', ['least', 'most']],
  [/^(?:rooms|seconds) must be ([\d,]+) to ([\d,]+)$/, 'said.range', ['least', 'most']],
  [/^must be 0 \([a-z ]+\),? (?:or |to )?([\d,]+) to ([\d,]+)/, 'said.range', ['least', 'most']],
  [/^must be 0 \([a-z ]+\) to ([\d,]+)$/, 'said.upto', ['most']],
  [/^must be (?:from )?([\d,]+) to ([\d,]+)(?: .*)?$/, 'said.range', ['least', 'most']],
  [/^must be at most ([\d,]+)$/, 'said.upto', ['most']],
  [/^must be a whole number|^must be whole/, 'said.whole'],
  [/^must be an IANA time zone$/, 'said.zone'],
  [/^must be an http or https address/, 'said.address'],
  [/is not an origin like/, 'said.origin'],
  [/^(?:exists already|there is one already)$/, 'said.exists'],
  [/^must be AGENT, MANAGER or ADMIN, and no more/, 'said.keyrole'],
  [/^a site has at most ([\d,]+) keys$/, 'said.keysfull', ['most']],
  [/^no such account$/, 'said.nosuchaccount'],
  [/^no account (.+)$/, 'said.noaccount', ['id']],
  [/^no category (.+)$/, 'said.nocategory', ['id']],
  [/^no such file$/, 'said.nofile'],
  [/^must be a jpg or png/, 'said.image'],
  [/^must be 500 pixels wide/, 'said.kakao'],
  [/^must name at least one field$/, 'said.onefield'],
  [/^the bot (\S+) is bound to it$/, 'said.bound', ['bot']],
  [/^the bot (\S+) is bound there$/, 'said.boundthere', ['bot']],
  [/^a site has exactly one administrator$/, 'said.oneadmin'],
  [/^the administrator stays$/, 'said.adminstays'],
  [/^is not a manager of this site$/, 'said.nomanager'],
  [/^must (?:name|be) a category of level 1|is not a level-1 category$/, 'said.parent'],
  [/^must be after from$|^a break begins before it ends/, 'said.break'],
  [/^is not a day of|^must be YYYY-MM-DD/, 'said.date'],
  [/^to must be after from, or next_day/, 'said.span'],
  [/^a span is at most 24 hours/, 'said.span24'],
  [/00:00|24:00|time of day|clock/, 'said.time'],
  [/^a binding names/, 'said.binding'],
  [/^a binding stands twice$/, 'said.twice'],
  [/^names no event$/, 'said.noevent'],
  [/^was changed meanwhile$/, 'said.meanwhile'],
  [/^has no scenario_list$/, 'said.noroot'],
  [/^is reached from nowhere$/, 'said.unreached'],
  [/^is a dead end without a hotkey$/, 'said.deadend'],
  [/^leads to (.+), which does not exist$/, 'said.noway', ['id']],
  [/^must lead to exactly one of/, 'said.oneway'],
  [/^stands twice, or is a hotkey's$/, 'said.label'],
  [/^stands in place of choices/, 'said.inputonly'],
  [/^is not a category in use$/, 'said.unused'],
  [/^goes with agent only$/, 'said.agentonly'],
  [/^must be an RE2 expression/, 'said.pattern'],
  [/^must have an id of 1 to 64/, 'said.dialogueid'],
  [/^must be text, image or card$/, 'said.kind'],
  [/^is not a part of (\w+)$/, 'said.notpart', ['kind']],
  [/^has ([\d,]+) dialogues, the most is ([\d,]+)$/, 'said.dialogues', ['count', 'most']],
  [/^has ([\d,]+) bytes, the most is ([\d,]+)$/, 'said.bytes', ['count', 'most']],
  [/^is larger than 128 KiB$/, 'said.bytes128'],
  [/^cannot be read: (.+)$/, 'said.unreadable', ['why']],
];

/** One sentence of the server's in the reader's language; undefined: there is none for it. */
export function sentence(text: string): string | undefined {
  for (const [form, key, names] of SENTENCES) {
    const m = form.exec(text);
    if (!m) continue;
    const values: Record<string, string> = {};
    names?.forEach((n, i) => (values[n] = /^\d+$/.test(m[i + 1]!) ? new Intl.NumberFormat(language()).format(Number(m[i + 1])) : m[i + 1]!));
    return t(key as Key, values);
  }
  return undefined;
}

const SPEAKING = new Set(['bad_request', 'conflict', 'over_limit', 'forbidden', 'not_found']);

/** What a refusal says to people. */
export function explain(e: Refused): string {
  if (e.text && SPEAKING.has(e.code)) {
    const ours = sentence(e.text);
    if (ours) return ours;
    if (e.code === 'bad_request') return language() === 'en' ? e.text : `${t('said.value')} (${e.text})`;
  }
  const own = `said.code.${e.code}`;
  return has(own) ? t(own as Key) : errorText(e.code);
}

/** A complaint about a scenario. */
export const complaintText = (text: string): string => sentence(text) ?? text;
