package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Account is an agent that a load brings. Limit is how many rooms it takes at a time; 0 means one.
type Account struct {
	ID, Name string
	Limit    int
}

// Stage is a site set up for a load: its own agents, and settings under which rooms go
// to them and to nobody else. Clear puts the settings back.
type Stage struct {
	api      *API
	site     string
	password string
	admin    string // the administrator's token
	before   map[string]json.RawMessage
	accounts []Account

	mu     sync.Mutex
	tokens map[string]string // of the agents
}

// allDay is the weekly rule of a site that never closes.
var allDay = map[string]bool{"open": true, "all_day": true}

// settings are what a replay needs of a site: automatic distribution to present agents
// of the load only, a line that nobody is turned away from, no timers and no form.
func settings(scope []string) map[string]any {
	return map[string]any{
		"consulting_enabled":            true,
		"distribution.mode":             "AUTO",
		"distribution.balancer":         "LEAST_LOAD",
		"distribution.selector":         "NONE",
		"distribution.scope":            scope,
		"distribution.require_presence": true,
		"backlog.mode":                  "AUTO",
		"no_agent_policy":               "WAIT",
		"site_open_room_limit":          0,
		"overflow_policy":               "WAIT",
		"hours.weekday":                 allDay,
		"hours.saturday":                allDay,
		"hours.sunday":                  allDay,
		"autoclose.customer_silence":    nil,
		"autoclose.agent_delay":         nil,
		"profile.enabled":               false,
	}
}

// Set sets a site up: logs in as the administrator, creates or takes over the accounts
// with their limits, changes the settings, and logs every agent in.
func Set(ctx context.Context, api *API, site, password string, accounts []Account) (*Stage, error) {
	s := &Stage{api: api, site: site, password: password, accounts: accounts, tokens: map[string]string{}}
	var err error
	if s.admin, err = api.Login(ctx, site, "admin", password); err != nil {
		return nil, err
	}
	scope := make([]string, 0, len(accounts))
	for _, a := range accounts {
		if err := s.account(ctx, a); err != nil {
			return nil, err
		}
		scope = append(scope, a.ID)
	}
	if err := s.change(ctx, settings(scope)); err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if _, err := s.AgentToken(ctx, a.ID, true); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// call is a call of the administrator's, who logs in again when the session has ended.
func (s *Stage) call(ctx context.Context, method, rest string, in, out any) error {
	path := "/v1/sites/" + url.PathEscape(s.site) + "/" + rest
	err := s.api.Call(ctx, method, path, s.admin, in, out)
	var p *Problem
	if !errors.As(err, &p) || p.Status != http.StatusUnauthorized {
		return err
	}
	if s.admin, err = s.api.Login(ctx, s.site, "admin", s.password); err != nil {
		return err
	}
	return s.api.Call(ctx, method, path, s.admin, in, out)
}

// account creates an agent, or changes the one an earlier run has left.
func (s *Stage) account(ctx context.Context, a Account) error {
	body := map[string]any{
		"name": a.Name, "role": "AGENT", "consulting": true, "certified": true, "max_concurrent": max(a.Limit, 1), "password": s.password,
	}
	change := s.call(ctx, http.MethodPatch, "accounts/"+url.PathEscape(a.ID), body, nil)
	var p *Problem
	if !errors.As(change, &p) || p.Status != http.StatusNotFound {
		return change
	}
	body["id"] = a.ID
	return s.call(ctx, http.MethodPost, "accounts", body, nil)
}

// change remembers the settings as they are and changes them.
func (s *Stage) change(ctx context.Context, to map[string]any) error {
	var all map[string]json.RawMessage
	if err := s.call(ctx, http.MethodGet, "settings", nil, &all); err != nil {
		return err
	}
	s.before = map[string]json.RawMessage{}
	for name := range to {
		old, ok := all[name]
		if !ok {
			return fmt.Errorf("the site has no setting %q", name)
		}
		s.before[name] = old
	}
	return s.call(ctx, http.MethodPatch, "settings", to, nil)
}

// AgentToken gives an agent's token; renew logs in again.
func (s *Stage) AgentToken(ctx context.Context, account string, renew bool) (string, error) {
	s.mu.Lock()
	token := s.tokens[account]
	s.mu.Unlock()
	if token != "" && !renew {
		return token, nil
	}
	token, err := s.api.Login(ctx, s.site, account, s.password)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.tokens[account] = token
	s.mu.Unlock()
	return token, nil
}

// Room is a room in the node's own lists.
type Room struct {
	Room        string    `json:"room"`
	Customer    string    `json:"customer"` // the customer key: the site, "_" and the site_uid
	RequestedAt time.Time `json:"requested_at"`
	ClosedAt    time.Time `json:"closed_at"`
	EndedBy     string    `json:"ended_by"`
	Assignments int       `json:"assignments"`
}

// pageRooms is how many rooms are asked for at a time; pagesMax bounds a list that never ends.
const (
	pageRooms = 500
	pagesMax  = 10_000
)

// Rooms lists the rooms of customers whose site_uid begins with prefix, the open ones first.
func (s *Stage) Rooms(ctx context.Context, prefix string) ([]Room, error) {
	var all []Room
	for _, state := range []string{"open", "closed"} {
		cursor := ""
		for range pagesMax {
			var page struct {
				Rooms []Room `json:"rooms"`
				Next  string `json:"next_cursor"`
			}
			query := url.Values{"state": {state}, "limit": {fmt.Sprint(pageRooms)}}
			if cursor != "" {
				query.Set("cursor", cursor)
			}
			if err := s.call(ctx, http.MethodGet, "rooms?"+query.Encode(), nil, &page); err != nil {
				return nil, err
			}
			for _, r := range page.Rooms {
				if strings.HasPrefix(r.Customer, s.site+"_"+prefix) {
					all = append(all, r)
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
	}
	return all, nil
}

// Clear puts the site's settings back and takes the load's agents out of distribution.
func (s *Stage) Clear(ctx context.Context) error {
	err := s.call(ctx, http.MethodPatch, "settings", s.before, nil)
	for _, a := range s.accounts {
		err = errors.Join(err, s.call(ctx, http.MethodPatch, "accounts/"+url.PathEscape(a.ID), map[string]any{"consulting": false}, nil))
	}
	return err
}
