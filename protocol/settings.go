package protocol

import "time"

// Settings are the settings of one site (domain 4). A value is immutable once
// published; Number tells two values apart and grows with every change.
type Settings struct {
	Number uint64

	Mode            Mode                   // distribution.mode
	Balancer        Balancer               // distribution.balancer
	Selector        Selector               // distribution.selector
	Scope           []AccountID            // distribution.scope; empty = every 상담 진행 account
	RequirePresence bool                   // distribution.require_presence
	CategoryAgents  map[string][]AccountID // distribution.category_agents: category id -> who may get it; no entry = everyone in scope
	ChannelAgents   map[string][]AccountID // distribution.channel_agents: channel account -> the same
	Backlog         Backlog                // backlog.mode
	NoAgentPolicy   Policy                 // no_agent_policy: REJECT or WAIT
	OpenRoomLimit   int                    // site_open_room_limit; 0 = none
	OverflowPolicy  Policy                 // overflow_policy: WAIT or REJECT
	Consulting      bool                   // consulting_enabled (domain 3.1)
	Week            Week                   // hours.weekday, hours.saturday, hours.sunday
	AfterHours      bool                   // after_hours_intake: true = ON
	SilenceMinutes  int                    // autoclose.customer_silence, T1; 0 = off, else 1-10,070
	DelayMinutes    int                    // autoclose.agent_delay, T2; 0 = off, else 10-10,070 in steps of 10
	GateSource      GateSource             // autoclose.gate_source
	Profile         ProfileSettings        // profile.*
	Texts           map[TextCode]string    // auto messages; a missing code has its default, an empty one sends nothing
	BusyTime        bool                   // busy_time
	InfoDefaultTab  string                 // info.default_tab: room, customer, history or custom
	AutoApprove     bool                   // change_request.auto_approve
	TimeZone        string                 // time_zone, an IANA name
	Name            string                 // name, 1-60
	ProcessorName   string                 // processor_name, 1-60
	Language        string                 // language of the site's pages: ko or en
	Origins         []string               // origins: exact origins of pages that may carry the widget, beside the node's own
	PreviewTyping   bool                   // typing.preview: the agent sees the customer's unsent text
	Plan            Plan                   // plan (domain 3.1)
	EnforcePlans    bool                   // enforce_plans: what the plan does not have is refused (domain 21)
	Billing         BillingSettings        // billing_mode, billing.*
	JourneyStart    Date                   // journey.data_start: no journey before that day
	JourneyAt       int                    // journey.snapshot_at, in minutes after midnight of the next day
	RetentionDays   int                    // retention.rooms: days for which a closed room is kept, 30-3,650; 0 = for ever
	GreetImage      string                 // messages.M-GREET.image: id of an uploaded file; empty = none

	Extras
}

// BillingSettings are what a site's TalkCash costs (domain 19).
type BillingSettings struct {
	Mode         BillingMode // billing_mode
	KakaoUnit    int         // billing.kakao_unit, in won
	SMSUnit      int         // billing.sms_unit
	AlimtalkUnit int         // billing.alimtalk_unit
	DayStart     int         // billing.day_start: when a day of charges begins, in minutes after midnight
	Accounts     PlanPrices  // billing.account_prices: a paid account and month
}

// ProfileSettings are the profile bot's settings (profile.*).
type ProfileSettings struct {
	Enabled    bool           // profile.enabled
	Fields     []ProfileField // profile.fields, ordered, not empty
	Policy     Policy         // profile.policy: ASSIGN or WAIT; in MANUAL mode it behaves as WAIT
	ConsentURL string         // profile.consent; empty = off
	Image      string         // profile.image: id of an uploaded file; empty = none
}

// DefaultSettings are the defaults of domain 4: distribution automatic to the
// least loaded, weekdays 09:00-18:00, everything optional off.
func DefaultSettings() Settings {
	return Settings{
		Mode: Auto, Balancer: LeastLoad, Selector: SelectNone, Backlog: BacklogAuto,
		NoAgentPolicy: PolicyReject, OverflowPolicy: PolicyWait, Consulting: true,
		Week:       Week{Weekday: DayHours{Open: true, From: 9 * 60, To: 18 * 60}},
		AfterHours: true, GateSource: GateBySilence,
		Profile:        ProfileSettings{Fields: []ProfileField{FieldName, FieldPhone}, Policy: PolicyAssign},
		InfoDefaultTab: "history", TimeZone: "Asia/Seoul", ProcessorName: "블룸에이아이 주식회사", Language: "ko",
		Plan:         PlanEnterprise,
		Billing:      BillingSettings{Mode: Prepaid, KakaoUnit: 100, SMSUnit: 10, AlimtalkUnit: 8, DayStart: 4 * 60, Accounts: PlanPrices{Starter: 35_000, Pro: 85_000}},
		JourneyStart: Date{2021, time.June, 1}, JourneyAt: 40,
	}
}

// EffectivePolicy is the missing-profile policy as it acts: in MANUAL mode the setting is hidden and behaves as WAIT.
func (s *Settings) EffectivePolicy() Policy {
	if s.Mode == Manual {
		return PolicyWait
	}
	return s.Profile.Policy
}

// Week holds the weekly rule of domain 10.1.
type Week struct {
	Weekday, Saturday, Sunday DayHours
}

// DayHours is one entry of the weekly rule, or the changed hours of a registered date.
type DayHours struct {
	Open    bool // 근무; false = 휴무
	AllDay  bool // 하루종일; From, To and NextDay do not count
	From    int  // minutes after 00:00, 0-1439
	To      int  // minutes after 00:00, 0-1440; the end is not part of the span
	NextDay bool // 익일: To is on the next day
}

// Date is a calendar day in the site's zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Holiday is a registered date (domain 10.3): a full-day holiday, or changed hours.
type Holiday struct {
	Date  Date
	Name  string
	Hours DayHours // Open false = the whole day off
}

// AgentDay is one agent's plan for a date (domain 10.5).
type AgentDay struct {
	Account AccountID
	Date    Date
	Off     bool    // not working on that day
	Breaks  []Break // half-open, in minutes after 00:00
}

// Break is a time without new assignments, half-open, in minutes after 00:00 of its date.
type Break struct{ From, To int }

// Account is one account of a site (domain 3.2), without its password.
type Account struct {
	ID            AccountID
	Role          Role
	Name          string // 1-60, replaces [counselor_name]
	Consulting    bool   // 상담 진행
	Certified     bool   // 인증 계정
	Manager       AccountID
	SeesAll       bool // a manager's full data scope
	Group         string
	MaxConcurrent int // 0-999; 0 = unlimited
	Order         int // registration order
	Disabled      bool
}

// Category is an inquiry type of level 1 or 2 (domain 3.7).
type Category struct {
	ID     string
	Level  int
	Name   string // ≤ 15
	Parent string // of a level-2 category
	Unused bool
	Order  int
}

// SiteFacts is what the other minds may know of a site: an immutable value that
// the site publishes after its hand-over. Whoever holds one reads one
// consistent state of settings, accounts and calendar (I-16).
type SiteFacts struct {
	Site       SiteID
	Settings   *Settings
	Zone       *time.Location
	Accounts   map[AccountID]*Account
	Categories map[string]*Category
	Holidays   map[Date]Holiday
	Days       map[AccountID]map[Date]AgentDay
	Bots       map[BotID]*ScenarioBot
	Secrets    *SiteSecrets
	Channels   map[string]*ChannelAccount
	Templates  map[string]*Template
	Webhooks   map[string]*Webhook
	Turns      []DayTurn // days that became report data and are not folded yet, oldest first
	Folded     Date      // through which the days are stored as rows; zero = none is
}

// SiteSecrets is what only the gateway reads: to check a login, and a session's token.
type SiteSecrets struct {
	Passwords map[AccountID]string // argon2id strings
	Sessions  map[[32]byte]Session // by the SHA-256 of the token
	Keys      map[[32]byte]*APIKey // of machines, by the SHA-256 of the key
}

// Session is one login that has not ended.
type Session struct {
	Account AccountID
	Expires Instant
}

// InScope says whether the manager's data scope covers what belongs to the agent
// (domain 21): an administrator sees all, a manager itself and its own agents, or
// all if granted. Nobody's rooms (agent "") are in every manager's scope.
func (f *SiteFacts) InScope(role Role, who, agent AccountID) bool {
	switch role {
	case Admin, System:
		return true
	case Manager:
		if agent == "" || agent == who {
			return true
		}
		m, a := f.Accounts[who], f.Accounts[agent]
		return m != nil && (m.SeesAll || a != nil && a.Manager == who)
	}
	return false
}
