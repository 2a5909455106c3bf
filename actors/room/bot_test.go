package room

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// withBot gives the site a default bot with one choice.
func withBot(x *story) *story {
	text := func(s string) []protocol.BotMessage { return []protocol.BotMessage{{Kind: "text", Text: s}} }
	x.facts.Bots = map[protocol.BotID]*protocol.ScenarioBot{"main": {
		ID: "main", Enabled: true, Default: true, Version: 1, Scenario: &protocol.Scenario{
			ErrorHotkeys: protocol.ErrorHotkeys{Home: true, Back: true},
			Dialogues: map[string]*protocol.Dialogue{
				protocol.RootDialogue: {Messages: text("안내"), Choices: []protocol.Choice{{Label: "배송", Dialogue: "delivery"}}, Hotkeys: protocol.HotkeyAgent},
				"delivery":            {Messages: text("배송"), Hotkeys: protocol.HotkeyHome},
			},
		},
	}}
	return x
}

func (x *story) shown() *protocol.DialogueShown {
	for i := len(x.log) - 1; i >= 0; i-- {
		if e, ok := x.log[i].Event.(*protocol.DialogueShown); ok {
			return e
		}
	}
	return nil
}

// TestAPickIsOnce (I-07): a repeat has the first answer and no second turn; the same id for another button is a conflict.
func TestAPickIsOnce(t *testing.T) {
	x := withBot(begin(t)).asks()
	require.Equal(t, protocol.Bot, x.s.State, "S-02")
	press := protocol.PickChoice{Room: roomID, Message: x.shown().ID, Choice: "1"}
	require.Nil(t, x.try(visitor, "press-00001", press))
	first := x.step.Reply.Result.(protocol.Sent)
	require.Equal(t, "delivery", x.s.Position.Dialogue)
	n := len(x.log)
	require.Nil(t, x.try(visitor, "press-00001", press))
	again := x.step.Reply.Result.(protocol.Sent)
	require.True(t, again.Duplicate)
	require.Equal(t, first.MessageID, again.MessageID)
	require.Len(t, x.log, n)
	press.Choice = "agent"
	require.Equal(t, protocol.Conflict, x.try(visitor, "press-00001", press).Code)
}

func TestWhatAPickMayNot(t *testing.T) {
	x := withBot(begin(t)).asks()
	at := x.shown().ID
	x.refused(protocol.NotFound, visitor, protocol.PickChoice{Room: roomID, Message: "m_none", Choice: "1"})
	x.refused(protocol.BadRequest, visitor, protocol.PickChoice{Room: roomID, Message: at, Choice: "2"})
	x.refused(protocol.Forbidden, boss, protocol.PickChoice{Room: roomID, Message: at, Choice: "1"})
	x.do(visitor, protocol.EndRoom{Room: roomID})
	require.Equal(t, protocol.BotClosed, x.s.State, "R-020")
	x.refused(protocol.RoomIsClosed, visitor, protocol.PickChoice{Room: roomID, Message: at, Choice: "1"})
}

// TestAQuestionThatComesTooLate: the room has left the line before its question, which went by way of the
// directory, came there. It says so once more, or it would wait there for ever.
func TestAQuestionThatComesTooLate(t *testing.T) {
	x := withBot(begin(t)).asks()
	x.do(visitor, protocol.PickChoice{Room: roomID, Message: x.shown().ID, Choice: "agent"})
	require.True(t, x.s.Asking())
	x.do(visitor, protocol.EndRoom{Room: roomID})
	require.Equal(t, protocol.BotClosed, x.s.State, "R-020: the request was not accepted yet")
	x.do(internal, protocol.SeatAnswer{Room: roomID, Hours: protocol.InHours})
	require.Equal(t, protocol.RoomLeft{Room: roomID}, x.step.Tells[0].Body)
}

// TestACategoryThatIsNotInUse stays away from the room, also where an older scenario carries it.
func TestACategoryThatIsNotInUse(t *testing.T) {
	for category, want := range map[string]string{"c1": "c1", "old": "", "none": ""} {
		x := withBot(begin(t))
		x.facts.Bots["main"].Scenario.AgentCategory = category
		x.asks().do(visitor, protocol.PickChoice{Room: roomID, Message: x.shown().ID, Choice: "agent"})
		require.Equal(t, want, x.s.Category, category)
		require.Equal(t, want, x.step.Tells[0].Body.(protocol.RequestAgent).Ask.Category)
	}
}

// TestPressesOfLongAgo: displays are remembered up to a limit, and a resumed room asks again by the same way (S-05).
func TestPressesOfLongAgo(t *testing.T) {
	x := withBot(begin(t)).asks()
	first := x.shown().ID
	for range displaysMax - 1 {
		x.says(visitor, "?")
	}
	require.Len(t, x.s.Displays, displaysMax)
	x.do(visitor, protocol.PickChoice{Room: roomID, Message: first, Choice: "1"})
	require.Equal(t, "delivery", x.s.Position.Dialogue, "the same dialogue, shown earlier")
	x.refused(protocol.NotFound, visitor, protocol.PickChoice{Room: roomID, Message: first, Choice: "1"})
	require.Len(t, x.s.Displays, displaysMax)
	x.says(visitor, "처음으로").says(visitor, "상담사연결")
	x.do(internal, protocol.Resumed{})
	b := x.step.Tells[0].Body.(protocol.RequestAgent)
	require.True(t, b.Ask.Again)
	require.Equal(t, x.s.RequestedAt, b.Ask.RequestedAt)
}
