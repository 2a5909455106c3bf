// Package shell is the body of every mind, and the only package that knows
// protoactor. It gives minds their mail, their time and their records, hands what
// they decide to the committer, and lets nothing out before it is durable.
//
// host.go is the loop: load, decide, apply, check, hand over, tell, arm. address.go
// counts the mail and wakes actors, deadline.go keeps their deadlines, stream.go
// lets readers follow their histories, panic.go says what happens when a mind
// fails, start.go brings a site to life, gate.go holds its queue's mail until it is whole.
package shell
