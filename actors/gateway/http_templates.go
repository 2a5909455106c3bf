package gateway

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"switchyard/protocol"
)

// The templates of a site (domain 20): everybody reads the shared ones and the own; the site says
// who changes which.

func (c *call) templates() (int, []byte, *protocol.Rejection) {
	all := slices.SortedFunc(maps.Values(c.facts.Templates), func(a, b *protocol.Template) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	return c.list("templates", len(all), func(j *protocol.JSON, i int) bool {
		if !all[i].SeenBy(c.caller.Account) {
			return false
		}
		appendTemplate(j, all[i])
		return true
	})
}

// templateOfPath is the template of the path; nil where there is none that the caller may see.
func (c *call) templateOfPath() *protocol.Template {
	t := c.facts.Templates[c.r.PathValue("id")]
	if t == nil || !t.SeenBy(c.caller.Account) {
		return nil
	}
	return t
}

func (c *call) template() (int, []byte, *protocol.Rejection) {
	t := c.templateOfPath()
	if t == nil {
		return 0, nil, notFound
	}
	j := protocol.JSON{}
	appendTemplate(&j, t)
	return http.StatusOK, j.B, nil
}

func appendTemplate(j *protocol.JSON, t *protocol.Template) {
	j.Open()
	j.Str("id", t.ID)
	j.Str("type", t.Type.String())
	j.Str("title", t.Title)
	j.Str("text", t.Text)
	j.Str("file", t.File)
	j.Bool("shared", t.Owner == "")
	j.Close()
}

// createTemplate names it: by the id of the write, so that a repeat finds what the first one made.
func (c *call) createTemplate() (int, []byte, *protocol.Rejection) {
	key, rej := c.clientID()
	if rej != nil {
		return 0, nil, rej
	}
	t := protocol.Template{ID: protocol.Token("t_", "template", c.g.engine.Chance())}
	if key != "" {
		t.ID = protocol.Token("t_", "template/"+string(c.caller.Account)+"/"+string(key), protocol.Chance{})
	}
	for _, name := range []string{"type", "title", "text"} {
		if !c.body.has(name) {
			c.body.refuse(name, "is missing")
		}
	}
	if c.body.truth("shared") {
		if c.caller.Role == protocol.Agent {
			return 0, nil, protocol.RejectField(protocol.Forbidden, "shared", "shared templates are the managers'")
		}
	} else {
		t.Owner = c.caller.Account
	}
	return c.saveTemplate(t, true)
}

func (c *call) changeTemplate() (int, []byte, *protocol.Rejection) {
	t := c.templateOfPath()
	if t == nil {
		return 0, nil, notFound
	}
	return c.saveTemplate(*t, false)
}

func (c *call) saveTemplate(t protocol.Template, create bool) (int, []byte, *protocol.Rejection) {
	f := &c.body
	if f.has("type") {
		t.Type = enum(f, "type", protocol.ParseTemplateType)
	}
	if f.has("title") {
		t.Title = f.runes("title", 50)
	}
	if f.has("text") {
		t.Text = f.runes("text", 1000)
	}
	if _, there := f.m["file"]; there { // null takes it away
		t.File = f.text("file", 128)
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveTemplate{Template: t, Create: create}); rej != nil {
		return c.unprocessable(rej)
	}
	j := protocol.JSON{}
	appendTemplate(&j, &t)
	return created(create), j.B, nil
}

func (c *call) removeTemplate() (int, []byte, *protocol.Rejection) {
	t := c.templateOfPath()
	if t == nil {
		return 0, nil, notFound
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.RemoveTemplate{ID: t.ID}); rej != nil {
		return 0, nil, rej
	}
	return http.StatusNoContent, nil, nil
}
