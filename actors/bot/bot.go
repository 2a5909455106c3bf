// Package bot holds the rules of scenario bots (domain 23): which bot a room gets, what a
// scenario may look like, and what the customer's act leads to. The customer's act alone
// decides; nothing here remembers anything. Start with Step.
package bot

import (
	"cmp"
	"slices"

	"switchyard/protocol"
)

// Choose gives the bot of a new room (23.1): the most specific binding wins, channel account
// and category before channel account before category; else the default bot; nil = the room
// goes straight to the pipeline. Of equal bindings, which saving refuses, the smaller id.
func Choose(bots map[protocol.BotID]*protocol.ScenarioBot, account, category string) *protocol.ScenarioBot {
	var best *protocol.ScenarioBot
	most := 0
	for _, b := range bots {
		if !b.Enabled || b.Scenario == nil {
			continue
		}
		n := 0
		if b.Default {
			n = 1
		}
		for _, x := range b.Bindings {
			n = max(n, fits(x, account, category))
		}
		if n > most || n == most && n > 0 && b.ID < best.ID {
			best, most = b, n
		}
	}
	return best
}

// fits is how specifically a binding fits: 4 both, 3 the channel account, 2 the category, 0 not at all.
func fits(b protocol.BotBinding, account, category string) int {
	switch {
	case b.Account != "" && b.Account != account, b.Category != "" && b.Category != category:
		return 0
	case b.Account != "" && b.Category != "":
		return 4
	case b.Account != "":
		return 3
	case b.Category != "":
		return 2
	}
	return 0
}

// Categories are the categories that rooms receive from the scenario, each once, in order.
func Categories(s *protocol.Scenario) []string {
	var all []string
	if s.AgentCategory != "" {
		all = append(all, s.AgentCategory)
	}
	for _, d := range s.Dialogues {
		for _, c := range d.Choices {
			if c.Category != "" {
				all = append(all, c.Category)
			}
		}
		if d.Input != nil && d.Input.Category != "" {
			all = append(all, d.Input.Category)
		}
	}
	slices.SortFunc(all, cmp.Compare[string])
	return slices.Compact(all)
}
