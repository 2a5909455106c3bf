// Package site is the mind of one tenant: its settings, accounts and sessions, its
// categories and calendar. What others may know of it is a value (protocol.SiteFacts)
// that is published after each change; nobody asks the site on a hot path.
package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// State is one tenant.
type State struct {
	Addr       protocol.Address
	Log        core.Log
	Created    bool
	Settings   *protocol.Settings
	Accounts   map[protocol.AccountID]*protocol.Account
	Passwords  map[protocol.AccountID]string
	Categories map[string]*protocol.Category
	Holidays   map[protocol.Date]protocol.Holiday
	Days       map[protocol.AccountID]map[protocol.Date]protocol.AgentDay
	Bots       map[protocol.BotID]*protocol.ScenarioBot
	Sessions   map[[32]byte]protocol.Session
	Keys       map[[32]byte]*protocol.APIKey
	Templates  map[string]*protocol.Template
	Until      protocol.Instant // up to where the calendar's edges are done, by the wall clock
	Open       bool             // in hours, as told to the queue last
	Channels   map[string]*protocol.ChannelAccount
	Webhooks   map[string]*protocol.Webhook
	Turned     protocol.Date      // through which the days are report data
	Turns      []protocol.DayTurn // those that are not folded yet
	Folded     protocol.Date      // through which the days are stored as rows

	folding []protocol.FoldPart // of the step that stores a day
}

// Machine is the site's mind.
var Machine = core.Machine[State]{
	Kind:     protocol.KindSite,
	New:      newState,
	Log:      func(s *State) *core.Log { return &s.Log },
	Needs:    Needs,
	Decide:   Decide,
	Apply:    Apply,
	Rows:     Rows,
	Deadline: func(*State) protocol.Instant { return 0 },
	Check:    Check,
	Facts:    Facts,
	Snapshot: Snapshot,
	Restore:  Restore,
	Reloads:  true,
}

func newState(a protocol.Address) *State {
	settings := protocol.DefaultSettings()
	return &State{
		Addr: a, Settings: &settings,
		Accounts: map[protocol.AccountID]*protocol.Account{}, Passwords: map[protocol.AccountID]string{},
		Categories: map[string]*protocol.Category{}, Holidays: map[protocol.Date]protocol.Holiday{},
		Days:     map[protocol.AccountID]map[protocol.Date]protocol.AgentDay{},
		Bots:     map[protocol.BotID]*protocol.ScenarioBot{},
		Sessions: map[[32]byte]protocol.Session{}, Keys: map[[32]byte]*protocol.APIKey{}, Templates: map[string]*protocol.Template{},
		Channels: map[string]*protocol.ChannelAccount{}, Webhooks: map[string]*protocol.Webhook{},
	}
}

// Rows makes a new site known to the next start, and keeps the versions of scenarios.
func Rows(s *State, recs []protocol.Recorded) []protocol.Row {
	var rows []protocol.Row
	if len(recs) > 0 && recs[0].Number == 1 {
		rows = append(rows, protocol.Row{Kind: protocol.RowSite, Key: protocol.RowKey(s.Addr.Site), Value: []byte{1}})
	}
	return s.foldRows(s.botRows(rows, recs), recs)
}

// Check says whether the state is one that may exist: exactly one administrator.
func Check(s *State) error {
	if !s.Created {
		return nil
	}
	admins := 0
	for _, a := range s.Accounts {
		if a.Role == protocol.Admin {
			admins++
		}
	}
	if admins != 1 {
		return fmt.Errorf("R-243: the site has %d administrators", admins)
	}
	return nil
}

// Facts is what everybody of the site may read. The value is never changed again: Apply
// replaces what it changes. Sessions and passwords are for the gateway alone.
func Facts(s *State) *protocol.SiteFacts {
	if !s.Created {
		return nil
	}
	zone, err := time.LoadLocation(s.Settings.TimeZone)
	if err != nil {
		zone = time.UTC // checked when it was set; a removed zone must not stop the site
	}
	return &protocol.SiteFacts{
		Site: s.Addr.Site, Settings: s.Settings, Zone: zone, Accounts: s.Accounts, Categories: s.Categories,
		Holidays: s.Holidays, Days: s.Days, Bots: s.Bots, Secrets: &protocol.SiteSecrets{Passwords: s.Passwords, Sessions: s.Sessions, Keys: s.Keys},
		Channels: s.Channels, Templates: s.Templates, Webhooks: s.Webhooks, Turns: s.Turns, Folded: s.Folded,
	}
}

// stored is the snapshot's form: maps whose keys JSON cannot hold are lists.
type stored struct {
	Number     uint64
	Settings   json.RawMessage
	Version    uint64
	Accounts   []*protocol.Account
	Passwords  map[protocol.AccountID]string
	Categories []*protocol.Category
	Holidays   []protocol.Holiday
	Days       []protocol.AgentDay
	Bots       []*protocol.ScenarioBot
	Sessions   []storedSession
	Keys       []*protocol.APIKey `json:",omitempty"`
	Templates  []*protocol.Template
	Until      protocol.Instant
	Open       bool
	Channels   []*protocol.ChannelAccount
	Webhooks   []*protocol.Webhook
	Turned     protocol.Date
	Turns      []protocol.DayTurn
	Folded     protocol.Date
}

type storedSession struct {
	Hash []byte
	protocol.Session
}

// Snapshot and Restore turn the state into bytes and back.
func Snapshot(s *State) []byte {
	v := stored{
		Number: s.Log.Number, Settings: changed(s.Settings), Version: s.Settings.Number,
		Passwords: s.Passwords, Until: s.Until, Open: s.Open, Turned: s.Turned, Turns: s.Turns, Folded: s.Folded,
	}
	for _, a := range s.Accounts {
		v.Accounts = append(v.Accounts, a)
	}
	for _, k := range s.Categories {
		v.Categories = append(v.Categories, k)
	}
	for _, k := range s.Channels {
		v.Channels = append(v.Channels, k)
	}
	for _, w := range s.Webhooks {
		v.Webhooks = append(v.Webhooks, w)
	}
	for _, h := range s.Holidays {
		v.Holidays = append(v.Holidays, h)
	}
	for _, days := range s.Days {
		for _, d := range days {
			v.Days = append(v.Days, d)
		}
	}
	for _, x := range s.Bots {
		v.Bots = append(v.Bots, x)
	}
	for hash, ses := range s.Sessions {
		v.Sessions = append(v.Sessions, storedSession{Hash: hash[:], Session: ses})
	}
	for _, k := range s.Keys {
		v.Keys = append(v.Keys, k)
	}
	for _, t := range s.Templates {
		v.Templates = append(v.Templates, t)
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return b
}

// changed gives the settings that are not the defaults: those were set, so that they can be set
// again. A default need not be a value that may be set (a site without a name).
func changed(s *protocol.Settings) []byte {
	defaults := protocol.DefaultSettings()
	var is, was map[string]json.RawMessage
	for _, x := range []struct {
		s  *protocol.Settings
		to *map[string]json.RawMessage
	}{{s, &is}, {&defaults, &was}} {
		if err := json.Unmarshal(protocol.AppendSettings(nil, x.s), x.to); err != nil {
			panic(err) // our own bytes
		}
	}
	maps.DeleteFunc(is, func(name string, v json.RawMessage) bool { return bytes.Equal(v, was[name]) })
	b, err := json.Marshal(is)
	if err != nil {
		panic(err) // read just now
	}
	return b
}

// Restore reads a snapshot.
func Restore(a protocol.Address, b []byte) (*State, error) {
	var v stored
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	s := newState(a)
	next, _, _, err := protocol.ChangeSettingsJSON(s.Settings, v.Settings)
	if err != nil {
		return nil, err
	}
	next.Number = v.Version
	s.Settings, s.Created, s.Log.Number, s.Until, s.Open = next, true, v.Number, v.Until, v.Open
	s.Turned, s.Turns, s.Folded = v.Turned, v.Turns, v.Folded
	for _, x := range v.Accounts {
		s.Accounts[x.ID] = x
	}
	for id, p := range v.Passwords {
		s.Passwords[id] = p
	}
	for _, k := range v.Categories {
		s.Categories[k.ID] = k
	}
	for _, h := range v.Holidays {
		s.Holidays[h.Date] = h
	}
	for _, k := range v.Channels {
		s.Channels[k.ID] = k
	}
	for _, w := range v.Webhooks {
		s.Webhooks[w.ID] = w
	}
	for _, t := range v.Templates {
		s.Templates[t.ID] = t
	}
	for _, d := range v.Days {
		if s.Days[d.Account] == nil {
			s.Days[d.Account] = map[protocol.Date]protocol.AgentDay{}
		}
		s.Days[d.Account][d.Date] = d
	}
	for _, x := range v.Bots {
		s.Bots[x.ID] = x
	}
	for _, k := range v.Keys {
		s.Keys[[32]byte(k.Hash)] = k
	}
	for _, ses := range v.Sessions {
		s.Sessions[[32]byte(ses.Hash)] = ses.Session
	}
	return s, nil
}
