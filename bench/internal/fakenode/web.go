package fakenode

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

func (n *Node) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /v1/ws", n.upgrade)
	m.HandleFunc("POST /v1/sessions", n.login)
	m.HandleFunc("POST /v1/sites/{site}/visitor-tokens", n.visitor)
	m.HandleFunc("POST /v1/sites/{site}/accounts", n.admin(n.account))
	m.HandleFunc("PATCH /v1/sites/{site}/accounts/{id}", n.admin(n.changeAccount))
	m.HandleFunc("GET /v1/sites/{site}/rooms", n.admin(n.list))
	m.HandleFunc("GET /v1/sites/{site}/settings", n.admin(n.show))
	m.HandleFunc("PATCH /v1/sites/{site}/settings", n.admin(n.patch))
	return m
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone is no fault of the fake
}

func problem(w http.ResponseWriter, status int, code string, more map[string]any) {
	body := map[string]any{"status": status, "code": code}
	for k, v := range more {
		body[k] = v
	}
	respond(w, status, body)
}

func (n *Node) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ Site, Account, Password string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Password != Password {
		problem(w, http.StatusUnauthorized, "unauthenticated", nil)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if in.Account != "admin" && n.agents[in.Account] == nil {
		problem(w, http.StatusUnauthorized, "unauthenticated", nil)
		return
	}
	respond(w, http.StatusCreated, map[string]any{
		"token": n.token(caller{account: in.Account, admin: in.Account == "admin"}), "account": in.Account,
		"expires_at": time.Now().Add(12 * time.Hour),
	})
}

func (n *Node) visitor(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SiteUID string `json:"site_uid"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		problem(w, http.StatusBadRequest, "bad_request", nil)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if left := n.tokenGap - time.Since(n.tokenAt); left > 0 {
		n.Refused++
		problem(w, http.StatusTooManyRequests, "rate_limited", map[string]any{"retry_ms": left.Milliseconds() + 1, "retryable": true})
		return
	}
	n.tokenAt = time.Now()
	key := r.PathValue("site") + "_" + in.SiteUID
	respond(w, http.StatusCreated, map[string]any{
		"token": n.token(caller{key: key}), "customer_key": key, "expires_at": time.Now().Add(time.Hour),
	})
}

// admin lets only the administrator's token through.
func (n *Node) admin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		who, known := n.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		n.mu.Unlock()
		if !known {
			problem(w, http.StatusUnauthorized, "unauthenticated", nil)
			return
		}
		if !who.admin {
			problem(w, http.StatusForbidden, "forbidden", nil)
			return
		}
		next(w, r)
	}
}

// accountBody is closed, as bodies of the HTTP surface are.
type accountBody struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Role          string `json:"role"`
	Password      string `json:"password"`
	Consulting    *bool  `json:"consulting"`
	Certified     *bool  `json:"certified"`
	MaxConcurrent int    `json:"max_concurrent"`
}

func readBody(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (n *Node) account(w http.ResponseWriter, r *http.Request) {
	var in accountBody
	if readBody(r, &in) != nil || in.ID == "" || in.Name == "" || in.Role != "AGENT" || in.Password != Password {
		problem(w, http.StatusUnprocessableEntity, "bad_request", map[string]any{"field": "id"})
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.agents[in.ID] != nil {
		problem(w, http.StatusConflict, "conflict", nil)
		return
	}
	n.addAgent(in.ID, in.Name, in.MaxConcurrent)
	respond(w, http.StatusCreated, map[string]any{"id": in.ID})
}

func (n *Node) changeAccount(w http.ResponseWriter, r *http.Request) {
	var in accountBody
	if readBody(r, &in) != nil || in.ID != "" {
		problem(w, http.StatusUnprocessableEntity, "bad_request", nil)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.agents[r.PathValue("id")]
	if a == nil {
		problem(w, http.StatusNotFound, "not_found", nil)
		return
	}
	if in.Consulting != nil {
		a.retired = !*in.Consulting
	}
	respond(w, http.StatusOK, map[string]any{"id": a.account})
}

// list pages by the number of the next room; a page is small, so that tests see several.
func (n *Node) list(w http.ResponseWriter, r *http.Request) {
	const most = 5
	var from int
	if c := r.URL.Query().Get("cursor"); c != "" {
		if _, err := fmt.Sscanf(c, "at-%d", &from); err != nil {
			problem(w, http.StatusBadRequest, "bad_request", map[string]any{"field": "cursor"})
			return
		}
	}
	rooms := []map[string]any{}
	for _, room := range n.Rooms() {
		if (r.URL.Query().Get("state") == "closed") == room.ClosedAt.IsZero() {
			continue
		}
		row := map[string]any{"room": room.Room, "customer": room.Customer, "requested_at": room.RequestedAt}
		if !room.ClosedAt.IsZero() {
			row["closed_at"], row["ended_by"], row["assignments"] = room.ClosedAt, room.EndedBy, room.Assignments
		}
		rooms = append(rooms, row)
	}
	page := map[string]any{"rooms": rooms[from:min(len(rooms), from+most)]}
	if from+most < len(rooms) {
		page["next_cursor"] = fmt.Sprintf("at-%d", from+most)
	}
	respond(w, http.StatusOK, page)
}

func (n *Node) show(w http.ResponseWriter, _ *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	respond(w, http.StatusOK, n.settings)
}

// patch changes settings that exist.
func (n *Node) patch(w http.ResponseWriter, r *http.Request) {
	var in map[string]json.RawMessage
	if err := readBody(r, &in); err != nil {
		problem(w, http.StatusBadRequest, "bad_request", map[string]any{"text_en": err.Error()})
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for k := range in {
		if _, ok := n.settings[k]; !ok {
			problem(w, http.StatusUnprocessableEntity, "bad_request", map[string]any{"field": k})
			return
		}
	}
	for k, v := range in {
		n.settings[k] = v
	}
	respond(w, http.StatusOK, n.settings)
}

// settings of a site as it is before anybody changed it, by the names of the catalogue.
func defaults() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for name, value := range map[string]string{
		"consulting_enabled": "true", "distribution.mode": `"AUTO"`, "distribution.balancer": `"LEAST_LOAD"`,
		"distribution.selector": `"NONE"`, "distribution.scope": "[]", "distribution.require_presence": "false",
		"backlog.mode": `"AUTO"`, "no_agent_policy": `"REJECT"`, "site_open_room_limit": "0", "overflow_policy": `"WAIT"`,
		"hours.weekday": `{"open":true,"from":"09:00","to":"18:00"}`, "hours.saturday": `{"open":false}`, "hours.sunday": `{"open":false}`,
		"autoclose.customer_silence": "30", "autoclose.agent_delay": "null", "profile.enabled": "true", "name": `"demo"`,
	} {
		all[name] = json.RawMessage(value)
	}
	return all
}
