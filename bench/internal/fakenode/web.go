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
		who := n.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		n.mu.Unlock()
		if !who.admin {
			problem(w, http.StatusForbidden, "forbidden", nil)
			return
		}
		next(w, r)
	}
}

func (n *Node) account(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account, Name, Role, Password string
		MaxConcurrent                 int `json:"max_concurrent"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Account == "" || in.Role != "AGENT" || in.Password != Password {
		problem(w, http.StatusUnprocessableEntity, "bad_request", map[string]any{"field": "account"})
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.agents[in.Account] != nil {
		problem(w, http.StatusConflict, "conflict", nil)
		return
	}
	n.addAgent(in.Account, in.Name, in.MaxConcurrent)
	respond(w, http.StatusCreated, map[string]any{"account": in.Account})
}

func (n *Node) patch(w http.ResponseWriter, r *http.Request) {
	var in map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		problem(w, http.StatusBadRequest, "bad_request", map[string]any{"text_en": fmt.Sprint(err)})
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for k, v := range in {
		n.settings[k] = v
	}
	respond(w, http.StatusOK, in)
}
