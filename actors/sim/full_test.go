package sim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestLivesAreFull: whatever can happen in a room happens in some life. What no life shows, no law has judged.
func TestLivesAreFull(t *testing.T) {
	seen := map[string]int{}
	for seed := uint64(1); seed <= 120; seed++ {
		r := NewRun(seed)
		_, err := r.Play(whole(400))
		require.NoError(t, err)
		for _, log := range r.W.logs {
			for _, rec := range log {
				seen[rec.Event.EventCode().String()]++
				switch e := rec.Event.(type) {
				case *protocol.RoomAssigned:
					seen["cause "+e.Cause.String()]++
				case *protocol.RoomClosed:
					seen["closed by "+e.Actor.String()]++
					seen["closed for "+e.Reason.String()]++
				case *protocol.RoomQueued:
					seen[fmt.Sprintf("locked %v refusing %v", e.Lock, e.Refuse)]++
				case *protocol.RoomCharged:
					seen["charged for "+e.Why.String()]++
				case *protocol.LedgerEntry:
					seen["ledger "+e.Kind.String()]++
					if e.Recorded {
						seen["ledger recorded"]++
					}
					if e.Short {
						seen["ledger not covered"]++
					}
				case *protocol.RequestDecided:
					seen["request "+e.Outcome.String()]++
				case *protocol.MessagePosted:
					if e.Code != 0 {
						seen[e.Code.String()]++
					}
				}
			}
		}
	}
	for _, want := range []string{
		"cause ENTRY", "cause SELF", "cause BACKLOG", "cause MANAGER", "cause CHANGE", "cause MANAGER_CHANGE",
		"closed by AGENT", "closed by CUSTOMER", "closed by MANAGER", "closed by AUTO",
		"closed for NORMAL", "closed for CUSTOMER_SILENCE", "closed for AGENT_DELAY", "closed for AFTER_HOURS", "closed for NO_AGENT", "closed for OVER_LIMIT",
		"locked false refusing false", "locked false refusing true", "locked true refusing true",
		"request APPROVED", "request REJECTED", "request CANCELLED", "request DONE",
		"M-TITLE", "M-GREET", "M-FIXED", "M-AH", "M-NOAGENT", "M-OVER", "M-BUSY", "M-QUEUE", "M-REFUSE", "M-SAVED", "M-AUTOCLOSE",
		"profile.prompted", "profile.saved", "message.read", "room.meta_set", "alarm.rang", "room.rated", "change.requested", "review.requested",
		"bot.dialogue", "bot.agent_requested", "inbox.offered", "inbox.offer_ended", "offer.missed", "customer.saved", "customer.profile",
		"inbox.gained", "inbox.lost", "room.charged", "charged for FIRST_RESPONSE", "charged for PROMPT", "charged for BOT", "charged for NEXT_DAY",
		"ledger TOP_UP", "ledger KAKAO", "ledger SMS", "ledger ALIMTALK", "ledger ACCOUNT_FEE", "ledger recorded", "ledger not covered", "presence.chosen", "duty.changed", "calendar.turned", "settings.changed", "account.saved", "day.saved", "holiday.saved",
	} {
		if seen[want] == 0 {
			t.Errorf("in no life: %s", want)
		}
	}
}
