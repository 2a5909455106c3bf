package site

import (
	"maps"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// apiKeysMax bounds the keys of a site.
const apiKeysMax = 100

// makeAPIKey adds a key that a machine may speak with. It can do no more than its account may.
func makeAPIKey(s *State, c protocol.Command, b protocol.MakeAPIKey, at protocol.Instant) (core.Step, error) {
	k := b.Key
	a := s.Accounts[k.Account]
	n := utf8.RuneCountInString(k.Name)
	switch {
	case c.Caller.Role != protocol.Admin:
		return core.Step{}, protocol.Reject(protocol.Forbidden, "keys are the administrator's")
	case !validID(k.ID, 40, "._-"):
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "id", "must be 1 to 40 of a-z, 0-9, . _ -")
	case n == 0 || n > nameMax:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "name", "must have 1 to 60 characters")
	case a == nil || a.Disabled:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "account", "no such account")
	case k.Role < protocol.Agent || k.Role > a.Role:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "role", "must be AGENT, MANAGER or ADMIN, and no more than the account's")
	case len(k.Hash) != 32:
		return core.Step{}, protocol.Reject(protocol.BadRequest, "a key has a hash of 32 bytes")
	case s.apiKey(k.ID) != nil:
		return core.Step{}, protocol.RejectField(protocol.Conflict, "id", "exists already; a key is shown once")
	case len(s.Keys) >= apiKeysMax:
		return core.Step{}, protocol.Reject(protocol.OverLimit, "a site has at most 100 keys")
	}
	k.Made, k.By = at, c.Caller.Account
	return done(c, &protocol.APIKeyMade{Key: k}), nil
}

func revokeAPIKey(s *State, c protocol.Command, b protocol.RevokeAPIKey) (core.Step, error) {
	k := s.apiKey(b.ID)
	switch {
	case c.Caller.Role != protocol.Admin:
		return core.Step{}, protocol.Reject(protocol.Forbidden, "keys are the administrator's")
	case k == nil:
		return core.Step{}, protocol.RejectField(protocol.NotFound, "id", "no such key")
	}
	return done(c, &protocol.APIKeyRevoked{ID: k.ID, Name: k.Name, By: c.Caller.Account}), nil
}

func (s *State) apiKey(id string) *protocol.APIKey {
	for _, k := range s.Keys {
		if k.ID == id {
			return k
		}
	}
	return nil
}

func (s *State) keyMade(k protocol.APIKey) {
	s.Keys = maps.Clone(s.Keys)
	s.Keys[[32]byte(k.Hash)] = &k
}

func (s *State) keyRevoked(id string) {
	s.Keys = maps.Clone(s.Keys)
	maps.DeleteFunc(s.Keys, func(_ [32]byte, k *protocol.APIKey) bool { return k.ID == id })
}
