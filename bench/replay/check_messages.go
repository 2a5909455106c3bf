package replay

// messagesOnce: an acknowledged message stands at exactly one place of every stream of
// its room that was followed from its first event to its end, and at no more than one
// of every other. The writer's client_id and the message_id of the acknowledgement must meet there.
func messagesOnce(l *Log, r *Result) {
	type place struct{ room, reader, client string }
	type found struct {
		seqs map[uint64]bool
		id   string
	}
	seen := map[place]*found{}
	for _, s := range l.Sights {
		at := place{s.Room, s.Reader, s.ClientID}
		if seen[at] == nil {
			seen[at] = &found{seqs: map[uint64]bool{}, id: s.MessageID}
		}
		seen[at].seqs[s.Seq] = true
	}
	whole := map[View]bool{}
	readers := map[string]map[string]bool{}
	note := func(room, reader string) {
		if readers[room] == nil {
			readers[room] = map[string]bool{}
		}
		readers[room][reader] = true
	}
	for _, v := range l.Views {
		whole[v] = true
		note(v.Room, v.Reader)
	}
	for _, s := range l.Sights {
		note(s.Room, s.Reader)
	}
	for _, a := range l.Acks {
		for _, reader := range sortedKeys(readers[a.Room]) {
			f := seen[place{a.Room, reader, a.ClientID}]
			complete := whole[View{a.Room, reader}]
			if complete {
				r.Judged++
			}
			switch {
			case f == nil && complete:
				r.fail("message %s of %s in room %s was acknowledged and is not in the stream of %s", a.ClientID, party(a.By), a.Room, party(reader))
			case f == nil:
			case len(f.seqs) > 1:
				r.fail("message %s of %s in room %s is %d times in the stream of %s", a.ClientID, party(a.By), a.Room, len(f.seqs), party(reader))
			case f.id != a.MessageID:
				r.fail("message %s of %s in room %s was acknowledged as %s and is %s in the stream of %s", a.ClientID, party(a.By), a.Room, a.MessageID, f.id, party(reader))
			}
		}
	}
}

func party(account string) string {
	if account == "" {
		return "the customer"
	}
	return account
}
