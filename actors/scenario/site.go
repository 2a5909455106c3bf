package scenario

import (
	"fmt"
	"strings"

	"switchyard/protocol"
)

// The acts of an administrator that are no settings.

// channel makes a channel account: "channel ID KAKAO".
func (t *teller) channel(rest string) error {
	id, kind, _ := strings.Cut(rest, " ")
	c, err := protocol.ParseChannel(kind)
	if err != nil {
		return err
	}
	return t.ask(protocol.SiteAt(site), protocol.SaveChannel{Channel: protocol.ChannelAccount{ID: id, Channel: c, Name: id, Enabled: true}, Create: true})
}

// file is an upload of the administrator's: "file NAME 500x250 BYTES image/png". Settings name it @NAME.
func (t *teller) file(rest string) error {
	var name, kind string
	f := protocol.FileRow{Account: "boss", Hash: []byte(rest)}
	if _, err := fmt.Sscanf(rest, "%s %dx%d %d %s", &name, &f.Width, &f.Height, &f.Size, &kind); err != nil {
		return err
	}
	f.Type = kind
	r := t.rig.do(issued{to: protocol.CustomersAt(site), c: protocol.Command{
		Body: protocol.SaveFile{File: f}, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}, ClientID: fileWrite(name)}})[0]
	if r.err != nil {
		t.out("refused: %v", r.err)
	}
	return nil
}

func fileWrite(name string) protocol.ClientID { return protocol.ClientID("file-of-story-" + name) }

// fileID is what a setting's @NAME stands for.
func fileID(value string) string {
	if name, ok := strings.CutPrefix(value, "@"); ok {
		return protocol.FileIDFrom(site, "a/boss", fileWrite(name), protocol.Chance{})
	}
	return value
}

// lists tells which of the open rooms that have an agent the account sees in management (domain 21).
func (t *teller) lists(who string) {
	caller := t.caller(who)
	line := ""
	for _, id := range t.order {
		r := t.rig.do(issued{to: protocol.RoomAt(site, id), c: protocol.Command{Body: protocol.ViewRoom{Room: id}, Caller: caller}})[0]
		v, ok := r.result.(protocol.RoomView)
		if ok && v.State.Open() && v.Holder != "" && t.rig.facts().InScope(caller.Role, caller.Account, v.Holder) {
			line += " " + t.names[id] + "@" + string(v.Holder)
		}
	}
	t.out("%s lists:%s", who, line)
}
