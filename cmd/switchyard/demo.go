package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"io"
	"os"
	"strings"

	"switchyard/protocol"
)

const demoSite = protocol.SiteID("demo")

// newSite is how a site made by hand starts: present agents only, and a first chat waits for the
// first agent who logs in, so that a newcomer is not refused. Everything else is the catalogue's default.
const newSite = `"distribution.require_presence":true,"no_agent_policy":"WAIT"`

// demoSettings: Korean, open all day, every day.
const demoSettings = `{"name":"데모","language":"ko","time_zone":"Asia/Seoul",` + newSite +
	`,"hours.weekday":{"open":true,"all_day":true},"hours.saturday":{"open":true,"all_day":true},"hours.sunday":{"open":true,"all_day":true}}`

// demoAccounts: only the agents are 상담 진행.
var demoAccounts = []protocol.Account{
	{ID: "admin", Role: protocol.Admin, Name: "관리자", Certified: true},
	{ID: "manager", Role: protocol.Manager, Name: "매니저", Certified: true, SeesAll: true},
	{ID: "agent1", Role: protocol.Agent, Name: "김하나", Certified: true, Consulting: true, Manager: "manager", Group: "demo"},
	{ID: "agent2", Role: protocol.Agent, Name: "이두리", Certified: true, Consulting: true, Manager: "manager", Group: "demo"},
	{ID: "agent3", Role: protocol.Agent, Name: "박세나", Certified: true, Consulting: true, Manager: "manager", Group: "demo"},
}

// demo makes the demo site if it is not there, and prints its passwords: random ones once, when
// the site is made; those of SWITCHYARD_DEMO_PASSWORD whenever it is set.
func (n *node) demo(out io.Writer) error {
	given := os.Getenv("SWITCHYARD_DEMO_PASSWORD")
	exists := n.engine.Facts(demoSite) != nil
	if exists && given == "" {
		fmt.Fprintln(out, "demo site: as it was; the passwords are those printed when it was made (SWITCHYARD_DEMO_PASSWORD sets new ones)")
		return nil
	}
	var made []protocol.AccountSaved
	var words []string
	for _, a := range demoAccounts {
		word := given
		if word == "" {
			word = randomWord()
		}
		hash, err := n.gate.HashPassword(context.Background(), word)
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		made = append(made, protocol.AccountSaved{Account: a, Password: hash})
		words = append(words, word)
	}
	if exists {
		for _, a := range made {
			account := a.Account
			facts := n.engine.Facts(demoSite)
			if now := facts.Accounts[account.ID]; now != nil {
				account = *now // whatever was changed since stays
			}
			// A new password ends the account's sessions: only where it is one.
			if same, err := n.gate.PasswordMatches(context.Background(), given, facts.Secrets.Passwords[account.ID]); err == nil && same {
				continue
			}
			if err := n.ask(protocol.SiteAt(demoSite), protocol.SaveAccount{Account: account, Password: a.Password}); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
		}
	} else if err := n.ask(protocol.SiteAt(demoSite), protocol.CreateSite{Site: demoSite, Settings: []byte(demoSettings), Accounts: made}); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if given != "" {
		fmt.Fprintln(out, "demo site: the passwords are those of SWITCHYARD_DEMO_PASSWORD")
		return nil
	}
	fmt.Fprintln(out, "demo site: one-time passwords, printed only now")
	for i, a := range demoAccounts {
		fmt.Fprintf(out, "  %-8s %s\n", a.ID, words[i])
	}
	return nil
}

// randomWord is a password of 80 random bits that can be typed.
func randomWord() string {
	var b [10]byte
	rand.Read(b[:])
	w := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
	return w[:4] + "-" + w[4:8] + "-" + w[8:12] + "-" + w[12:]
}

// createSite is "switchyard site create".
func (n *node) createSite(id protocol.SiteID, name string, out io.Writer) error {
	word := randomWord()
	hash, rejection := n.gate.HashPassword(context.Background(), word)
	if rejection != nil {
		return rejection
	}
	settings := fmt.Appendf(nil, `{"name":%s,%s}`, protocol.AppendJSONString(nil, name), newSite)
	admin := protocol.AccountSaved{Account: protocol.Account{ID: "admin", Role: protocol.Admin, Name: name, Certified: true}, Password: hash}
	if err := n.ask(protocol.SiteAt(id), protocol.CreateSite{Site: id, Settings: settings, Accounts: []protocol.AccountSaved{admin}}); err != nil {
		return err
	}
	fmt.Fprintf(out, "site %s: administrator admin, password %s (printed only now)\n", id, word)
	return nil
}
