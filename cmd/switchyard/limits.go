package main

import (
	"fmt"

	"switchyard/actors/gateway"
)

// limit is one of the gateway's limits that an operator may move. None can be switched off:
// its least value is 1.
type limit struct {
	option, help string
	field        func(*gateway.Config) *float64 // one of the two
	count        func(*gateway.Config) *int
}

// limitMax bounds every limit: beyond it a limit is none.
const limitMax = 1_000_000

// limits are the contract's starting values (protocol.md section 4) that a load test may want to move.
var limits = []limit{
	{option: "limit-visitor-commands", help: "commands per second of one visitor", field: func(c *gateway.Config) *float64 { return &c.VisitorCommands }},
	{option: "limit-visitor-burst", help: "commands at once of one visitor", field: func(c *gateway.Config) *float64 { return &c.VisitorBurst }},
	{option: "limit-visitor-messages", help: "messages per second of one visitor", field: func(c *gateway.Config) *float64 { return &c.VisitorMessages }},
	{option: "limit-message-burst", help: "messages at once of one visitor", field: func(c *gateway.Config) *float64 { return &c.MessageBurst }},
	{option: "limit-visitor-inflight", help: "commands of one visitor's socket without an answer", count: func(c *gateway.Config) *int { return &c.VisitorInFlight }},
	{option: "limit-agent-commands", help: "commands per second of one account's socket", field: func(c *gateway.Config) *float64 { return &c.AgentCommands }},
	{option: "limit-agent-burst", help: "commands at once of one account's socket", field: func(c *gateway.Config) *float64 { return &c.AgentBurst }},
	{option: "limit-agent-inflight", help: "commands of one account's socket without an answer", count: func(c *gateway.Config) *int { return &c.AgentInFlight }},
	{option: "limit-visitor-tokens", help: "visitor tokens per second and address", field: func(c *gateway.Config) *float64 { return &c.VisitorTokens }},
	{option: "limit-visitor-token-burst", help: "visitor tokens at once and address", field: func(c *gateway.Config) *float64 { return &c.VisitorTokenRun }},
	{option: "limit-pending-sockets", help: "sockets of one address before their hello", count: func(c *gateway.Config) *int { return &c.PendingPerAddress }},
	{option: "limit-handshakes", help: "handshakes per second, twice as many at once", count: func(c *gateway.Config) *int { return &c.Handshakes }},
	{option: "limit-connections", help: "connections of the public listener", count: func(c *gateway.Config) *int { return &c.ConnectionsMax }},
	{option: "limit-exports", help: "files of reports per hour and account", field: func(c *gateway.Config) *float64 { return &c.Exports }},
	{option: "limit-export-burst", help: "files of reports at once and account", field: func(c *gateway.Config) *float64 { return &c.ExportBurst }},
	{option: "limit-node-commands", help: "commands of the node without an answer", count: func(c *gateway.Config) *int { return &c.NodeCommands }},
}

// limitOptions are the limits as options, with the gateway's own defaults.
func limitOptions() []option {
	d := gateway.DefaultConfig()
	all := make([]option, 0, len(limits))
	for _, l := range limits {
		all = append(all, option{l.option, l.get(&d), l.help + ", 1 to 1000000"})
	}
	return all
}

func (l limit) get(c *gateway.Config) int {
	if l.count != nil {
		return *l.count(c)
	}
	return int(*l.field(c))
}

func (l limit) set(c *gateway.Config, n int) {
	if l.count != nil {
		*l.count(c) = n
		return
	}
	*l.field(c) = float64(n)
}

// validateLimit says what is wrong with a limit; "" = nothing.
func validateLimit(option string, n int) string {
	if n >= 1 && n <= limitMax {
		return ""
	}
	return fmt.Sprintf("%s: must be 1 to %d", option, limitMax)
}
