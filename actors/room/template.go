package room

import (
	"strings"

	"switchyard/protocol"
)

// A template is sent without typing: the room fills it in, and what goes out is an ordinary
// message of the agent and a response (section 20).

// noName is how a customer is addressed whose name nobody knows.
const noName = "고객"

// fromTemplate gives the message that the template makes; a message without one is itself.
func (s *State) fromTemplate(c protocol.Command, b protocol.SendMessage) (protocol.SendMessage, error) {
	if b.Template == "" {
		return b, nil
	}
	switch t := c.Facts.Templates[b.Template]; {
	case c.Caller.Role == protocol.Visitor:
		return b, protocol.RejectField(protocol.Forbidden, "template", "templates are the accounts'")
	case b.Text != "" || b.File != "":
		return b, protocol.RejectField(protocol.BadRequest, "template", "brings text and file itself")
	case t == nil || !t.SeenBy(c.Caller.Account):
		return b, protocol.RejectField(protocol.NotFound, "template", "no such template")
	default:
		b.Kind, b.Text, b.File = protocol.Text, t.Fill(s.HolderName, s.customerName(c)), t.File
		if t.Type == protocol.MixedTemplate {
			b.Kind = protocol.Image
		}
		return b, nil
	}
}

// fileOf is the file that the message names, or the template that it is sent with.
func fileOf(c protocol.Command, b protocol.SendMessage) string {
	if b.Template != "" && c.Facts != nil {
		if t := c.Facts.Templates[b.Template]; t != nil {
			return t.File
		}
	}
	return b.File
}

// nameNeeded names the records with the customer's name, where the template asks for it.
func (s *State) nameNeeded(c protocol.Command) []protocol.Ref {
	b, ok := c.Body.(protocol.SendMessage)
	if !ok || b.Template == "" || c.Facts == nil {
		return nil
	}
	if t := c.Facts.Templates[b.Template]; t == nil || !strings.Contains(t.Text, protocol.PlaceCustomer) {
		return nil
	}
	refs, _ := s.findName(c.Records)
	return refs
}

func (s *State) customerName(c protocol.Command) string {
	if _, name := s.findName(c.Records); name != "" {
		return name
	}
	return noName
}

// findName is the one place that knows where a customer's name is kept: in the profile of the ID of the
// customer's number, or of the number that it was merged into. It names what it has looked at.
func (s *State) findName(loaded protocol.Records) (refs []protocol.Ref, name string) {
	look := func(kind protocol.RowKind, key []byte) []byte {
		ref := protocol.Ref{Row: kind, Key: string(key)}
		refs = append(refs, ref)
		return loaded[ref].Value
	}
	customer := func(no protocol.CustomerNo) *protocol.Customer {
		if v := look(protocol.RowCustomer, protocol.CustomerRowKey(s.Addr.Site, no)); v != nil {
			if k, err := protocol.DecodeCustomer(v); err == nil {
				return k
			}
		}
		return nil
	}
	k := customer(s.Customer)
	if k != nil && k.Merged != 0 {
		k = customer(k.Merged)
	}
	if k == nil {
		return refs, ""
	}
	if v := look(protocol.RowProfile, protocol.ProfileRowKey(s.Addr.Site, k.ID)); v != nil {
		if p, err := protocol.DecodeProfile(v); err == nil {
			name = strings.TrimSpace(p.Field(protocol.FieldName).Value)
		}
	}
	return refs, name
}
