package site

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"switchyard/actors/bot"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of a site's bots.
const (
	botsMax        = 32
	bindingsMax    = 50
	channelNameMax = 64 // bytes of a channel account's name
)

// saveBot creates or replaces a bot. A scenario is refused with all complaints at once.
func saveBot(s *State, c protocol.Command, b protocol.SaveBot) (core.Step, error) {
	old := s.Bots[b.Bot]
	switch {
	case !validID(string(b.Bot), 32, "._-"):
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "id", "must be 1 to 32 of a-z, 0-9, . _ -")
	case b.Create && old != nil:
		return core.Step{}, protocol.RejectField(protocol.Conflict, "id", "there is one already")
	case !b.Create && old == nil:
		return core.Step{}, protocol.RejectField(protocol.NotFound, "id", "no such bot")
	case old == nil && len(s.Bots) >= botsMax:
		return core.Step{}, protocol.Reject(protocol.OverLimit, "too many bots")
	case old == nil && b.Set&protocol.BotScenario == 0:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "scenario", "is missing")
	}
	e := &protocol.BotSaved{Bot: b.Bot, Version: 1, By: c.Caller.Account}
	if old != nil {
		e.Old = protocol.BotCover{Name: old.Name, Enabled: old.Enabled, Default: old.Default, Bindings: old.Bindings, Version: old.Version}
		e.Name, e.Enabled, e.Default, e.Bindings, e.Version = old.Name, old.Enabled, old.Default, old.Bindings, old.Version
	}
	if b.Set&protocol.BotName != 0 {
		e.Name = strings.TrimSpace(b.Name)
	}
	if n := utf8.RuneCountInString(e.Name); n < 1 || n > nameMax {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "name", "must have 1 to 60 characters")
	}
	if b.Set&protocol.BotEnabled != 0 {
		e.Enabled = b.Enabled
	}
	if b.Set&protocol.BotDefault != 0 {
		e.Default = b.Default
	}
	if b.Set&protocol.BotBindings != 0 {
		e.Bindings = b.Bindings
	}
	if err := s.checkBindings(e); err != nil {
		return core.Step{}, err
	}
	if b.Set&protocol.BotScenario != 0 {
		found, sc := s.complaints(b.Scenario)
		if why := bot.Refusal(found); why != "" {
			return core.Step{}, protocol.RejectField(protocol.BadRequest, "scenario", why)
		}
		if json := protocol.AppendScenario(nil, sc); old == nil || !bytes.Equal(json, protocol.AppendScenario(nil, old.Scenario)) {
			e.Scenario = json
			if old != nil {
				e.Version++
			}
		}
	}
	return done(c, e), nil
}

// checkBindings: a binding names something, a category in use, and no other enabled bot has the same (23.1).
func (s *State) checkBindings(e *protocol.BotSaved) error {
	if len(e.Bindings) > bindingsMax {
		return protocol.RejectField(protocol.BadRequest, "bindings", "are too many")
	}
	for i, b := range e.Bindings {
		switch k := s.Categories[b.Category]; {
		case b == (protocol.BotBinding{}):
			return protocol.RejectField(protocol.BadRequest, "bindings", "a binding names a channel account, a category, or both")
		case b.Category != "" && k == nil:
			return protocol.RejectField(protocol.BadRequest, "bindings", "no category "+b.Category)
		case len(b.Account) > channelNameMax:
			return protocol.RejectField(protocol.BadRequest, "bindings", "a channel account has at most 64 bytes")
		case slices.Contains(e.Bindings[:i], b):
			return protocol.RejectField(protocol.BadRequest, "bindings", "a binding stands twice")
		}
		if !e.Enabled {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(s.Bots)) {
			if o := s.Bots[id]; id != e.Bot && o.Enabled && slices.Contains(o.Bindings, b) {
				return protocol.RejectField(protocol.Conflict, "bindings", "the bot "+string(id)+" is bound there")
			}
		}
	}
	return nil
}

// complaints reads and checks a scenario; nil where it cannot be read.
func (s *State) complaints(json []byte) ([]protocol.Complaint, *protocol.Scenario) {
	if len(json) > bot.BytesMax {
		return []protocol.Complaint{{Field: "scenario", Text: "is larger than 128 KiB"}}, nil
	}
	sc, err := protocol.ParseScenario(json)
	if err != nil {
		return []protocol.Complaint{{Field: "scenario", Text: "cannot be read: " + err.Error()}}, nil
	}
	return bot.Validate(sc, func(id string) bool { k := s.Categories[id]; return k != nil && !k.Unused }), sc
}

func checkScenario(s *State, c protocol.Command, b protocol.CheckScenario) core.Step {
	var step core.Step
	found, _ := s.complaints(b.Scenario)
	step.Answer(c.Ticket, protocol.ScenarioChecked{Complaints: found})
	return step
}

// boundByBot gives the bot whose requests carry the category, or a child of it; "" = none does.
func (s *State) boundByBot(id string) protocol.BotID {
	for _, b := range slices.Sorted(maps.Keys(s.Bots)) {
		for _, k := range bot.Categories(s.Bots[b].Scenario) {
			if k == id || s.Categories[k] != nil && s.Categories[k].Parent == id {
				return b
			}
		}
	}
	return ""
}

// botSaved makes a bot's new state true.
func (s *State) botSaved(e *protocol.BotSaved) {
	s.Bots = maps.Clone(s.Bots)
	b := &protocol.ScenarioBot{ID: e.Bot, Name: e.Name, Enabled: e.Enabled, Default: e.Default, Bindings: e.Bindings, Version: e.Version}
	if len(e.Scenario) > 0 {
		sc, err := protocol.ParseScenario(e.Scenario)
		if err != nil {
			panic(err) // it was read when it was saved, and what is stored stays readable
		}
		b.Scenario = sc
	} else if old := s.Bots[e.Bot]; old != nil {
		b.Scenario = old.Scenario
	}
	if b.Default { // at most one is the default
		for id, o := range s.Bots {
			if o.Default {
				other := *o
				other.Default = false
				s.Bots[id] = &other
			}
		}
	}
	s.Bots[e.Bot] = b
}

// botRows keeps each version of a scenario: rooms that began with it go on with it.
func (s *State) botRows(rows []protocol.Row, recs []protocol.Recorded) []protocol.Row {
	for _, r := range recs {
		if e, ok := r.Event.(*protocol.BotSaved); ok && len(e.Scenario) > 0 {
			rows = append(rows, protocol.Row{
				Kind: protocol.RowBotVersion, Key: protocol.BotVersionKey(s.Addr.Site, e.Bot, e.Version), Value: e.Scenario,
			})
		}
	}
	return rows
}
