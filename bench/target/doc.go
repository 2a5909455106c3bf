// Package target is everything a load does to a node before and beside its sockets:
// the HTTP calls that log in, create accounts and change settings (api.go, stage.go),
// the visitors' tokens, fetched ahead and paced (tokens.go), and a node of the load's
// own as a child process, which can be killed and started again (node.go).
package target
