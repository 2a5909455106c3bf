// Package actors holds the actors of the engine and what moves them. It has no
// code of its own: this file says in which order to read the folders, and
// layers_test.go keeps them apart.
//
// Read in this order:
//
//  1. protocol (beside this folder) is the language: commands, events, rejections,
//     frames. events_room.go is the history of one consultation; read it first.
//  2. core is the contract between a mind and its body: Machine, then Step.
//  3. gate, balancer, calendar and bot are rules: functions over values, without state
//     and without a mailbox. gate holds the decision table of a connection request.
//  4. room is the mind that owns the truth about one consultation. state.go says what
//     a room is, decide.go what may happen in it, apply.go what becomes of it.
//  5. queue owns the waiting line and the loads of one site, agent one account's
//     presence and inbox, customer the directory of a site, site its settings,
//     accounts, sessions and calendar. Minds have the same files, each named by the
//     question it answers, and never import one another: they tell.
//  6. shell is the body. The loop of one step (load, decide, apply, check, hand over,
//     tell, arm) exists once, there. It is the only package that knows protoactor.
//  7. gateway turns sockets and HTTP requests into commands, and events into frames.
//  8. metrics listens to what was announced and counts it.
//  9. scenario plays the same stories on bare minds and on the whole engine.
//
// persistence (beside this folder) is the only package that knows the database, and
// cmd/switchyard introduces all of them to each other in one file, assemble.go.
//
// A mind decides; it looks at no clock, rolls no dice, starts nothing and blocks on
// nothing. Time and chance come in with the command, facts and intentions go out.
// That is why a consultation can be replayed, and why its tests need no waiting.
package actors
