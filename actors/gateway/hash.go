package gateway

import (
	"context"

	"switchyard/protocol"
)

// HashPassword makes the string that is stored of a password, for those who make accounts
// without a request: the demo site, the command line.
func (g *Gateway) HashPassword(ctx context.Context, password string) (string, *protocol.Rejection) {
	return g.hash.Hash(ctx, password)
}

// PasswordMatches compares a password with a stored string.
func (g *Gateway) PasswordMatches(ctx context.Context, password, stored string) (bool, *protocol.Rejection) {
	return g.hash.Matches(ctx, password, stored)
}
