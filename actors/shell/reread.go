package shell

import "switchyard/protocol"

// Reread throws away what an awake actor remembers, so that whatever comes next reads it again: for who has changed what reading
// gives, and that is only the destruction of keys. It is for rooms: the others' peers hold what they told them, and their states
// hold nothing of a customer's words.
func (e *Engine) Reread(a protocol.Address) {
	e.young.forget(a)
	st := e.stripe(a)
	st.mu.Lock()
	awake := st.slots[a] != nil
	st.mu.Unlock()
	if awake {
		e.tell(a, protocol.Command{Body: reread{}}, e.site(a.Site).life.Load())
	}
}

// reread is the shell's own command of Reread; no mind sees it.
type reread struct{}

func (reread) CommandName() string { return "reread" }
