package oracle

// event is something that comes at a time: to a customer, or to an agent.
type event struct {
	at  float64
	who int32
	gen uint32 // of the customer's place, so that an event of the one before is known for stale
}

// events is a heap, the earliest first.
type events []event

func (h *events) push(e event) {
	q := append(*h, e)
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 2
		if q[up].at <= e.at {
			break
		}
		q[i] = q[up]
		i = up
	}
	q[i] = e
	*h = q
}

// pop removes the earliest.
func (h *events) pop() event {
	q := *h
	first, n := q[0], len(q)-1
	e := q[n]
	q = q[:n]
	*h = q
	if n == 0 {
		return first
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && q[down+1].at < q[down].at {
			down++
		}
		if e.at <= q[down].at {
			break
		}
		q[i] = q[down]
		i = down
	}
	q[i] = e
	return first
}
