package customer

import (
	"slices"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// The directory knows the files of its site: whose they are, and where their content lies.

// fileID is the id of the upload's file: a repeat finds what its first time saved.
func (s *State) fileID(c protocol.Command) string {
	return protocol.FileIDFrom(s.Addr.Site, fileSender(&c.Caller), c.ClientID, c.Chance)
}

// fileSender tells uploaders of a site apart: unlike writers of a room, customers are many.
func fileSender(c *protocol.Caller) string {
	if c.Role == protocol.Visitor {
		return "c/" + string(c.Customer)
	}
	return c.Sender()
}

// saveFile records an upload. The same client id with another content, or for another room, is a conflict (I-07).
func (s *State) saveFile(c protocol.Command, b protocol.SaveFile, at protocol.Instant) (core.Step, error) {
	var step core.Step
	f := b.File
	f.ID, f.At = s.fileID(c), at
	if old := c.Records[protocol.FileRef(s.Addr.Site, f.ID)].Value; len(old) > 0 {
		was, err := protocol.DecodeFile(old)
		if err != nil {
			panic(err) // its checksum was right: a bug
		}
		if !slices.Equal(was.Hash, f.Hash) || was.Room != f.Room {
			return step, protocol.RejectField(protocol.Conflict, "client_id", "was used for another upload")
		}
		step.Answer(c.Ticket, protocol.FileAnswer{File: *was, Duplicate: true})
		return step, nil
	}
	step.Do(&protocol.FileSaved{File: f, ClientID: c.ClientID})
	step.Answer(c.Ticket, protocol.FileAnswer{File: f})
	return step, nil
}

// fileRows are the file's own, and the one by which its room finds it.
func fileRows(site protocol.SiteID, e *protocol.FileSaved) []protocol.Row {
	rows := []protocol.Row{{Kind: protocol.RowFile, Key: protocol.FileRowKey(site, e.File.ID), Value: protocol.AppendFile(nil, &e.File)}}
	if e.File.Room != "" {
		rows = append(rows, protocol.Row{Kind: protocol.RowRoomFile, Key: protocol.RoomFileKey(site, e.File.Room, e.File.ID), Value: []byte{}})
	}
	return rows
}
