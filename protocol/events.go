package protocol

// Event is something that has happened. Most events are durable: they have an
// EventCode of the table below, are written to the journal, and stay readable
// for ever. A mind may also have events of its own that only change its memory
// (the queue's, an agent's connection): their code is Volatile.
type Event interface {
	EventCode() EventCode
}

type durableEvent interface {
	Event
	code(*coder)
	// Shown says in which streams the event is a frame: desk/ (or inbox/), and room/.
	Shown() (desk, room bool)
}

// EventCode is the durable name of an event. The numbers are stored: never reuse one.
type EventCode uint16

// Volatile marks events that are applied and never stored.
const Volatile EventCode = 0

const (
	CodeRoomOpened      EventCode = 1
	CodeRoomAssigned    EventCode = 2
	CodeRoomQueued      EventCode = 3
	CodeMessagePosted   EventCode = 4
	CodeProfilePrompted EventCode = 5
	CodeProfileSaved    EventCode = 6
	CodeRoomClosed      EventCode = 7
	CodeRoomMetaSet     EventCode = 8
	CodeMessageRead     EventCode = 9
	CodeAlarmRang       EventCode = 10
	CodeDialogueShown   EventCode = 11
	CodeAgentRequested  EventCode = 12
	CodeChangeRequested EventCode = 16
	CodeReviewRequested EventCode = 17
	CodeRequestDecided  EventCode = 18
	CodeRoomRated       EventCode = 19
	CodeRoomJoined      EventCode = 15

	CodePresenceChosen EventCode = 20
	CodeDutyChanged    EventCode = 21
	CodeInboxGained    EventCode = 22
	CodeInboxLost      EventCode = 23
	CodeAlarmDue       EventCode = 24
	CodeInboxRequest   EventCode = 25
	CodeInboxDecision  EventCode = 26

	CodeInboxOffered    EventCode = 27
	CodeInboxOfferEnded EventCode = 28

	CodeCustomerSaved      EventCode = 30
	CodeSharedProfileSaved EventCode = 31

	CodeCustomerErased  EventCode = 32
	CodeErasureFinished EventCode = 33

	CodeCustomersIndexed EventCode = 34

	CodeFileSaved EventCode = 37

	CodeAPIKeyMade    EventCode = 38
	CodeAPIKeyRevoked EventCode = 39

	CodeOfferMissed EventCode = 60

	CodeSiteCreated     EventCode = 40
	CodeSettingsChanged EventCode = 41
	CodeAccountSaved    EventCode = 42
	CodeCategorySaved   EventCode = 43
	CodeHolidaySaved    EventCode = 44
	CodeDaySaved        EventCode = 45
	CodeSessionOpened   EventCode = 46
	CodeSessionEnded    EventCode = 47
	CodeCalendarTurned  EventCode = 48
	CodeJourneyTurned   EventCode = 49
	CodeBotSaved        EventCode = 50
	CodeDayFolded       EventCode = 51
	CodeReportExported  EventCode = 52
	CodeTemplateSaved   EventCode = 53
	CodeTemplateRemoved EventCode = 54

	CodeChannelSaved EventCode = 55
	CodeWebhookSaved EventCode = 56

	CodeLedgerEntry EventCode = 70
	CodeRoomCharged EventCode = 71
)

// eventTable is the only place that lists the durable events. golden/ holds the bytes of each.
var eventTable = map[EventCode]struct {
	name string
	make func() durableEvent
}{
	CodeRoomOpened:      {"room.opened", func() durableEvent { return new(RoomOpened) }},
	CodeRoomAssigned:    {"room.assigned", func() durableEvent { return new(RoomAssigned) }},
	CodeRoomQueued:      {"room.queued", func() durableEvent { return new(RoomQueued) }},
	CodeMessagePosted:   {"message.posted", func() durableEvent { return new(MessagePosted) }},
	CodeProfilePrompted: {"profile.prompted", func() durableEvent { return new(ProfilePrompted) }},
	CodeProfileSaved:    {"profile.saved", func() durableEvent { return new(ProfileSaved) }},
	CodeRoomClosed:      {"room.closed", func() durableEvent { return new(RoomClosed) }},
	CodeRoomMetaSet:     {"room.meta_set", func() durableEvent { return new(RoomMetaSet) }},
	CodeMessageRead:     {"message.read", func() durableEvent { return new(MessageRead) }},
	CodeAlarmRang:       {"alarm.rang", func() durableEvent { return new(AlarmRang) }},
	CodeDialogueShown:   {"bot.dialogue", func() durableEvent { return new(DialogueShown) }},
	CodeAgentRequested:  {"bot.agent_requested", func() durableEvent { return new(AgentRequested) }},
	CodeChangeRequested: {"change.requested", func() durableEvent { return new(ChangeRequested) }},
	CodeReviewRequested: {"review.requested", func() durableEvent { return new(ReviewRequested) }},
	CodeRequestDecided:  {"request.decided", func() durableEvent { return new(RequestDecided) }},
	CodeRoomRated:       {"room.rated", func() durableEvent { return new(RoomRated) }},
	CodeRoomJoined:      {"room.joined", func() durableEvent { return new(RoomJoined) }},

	CodePresenceChosen: {"presence.chosen", func() durableEvent { return new(PresenceChosen) }},
	CodeDutyChanged:    {"duty.changed", func() durableEvent { return new(DutyChanged) }},
	CodeInboxGained:    {"inbox.gained", func() durableEvent { return new(InboxGained) }},
	CodeInboxLost:      {"inbox.lost", func() durableEvent { return new(InboxLost) }},
	CodeAlarmDue:       {"alarm.due", func() durableEvent { return new(AlarmDue) }},
	CodeInboxRequest:   {"inbox.request", func() durableEvent { return new(InboxRequest) }},
	CodeInboxDecision:  {"inbox.decision", func() durableEvent { return new(InboxDecision) }},

	CodeInboxOffered:    {"inbox.offered", func() durableEvent { return new(InboxOffered) }},
	CodeInboxOfferEnded: {"inbox.offer_ended", func() durableEvent { return new(InboxOfferEnded) }},
	CodeOfferMissed:     {"offer.missed", func() durableEvent { return new(OfferMissed) }},

	CodeCustomerSaved:      {"customer.saved", func() durableEvent { return new(CustomerSaved) }},
	CodeSharedProfileSaved: {"customer.profile", func() durableEvent { return new(SharedProfileSaved) }},

	CodeCustomerErased:  {"customer.erased", func() durableEvent { return new(CustomerErased) }},
	CodeErasureFinished: {"customer.erasure_finished", func() durableEvent { return new(ErasureFinished) }},

	CodeCustomersIndexed: {"customer.indexed", func() durableEvent { return new(CustomersIndexed) }},

	CodeFileSaved: {"file.saved", func() durableEvent { return new(FileSaved) }},

	CodeAPIKeyMade:    {"api_key.made", func() durableEvent { return new(APIKeyMade) }},
	CodeAPIKeyRevoked: {"api_key.revoked", func() durableEvent { return new(APIKeyRevoked) }},

	CodeSiteCreated:     {"site.created", func() durableEvent { return new(SiteCreated) }},
	CodeSettingsChanged: {"settings.changed", func() durableEvent { return new(SettingsChanged) }},
	CodeAccountSaved:    {"account.saved", func() durableEvent { return new(AccountSaved) }},
	CodeCategorySaved:   {"category.saved", func() durableEvent { return new(CategorySaved) }},
	CodeHolidaySaved:    {"holiday.saved", func() durableEvent { return new(HolidaySaved) }},
	CodeDaySaved:        {"day.saved", func() durableEvent { return new(DaySaved) }},
	CodeSessionOpened:   {"session.opened", func() durableEvent { return new(SessionOpened) }},
	CodeSessionEnded:    {"session.ended", func() durableEvent { return new(SessionEnded) }},
	CodeCalendarTurned:  {"calendar.turned", func() durableEvent { return new(CalendarTurned) }},
	CodeJourneyTurned:   {"journey.turned", func() durableEvent { return new(JourneyTurned) }},
	CodeDayFolded:       {"journey.folded", func() durableEvent { return new(DayFolded) }},
	CodeReportExported:  {"report.exported", func() durableEvent { return new(ReportExported) }},
	CodeBotSaved:        {"bot.saved", func() durableEvent { return new(BotSaved) }},
	CodeTemplateSaved:   {"template.saved", func() durableEvent { return new(TemplateSaved) }},
	CodeTemplateRemoved: {"template.removed", func() durableEvent { return new(TemplateRemoved) }},

	CodeChannelSaved: {"channel.saved", func() durableEvent { return new(ChannelSaved) }},

	CodeWebhookSaved: {"webhook.saved", func() durableEvent { return new(WebhookSaved) }},

	CodeLedgerEntry: {"ledger.entry", func() durableEvent { return new(LedgerEntry) }},
	CodeRoomCharged: {"room.charged", func() durableEvent { return new(RoomCharged) }},
}

func (c EventCode) String() string {
	if e, ok := eventTable[c]; ok {
		return e.name
	}
	if c == Volatile {
		return "volatile"
	}
	return "event?"
}

// EventCodes lists every durable event, for tests that must not forget one.
func EventCodes() []EventCode {
	all := make([]EventCode, 0, len(eventTable))
	for c := EventCode(1); len(all) < len(eventTable); c++ {
		if _, ok := eventTable[c]; ok {
			all = append(all, c)
		}
	}
	return all
}

// NewEvent makes an empty event of the code, nil if the code is unknown.
func NewEvent(c EventCode) Event {
	// The two events of a conversation are made without a look at the table.
	switch c {
	case CodeMessagePosted:
		return new(MessagePosted)
	case CodeMessageRead:
		return new(MessageRead)
	}
	if e, ok := eventTable[c]; ok {
		return e.make()
	}
	return nil
}

// Shown says in which streams an event is a frame; a volatile one is in none.
func Shown(e Event) (desk, room bool) {
	if d, ok := e.(durableEvent); ok {
		return d.Shown()
	}
	return false, false
}
