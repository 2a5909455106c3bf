package customer

import (
	"strings"

	"switchyard/protocol"
)

// known is a customer as a decision looks at it: the record of the key, and what the keys of its
// ID share. Both are copies: an event makes their changes true.
type known struct {
	k     *protocol.Customer
	p     *protocol.Profile
	via   protocol.CustomerNo // the number that led here: k's, or one that became it
	dirty bool                // the profile has changed
	noted protocol.Noted      // what the next save remembers
}

// lookup reads the records of one command. A profile is read once, so that two customers with the
// same ID change the same one.
type lookup struct {
	site     protocol.SiteID
	records  protocol.Records
	refs     []protocol.Ref // what was looked at
	profiles map[string]*protocol.Profile
}

func (s *State) look(c protocol.Command) *lookup {
	return &lookup{site: s.Addr.Site, records: c.Records, profiles: map[string]*protocol.Profile{}}
}

// Needs names the records of the customers that the command is about: a key leads to a record, a
// record to the one it became, and that one to the profile of its ID.
func Needs(s *State, c protocol.Command) []protocol.Ref {
	l := s.look(c)
	switch b := c.Body.(type) {
	case protocol.StartRoom:
		l.known(l.arrival(b), c.ClientID)
	case protocol.ArrivalReturned:
		l.known(l.arrival(b.Start), b.ClientID)
	case protocol.NewestFound:
		l.known(l.arrival(b.Start), b.ClientID)
	case protocol.RoomDone:
		l.alone(b.Customer)
	case protocol.SaveProfile:
		l.number(b.Customer)
	case protocol.RequestAgent:
		l.number(b.Customer)
	case protocol.ViewCustomer:
		l.either(b)
	case protocol.EditCustomer:
		l.key(b.Key)
	case protocol.VerifyCustomer:
		l.key(b.Key)
	case protocol.ChangeCustomerID:
		id := strings.TrimSpace(b.ID)
		l.key(b.Key)
		l.key(keyOf(l.site, id))
		l.profile(id)
	case protocol.EraseCustomer:
		if x := l.key(b.Key); x != nil {
			l.members(x.p)
		} else {
			l.erased(b.Key)
		}
	case protocol.FinishErasure:
		if r := l.erasure(b.No); r != nil {
			l.leading(r, b.Keys)
			l.marks(r)
		}
	case protocol.IndexBlocked:
		for _, no := range b.Numbers {
			l.record(no)
		}
	case protocol.SaveFile:
		return []protocol.Ref{protocol.FileRef(s.Addr.Site, s.fileID(c))}
	}
	return l.refs
}

func (l *lookup) row(kind protocol.RowKind, key []byte) []byte {
	ref := protocol.Ref{Row: kind, Key: string(key)}
	l.refs = append(l.refs, ref)
	return l.records[ref].Value
}

// profile of an ID; empty if no key carries it.
func (l *lookup) profile(id string) *protocol.Profile {
	if p := l.profiles[id]; p != nil {
		return p
	}
	p := &protocol.Profile{ID: id}
	if v := l.row(protocol.RowProfile, protocol.ProfileRowKey(l.site, id)); len(v) > 0 {
		var err error
		if p, err = protocol.DecodeProfile(v); err != nil {
			panic(err) // its checksum was right: a bug
		}
	}
	l.profiles[id] = p
	return p
}

// record of a number as it was written; nil if there is none.
func (l *lookup) record(no protocol.CustomerNo) *protocol.Customer {
	v := l.row(protocol.RowCustomer, protocol.CustomerRowKey(l.site, no))
	if len(v) == 0 {
		return nil
	}
	k, err := protocol.DecodeCustomer(v)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	return k
}

// alone finds the record of a number, also of one that became another since; nil = nobody, also one that was erased. It is
// enough for what a close changes, and every room closes: the profile is another key and another row.
func (l *lookup) alone(no protocol.CustomerNo) *protocol.Customer {
	k := l.record(no)
	if k != nil && k.Merged != 0 {
		k = l.record(k.Merged) // an alias leads to a record, never to another alias
	}
	if k == nil || k.Erased {
		return nil
	}
	return k
}

// number finds the customer of a number with the profile of its ID; nil as alone.
func (l *lookup) number(no protocol.CustomerNo) *known {
	k := l.alone(no)
	if k == nil {
		return nil
	}
	return &known{k: k, p: l.profile(k.ID), via: no}
}

// key finds the customer of a key, also of one that was renamed since; nil = nobody.
func (l *lookup) key(key protocol.CustomerKey) *known {
	no := protocol.DecodeNo(l.row(protocol.RowCustomerKey, protocol.CustomerKeyRowKey(l.site, key)))
	if no == 0 {
		return nil
	}
	return l.number(protocol.CustomerNo(no))
}

func (l *lookup) either(b protocol.ViewCustomer) *known {
	if b.Key == "" {
		return l.number(b.No)
	}
	return l.key(b.Key)
}

// arrival finds who arrives; the profile of the ID that the arrival brings is read too.
func (l *lookup) arrival(b protocol.StartRoom) *known {
	x := l.key(arrivalKey(l.site, b))
	l.profile(arrivalID(l.site, b))
	return x
}

func keyOf(site protocol.SiteID, id string) protocol.CustomerKey {
	return protocol.CustomerKey(string(site) + "_" + id)
}

// siteUID is the customer ID that the chat link brought; "" = none, and blank is none.
func siteUID(b protocol.StartRoom) string {
	for _, p := range b.Params {
		if p.Name == "site_uid" {
			return strings.TrimSpace(p.Value)
		}
	}
	return ""
}

// arrivalKey: on the web the customer ID makes the key, so that everybody with the same one is the
// same customer (K-02). A messenger's key is bound to its account (K-04).
func arrivalKey(site protocol.SiteID, b protocol.StartRoom) protocol.CustomerKey {
	if uid := siteUID(b); uid != "" && b.Channel == protocol.Web {
		return keyOf(site, uid)
	}
	return b.Key
}

// arrivalID is the customer ID of an arrival: what it brought, else the part of the key after the
// site (K-01).
func arrivalID(site protocol.SiteID, b protocol.StartRoom) string {
	switch uid := siteUID(b); {
	case uid != "":
		return uid
	case b.ID != "":
		return b.ID
	}
	return strings.TrimPrefix(string(b.Key), string(site)+"_")
}
