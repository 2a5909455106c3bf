package room

import "fmt"

// Check says whether the state is one that may exist. An error is our mistake, never a customer's.
func Check(s *State) error {
	switch {
	case !s.Exists():
		return nil
	case s.State.Bound() && (s.Holder == "" || s.Assignment == 0 || s.Turn == 0):
		return fmt.Errorf("I-01: room in %s without a holder (assignment %d, turn %d)", s.State, s.Assignment, s.Turn)
	case (s.State == 0 || s.State.Open() && !s.State.Bound()) && s.Holder != "":
		return fmt.Errorf("I-01: room in %s is held by %s", s.State, s.Holder)
	case s.Lock && !s.Refuse:
		return fmt.Errorf("7.3: room is locked and takes texts")
	case s.State.Bound() && s.Refuse:
		return fmt.Errorf("7.3: an assigned room refuses texts")
	case s.ClosedAt != 0 && s.State.Open():
		return fmt.Errorf("I-09: closed room in %s", s.State)
	case s.change() != nil && s.change().By != s.Holder:
		return fmt.Errorf("R-138: the change request of %s is pending, and %s holds the room", s.change().By, s.Holder)
	case s.change() != nil && !s.State.Bound():
		return fmt.Errorf("R-138: a change request is pending in a room in %s", s.State)
	case s.Score != 0 && s.ClosedAt == 0:
		return fmt.Errorf("R-146: an open room is rated")
	case s.Silence.At != 0 && s.Delay.At != 0:
		return fmt.Errorf("12.2: T1 and T2 both run")
	}
	return nil
}
