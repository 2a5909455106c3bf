package gateway

import (
	"net/http"

	"switchyard/protocol"
)

func (c *call) settings() (int, []byte, *protocol.Rejection) {
	return http.StatusOK, settingsAnswer(c.facts.Settings), nil
}

// settingsAnswer is the settings with what the administrator should know of them.
func settingsAnswer(s *protocol.Settings) []byte {
	j := protocol.JSON{B: protocol.AppendSettings(nil, s)}
	j.B = j.B[:len(j.B)-1]
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
	return j.B
}

// changeSettings hands the object to the site, which knows every name and value.
func (c *call) changeSettings() (int, []byte, *protocol.Rejection) {
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.ChangeSettings{Changes: c.body.raws}); rej != nil {
		return c.unprocessable(rej)
	}
	if f := c.g.facts(c.site); f != nil {
		return http.StatusOK, settingsAnswer(f.Settings), nil
	}
	return 0, nil, notFound
}

// previewSettings shows prompt and form as a customer would see them after the changes in the body. It
// changes nothing.
func (c *call) previewSettings() (int, []byte, *protocol.Rejection) {
	s, _, _, err := protocol.ChangeSettingsJSON(c.facts.Settings, c.body.raws)
	if rej, refused := err.(*protocol.Rejection); refused {
		return c.unprocessable(rej)
	}
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
	j.Close()
	return http.StatusOK, j.B, nil
}
