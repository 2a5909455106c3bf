package site

import (
	"maps"
	"strings"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of templates (section 20).
const (
	templateTitleMax = 50   // characters
	templateTextMax  = 1000 // characters
	templatesMax     = 1000 // shared ones of a site, and each account's own
)

// mayChange says whose a template is: shared ones are the administrator's and the managers',
// personal ones their owner's. To everybody else a personal one does not exist.
func mayChange(c protocol.Command, owner protocol.AccountID) *protocol.Rejection {
	switch {
	case owner != "" && owner != c.Caller.Account:
		return protocol.RejectField(protocol.NotFound, "id", "no such template")
	case owner == "" && c.Caller.Role == protocol.Agent:
		return protocol.Reject(protocol.Forbidden, "shared templates are the managers'")
	}
	return nil
}

func saveTemplate(s *State, c protocol.Command, b protocol.SaveTemplate) (core.Step, error) {
	t := b.Template
	title, text := utf8.RuneCountInString(t.Title), utf8.RuneCountInString(t.Text)
	switch {
	case !validID(t.ID, 40, "._-"):
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "id", "must be 1 to 40 of a-z, 0-9, . _ -")
	case t.Type != protocol.TextTemplate && t.Type != protocol.MixedTemplate:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "type", "must be TEXT or MIXED")
	case title < 1 || title > templateTitleMax || strings.TrimSpace(t.Title) == "":
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "title", "must have 1 to 50 characters")
	case text < 1 || text > templateTextMax || strings.TrimSpace(t.Text) == "":
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "text", "must have 1 to 1000 characters")
	case t.Type == protocol.MixedTemplate && t.File == "":
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "file", "is missing: a mixed template has an image")
	case t.Type == protocol.TextTemplate && t.File != "":
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "file", "a text template has no image")
	}
	if t.File != "" {
		if err := s.checkImage(c, "file", t.File, false); err != nil {
			return core.Step{}, err
		}
	}
	old := s.Templates[t.ID]
	if old == nil && !b.Create {
		return core.Step{}, protocol.RejectField(protocol.NotFound, "id", "no such template")
	}
	if err := mayChange(c, t.Owner); err != nil {
		return core.Step{}, err
	}
	e := &protocol.TemplateSaved{Template: t, By: c.Caller.Account}
	switch {
	case old == nil && s.countTemplates(t.Owner) >= templatesMax:
		return core.Step{}, protocol.Reject(protocol.OverLimit, "too many templates")
	case old == nil:
		return done(c, e), nil
	case !old.SeenBy(c.Caller.Account) && !b.Create:
		return core.Step{}, protocol.RejectField(protocol.NotFound, "id", "no such template")
	case *old == t: // the answer to the first write was lost
		var step core.Step
		step.Answer(c.Ticket, protocol.Done{})
		return step, nil
	case b.Create || old.Owner != t.Owner:
		return core.Step{}, protocol.RejectField(protocol.Conflict, "id", "exists already")
	}
	e.Old = *old
	return done(c, e), nil
}

func (s *State) countTemplates(owner protocol.AccountID) (n int) {
	for _, t := range s.Templates {
		if t.Owner == owner {
			n++
		}
	}
	return n
}

func removeTemplate(s *State, c protocol.Command, b protocol.RemoveTemplate) (core.Step, error) {
	t := s.Templates[b.ID]
	if t == nil {
		return core.Step{}, protocol.RejectField(protocol.NotFound, "id", "no such template")
	}
	if err := mayChange(c, t.Owner); err != nil {
		return core.Step{}, err
	}
	return done(c, &protocol.TemplateRemoved{Template: *t, By: c.Caller.Account}), nil
}

// keepTemplate and dropTemplate copy the map: facts that were published share it.
func (s *State) keepTemplate(t protocol.Template) {
	s.Templates = maps.Clone(s.Templates)
	s.Templates[t.ID] = &t
}

func (s *State) dropTemplate(id string) {
	s.Templates = maps.Clone(s.Templates)
	delete(s.Templates, id)
}
