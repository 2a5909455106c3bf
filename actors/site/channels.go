package site

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// A site's channel accounts, and the images of its settings, whose size depends on them.

const (
	channelsMax    = 1_000
	imageSizeMax   = 2 << 20 // bytes of a setting's image
	kakaoWidth     = 500     // pixels of the profile image with a Kakao channel
	kakaoHeightMin = 250
	kakaoHeightMax = 500

	profileImage = "profile.image"
	greetImage   = "messages.M-GREET.image"
)

// images gives the files that the settings name.
func images(v *protocol.Settings) []struct{ field, file string } {
	return []struct{ field, file string }{{profileImage, v.Profile.Image}, {greetImage, v.GreetImage}}
}

// imageOf names the first image of the settings; "" = they have none.
func imageOf(v *protocol.Settings) string {
	for _, i := range images(v) {
		if i.file != "" {
			return i.field
		}
	}
	return ""
}

// Needs names the files of a change that concerns images.
func Needs(s *State, c protocol.Command) []protocol.Ref {
	next := s.Settings
	switch b := c.Body.(type) {
	case protocol.ChangeSettings:
		var err error
		if next, _, _, err = protocol.ChangeSettingsJSON(s.Settings, b.Changes); err != nil {
			return nil
		}
	case protocol.SaveChannel:
	case protocol.SaveTemplate:
		if b.Template.File == "" {
			return nil
		}
		return []protocol.Ref{protocol.FileRef(s.Addr.Site, b.Template.File)}
	default:
		return nil
	}
	var refs []protocol.Ref
	for _, i := range images(next) {
		if i.file != "" {
			refs = append(refs, protocol.FileRef(s.Addr.Site, i.file))
		}
	}
	return refs
}

// checkImages refuses images that are not there, not the site's own, or of the wrong size. Only what the change names is looked at.
func (s *State) checkImages(c protocol.Command, next *protocol.Settings, news []byte) error {
	var changed map[string]json.RawMessage
	if err := json.Unmarshal(news, &changed); err != nil {
		panic(err) // our own bytes
	}
	for _, i := range images(next) {
		if _, named := changed[i.field]; named && i.file != "" {
			if err := s.checkImage(c, i.field, i.file, s.kakao()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *State) checkImage(c protocol.Command, field, id string, kakao bool) error {
	v := c.Records[protocol.FileRef(s.Addr.Site, id)].Value
	if len(v) == 0 {
		return protocol.RejectField(protocol.BadRequest, field, "no such file")
	}
	f, err := protocol.DecodeFile(v)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	switch {
	case f.Room != "":
		return protocol.RejectField(protocol.BadRequest, field, "no such file") // a room's file is nobody else's
	case f.Type != "image/jpeg" && f.Type != "image/png" || f.Size > imageSizeMax:
		return protocol.RejectField(protocol.BadRequest, field, "must be a jpg or png of at most 2 MB")
	case field == profileImage && kakao && (f.Width != kakaoWidth || f.Height < kakaoHeightMin || f.Height > kakaoHeightMax):
		return protocol.RejectField(protocol.BadRequest, field, "must be 500 pixels wide and 250 to 500 high: the site has a Kakao channel")
	}
	return nil
}

// kakao says whether the site has a Kakao channel account, in use or not: it may be switched on at any time.
func (s *State) kakao() bool {
	for _, a := range s.Channels {
		if a.Channel == protocol.Kakao {
			return true
		}
	}
	return false
}

// withinPlan refuses settings that their own plan does not have, or under which a channel in use could not be.
func (s *State) withinPlan(next *protocol.Settings) *protocol.Rejection {
	if rej := next.WithinPlan(); rej != nil {
		return rej
	}
	for _, a := range s.Channels {
		if a.Channel == protocol.Naver && a.Enabled {
			return next.NeedPlan(protocol.FeatureNaver, "plan")
		}
	}
	return nil
}

func saveChannel(s *State, c protocol.Command, b protocol.SaveChannel) (core.Step, error) {
	a := b.Channel
	old := s.Channels[a.ID]
	switch n := utf8.RuneCountInString(a.Name); {
	case !validID(a.ID, 40, "._-"):
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "id", "must be 1 to 40 of a-z, 0-9, . _ -")
	case b.Create && old != nil:
		return core.Step{}, protocol.RejectField(protocol.Conflict, "id", "exists already")
	case !b.Create && old == nil:
		return core.Step{}, protocol.Reject(protocol.NotFound, "no such channel account")
	case a.Channel.String() == "" || a.Channel > protocol.Kakao:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "channel", "must be WEB, NAVER or KAKAO")
	case old != nil && old.Channel != a.Channel:
		return core.Step{}, protocol.RejectField(protocol.Conflict, "channel", "does not change")
	case n < 1 || n > nameMax || strings.TrimSpace(a.Name) == "":
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "name", "must have 1 to 60 characters")
	case old == nil && len(s.Channels) >= channelsMax:
		return core.Step{}, protocol.Reject(protocol.OverLimit, "too many channel accounts")
	}
	if a.Channel == protocol.Naver && a.Enabled {
		if rej := s.Settings.NeedPlan(protocol.FeatureNaver, "channel"); rej != nil {
			return core.Step{}, rej
		}
	}
	if id := s.Settings.Profile.Image; a.Channel == protocol.Kakao && id != "" { // R-049 holds whichever came first
		if err := s.checkImage(c, profileImage, id, true); err != nil {
			return core.Step{}, err
		}
	}
	saved := &protocol.ChannelSaved{Channel: a, By: c.Caller.Account, ClientID: c.ClientID}
	if old != nil {
		saved.Old = *old
	}
	step := done(c, saved)
	s.tell(&step)
	return step, nil
}
