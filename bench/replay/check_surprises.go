package replay

// noSurprises: nothing was refused but what a replay expects (a word or an end that
// comes when the room has just been closed), and nobody else's rooms took the agents' time.
func noSurprises(l *Log, r *Result) {
	r.Judged = len(l.Ends) + len(l.Acks) + len(l.Onlines)
	for _, s := range l.Refusals {
		r.fail("%s: %s was refused with %s (%s)", s.Who, s.Command, s.Code, s.Text)
	}
	for _, room := range l.Foreign {
		r.fail("room %s is of no customer of this run", room)
	}
}
