package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchyard/protocol"
)

func (c *call) settings() (int, []byte, *protocol.Rejection) {
	return c.settingsAnswer(c.facts.Settings)
}

// settingsAnswer is the settings with their version, which is their ETag too, and what the administrator should know of
// them.
func (c *call) settingsAnswer(s *protocol.Settings) (int, []byte, *protocol.Rejection) {
	c.w.Header().Set("ETag", `"`+strconv.FormatUint(s.Number, 10)+`"`)
	j := protocol.JSON{B: protocol.AppendSettings(nil, s)}
	j.B = j.B[:len(j.B)-1]
	j.Uint("version", s.Number)
	j.Key("notices")
	j.B = append(j.B, '[')
	for _, n := range s.Notices() {
		listComma(&j)
		j.Open()
		j.Str("code", n.Code)
		j.Str("setting", n.Field)
		j.Str("text_en", n.Text)
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Close()
	return http.StatusOK, j.B, nil
}

// changeSettings hands the object to the site, which knows every name and value. With If-Match it is made only to
// the settings of that version.
func (c *call) changeSettings() (int, []byte, *protocol.Rejection) {
	var version uint64
	if tag := c.r.Header.Get("If-Match"); tag != "" && tag != "*" {
		var err error
		if version, err = strconv.ParseUint(strings.Trim(tag, `"`), 10, 64); err != nil || version == 0 {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "If-Match", "must be the ETag of the settings")
		}
	}
	if next, _, _, err := protocol.ChangeSettingsJSON(c.facts.Settings, c.body.raws); err == nil && shortens(c.facts.Settings, next) {
		if rej := c.confirmed(retentionName, "closed rooms that are older than the new period would be removed for good"); rej != nil {
			return 0, nil, rej
		}
	} // a bad value is the site's to refuse
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.ChangeSettings{Changes: c.body.raws, Version: version}); rej != nil {
		return c.unprocessable(rej)
	}
	if f := c.g.facts(c.site); f != nil {
		return c.settingsAnswer(f.Settings)
	}
	return 0, nil, notFound
}

// previewSettings shows prompt and form as a customer would see them after the changes in the body, and what the
// calendar would say of an instant. It changes nothing.
func (c *call) previewSettings() (int, []byte, *protocol.Rejection) {
	s, _, _, err := protocol.ChangeSettingsJSON(c.facts.Settings, c.body.raws)
	if rej, refused := err.(*protocol.Rejection); refused {
		return c.unprocessable(rej)
	}
	at := c.g.engine.Now()
	if q := c.r.URL.Query().Get("at"); q != "" {
		if at, err = time.Parse(time.RFC3339, q); err != nil || at.Year() < 2000 || at.Year() > 2199 {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "at", "must be a time as in RFC 3339, of 2000 to 2199")
		}
	}
	changed := *c.facts
	changed.Settings = s
	if zone, err := time.LoadLocation(s.TimeZone); err == nil {
		changed.Zone = zone
	}
	open, next, opens := c.g.engine.Hours(&changed, at)
	j := protocol.JSON{}
	j.Open()
	j.Key("prompt")
	j.Open()
	j.Str("text", s.Say(protocol.MPrompt, protocol.Words{}))
	j.Str("image", s.Profile.Image)
	j.Str("button", protocol.LabelProfile)
	j.Close()
	j.Key("form")
	j.Open()
	names := make([]string, len(s.Profile.Fields))
	for i, f := range s.Profile.Fields {
		names[i] = f.String()
	}
	j.Strs("fields", names)
	j.Str("button", protocol.LabelOK)
	if s.Profile.ConsentURL != "" {
		j.Key("consent")
		j.Open()
		j.Str("text", protocol.LabelConsent)
		j.Str("link", protocol.LabelConsentLink)
		j.Str("url", s.Profile.ConsentURL)
		j.Close()
	}
	j.Close()
	j.Key("calendar")
	j.Open()
	j.Instant("at", protocol.At(at))
	j.Bool("open", open)
	if !next.IsZero() {
		j.Instant("next_at", protocol.At(next))
		j.Bool("next_open", opens)
	}
	j.Close()
	j.Close()
	return http.StatusOK, j.B, nil
}
