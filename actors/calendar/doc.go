// Package calendar answers two questions about a moment of the wall clock: is
// the site in hours (domain 10.1-10.4, 10.6), and is an agent on duty (domain
// 10.5); and for both: when does the answer change next.
//
// It is a rule: it holds nothing, asks no clock and starts no timer. The facts
// are a published value of the site, the moment is an argument.
//
// Start reading at hours.go. The one idea that is not in the domain is in
// clock.go: all questions are asked of a clock reading that never goes back, so
// that summer time needs no case of its own anywhere else.
package calendar
