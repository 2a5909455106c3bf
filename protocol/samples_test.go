package protocol

import (
	"bytes"
	"fmt"
	"reflect"
	"time"
)

// The samples: one consultation of a shop in Seoul and the site around it. They are the
// source of the golden journal bytes and of the golden frames; together they must set
// every field of every event (TestSamplesAreComplete), so a new field cannot be forgotten.

const (
	sampleSite = SiteID("acme")
	sampleRoom = RoomID("r_8f3kq2mzt6w4n7c5x9yb3dhga2")
	sampleKey  = CustomerKey("acme_hong")
	clientA    = ClientID("01JD3V7W8X9Y2Z4A6B8C0D1E2F")
	clientB    = ClientID("01JD3V7WAA9Y2Z4A6B8C0D1E30")
)

// sampleAt is 2026-11-20 14:12:44.301 in Seoul.
var sampleAt = At(time.Date(2026, 11, 20, 5, 12, 44, 301e6, time.UTC))

var sampleTimers = Timers{Silence: 30, Delay: 60, ByDelay: true, Due: sampleAt.Add(19 * time.Hour)}

type sample struct {
	name  string // of the golden files: the frame's or the event's name and what is special
	event Event
}

func samples() []sample {
	return []sample{
		{"room.state.opened", &RoomOpened{
			Seal: 12,
			Site: sampleSite, Customer: 7041, Key: sampleKey, Channel: Web, ChannelAccount: "shop", Category: "returns",
			Title: "1:1 채팅 상담 문의 드립니다.", ClientID: clientA, Params: []Param{{"order", "20261120-0042"}, {"page", "/cart"}},
			Have: 1<<FieldName | 1<<FieldPhone, Settings: 12, Need: true, Number: 31, Grade: GradeVIP, LastAgent: "lee", Priority: 9,
		}},
		{"room.state.opened_bot", &RoomOpened{
			Site: sampleSite, Customer: 7041, Key: sampleKey, Channel: Kakao, ChannelAccount: "shop", Title: "문의", ClientID: clientB,
			Settings: 12, Bot: "main", BotVersion: 3,
		}},
		{"bot.dialogue", &DialogueShown{
			ID: MessageIDFrom(sampleRoom, "s", "root", 0), Bot: "main", Version: 3, Dialogue: RootDialogue, Stage: 1,
			Messages: []BotMessage{
				{Kind: "text", Text: "무엇을 도와드릴까요?"},
				{Kind: "card", Title: "겨울 세일", Text: "모든 상품 20 %", Image: "https://shop.example/sale.png", Buttons: []BotLink{{"보러 가기", "https://shop.example/sale"}}},
			},
			Choices: []ShownChoice{{ID: "1", Label: "배송문의"}, {ID: "2", Label: "홈페이지", Link: "https://shop.example/"}},
			Hotkeys: HotkeyHome | HotkeyAgent, Timers: sampleTimers,
		}},
		{"bot.dialogue.error", &DialogueShown{
			ID: MessageIDFrom(sampleRoom, "s", "again", 0), Bot: "main", Version: 3, Dialogue: "order", Stage: 2, Previous: JourneyError,
			Exit: ExitError, Label: JourneyError, Messages: []BotMessage{{Kind: "text", Text: "주문번호를 입력해 주세요."}}, Input: "주문번호",
			Hotkeys: HotkeyHome | HotkeyBack, Timers: sampleTimers,
		}},
		{"room.meta.agent_requested", &AgentRequested{Label: LabelAgent, Category: "returns", Stage: 3, Parent: "delivery", Priority: 2}},
		{"message.new.picked", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "c", string(clientA), 0), ClientID: clientA, From: FromCustomer, Kind: Text, Text: "배송문의",
			Choice: "1", Timers: sampleTimers,
		}},
		{"message.new.operator", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "s", "absent", 0), From: FromBot, Kind: Text, Code: MAfterHours, Operator: OperatorAbsent,
		}},
		{"message.new.operator_desk", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "s", "busy", 0), From: FromBot, Kind: Text, Text: "문의가 많습니다.", Code: MBusy, Operator: OperatorBusyDesk,
		}},
		{"room.state.waiting", &RoomQueued{Timers: sampleTimers, Row: 5, Place: 907}},
		{"room.state.waiting_locked", &RoomQueued{Refuse: true, Lock: true, Row: 9, Timers: sampleTimers, Place: 908}},
		{"room.assigned.entry", &RoomAssigned{
			Assignment: 1, Turn: 88, Agent: "kim", AgentName: "김상담", Cause: CauseEntry, Timers: sampleTimers,
			Why: Why{Rule: "LEAST_LOAD", Eligible: 2, Candidates: []Candidate{{"kim", 2}, {"lee", 3}}, Waited: 1},
		}},
		{"room.assigned.changed", &RoomAssigned{
			Assignment: 2, Turn: 91, Agent: "lee", AgentName: "이상담", Cause: CauseManagerChange, By: "park", Note: "교환 담당",
			Override: true, From: "kim", Why: Why{Rule: "MANAGER", Eligible: 1}, Timers: sampleTimers,
		}},
		{"message.new.customer", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "c", string(clientA), 0), ClientID: clientA, From: FromCustomer, Kind: Text,
			Text: "사이즈를 M에서 L로\n\"바꿀\" 수 있나요? 👕", Timers: sampleTimers,
		}},
		{"message.new.shortened", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "c", string(clientB), 1), ClientID: clientB, From: FromCustomer, Kind: Text,
			Text: "주문한 물건이 …", Full: "https://files.example/long-text", Timers: sampleTimers,
		}},
		{"message.new.before_profile", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "c", string(clientB), 0), ClientID: clientB, From: FromCustomer, Kind: Text,
			Text: "여보세요?", BeforeProfile: true, Timers: sampleTimers,
		}},
		{"message.new.agent", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "a/kim", string(clientB), 0), ClientID: clientB, From: FromAgent, Account: "kim",
			Name: "김상담", Kind: Text, Text: "확인해 볼게요.", Assignment: 1, Timers: sampleTimers,
		}},
		{"message.new.image", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "a/kim", string(clientA), 0), ClientID: clientA, From: FromAgent, Account: "kim",
			Name: "김상담", Kind: Image, File: "f_3m9k", Assignment: 1, Timers: sampleTimers,
		}},
		{"message.new.template", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "a/kim", "template-01", 0), ClientID: "template-01", From: FromAgent, Account: "kim",
			Name: "김상담", Kind: Image, Text: "고객님, 김상담입니다.", File: "f_3m9k", Assignment: 1, Timers: sampleTimers, Template: "t_hello",
		}},
		{"message.new.system", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "s", "queued", 0), From: FromBot, Kind: Text, Text: TextFixed, Code: MFixed, Timers: sampleTimers,
		}},
		{"message.new.memo", &MessagePosted{
			ID: MessageIDFrom(sampleRoom, "a/kim", "memo-0000001", 0), ClientID: "memo-0000001", From: FromAgent, Account: "kim",
			Name: "김상담", Kind: Memo, Text: "단골 고객, 지난달에도 교환", Assignment: 1, Timers: sampleTimers,
		}},
		{"form.prompt", &ProfilePrompted{
			ID: MessageIDFrom(sampleRoom, "s", "prompt", 0), Form: "p_q7w5r3", Text: "빠르고 정확한 상담을 위해 고객님의 프로필을 입력해 주세요:)",
			Image: "f_card", Fields: []byte{byte(FieldName), byte(FieldPhone)}, Consent: "https://shop.example/privacy", Timers: sampleTimers,
		}},
		{"form.saved", &ProfileSaved{
			Form: "p_q7w5r3", ClientID: clientB, Values: []FieldValue{{FieldName, "홍길동"}, {FieldPhone, "01012345678"}}, Consent: true, Timers: sampleTimers,
		}},
		{"room.closed.agent", &RoomClosed{State: Closed, Actor: EndedByAgent, Reason: EndNormal, By: "lee", ClientID: clientA}},
		{"room.closed.refused", &RoomClosed{State: BotClosed, Actor: EndedAuto, Reason: EndAfterHours, Rejected: true, Row: 31}},
		{"room.meta.all", &RoomMetaSet{
			Set:      MetaCategory | MetaCategory3 | MetaTags | MetaFlag | MetaAlarm | MetaHold | MetaPriority,
			Category: "returns", Category3: "size", Tags: []string{"교환", "vip"}, Flag: FlagOrange,
			AlarmAt: sampleAt.Add(time.Hour), Hold: true, By: "kim", ClientID: clientA, Priority: 5,
		}},
		{"room.meta.cleared", &RoomMetaSet{Set: MetaTags | MetaFlag | MetaAlarm | MetaHold, By: "park", ClientID: clientB}},
		{"message.read.customer", &MessageRead{By: FromCustomer, Desk: 57, Room: 41}},
		{"message.read.agent", &MessageRead{By: FromAgent, Desk: 58, Room: 42}},
		{"alarm.due.rang", &AlarmRang{For: "kim"}},
		{"room.joined", &RoomJoined{Key: "acme_r7", Params: []Param{{"parameter1", "vip"}}}},

		{"room.assigned.request", &RoomAssigned{
			Assignment: 3, Turn: 95, Agent: "choi", AgentName: "최상담", Cause: CauseChange, By: "park", From: "lee",
			Why: Why{Rule: "CHANGE", Waited: 1}, Timers: sampleTimers, Request: 2,
		}},
		{"request.new.change", &ChangeRequested{
			Number: 2, By: "lee", ByName: "이상담", To: "choi", ToName: "최상담", Assignment: 2, Text: "교환 담당이 필요합니다", ClientID: clientA, Auto: true,
		}},
		{"request.new.review", &ReviewRequested{Number: 3, By: "choi", ByName: "최상담", Assignment: 3, Text: "환불 약속을 봐 주세요", ClientID: clientB}},
		{"request.decided.approved", &RequestDecided{Number: 2, Kind: ChangeOfAgent, Outcome: RequestApproved, By: "park", ClientID: clientA}},
		{"request.decided.cancelled", &RequestDecided{Number: 2, Kind: ChangeOfAgent, Outcome: RequestCancelled}},
		{"room.rated", &RoomRated{Score: 5, Comment: "친절했어요", ClientID: clientB}},
		{"request.new.note", &InboxRequest{
			Seal: 12,
			Room: sampleRoom, Number: 2, Kind: ChangeOfAgent, By: "lee", ByName: "이상담", To: "choi", ToName: "최상담", Text: "교환 담당이 필요합니다",
		}},
		{"request.decided.note", &InboxDecision{Room: sampleRoom, Number: 2, Kind: ChangeOfAgent, Outcome: RequestRejected, By: "park"}},

		{"presence.chosen", &PresenceChosen{Want: WantMeal, Until: sampleAt.Add(time.Hour), By: "park", ClientID: clientA}},
		{"duty.changed", &DutyChanged{OnDuty: true}},
		{"inbox.gained", &InboxGained{Room: sampleRoom, Assignment: 1, Cause: CauseEntry, Customer: "홍길동", Title: "1:1 채팅 상담 문의 드립니다.", Channel: Web, Turn: 7, Seal: 12}},
		{"inbox.gained.quiet", &InboxGained{Room: sampleRoom, Assignment: 1, Cause: CauseManager, Customer: "홍길동", Title: "문의", Channel: Web, Turn: 8, Quiet: true}},
		{"inbox.offered", &InboxOffered{Room: sampleRoom, Turn: 7, Customer: "홍길동", Title: "1:1 채팅 상담 문의 드립니다.", Channel: Web, Until: sampleAt.Add(20 * time.Second), Seal: 12}},
		{"inbox.offer_ended", &InboxOfferEnded{Room: sampleRoom, Turn: 7, Reason: "declined"}},
		{"offer.missed", &OfferMissed{Agent: "kim", Turn: 7, Declined: true}},
		{"inbox.lost", &InboxLost{Room: sampleRoom, Assignment: 1, Reason: "moved"}},
		{"alarm.due", &AlarmDue{Room: sampleRoom}},

		{"customer.saved", &CustomerSaved{Customer: sampleCustomer(), Why: "profile", By: "kim", Number: 31, Noted: Noted{ClientID: clientA, Row: sampleStart(), Instead: StartMark("start-0001")}}},
		{"customer.profile", &SharedProfileSaved{Profile: sampleProfile(), By: "kim"}},

		{"file.saved", &FileSaved{File: sampleFile(), ClientID: clientA}},

		{"site.created", &SiteCreated{Site: sampleSite, Settings: []byte(`{"name":"에이씨미"}`)}},
		{"settings.changed", &SettingsChanged{By: "admin", New: []byte(`{"distribution.mode":"HYBRID"}`), Old: []byte(`{"distribution.mode":"AUTO"}`), ClientID: clientA}},
		{"account.saved", &AccountSaved{
			Account: Account{ID: "kim", Role: Agent, Name: "김상담", Consulting: true, Certified: true, Manager: "park", SeesAll: true,
				Group: "주간", MaxConcurrent: 5, Order: 3, Disabled: true},
			Password: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", By: "admin", ClientID: clientB,
			Old: Account{ID: "kim", Role: Manager, Name: "김매니저", Consulting: true, Certified: true, Manager: "park", SeesAll: true,
				Group: "야간", MaxConcurrent: 4, Order: 3, Disabled: true},
		}},
		{"api_key.made", &APIKeyMade{Key: APIKey{ID: "k_1", Name: "부하 시험", Role: Manager, Account: "lee", Hash: bytes.Repeat([]byte{0xab}, 32), Made: sampleAt, By: "admin"}}},
		{"api_key.revoked", &APIKeyRevoked{ID: "k_1", Name: "부하 시험", By: "admin"}},
		{"report.exported", &ReportExported{
			By: "admin", Report: "consultations.xlsx", Query: "agent=kim", From: Date{2026, time.November, 1}, To: Date{2026, time.November, 20}, Rows: 865, Cut: true,
		}},
		{"bot.saved", &BotSaved{
			Bot: "main", Name: "안내봇", Enabled: true, Default: true, Bindings: []BotBinding{{Account: "shop", Category: "returns"}}, Version: 3,
			Scenario: []byte(`{"error_hotkeys":{"home":true,"back":true,"agent":false},"dialogues":{}}`), By: "kim",
			Old: BotCover{Name: "봇", Enabled: true, Default: true, Bindings: []BotBinding{{Account: "shop", Category: "size"}}, Version: 2},
		}},
		{"category.saved", &CategorySaved{Category: Category{ID: "size", Level: 2, Name: "사이즈", Parent: "returns", Unused: true, Order: 4}, By: "admin",
			Old: Category{ID: "size", Level: 2, Name: "치수", Parent: "returns", Unused: true, Order: 4}}},
		{"holiday.saved", &HolidaySaved{
			Holiday: Holiday{Date: Date{2026, time.December, 25}, Name: "성탄절", Hours: DayHours{Open: true, AllDay: true, From: 600, To: 120, NextDay: true}},
			Removed: true, By: "admin",
			Old: Holiday{Date: Date{2026, time.December, 25}, Name: "크리스마스", Hours: DayHours{Open: true, AllDay: true, From: 540, To: 60, NextDay: true}},
		}},
		{"day.saved", &DaySaved{
			Day: AgentDay{Account: "kim", Date: Date{2026, time.November, 20}, Off: true, Breaks: []Break{{From: 720, To: 780}, {From: 900, To: 915}}}, By: "park",
			Old: AgentDay{Account: "kim", Date: Date{2026, time.November, 20}, Off: true, Breaks: []Break{{From: 720, To: 750}}},
		}},
		{"session.opened", &SessionOpened{Account: "kim", Hash: []byte{0xde, 0xad, 0xbe, 0xef}, Expires: sampleAt.Add(12 * time.Hour)}},
		{"session.ended", &SessionEnded{Account: "kim", Hash: []byte{0xde, 0xad, 0xbe, 0xef}, By: "admin"}},
		{"webhook.saved", &WebhookSaved{
			Webhook: Webhook{ID: "crm", URL: "https://crm.example/hooks", Events: OutsideSet(0).With(OutsideRoomCreated).With(OutsideCustomerMerged), Enabled: true, Version: 2},
			Old:     Webhook{ID: "crm", URL: "https://crm.example/hook", Events: 1, All: true, Enabled: true, Version: 1}, By: "boss",
		}},
		{"webhook.saved.all", &WebhookSaved{Webhook: Webhook{ID: "crm", URL: "https://crm.example/hook", All: true, Version: 1}}},
		{"ledger.entry", &LedgerEntry{
			Number: 41, Kind: LedgerKakao, Amount: -100, Balance: -250, Price: 100, Units: 1, Ref: string(sampleRoom),
			Key: KakaoKey("shop", sampleKey, Date{2026, 11, 20}), Day: Date{2026, 11, 20}, At: sampleAt, Short: true,
		}},
		{"ledger.entry.recorded", &LedgerEntry{
			Number: 42, Kind: LedgerSMS, Amount: -30, Balance: -250, Recorded: true, Price: 10, Units: 3, Ref: "campaign-7", Key: "write/a/boss/" + string(clientA),
			At: sampleAt, By: "boss", Same: 1<<63 + 5,
		}},
		{"room.charged", &RoomCharged{Account: "shop", Key: sampleKey, Day: Date{2026, 11, 20}, Why: ChargePrompt, Price: 100}},
		{"channel.saved", &ChannelSaved{Channel: ChannelAccount{ID: "shop", Channel: Kakao, Name: "가게", Enabled: true}, By: "admin",
			Old: ChannelAccount{ID: "shop", Channel: Kakao, Name: "상점", Enabled: true}, ClientID: clientB}},
		{"template.saved", &TemplateSaved{
			Template: Template{ID: "t_hello", Type: MixedTemplate, Title: "인사", Text: "[customer_name]님, [counselor_name]입니다.", File: "f_3m9k", Owner: "kim"},
			By:       "kim",
			Old:      Template{ID: "t_hello", Type: TextTemplate, Title: "안녕", Text: "안녕하세요", File: "f_old", Owner: "kim"},
		}},
		{"template.removed", &TemplateRemoved{
			Template: Template{ID: "t_hello", Type: MixedTemplate, Title: "인사", Text: "[customer_name]님", File: "f_3m9k", Owner: "kim"}, By: "kim",
		}},
		{"calendar.turned", &CalendarTurned{Until: sampleAt, Open: true}},
		{"journey.turned", &JourneyTurned{Turn: DayTurn{Through: Date{2026, time.November, 19}, Bots: []BotID{"main", "sale"}}}},
		{"journey.folded", &DayFolded{Day: Date{2026, time.November, 19}}},

		{"customer.erased", &CustomerErased{
			No: 7041, Numbers: []CustomerNo{7041, 7040, 7039}, Seals: []uint64{12, 13, 14, 15, 16}, By: "admin", ClientID: clientA, Seal: 12, ID: "hong",
			Keys: []CustomerKey{sampleKey, "acme_kk7"},
		}},
		{"customer.erasure_finished", &ErasureFinished{
			No: 7041, Seal: 12, Asked: sampleAt, More: true, Last: true, Files: []RoomFile{{sampleRoom, "f_3m9k"}}, Keys: []CustomerKey{"acme_r7"}, Marks: []string{ErasedMark(sampleSite, sampleKey)},
		}},
		{"customer.indexed", &CustomersIndexed{Kind: RowBlocked}},
	}
}

func sampleFile() FileRow {
	return FileRow{ID: "f_3m9k", Hash: []byte{0xde, 0xad, 0xbe, 0xef}, Type: "image/png", Size: 2048, Width: 500, Height: 250, Room: sampleRoom,
		Key: sampleKey, Account: "kim", At: sampleAt, Seal: 12, Place: []byte{0xfe, 0xed}}
}

func sampleCustomer() Customer {
	return Customer{
		No: 7041, Key: sampleKey, ID: "hong", Channel: Web, User: "u-77", Open: []RoomID{sampleRoom},
		Blocked: true, Rooms: 3, Starts: []Start{{ClientID: clientA, Room: sampleRoom, At: sampleAt, Same: 0xfeedface, By: "kim"}},
		Grade: GradeVIP, Tags: []string{"단골"}, Verified: Verified{Number: "01099998888", Means: BySMS, At: sampleAt},
		LastAgent: "lee", LastAt: sampleAt, Merged: 7042, Seal: 12, Seals: []uint64{13, 14}, Erased: true,
		BlockedAt: sampleAt, BlockedBy: "lee", BlockedWhy: "욕설", Started: 65,
	}
}

func sampleStart() StartRow {
	return StartRow{Room: sampleRoom, At: sampleAt, Same: 0xfeedface, Slot: 1}
}

func sampleProfile() Profile {
	return Profile{
		ID:   "hong",
		Name: FieldAt{"홍길동", sampleAt}, Phone: FieldAt{"01012345678", sampleAt}, Email: FieldAt{"hong@example.com", sampleAt},
		Birth: FieldAt{"1990-01-02", sampleAt}, Address: FieldAt{"서울시 종로구", sampleAt}, Note: FieldAt{"전화 선호", sampleAt},
		Consent: sampleAt, Members: []Member{{No: 7041, Key: sampleKey, Channel: Web, Also: []CustomerNo{7040, 7039}}}, Rooms: 5, Seal: 15, Seals: []uint64{16},
	}
}

// valueSample is a sample of something stored that is no event.
type valueSample struct {
	name   string
	value  any
	encode func() []byte
	decode func([]byte) (any, error)
}

func valueSamples() []valueSample {
	customer, profile := sampleCustomer(), sampleProfile()
	open := OpenRoomRow{
		Room: sampleRoom, State: Waiting, Since: sampleAt, CreatedAt: sampleAt - 2000, RequestedAt: sampleAt - 1000, Place: 907, Channel: Web,
		Account: "shop", Category: "returns", Lock: true, Refuse: true, Need: true, Holder: "kim", Assignment: 2, Turn: 91,
		Deadline: sampleAt.Add(30 * time.Minute), Customer: 7041, Key: sampleKey, Hold: true, Number: 31,
		Joined: []CustomerKey{"acme_r7"}, Priority: 9, LastAgent: "lee", Missed: []AccountID{"kim", "park"},
		Unanswered: sampleAt - 500, Seal: 12,
	}
	closed := ClosedRoomRow{
		Room: sampleRoom, State: Closed, Channel: Web, Account: "shop", Category: "returns", Customer: 7041, Key: sampleKey,
		CreatedAt: sampleAt - 2000, RequestedAt: sampleAt - 1000, ClosedAt: sampleAt, Actor: EndedByCustomer, Reason: EndNormal,
		Rejected: true, Agent: "kim", Assignments: 2, Answered: true, AgentColumn: "로봇 > 김상담", Number: 31, Category3: "size",
		Title: "1:1 채팅 상담 문의 드립니다.", Score: 4, Seal: 12,
	}
	request := OpenRequestRow{At: sampleAt, Request: InboxRequest{
		Seal: 12,
		Room: sampleRoom, Number: 2, Kind: ChangeOfAgent, By: "lee", ByName: "이상담", To: "choi", ToName: "최상담", Text: "교환 담당이 필요합니다",
	}}
	erasure := ErasureRow{
		No: 7041, Numbers: []CustomerNo{7041, 7040}, Seals: []uint64{12, 13}, At: sampleAt, Done: sampleAt + 1, Marks: []string{ErasedMark(sampleSite, sampleKey)},
	}
	outbox := OutboxRow{
		ID: "e_3m9kq7", Type: OutsideStateChanged, At: sampleAt, Body: []byte(`{"id":"e_3m9kq7"}`), Attempts: 50, Status: 503, Failure: "status", GaveUp: sampleAt + 1,
	}
	delivery := DeliveryRow{Number: 41, ID: "e_3m9kq7", Type: OutsideStateChanged, At: sampleAt, Attempt: 3, Status: 503, Millis: 120, Failure: "status"}
	turn := TurnRow{Account: "kim", Turn: 91}
	record := AppendRecord(nil, sampleAt, []Recorded{{Number: 58, Desk: 58, Room: 42, Event: &MessageRead{By: FromAgent, Desk: 57, Room: 41}}})
	FinishRecord(record, 4711)
	entry := Entry{
		Shard: 63, Number: 4711, At: sampleAt, Actor: RoomAt(sampleSite, sampleRoom), First: 58, Count: 1, Record: record,
		Rows: []Row{
			{Kind: RowOpenRoom, Key: OpenRoomKey(sampleSite, sampleRoom), Value: []byte{1, 2, 3}},
			{Kind: RowCustomerRoom, Key: RowKey(sampleSite, "x"), Value: []byte{}},
			{Kind: RowOwed, Key: RowKey(sampleSite, "y")},
		},
	}
	drop := Entry{
		Shard: 63, Number: 4712, At: sampleAt, Actor: RoomAt(sampleSite, sampleRoom), Drop: true,
		Rows: []Row{{Kind: RowRoomFile, Key: RoomFileKey(sampleSite, sampleRoom, "f_1")}},
	}
	all := []valueSample{
		{"row.customer", customer, func() []byte { return AppendCustomer(nil, &customer) }, func(b []byte) (any, error) {
			k, err := DecodeCustomer(b)
			if err != nil {
				return nil, err
			}
			return *k, nil
		}},
		{"row.start", sampleStart(), func() []byte { s := sampleStart(); return AppendStart(nil, &s) }, func(b []byte) (any, error) { return DecodeStart(b) }},
		{"row.profile", profile, func() []byte { return AppendProfile(nil, &profile) }, func(b []byte) (any, error) {
			p, err := DecodeProfile(b)
			if err != nil {
				return nil, err
			}
			return *p, nil
		}},
		{"row.history", HistoryRow{Closed: closed, Memos: 2}, func() []byte { return AppendHistory(nil, &HistoryRow{Closed: closed, Memos: 2}) }, func(b []byte) (any, error) { return DecodeHistory(b) }},
		{"row.open_room", open, func() []byte { return AppendOpenRoom(nil, &open) }, func(b []byte) (any, error) { return DecodeOpenRoom(b) }},
		{"row.closed_room", closed, func() []byte { return AppendClosedRoom(nil, &closed) }, func(b []byte) (any, error) { return DecodeClosedRoom(b) }},
		{"row.figures", sampleFigures(), func() []byte { f := sampleFigures(); return AppendFigures(nil, &f) }, func(b []byte) (any, error) { return DecodeFigures(b) }},
		{"row.day_fold", sampleDayFold(), func() []byte { f := sampleDayFold(); return AppendDayFold(nil, &f) }, func(b []byte) (any, error) { return DecodeDayFold(b) }},
		{"row.journey_fold", sampleJourneyFold(), func() []byte { f := sampleJourneyFold(); return AppendJourneyFold(nil, &f) }, func(b []byte) (any, error) { return DecodeJourneyFold(b) }},
		{"row.started", sampleStarted(), func() []byte { r := sampleStarted(); return AppendStarted(nil, &r) }, func(b []byte) (any, error) { return DecodeStarted(b) }},
		{"row.open_request", request, func() []byte { return AppendOpenRequest(nil, &request) }, func(b []byte) (any, error) { return DecodeOpenRequest(b) }},
		{"row.file", sampleFile(), func() []byte { f := sampleFile(); return AppendFile(nil, &f) }, func(b []byte) (any, error) {
			f, err := DecodeFile(b)
			if err != nil {
				return nil, err
			}
			return *f, nil
		}},
		{"row.erasure", erasure, func() []byte { return AppendErasure(nil, &erasure) }, func(b []byte) (any, error) { return DecodeErasure(b) }},
		{"row.outbox", outbox, func() []byte { return AppendOutbox(nil, &outbox) }, func(b []byte) (any, error) { return DecodeOutbox(b) }},
		{"row.delivery", delivery, func() []byte { return AppendDelivery(nil, &delivery) }, func(b []byte) (any, error) { return DecodeDelivery(b) }},
		{"row.turn", turn, func() []byte { return AppendTurn(nil, turn) }, func(b []byte) (any, error) { return DecodeTurn(b) }},
		{"row.no", uint64(7041), func() []byte { return AppendNo(nil, 7041) }, func(b []byte) (any, error) {
			if len(b) != 8 {
				return nil, fmt.Errorf("%w: a number row of %d bytes", ErrWire, len(b))
			}
			return DecodeNo(b), nil
		}},
		{"entry.drop", drop, func() []byte { return AppendEntry(nil, &drop) }, func(b []byte) (any, error) { return DecodeEntry(b) }},
		{"entry", entry, func() []byte { return AppendEntry(nil, &entry) }, func(b []byte) (any, error) { return DecodeEntry(b) }},
	}
	for _, o := range owedSamples() {
		all = append(all, valueSample{"owed." + o.Body.CommandName(), o,
			func() []byte { return AppendOwed(nil, o.To, o.Body) },
			func(b []byte) (any, error) {
				to, body, err := DecodeOwed(b)
				return owedSample{to, body}, err
			}})
	}
	return all
}

type owedSample struct {
	To   Address
	Body Body
}

func owedSamples() []owedSample {
	return []owedSample{
		{CustomersAt(sampleSite), RoomDone{Room: sampleRoom, Customer: 7041, Agent: "kim", At: sampleAt}},
		{CustomersAt(sampleSite), SaveProfile{Customer: 7041, Values: []FieldValue{{FieldName, "홍길동"}}, At: sampleAt, Consent: true}},
		{AgentAt(sampleSite, "kim"), GainRoom{InboxGained{Room: sampleRoom, Assignment: 1, Cause: CauseEntry, Customer: "홍길동", Title: "문의", Channel: Web, Turn: 7, Quiet: true, Seal: 12}}},
		{AgentAt(sampleSite, "kim"), LoseRoom{InboxLost{Room: sampleRoom, Assignment: 1, Reason: "closed"}}},
		{AgentAt(sampleSite, "kim"), RingAlarm{Room: sampleRoom}},
		{SiteAt(sampleSite), NoteErasure{No: 7041, By: "admin", ClientID: clientA, Done: true}},
		{AgentAt(sampleSite, "park"), NoteRequest{InboxRequest{
			Seal: 12,
			Room: sampleRoom, Number: 2, Kind: ChangeOfAgent, By: "lee", ByName: "이상담", To: "choi", ToName: "최상담", Text: "교환 담당이 필요합니다",
		}}},
		{LedgerAt(sampleSite), Charge{Room: sampleRoom, At: sampleAt, Charged: RoomCharged{Account: "shop", Key: sampleKey, Day: Date{2026, 11, 20}, Why: ChargePrompt, Price: 100}}},
		{LedgerAt(sampleSite), ChargeAccounts{Month: Date{2026, 12, 1}, Accounts: 12, Price: 85_000, At: sampleAt}},
		{AgentAt(sampleSite, "lee"), NoteDecision{InboxDecision{Room: sampleRoom, Number: 2, Kind: ChangeOfAgent, Outcome: RequestApproved, By: "park"}}},
	}
}

// unset lists the fields below v that are zero in every one of the values.
func unset(values []reflect.Value, path string) []string {
	t := values[0].Type()
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		var below []reflect.Value
		for _, v := range values {
			if !v.IsNil() {
				below = append(below, v.Elem())
			}
		}
		if len(below) == 0 {
			return []string{path}
		}
		return unset(below, path)
	case reflect.Struct:
		var missing []string
		for i := range t.NumField() {
			fields := make([]reflect.Value, len(values))
			for k, v := range values {
				fields[k] = v.Field(i)
			}
			missing = append(missing, unset(fields, path+"."+t.Field(i).Name)...)
		}
		return missing
	case reflect.Slice:
		var elems []reflect.Value
		for _, v := range values {
			for i := range v.Len() {
				elems = append(elems, v.Index(i))
			}
		}
		if len(elems) == 0 {
			return []string{path}
		}
		if t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		return unset(elems, path+"[]")
	}
	for _, v := range values {
		if !v.IsZero() {
			return nil
		}
	}
	return []string{path}
}

func sampleFigures() Figures {
	return Figures{
		State: Closed, Channel: Web, Category: "returns", Customer: 7041, CreatedAt: sampleAt - 500_000, RequestedAt: sampleAt - 480_000, ClosedAt: sampleAt,
		Last: sampleAt - 15_000, Actor: EndedByAgent, Rejected: true, Answered: true, Bot: "main",
		Segments: []Segment{
			{Agent: "kim", Start: sampleAt - 480_000, End: sampleAt - 180_000, Answered: sampleAt - 360_000, Hold: 120_000, Wait: 60_000},
			{Agent: "lee", Start: sampleAt - 180_000, End: sampleAt},
		},
		Moves: []Move{
			{Stage: 1, Dialogue: RootDialogue, Exit: ExitChoice, Label: "배송문의", Next: "delivery", Count: 2},
			{Stage: 2, Previous: RootDialogue, Dialogue: "delivery", Exit: ExitBack, Count: 1},
		},
	}
}

func sampleStarted() StartedRow {
	return StartedRow{Channel: Web, ClosedAt: sampleAt, State: BotClosed, Actor: EndedByCustomer, Rejected: true, Bot: true, Agent: "kim", Category: "returns"}
}

func sampleDayFold() DayFold {
	c := FoldCell{Agent: "kim", Category: "returns", Channel: Web, Requested: 12, Abandoned: 1, Closed: 10, BotClosed: 2, Spent: Sum{12, 6_780_000}}
	for i := range c.Sums {
		c.Sums[i] = Sum{int64(i + 1), int64(i+1) * 60_000}
	}
	return DayFold{Rooms: 12, Cells: []FoldCell{c}, Created: 15}
}

func sampleJourneyFold() JourneyFold {
	return JourneyFold{Cells: []JourneyCell{
		{Key: JourneyKey{Level: 1, Stage: 2, Previous: RootDialogue, Dialogue: "delivery", Exit: ExitChoice, Label: "배송조회", Next: "track"}, Moves: 3, Rooms: 2, Customers: []byte{5, 1}},
	}}
}
