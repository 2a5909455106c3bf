package room

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// files are the rows of the uploads that the stories of this package name.
var files = func() map[string][]byte {
	m := map[string][]byte{}
	for _, f := range []protocol.FileRow{
		{ID: "f_room", Room: roomID, Key: visitor.Customer},
		{ID: "f_site", Account: "boss"},
		{ID: "f_other", Room: "r_another", Key: "1000_another"},
	} {
		m[string(protocol.FileRowKey(visitor.Site, f.ID))] = protocol.AppendFile(nil, &f)
	}
	return m
}()

// a message names a file that its sender may use, or one that does not exist.
func TestAMessageNamesAFileOfItsOwn(t *testing.T) {
	for _, r := range []struct {
		name string
		who  protocol.Caller
		file string
		ok   bool
	}{
		{"the customer, of the room", visitor, "f_room", true},
		{"the agent, of the room", ann, "f_room", true},
		{"the agent, of the site", ann, "f_site", true},
		{"the customer, of the site", visitor, "f_site", false},
		{"the customer, of another room", visitor, "f_other", false},
		{"the agent, of another room", ann, "f_other", false},
		{"one that does not exist", visitor, "f_none", false},
		{"no id at all", visitor, "../../x", false},
	} {
		t.Run(r.name, func(t *testing.T) {
			for _, kind := range []protocol.MessageKind{protocol.Image, protocol.File} {
				x := begin(t).active()
				events := len(x.log)
				err := x.try(r.who, "", protocol.SendMessage{Kind: kind, File: r.file})
				if r.ok {
					require.Nil(t, err)
					continue
				}
				require.Equal(t, protocol.RejectField(protocol.NotFound, "file", "no such file"), err, "all of them look alike")
				require.Len(t, x.log, events)
			}
		})
	}
}

// the greeting carries the site's image; what the site does not send carries none.
func TestTheGreetingCarriesItsImage(t *testing.T) {
	image := func(text string) string {
		x := begin(t, func(s *protocol.Settings) {
			s.GreetImage = "f_site"
			s.Texts = map[protocol.TextCode]string{protocol.MGreet: text}
		}).active()
		for _, r := range x.log {
			if m, ok := r.Event.(*protocol.MessagePosted); ok && m.Code == protocol.MGreet {
				return m.File
			}
		}
		return "no greeting"
	}
	require.Equal(t, "f_site", image("안녕하세요"))
	require.Equal(t, "no greeting", image(""))
}
