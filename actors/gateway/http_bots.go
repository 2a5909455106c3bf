package gateway

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"switchyard/protocol"
)

// The routes of a site's scenario bots (domain 23). A scenario goes in and out as its own JSON.

func (c *call) bots() (int, []byte, *protocol.Rejection) {
	all := slices.Sorted(maps.Keys(c.facts.Bots))
	return c.list("bots", len(all), func(j *protocol.JSON, i int) bool { appendBot(j, c.facts.Bots[all[i]], false); return true })
}

// appendBot writes a bot, alone with its scenario, in a list without.
func appendBot(j *protocol.JSON, b *protocol.ScenarioBot, whole bool) {
	j.Open()
	j.Str("id", string(b.ID))
	j.Str("name", b.Name)
	j.Bool("enabled", b.Enabled)
	j.Bool("default", b.Default)
	j.Key("bindings")
	bindings, err := json.Marshal(append([]protocol.BotBinding{}, b.Bindings...))
	if err != nil {
		panic(err) // texts
	}
	j.B = append(j.B, bindings...)
	j.Uint("version", b.Version)
	if whole {
		j.Key("scenario")
		j.B = protocol.AppendScenario(j.B, b.Scenario)
	}
	j.Close()
}

func (c *call) bot() (int, []byte, *protocol.Rejection) {
	b := c.facts.Bots[protocol.BotID(c.r.PathValue("id"))]
	if b == nil {
		return 0, nil, notFound
	}
	j := protocol.JSON{}
	appendBot(&j, b, true)
	return http.StatusOK, j.B, nil
}

// exportScenario gives the present scenario as it may be imported again.
func (c *call) exportScenario() (int, []byte, *protocol.Rejection) {
	b := c.facts.Bots[protocol.BotID(c.r.PathValue("id"))]
	if b == nil {
		return 0, nil, notFound
	}
	return http.StatusOK, protocol.AppendScenario(nil, b.Scenario), nil
}

// validateScenario says everything that a save would complain of, and changes nothing. The body is a scenario.
func (c *call) validateScenario() (int, []byte, *protocol.Rejection) {
	res, rej := c.put(protocol.SiteAt(c.site), protocol.CheckScenario{Scenario: c.body.raws})
	if rej != nil {
		return 0, nil, rej
	}
	found, _ := res.(protocol.ScenarioChecked)
	j := protocol.JSON{}
	j.Open()
	j.Bool("ok", !slices.ContainsFunc(found.Complaints, func(x protocol.Complaint) bool { return !x.Warning }))
	appendComplaints(&j, found.Complaints)
	j.Close()
	return http.StatusOK, j.B, nil
}

func appendComplaints(j *protocol.JSON, found []protocol.Complaint) {
	j.Key("complaints")
	j.B = append(j.B, '[')
	for i, x := range found {
		if i > 0 {
			j.B = append(j.B, ',')
		}
		j.Open()
		j.Str("field", x.Field)
		j.Str("text", x.Text)
		j.Bool("warning", x.Warning)
		j.Close()
	}
	j.B = append(j.B, ']')
}

// tryActsMax bounds the acts of one trial, which are played anew with each request.
const tryActsMax = 200

// tryScenario plays a scenario as a customer would meet it: without a room, and nothing is kept. The body has the
// scenario and every act so far.
func (c *call) tryScenario() (int, []byte, *protocol.Rejection) {
	f := &c.body
	sc, ok := f.raw("scenario")
	if !ok {
		f.refuse("scenario", "is missing")
	}
	var given []members
	if raw, ok := f.raw("acts"); ok && (json.Unmarshal(raw, &given) != nil || len(given) > tryActsMax) {
		f.refuse("acts", "must be a list of at most 200 objects")
	}
	acts := make([]protocol.TryAct, 0, len(given))
	for i, m := range given {
		o := fields{m: m, prefix: "acts." + strconv.Itoa(i) + ".", used: make(map[string]bool)}
		a := protocol.TryAct{Display: o.int("display", 0, tryActsMax), Choice: o.text("choice", 8), Text: o.runes("text", c.g.cfg.TextRunes)}
		if (a.Choice == "") == (a.Text == "") {
			o.refuse("text", "an act is a choice or a text")
		}
		o.done()
		f.join(&o)
		acts = append(acts, a)
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	res, rej := c.put(protocol.SiteAt(c.site), protocol.TryScenario{Scenario: sc, Acts: acts})
	if rej != nil {
		return c.unprocessable(rej)
	}
	tried, _ := res.(protocol.ScenarioTried)
	j := protocol.JSON{}
	j.Open()
	j.Key("turns")
	j.B = append(j.B, '[')
	for i := range tried.Turns {
		listComma(&j)
		appendTurn(&j, &tried.Turns[i])
	}
	j.B = append(j.B, ']')
	appendComplaints(&j, tried.Complaints)
	j.Close()
	return http.StatusOK, j.B, nil
}

func appendTurn(j *protocol.JSON, t *protocol.TryTurn) {
	j.Open()
	defer j.Close()
	switch {
	case t.Shown != nil:
		j.Str("kind", "dialogue")
		j.Str("dialogue", t.Shown.Dialogue)
		j.Int("stage", int64(t.Shown.Stage))
		j.Key("messages")
		messages, err := json.Marshal(t.Shown.Messages)
		if err != nil {
			panic(err) // texts
		}
		j.B = append(j.B, messages...)
		j.Key("choices")
		j.B = append(j.B, '[')
		for _, x := range t.Shown.Choices {
			listComma(j)
			j.Open()
			j.Str("id", x.ID)
			j.Str("label", x.Label)
			j.Str("link", x.Link)
			j.Close()
		}
		j.B = append(j.B, ']')
		j.Key("hotkeys")
		j.B = append(j.B, '[')
		for _, name := range []string{"home", "back", "agent"} {
			if k, _ := protocol.ParseHotkey(name); t.Shown.Hotkeys&k != 0 {
				listComma(j)
				j.Open()
				j.Str("id", name)
				j.Str("label", k.Label())
				j.Close()
			}
		}
		j.B = append(j.B, ']')
		j.Str("input", t.Shown.Input)
	case t.Link != "":
		j.Str("kind", "link")
		j.Str("link", t.Link)
	case t.Agent:
		j.Str("kind", "agent")
		j.Str("category", t.Category)
	case t.Bot:
		j.Str("kind", "bot")
		j.Str("text", t.Text)
	default:
		j.Str("kind", "customer")
		j.Str("text", t.Text)
	}
}

func (c *call) createBot() (int, []byte, *protocol.Rejection) {
	id := c.body.need("id", 32)
	if c.body.err == nil && !validID(id, 32, "._-") {
		c.body.refuse("id", "must be 1 to 32 of a-z 0-9 . _ -")
	}
	return c.saveBot(protocol.SaveBot{Bot: protocol.BotID(id), Create: true})
}

func (c *call) changeBot() (int, []byte, *protocol.Rejection) {
	id := protocol.BotID(c.r.PathValue("id"))
	if c.facts.Bots[id] == nil {
		return 0, nil, notFound
	}
	return c.saveBot(protocol.SaveBot{Bot: id})
}

// saveBot reads the members that are there; the site knows what they may be.
func (c *call) saveBot(b protocol.SaveBot) (int, []byte, *protocol.Rejection) {
	f := &c.body
	for name, field := range map[string]protocol.BotField{
		"name": protocol.BotName, "enabled": protocol.BotEnabled, "default": protocol.BotDefault,
		"bindings": protocol.BotBindings, "scenario": protocol.BotScenario,
	} {
		if f.has(name) {
			b.Set |= field
		}
	}
	b.Name, b.Enabled, b.Default = f.runes("name", 60), f.truth("enabled"), f.truth("default")
	if raw, ok := f.raw("bindings"); ok && json.Unmarshal(raw, &b.Bindings) != nil {
		f.refuse("bindings", "must be a list of objects with channel_account and category")
	}
	b.Scenario, _ = f.raw("scenario")
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if _, rej := c.put(protocol.SiteAt(c.site), b); rej != nil {
		return c.unprocessable(rej)
	}
	facts := c.g.facts(c.site)
	if facts == nil || facts.Bots[b.Bot] == nil {
		return 0, nil, notFound
	}
	j := protocol.JSON{}
	appendBot(&j, facts.Bots[b.Bot], true)
	return created(b.Create), j.B, nil
}
