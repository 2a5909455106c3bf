package replay

import (
	"context"

	"switchyard/bench/client"
)

// Site is the node as a run needs it: sockets, and tokens for the hello. Whoever makes
// it has created the accounts and the settings.
type Site struct {
	Dialer *client.Dialer
	// AgentToken gives an account's token; renew asks for a new one.
	AgentToken func(ctx context.Context, account string, renew bool) (string, error)
	// VisitorToken gives the token of the customer with this site_uid.
	VisitorToken func(ctx context.Context, uid string, renew bool) (string, error)
	// Run tells this run's writes from those of earlier runs with the same accounts: a
	// node remembers client ids for a day and more. At most 16 characters.
	Run string
	// Rooms lists the rooms of this run's customers, open and closed, as the node lists
	// them to an administrator: a second witness beside the streams.
	Rooms func(ctx context.Context) ([]Listed, error)
	// UID names the customer of a call on this site; each call is a customer of its own.
	UID func(call *Call) string
}
