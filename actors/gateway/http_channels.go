package gateway

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"switchyard/protocol"
)

// A site's channel accounts: by which ways customers come.

func (c *call) channels() (int, []byte, *protocol.Rejection) {
	all := slices.SortedFunc(maps.Values(c.facts.Channels), func(a, b *protocol.ChannelAccount) int { return cmp.Compare(a.ID, b.ID) })
	return c.list("channels", len(all), func(j *protocol.JSON, i int) bool { appendChannel(j, all[i]); return true })
}

func appendChannel(j *protocol.JSON, a *protocol.ChannelAccount) {
	j.Open()
	j.Str("id", a.ID)
	j.Str("channel", a.Channel.String())
	j.Str("name", a.Name)
	j.Bool("enabled", a.Enabled)
	j.Close()
}

func (c *call) createChannel() (int, []byte, *protocol.Rejection) {
	f := &c.body
	a := protocol.ChannelAccount{ID: f.need("id", 40), Enabled: true}
	if a.Channel = enum(f, "channel", protocol.ParseChannel); a.Channel == 0 {
		f.refuse("channel", "is missing")
	}
	return c.saveChannel(a, true)
}

func (c *call) changeChannel() (int, []byte, *protocol.Rejection) {
	a := c.facts.Channels[c.r.PathValue("id")]
	if a == nil {
		return 0, nil, notFound
	}
	return c.saveChannel(*a, false)
}

func (c *call) saveChannel(a protocol.ChannelAccount, create bool) (int, []byte, *protocol.Rejection) {
	f := &c.body
	if f.has("name") {
		a.Name = f.runes("name", 60)
	}
	if a.Name == "" {
		f.refuse("name", "is missing")
	}
	if f.has("enabled") {
		a.Enabled = f.truth("enabled")
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveChannel{Channel: a, Create: create}); rej != nil {
		return c.unprocessable(rej)
	}
	j := protocol.JSON{}
	appendChannel(&j, &a)
	if create {
		return http.StatusCreated, j.B, nil
	}
	return http.StatusOK, j.B, nil
}
