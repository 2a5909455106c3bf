package scenario

import (
	"strings"

	"switchyard/protocol"
)

// template makes one: "template hello shared TEXT", or of an account "template hello A TEXT"; file=… makes it mixed.
func (t *teller) template(f []string) error {
	b := protocol.Template{ID: f[0], Type: protocol.TextTemplate, Title: f[0]}
	by := protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}
	if f[1] != "shared" {
		by = t.caller(f[1])
		b.Owner = by.Account
	}
	rest := f[2:]
	if file, ok := strings.CutPrefix(rest[0], "file="); ok {
		b.Type, b.File, rest = protocol.MixedTemplate, fileID(file), rest[1:]
	}
	b.Text = strings.Join(rest, " ")
	r := t.rig.do(issued{to: protocol.SiteAt(site), c: protocol.Command{Body: protocol.SaveTemplate{Template: b, Create: t.rig.facts().Templates[b.ID] == nil}, Caller: by}})[0]
	if r.err != nil {
		t.out("refused: %v", r.err)
	}
	return nil
}
