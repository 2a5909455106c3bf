package room

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestTransitions plays every row of domain 6.2 that exists; each is recorded once, and replays alike.
func TestTransitions(t *testing.T) {
	type row struct {
		name     string
		settings []func(*protocol.Settings)
		from     func(*story) *story
		event    func(*story) *story
		to       string // Describe
		heard    string
		told     string
		more     func(t *testing.T, x *story)
	}
	wait := needsProfile(protocol.PolicyWait)
	assign := needsProfile(protocol.PolicyAssign)
	for _, r := range []row{
		{
			name: "S-01 an arrival at an open room joins it", from: (*story).active,
			event: func(x *story) *story { return x.do(internal, protocol.Arrive{Room: roomID, Customer: 7}) },
			to:    "ACTIVE ann#1",
			more: func(t *testing.T, x *story) {
				require.Equal(t, protocol.Started{Room: roomID, Outcome: protocol.OutcomeAccepted}, x.result())
				require.Empty(t, x.step.Events)
			},
		},
		{
			name: "S-01 and at a waiting one", from: (*story).waits,
			event: func(x *story) *story { return x.do(internal, protocol.Arrive{Room: roomID, Customer: 7}) },
			to:    "WAITING",
			more: func(t *testing.T, x *story) {
				require.Equal(t, protocol.Started{Room: roomID, Outcome: protocol.OutcomeQueued}, x.result())
			},
		},
		{
			name: "S-03 an inbound runs the pipeline", from: func(x *story) *story { return x }, event: (*story).asks,
			to: "ASKING", told: "seat.ask",
			more: func(t *testing.T, x *story) {
				require.Equal(t, x.s.CreatedAt, x.s.RequestedAt, "no bot: the request is the start")
				require.Equal(t, "1:1 채팅 상담 문의 드립니다.", x.s.Title, "R-017")
			},
		},
		{
			name: "S-07 assigned at entry", from: (*story).asks,
			event: func(x *story) *story {
				seat := seatOf(5, ann, protocol.CauseEntry)
				return x.answered(protocol.SeatAnswer{Seat: &seat})
			},
			to: "RECEIVED ann#1", heard: "M-TITLE M-GREET", told: "seat.accepted inbox.gain@ann*",
			more: func(t *testing.T, x *story) {
				require.Equal(t, "안녕하세요. 상담사 Ann입니다. 무엇을 도와드릴까요?", x.step.Events[2].(*protocol.MessagePosted).Text)
				require.Equal(t, protocol.Started{Room: roomID, Outcome: protocol.OutcomeAccepted}, x.result())
			},
		},
		{
			name: "S-07 with a prompt, and no refusal", settings: []func(*protocol.Settings){assign}, from: (*story).asks,
			event: func(x *story) *story {
				seat := seatOf(5, ann, protocol.CauseEntry)
				return x.answered(protocol.SeatAnswer{Seat: &seat})
			},
			to: "RECEIVED ann#1", heard: "M-TITLE M-GREET M-PROMPT", told: "seat.accepted inbox.gain@ann*",
		},
		{
			name: "S-08 into the line", from: (*story).asks,
			event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Place: 3}) },
			to:    "WAITING", heard: "M-FIXED",
			more: func(t *testing.T, x *story) {
				require.EqualValues(t, 3, x.s.Place)
				require.Equal(t, x.s.RequestedAt, x.s.row().RequestedAt)
			},
		},
		{
			name: "S-08 locked and refusing", settings: []func(*protocol.Settings){wait}, from: (*story).asks,
			event: func(x *story) *story { return x.answered(protocol.SeatAnswer{}) },
			to:    "WAITING locked refusing", heard: "M-FIXED M-PROMPT",
		},
		{
			name: "S-08 out of hours", from: (*story).asks,
			event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Hours: protocol.OutIntake}) },
			to:    "WAITING", heard: "M-AH",
			more: func(t *testing.T, x *story) {
				require.Equal(t, protocol.OutOfHours, x.result().(protocol.Started).Code)
			},
		},
		{
			name: "S-08 with every message, the prompt's button at the bottom (5.2 rule 2)",
			settings: []func(*protocol.Settings){wait, func(s *protocol.Settings) {
				s.BusyTime = true
				s.Texts = map[protocol.TextCode]string{protocol.MQueue: "[waiting_count]명"}
			}},
			from: (*story).asks, event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Waiting: 4}) },
			to: "WAITING locked refusing", heard: "M-FIXED M-BUSY M-QUEUE M-PROMPT",
			more: func(t *testing.T, x *story) {
				require.Equal(t, "4명", x.step.Events[3].(*protocol.MessagePosted).Text, "R-113")
			},
		},
		{
			name: "S-08 with empty texts says nothing (5.2 rule 1)",
			settings: []func(*protocol.Settings){func(s *protocol.Settings) {
				s.Texts = map[protocol.TextCode]string{protocol.MAfterHours: ""}
			}},
			from: (*story).asks, event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Hours: protocol.OutIntake}) },
			to: "WAITING", heard: "",
		},
		{
			name: "S-09 after hours with the intake off, and no prompt (R-041)", settings: []func(*protocol.Settings){wait}, from: (*story).asks,
			event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Hours: protocol.OutClosed}) },
			to:    "CLOSED by AUTO (AFTER_HOURS) rejected", heard: "M-AH", told: "room.left room.done*",
			more: func(t *testing.T, x *story) {
				require.Equal(t, protocol.Started{Room: roomID, Outcome: protocol.OutcomeRefused, Code: protocol.OutOfHours}, x.result())
			},
		},
		{
			name: "S-09 nobody on duty (P-6)", settings: []func(*protocol.Settings){wait}, from: (*story).asks,
			event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Refused: protocol.NoAgent}) },
			to:    "CLOSED by AUTO (NO_AGENT) rejected", heard: "M-NOAGENT", told: "room.left room.done*",
			more: func(t *testing.T, x *story) {
				require.Equal(t, protocol.NoAgent, x.result().(protocol.Started).Code)
			},
		},
		{
			name: "S-09 too many (P-7)", from: (*story).asks,
			event: func(x *story) *story { return x.answered(protocol.SeatAnswer{Refused: protocol.OverLimit}) },
			to:    "CLOSED by AUTO (OVER_LIMIT) rejected", heard: "M-OVER", told: "room.left room.done*",
		},
		{
			name: "S-10 the profile lifts both locks", settings: []func(*protocol.Settings){wait}, from: (*story).waits, event: (*story).submits,
			to: "WAITING", heard: "M-SAVED", told: "profile.save* room.unlocked",
			more: func(t *testing.T, x *story) {
				save := x.step.Tells[0].Body.(protocol.SaveProfile)
				require.Equal(t, []protocol.FieldValue{{Field: protocol.FieldName, Value: "홍길동"}, {Field: protocol.FieldPhone, Value: "01012345678"}}, save.Values)
			},
		},
		{
			name: "S-11 an agent takes it", settings: []func(*protocol.Settings){manualMode}, from: (*story).waits,
			event: func(x *story) *story { return x.do(internal, x.offered(protocol.CauseSelf, bob, bob)) },
			to:    "RECEIVED bob#1", told: "seat.accepted inbox.gain@bob*",
		},
		{
			name: "S-12 out of the backlog, without the profile under ASSIGN", settings: []func(*protocol.Settings){assign}, from: (*story).waits,
			event: func(x *story) *story { return x.do(internal, x.offered(protocol.CauseBacklog, bob, protocol.Caller{})) },
			to:    "RECEIVED bob#1", told: "seat.accepted inbox.gain@bob*",
		},
		{
			name: "S-13 a manager assigns: greeting", from: (*story).waits,
			event: func(x *story) *story { return x.do(internal, x.offered(protocol.CauseManager, bob, lee)) },
			to:    "RECEIVED bob#1", heard: "M-GREET", told: "seat.accepted inbox.gain@bob*",
			more: func(t *testing.T, x *story) {
				e := x.step.Events[0].(*protocol.RoomAssigned)
				require.Equal(t, protocol.AccountID("lee"), e.By)
				require.False(t, e.Override)
			},
		},
		{
			name: "S-13 lifts both locks without a profile, and says so (Q-18, R-081)", settings: []func(*protocol.Settings){wait}, from: (*story).waits,
			event: func(x *story) *story { return x.do(internal, x.offered(protocol.CauseManager, bob, lee)) },
			to:    "RECEIVED bob#1", heard: "M-GREET memo", told: "seat.accepted inbox.gain@bob*",
			more: func(t *testing.T, x *story) {
				require.True(t, x.step.Events[0].(*protocol.RoomAssigned).Override)
				require.Equal(t, protocol.AccountID("lee"), x.step.Events[2].(*protocol.MessagePosted).Account)
			},
		},
		{
			name: "S-14 a text before the profile is kept and refused", settings: []func(*protocol.Settings){wait}, from: (*story).waits,
			event: func(x *story) *story { return x.says(visitor, "언제 와요?") },
			to:    "WAITING locked refusing", heard: "언제 와요? M-REFUSE",
			more: func(t *testing.T, x *story) {
				require.True(t, x.step.Events[0].(*protocol.MessagePosted).BeforeProfile)
			},
		},
		{
			name: "S-14 an image, too", settings: []func(*protocol.Settings){wait}, from: (*story).waits,
			event: func(x *story) *story {
				return x.do(visitor, protocol.SendMessage{Room: roomID, Kind: protocol.Image, File: "f_room"})
			},
			to: "WAITING locked refusing", heard: " M-REFUSE",
		},
		{
			name: "S-15 a text in the line", from: (*story).waits,
			event: func(x *story) *story { return x.says(visitor, "언제 와요?") },
			to:    "WAITING", heard: "언제 와요?",
			more: func(t *testing.T, x *story) {
				require.False(t, x.step.Events[0].(*protocol.MessagePosted).BeforeProfile)
			},
		},
		{
			name: "S-15 an image that the customer pasted (R-008)", from: (*story).received,
			event: func(x *story) *story {
				return x.do(visitor, protocol.SendMessage{Room: roomID, Kind: protocol.Image, File: "f_room"})
			},
			to: "RECEIVED ann#1", heard: "",
			more: func(t *testing.T, x *story) {
				m := x.step.Events[0].(*protocol.MessagePosted)
				require.Equal(t, protocol.Image, m.Kind)
				require.Equal(t, "f_room", m.File)
			},
		},
		{
			name: "S-16 the holder's first message (R-021)", from: (*story).received,
			event: func(x *story) *story { return x.says(ann, "네") },
			to:    "ACTIVE ann#1", heard: "네",
			more: func(t *testing.T, x *story) { require.True(t, x.s.Answered) },
		},
		{
			name: "S-16 a memo is no response (R-022)", from: (*story).received,
			event: func(x *story) *story {
				return x.do(ann, protocol.SendMessage{Room: roomID, Kind: protocol.Memo, Text: "m"})
			},
			to: "RECEIVED ann#1", heard: "memo",
		},
		{
			name: "S-17 a manager changes the agent (R-028)", from: (*story).active,
			event: func(x *story) *story { return x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee)) },
			to:    "RECEIVED bob#2", told: "inbox.lose@ann* seat.accepted inbox.gain@bob*",
			more: func(t *testing.T, x *story) {
				e := x.step.Events[0].(*protocol.RoomAssigned)
				require.Equal(t, protocol.AccountID("ann"), e.From)
				lost := x.step.Tells[0].Body.(protocol.LoseRoom).Lost
				require.Equal(t, protocol.InboxLost{Room: roomID, Assignment: 1, Reason: "moved"}, lost)
			},
		},
		{
			name: "S-18 the profile in an assigned room", settings: []func(*protocol.Settings){assign}, from: (*story).active, event: (*story).submits,
			to: "ACTIVE ann#1", heard: "M-SAVED", told: "profile.save*",
		},
		{
			name: "S-19 the customer ends while it waits", settings: []func(*protocol.Settings){wait}, from: (*story).waits,
			event: func(x *story) *story { return x.do(visitor, protocol.EndRoom{Room: roomID}) },
			to:    "CLOSED by CUSTOMER (NORMAL)", heard: "M-END-CUSTOMER", told: "room.left room.done*",
		},
		{
			name: "S-19 while it is being routed", from: (*story).asks,
			event: func(x *story) *story { return x.do(visitor, protocol.EndRoom{Room: roomID}) },
			to:    "CLOSED by CUSTOMER (NORMAL)", heard: "M-END-CUSTOMER", told: "room.left room.done*",
		},
		{
			name: "S-19 while it is bound", from: (*story).active,
			event: func(x *story) *story { return x.do(visitor, protocol.EndRoom{Room: roomID}) },
			to:    "CLOSED ann#1 by CUSTOMER (NORMAL)", heard: "M-END-CUSTOMER", told: "room.left room.done* inbox.lose@ann*",
		},
		{
			name: "S-20 the holder ends", from: (*story).received,
			event: func(x *story) *story { return x.do(ann, protocol.EndRoom{Room: roomID, Assignment: 1}) },
			to:    "CLOSED ann#1 by AGENT (NORMAL)", heard: "M-END-AGENT", told: "room.left room.done* inbox.lose@ann*",
		},
		{
			name: "S-21 a manager ends what waits", from: (*story).waits,
			event: func(x *story) *story { return x.do(lee, protocol.EndRoom{Room: roomID}) },
			to:    "CLOSED by MANAGER (NORMAL)", heard: "M-END-MANAGER", told: "room.left room.done*",
		},
		{
			name: "S-21 and what is bound to an agent of theirs", from: (*story).active,
			event: func(x *story) *story { return x.do(lee, protocol.EndRoom{Room: roomID}) },
			to:    "CLOSED ann#1 by MANAGER (NORMAL)", heard: "M-END-MANAGER", told: "room.left room.done* inbox.lose@ann*",
		},
		{
			name: "S-22 T1", settings: []func(*protocol.Settings){timers(30, 0)}, from: (*story).active,
			event: func(x *story) *story { return x.later(30 * time.Minute).wakes() },
			to:    "CLOSED ann#1 by AUTO (CUSTOMER_SILENCE)", heard: "M-AUTOCLOSE", told: "room.left room.done* inbox.lose@ann*",
		},
		{
			name: "S-22 T2", settings: []func(*protocol.Settings){timers(0, 10)}, from: (*story).waits,
			event: func(x *story) *story { return x.later(10 * time.Minute).wakes() },
			to:    "CLOSED by AUTO (AGENT_DELAY)", heard: "M-AUTOCLOSE", told: "room.left room.done*",
		},
		{
			name: "S-24 an arrival at a closed room goes back, for a new one", from: (*story).closed,
			event: func(x *story) *story { return x.do(internal, protocol.Arrive{Room: roomID, Customer: 7}) },
			to:    "CLOSED ann#1 by CUSTOMER (NORMAL)", told: "room.arrival_returned",
			more: func(t *testing.T, x *story) { require.Empty(t, x.step.Events, "it never opens again (R-015)") },
		},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := r.event(r.from(begin(t, r.settings...)))
			require.Equal(t, r.to, Describe(x.s))
			require.Equal(t, r.heard, x.heard())
			require.Equal(t, r.told, x.told())
			if r.more != nil {
				r.more(t, x)
			}
			require.Equal(t, plain(x.s), plain(x.replayed()), "I-06")
		})
	}
}

// TestSeatsThatARoomDoesNotTake are handed back with how the room stands, and the asker hears why.
func TestSeatsThatARoomDoesNotTake(t *testing.T) {
	wait := needsProfile(protocol.PolicyWait)
	for name, r := range map[string]struct {
		settings []func(*protocol.Settings)
		from     func(*story) *story
		cause    protocol.Cause
		to       protocol.Caller
		change   func(*protocol.OfferSeat)
		code     protocol.RejectCode
		state    protocol.RoomState
	}{
		"it does not exist":            {from: func(x *story) *story { return x }, cause: protocol.CauseBacklog, to: bob, code: protocol.NotFound},
		"it is being routed":           {from: (*story).asks, cause: protocol.CauseBacklog, to: bob, code: protocol.Unavailable},
		"it has closed":                {from: (*story).closed, cause: protocol.CauseBacklog, to: bob, code: protocol.RoomIsClosed, state: protocol.Closed},
		"somebody was first (I-02)":    {from: (*story).received, cause: protocol.CauseSelf, to: bob, code: protocol.Taken, state: protocol.Received},
		"it waits for its profile":     {settings: []func(*protocol.Settings){wait}, from: (*story).waits, cause: protocol.CauseSelf, to: bob, code: protocol.ProfileRequired, state: protocol.Waiting},
		"and not for the backlog":      {settings: []func(*protocol.Settings){wait}, from: (*story).waits, cause: protocol.CauseBacklog, to: bob, code: protocol.ProfileRequired, state: protocol.Waiting},
		"a change of nobody":           {from: (*story).waits, cause: protocol.CauseManagerChange, to: bob, code: protocol.Conflict, state: protocol.Waiting},
		"a change to its holder":       {from: (*story).active, cause: protocol.CauseManagerChange, to: ann, code: protocol.Taken, state: protocol.Active},
		"it moved (compare and set)":   {from: (*story).active, cause: protocol.CauseManagerChange, to: bob, change: func(o *protocol.OfferSeat) { o.Assignment = 9 }, code: protocol.Taken, state: protocol.Active},
		"it was assigned (see before)": {from: (*story).waits, cause: protocol.CauseManager, to: bob, change: func(o *protocol.OfferSeat) { o.Assignment = 9 }, code: protocol.Taken, state: protocol.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			x := r.from(begin(t, r.settings...))
			before := plain(x.s)
			o := x.offered(r.cause, r.to, lee)
			if r.change != nil {
				r.change(&o)
			}
			x.refused(r.code, internal, o)
			require.Equal(t, before, plain(x.s))
			require.Len(t, x.step.Tells, 1)
			require.Equal(t, protocol.SeatReturned{Room: roomID, Turn: o.Seat.Turn, Agent: o.Seat.Agent, State: r.state}, x.step.Tells[0].Body)
		})
	}
}

// TestAnAnswerThatComesTooLateGivesItsSeatBack: the customer ended the room while it asked, or it was answered before.
func TestAnAnswerThatComesTooLateGivesItsSeatBack(t *testing.T) {
	seat := seatOf(4, bob, protocol.CauseEntry)
	t.Run("closed meanwhile", func(t *testing.T) {
		x := begin(t).asks().do(visitor, protocol.EndRoom{Room: roomID})
		x.answered(protocol.SeatAnswer{Seat: &seat})
		require.Equal(t, "seat.returned", x.told())
		require.Equal(t, protocol.Closed, x.step.Tells[0].Body.(protocol.SeatReturned).State)
	})
	t.Run("answered before", func(t *testing.T) {
		x := begin(t).received().answered(protocol.SeatAnswer{Seat: &seat})
		require.Equal(t, "seat.returned", x.told())
		require.Equal(t, "RECEIVED ann#1", Describe(x.s))
	})
	t.Run("the same answer again", func(t *testing.T) {
		same := seatOf(1, ann, protocol.CauseEntry)
		x := begin(t).received().answered(protocol.SeatAnswer{Seat: &same})
		require.Empty(t, x.told(), "its seat is not given back")
	})
	t.Run("a seat for a room that the gate lets wait", func(t *testing.T) {
		x := begin(t, manualMode).asks().answered(protocol.SeatAnswer{Seat: &seat})
		require.Equal(t, "seat.returned", x.told())
		require.Equal(t, "WAITING", Describe(x.s))
	})
	t.Run("a seat for a room that is refused", func(t *testing.T) {
		x := begin(t).asks().answered(protocol.SeatAnswer{Seat: &seat, Hours: protocol.OutClosed})
		require.Contains(t, x.told(), "seat.returned")
	})
}

// TestAnOfferThatIsAskedForIsAnsweredByTheState.
func TestAnOfferThatIsAskedForIsAnsweredByTheState(t *testing.T) {
	x := begin(t).active()
	x.do(internal, protocol.AskOffer{Room: roomID, Turn: 1, Agent: "ann"})
	require.Equal(t, protocol.SeatAccepted{Room: roomID, Turn: 1, Agent: "ann", Assignment: 1}, x.step.Tells[0].Body)
	x.do(internal, protocol.AskOffer{Room: roomID, Turn: 2, Agent: "bob"})
	require.Equal(t, protocol.SeatReturned{Room: roomID, Turn: 2, Agent: "bob", State: protocol.Active}, x.step.Tells[0].Body)
	x.do(ann, protocol.EndRoom{Room: roomID}).do(internal, protocol.AskOffer{Room: roomID, Turn: 1, Agent: "ann"})
	require.Equal(t, protocol.SeatReturned{Room: roomID, Turn: 1, Agent: "ann", State: protocol.Closed}, x.step.Tells[0].Body)
}

// TestARoomBetweenQuestionAndAnswerAsksAgain when it is loaded, and no other has anything to do.
func TestARoomBetweenQuestionAndAnswerAsksAgain(t *testing.T) {
	x := begin(t).asks().later(time.Minute).do(internal, protocol.Resumed{})
	ask := x.step.Tells[0].Body.(protocol.AskSeat)
	require.True(t, ask.Again)
	require.Equal(t, protocol.At(ten), ask.RequestedAt, "at its place")
	for _, from := range []func(*story) *story{(*story).waits, (*story).active, (*story).closed} {
		require.Empty(t, from(begin(t)).do(internal, protocol.Resumed{}).told())
	}
}
