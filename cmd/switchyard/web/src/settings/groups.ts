// The catalogue of settings (domain 4) as the pages show it: which group a setting stands in, its kind of control, its
// limits and its default. docs/settings.md has the same; a test holds the two together.

export type Kind =
  | { kind: 'text'; least: number; most: number; wide?: boolean }
  | { kind: 'area'; least: number; most: number; rows?: number; places?: string[] }
  | { kind: 'switch' }
  | { kind: 'choice'; of: string[]; list?: boolean } // a few radio buttons, or a list
  | { kind: 'number'; least: number; most: number; unit: Unit }
  | { kind: 'off'; none: null | 0; least: number; most: number; step?: number; unit: Unit; first: number } // a number that may be off
  | { kind: 'url' }
  | { kind: 'time' }
  | { kind: 'date' }
  | { kind: 'zone' }
  | { kind: 'hours' }
  | { kind: 'accounts' }
  | { kind: 'agents'; of: 'categories' | 'channels' }
  | { kind: 'priority' }
  | { kind: 'ramp' }
  | { kind: 'prices' }
  | { kind: 'image' }
  | { kind: 'fields' }
  | { kind: 'origins' };
export type Unit = 'minutes' | 'seconds' | 'days' | 'won' | 'rooms';

export type Field = { name: string; def: unknown; when?: (value: (name: string) => any) => boolean } & Kind;
export interface Section {
  id: string; // names its heading
  fields: Field[];
}
export interface Group {
  id: string;
  sections: Section[];
}

const PLANS = ['FREE', 'STARTER', 'TEAM', 'PRO', 'ENTERPRISE'];
const message = (code: string, def: string, places?: string[]): Field => ({ name: `messages.${code}`, def, kind: 'area', least: 0, most: 1000, rows: 2, ...(places ? { places } : {}) });

export const GROUPS: Group[] = [
  {
    id: 'site',
    sections: [
      {
        id: 'about',
        fields: [
          { name: 'name', def: '', kind: 'text', least: 1, most: 60 },
          { name: 'language', def: 'ko', kind: 'choice', of: ['ko', 'en'] },
          { name: 'time_zone', def: 'Asia/Seoul', kind: 'zone' },
        ],
      },
      {
        id: 'desk',
        fields: [
          { name: 'consulting_enabled', def: true, kind: 'switch' },
          { name: 'info.default_tab', def: 'history', kind: 'choice', of: ['room', 'customer', 'history', 'custom'], list: true },
          { name: 'typing.preview', def: false, kind: 'switch' },
          { name: 'change_request.auto_approve', def: false, kind: 'switch' },
        ],
      },
      { id: 'widget', fields: [{ name: 'origins', def: [], kind: 'origins' }] },
    ],
  },
  {
    id: 'hours',
    sections: [
      {
        id: 'week',
        fields: [
          { name: 'hours.weekday', def: { open: true, from: '09:00', to: '18:00' }, kind: 'hours' },
          { name: 'hours.saturday', def: { open: false }, kind: 'hours' },
          { name: 'hours.sunday', def: { open: false }, kind: 'hours' },
        ],
      },
      { id: 'outside', fields: [{ name: 'after_hours_intake', def: 'ON', kind: 'choice', of: ['ON', 'OFF'] }] },
    ],
  },
  {
    id: 'distribution',
    sections: [
      {
        id: 'who',
        fields: [
          { name: 'distribution.mode', def: 'AUTO', kind: 'choice', of: ['AUTO', 'MANUAL', 'HYBRID'] },
          { name: 'distribution.balancer', def: 'LEAST_LOAD', kind: 'choice', of: ['LEAST_LOAD', 'SEQUENTIAL'] },
          { name: 'distribution.require_presence', def: false, kind: 'switch' },
          { name: 'distribution.scope', def: [], kind: 'accounts' },
        ],
      },
      {
        id: 'select',
        fields: [
          { name: 'distribution.selector', def: 'NONE', kind: 'choice', of: ['NONE', 'CATEGORY', 'CHANNEL'] },
          { name: 'distribution.category_agents', def: {}, kind: 'agents', of: 'categories', when: (v) => v('distribution.selector') === 'CATEGORY' },
          { name: 'distribution.channel_agents', def: {}, kind: 'agents', of: 'channels', when: (v) => v('distribution.selector') === 'CHANNEL' },
          { name: 'distribution.priority', def: { grade: {}, category: {} }, kind: 'priority' },
        ],
      },
      {
        id: 'pace',
        fields: [
          { name: 'distribution.offer', def: null, kind: 'off', none: null, least: 5, most: 600, unit: 'seconds', first: 20 },
          { name: 'distribution.last_agent', def: null, kind: 'off', none: null, least: 0, most: 3600, unit: 'seconds', first: 60 },
          { name: 'distribution.wrap_up', def: null, kind: 'off', none: null, least: 1, most: 3600, unit: 'seconds', first: 60 },
          { name: 'distribution.ramp_up', def: null, kind: 'ramp' },
        ],
      },
    ],
  },
  {
    id: 'intake',
    sections: [
      {
        id: 'waiting',
        fields: [
          { name: 'backlog.mode', def: 'AUTO', kind: 'choice', of: ['AUTO', 'MANUAL'] },
          { name: 'no_agent_policy', def: 'REJECT', kind: 'choice', of: ['REJECT', 'WAIT'] },
        ],
      },
      {
        id: 'limit',
        fields: [
          { name: 'site_open_room_limit', def: 0, kind: 'off', none: 0, least: 1, most: 10_000_000, unit: 'rooms', first: 100 },
          { name: 'overflow_policy', def: 'WAIT', kind: 'choice', of: ['WAIT', 'REJECT'] },
        ],
      },
    ],
  },
  {
    id: 'autoclose',
    sections: [
      {
        id: 'timers',
        fields: [
          { name: 'autoclose.customer_silence', def: null, kind: 'off', none: null, least: 1, most: 10_070, unit: 'minutes', first: 30 },
          { name: 'autoclose.agent_delay', def: null, kind: 'off', none: null, least: 10, most: 10_070, step: 10, unit: 'minutes', first: 60 },
          { name: 'autoclose.business_clock', def: false, kind: 'switch' },
          { name: 'autoclose.gate_source', def: 'CUSTOMER_SILENCE', kind: 'choice', of: ['CUSTOMER_SILENCE', 'AGENT_DELAY'] },
        ],
      },
    ],
  },
  {
    id: 'profile',
    sections: [
      {
        id: 'prompt',
        fields: [
          { name: 'profile.enabled', def: false, kind: 'switch' },
          { name: 'profile.message', def: '빠르고 정확한 상담을 위해 고객님의 프로필을 입력해 주세요:)', kind: 'area', least: 1, most: 1000, rows: 3 },
          { name: 'profile.image', def: null, kind: 'image' },
        ],
      },
      {
        id: 'form',
        fields: [
          { name: 'profile.fields', def: ['NAME', 'PHONE'], kind: 'fields' },
          { name: 'profile.policy', def: 'ASSIGN', kind: 'choice', of: ['ASSIGN', 'WAIT'], when: (v) => v('distribution.mode') !== 'MANUAL' },
          { name: 'profile.consent', def: null, kind: 'url' },
          { name: 'processor_name', def: '블룸에이아이 주식회사', kind: 'text', least: 1, most: 60 },
        ],
      },
    ],
  },
  {
    id: 'messages',
    sections: [
      {
        id: 'start',
        fields: [
          { name: 'messages.M-TITLE', def: '1:1 채팅 상담 문의 드립니다.', kind: 'text', least: 0, most: 100, wide: true },
          message('M-GREET', '안녕하세요. 상담사 [counselor_name]입니다. 무엇을 도와드릴까요?', ['[counselor_name]']),
          { name: 'messages.M-GREET.image', def: null, kind: 'image' },
          message('M-QUEUE', '', ['[waiting_count]']),
        ],
      },
      {
        id: 'cannot',
        fields: [
          message('M-AH', '지금은 상담 시간이 아닙니다. 남겨주신 문의는 상담 시간에 확인 후 답변드리겠습니다.'),
          message('M-NOAGENT', '현재 상담 가능한 상담사가 없습니다. 잠시 후 다시 문의해 주세요.'),
          message('M-OVER', '현재 문의가 많아 상담을 접수할 수 없습니다. 잠시 후 다시 문의해 주세요.'),
          { name: 'busy_time', def: false, kind: 'switch' },
          message('M-BUSY', '문의가 많아 상담이 지연되고 있습니다. 순차적으로 답변드리겠습니다.'),
        ],
      },
      {
        id: 'end',
        fields: [message('M-AUTOCLOSE', '일정 시간 응답이 없어 상담이 자동으로 종료되었습니다.'), message('M-BOT-ERROR', '잘못 입력하셨습니다. 아래 버튼 중에서 선택해 주세요.')],
      },
    ],
  },
  {
    id: 'billing',
    sections: [
      {
        id: 'plan',
        fields: [
          { name: 'plan', def: 'ENTERPRISE', kind: 'choice', of: PLANS, list: true },
          { name: 'enforce_plans', def: false, kind: 'switch' },
          { name: 'billing_mode', def: 'PREPAID', kind: 'choice', of: ['PREPAID', 'POSTPAID'] },
        ],
      },
      {
        id: 'prices',
        fields: [
          { name: 'billing.kakao_unit', def: 100, kind: 'number', least: 0, most: 1_000_000, unit: 'won' },
          { name: 'billing.sms_unit', def: 10, kind: 'number', least: 0, most: 1_000_000, unit: 'won' },
          { name: 'billing.alimtalk_unit', def: 8, kind: 'number', least: 0, most: 1_000_000, unit: 'won' },
          { name: 'billing.day_start', def: '04:00', kind: 'time' },
          { name: 'billing.account_prices', def: { FREE: 0, STARTER: 35000, TEAM: 0, PRO: 85000, ENTERPRISE: 0 }, kind: 'prices' },
        ],
      },
    ],
  },
  {
    id: 'data',
    sections: [
      { id: 'retention', fields: [{ name: 'retention.rooms', def: 0, kind: 'off', none: 0, least: 30, most: 3650, unit: 'days', first: 365 }] },
      {
        id: 'journey',
        fields: [
          { name: 'journey.data_start', def: '2021-06-01', kind: 'date' },
          { name: 'journey.snapshot_at', def: '00:40', kind: 'time' },
        ],
      },
    ],
  },
];

export const namesOf = (g: Group) => g.sections.flatMap((s) => s.fields.map((f) => f.name));
export const groupOf = (name: string) => GROUPS.find((g) => namesOf(g).includes(name));
