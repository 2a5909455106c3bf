package room

import "switchyard/protocol"

// checkFile refuses a file that is not there, or that the sender may not send here: customers and agents send what
// was uploaded for this room, accounts also what is the site's own. What belongs to another room does not exist.
func (s *State) checkFile(c protocol.Command, b protocol.SendMessage) error {
	if b.File == "" {
		return nil
	}
	missing := protocol.RejectField(protocol.NotFound, "file", "no such file")
	v := c.Records[protocol.FileRef(s.Addr.Site, b.File)].Value
	if len(v) == 0 {
		return missing
	}
	f, err := protocol.DecodeFile(v)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	if f.Room != s.id() && (f.Room != "" || c.Caller.Role == protocol.Visitor) {
		return missing
	}
	return nil
}
