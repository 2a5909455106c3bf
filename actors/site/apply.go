package site

import (
	"maps"

	"switchyard/protocol"
)

// Apply makes one event true. Facts that were published share the maps, so a map is copied
// before it changes: changes are rare, readers are not.
func Apply(s *State, r protocol.Recorded) {
	s.Log.Took(r)
	if _, stored := r.Event.(*protocol.DayFolded); !stored {
		s.folding = nil
	}
	switch e := r.Event.(type) {
	case *protocol.SiteCreated:
		s.Created = true
		s.change(e.Settings)
	case *protocol.SettingsChanged:
		s.change(e.New)
	case *protocol.AccountSaved:
		s.Accounts = maps.Clone(s.Accounts)
		a := e.Account
		s.Accounts[a.ID] = &a
		if e.Password != "" {
			s.Passwords = maps.Clone(s.Passwords)
			s.Passwords[a.ID] = e.Password
			s.endSessions(a.ID, nil) // a new password ends what the old one opened
		}
		if a.Disabled {
			s.endSessions(a.ID, nil)
		}
	case *protocol.CategorySaved:
		s.Categories = maps.Clone(s.Categories)
		k := e.Category
		s.Categories[k.ID] = &k
		if k.Level == 1 && k.Unused { // its children with it
			for id, child := range s.Categories {
				if child.Parent == k.ID && !child.Unused {
					c := *child
					c.Unused = true
					s.Categories[id] = &c
				}
			}
		}
	case *protocol.BotSaved:
		s.botSaved(e)
	case *protocol.HolidaySaved:
		s.Holidays = maps.Clone(s.Holidays)
		if e.Removed {
			delete(s.Holidays, e.Holiday.Date)
		} else {
			s.Holidays[e.Holiday.Date] = e.Holiday
		}
	case *protocol.DaySaved:
		s.Days = maps.Clone(s.Days)
		days := maps.Clone(s.Days[e.Day.Account])
		if days == nil {
			days = map[protocol.Date]protocol.AgentDay{}
		}
		days[e.Day.Date] = e.Day
		s.Days[e.Day.Account] = days
	case *protocol.TemplateSaved:
		s.keepTemplate(e.Template)
	case *protocol.TemplateRemoved:
		s.dropTemplate(e.Template.ID)
	case *protocol.SessionOpened:
		s.Sessions = maps.Clone(s.Sessions)
		for hash, old := range s.Sessions {
			if old.Expires <= r.At {
				delete(s.Sessions, hash)
			}
		}
		s.Sessions[[32]byte(e.Hash)] = protocol.Session{Account: e.Account, Expires: e.Expires}
	case *protocol.APIKeyMade:
		s.keyMade(e.Key)
	case *protocol.APIKeyRevoked:
		s.keyRevoked(e.ID)
	case *protocol.SessionEnded:
		s.endSessions(e.Account, e.Hash)
	case *protocol.ChannelSaved:
		s.Channels = maps.Clone(s.Channels)
		a := e.Channel
		s.Channels[a.ID] = &a
	case *protocol.WebhookSaved:
		s.Webhooks = maps.Clone(s.Webhooks)
		w := e.Webhook
		s.Webhooks[w.ID] = &w
	case *protocol.JourneyTurned:
		s.turned(e.Turn)
	case *folding:
		s.folding = e.parts
	case *protocol.DayFolded:
		s.dayFolded(e.Day)
	case *protocol.CalendarTurned:
		s.Until, s.Open = e.Until, e.Open
	}
}

func (s *State) change(changes []byte) {
	if next, _, _, err := protocol.ChangeSettingsJSON(s.Settings, changes); err == nil {
		s.Settings = next
	} // refused only where a later version no longer knows a value: the old one stays
}

// endSessions ends one session, or all of an account.
func (s *State) endSessions(account protocol.AccountID, hash []byte) {
	s.Sessions = maps.Clone(s.Sessions)
	if len(hash) == 32 {
		delete(s.Sessions, [32]byte(hash))
		return
	}
	maps.DeleteFunc(s.Sessions, func(_ [32]byte, v protocol.Session) bool { return v.Account == account })
}
