package load

import "fmt"

// Limits are the flags of a node of the load's own: the limits of one visitor, of one agent
// and of one address are raised, since a load speaks for a crowd from one machine. They are
// all still there and all still counted; only their values differ from the contract's.
func Limits() []string {
	var flags []string
	for name, n := range map[string]int{
		"limit-visitor-commands": 1_000_000, "limit-visitor-burst": 1_000_000, "limit-visitor-messages": 1_000_000, "limit-message-burst": 1_000_000,
		"limit-visitor-inflight": 2 * slots, "limit-agent-commands": 1_000_000, "limit-agent-burst": 1_000_000, "limit-agent-inflight": 2 * slots,
		"limit-visitor-tokens": 100_000, "limit-visitor-token-burst": 100_000,
	} {
		flags = append(flags, fmt.Sprintf("--%s=%d", name, n))
	}
	return flags
}
