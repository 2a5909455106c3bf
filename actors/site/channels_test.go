package site

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// files are the rows of the uploads that the stories of this package name.
var files = func() map[string][]byte {
	m := map[string][]byte{}
	for _, f := range []protocol.FileRow{
		{ID: "f_500x250", Type: "image/png", Size: 2 << 20, Width: 500, Height: 250},
		{ID: "f_500x500", Type: "image/jpeg", Size: 1, Width: 500, Height: 500},
		{ID: "f_499x250", Type: "image/png", Size: 1, Width: 499, Height: 250},
		{ID: "f_501x250", Type: "image/png", Size: 1, Width: 501, Height: 250},
		{ID: "f_500x249", Type: "image/png", Size: 1, Width: 500, Height: 249},
		{ID: "f_500x501", Type: "image/png", Size: 1, Width: 500, Height: 501},
		{ID: "f_toolarge", Type: "image/png", Size: 2<<20 + 1, Width: 500, Height: 250},
		{ID: "f_gif", Type: "image/gif", Size: 1, Width: 500, Height: 250},
		{ID: "f_ofaroom", Type: "image/png", Size: 1, Width: 500, Height: 250, Room: "r_1", Key: "1000_kim"},
	} {
		m[string(protocol.FileRowKey(siteID, f.ID))] = protocol.AppendFile(nil, &f)
	}
	return m
}()

func channel(id string, c protocol.Channel) protocol.SaveChannel {
	return protocol.SaveChannel{Channel: protocol.ChannelAccount{ID: id, Channel: c, Name: "가게", Enabled: true}, Create: true}
}

// which files the two images may be, without and with a Kakao channel account.
func TestImagesOfTheSettings(t *testing.T) {
	for _, r := range []struct {
		file                  string
		profile, kakao, greet bool
	}{
		{"f_500x250", true, true, true},
		{"f_500x500", true, true, true},
		{"f_499x250", true, false, true},
		{"f_501x250", true, false, true},
		{"f_500x249", true, false, true},
		{"f_500x501", true, false, true},
		{"f_toolarge", false, false, false}, // 2,097,153 bytes
		{"f_gif", false, false, false},
		{"f_ofaroom", false, false, false},
		{"f_none", false, false, false},
	} {
		for _, set := range []struct {
			field string
			kakao bool
			ok    bool
		}{
			{"profile.image", false, r.profile}, {"profile.image", true, r.kakao},
			{"messages.M-GREET.image", false, r.greet}, {"messages.M-GREET.image", true, r.greet},
		} {
			x := begin(t)
			if set.kakao {
				x.do(channel("talk", protocol.Kakao))
			}
			before := plain(x.s)
			change := protocol.ChangeSettings{Changes: []byte(`{"busy_time":true,"` + set.field + `":"` + r.file + `"}`)}
			if !set.ok {
				x.refused(protocol.BadRequest, set.field, change)
				require.Equal(t, before, plain(x.s), "R-246")
				continue
			}
			x.do(change)
			// What was accepted once is not looked at again by changes of other things.
			x.sets(`{"name":"가게"}`)
			x.sets(`{"` + set.field + `":null}`)
		}
	}
	nothing(t).refused(protocol.BadRequest, "profile.image", creation(`{"profile.image":"f_500x250"}`, protocol.Account{ID: "boss", Role: protocol.Admin, Name: "B"}))
}

// R-049 holds whichever came first: a Kakao channel is refused while the profile image would not fit it.
func TestAKakaoChannelLooksAtTheImage(t *testing.T) {
	begin(t).sets(`{"profile.image":"f_499x250"}`).refused(protocol.BadRequest, "profile.image", channel("talk", protocol.Kakao)).
		do(channel("web", protocol.Web)).sets(`{"profile.image":"f_500x250"}`).do(channel("talk", protocol.Kakao))
}

func TestChannelAccounts(t *testing.T) {
	x := begin(t).do(channel("shop", protocol.Naver))
	require.Equal(t, "가게", Facts(x.s).Channels["shop"].Name)
	with := func(f func(*protocol.SaveChannel)) protocol.SaveChannel {
		b := channel("new", protocol.Web)
		f(&b)
		return b
	}
	for _, r := range []struct {
		name  string
		b     protocol.SaveChannel
		code  protocol.RejectCode
		field string
	}{
		{"one that exists", channel("shop", protocol.Naver), protocol.Conflict, "id"},
		{"a change of nothing", with(func(b *protocol.SaveChannel) { b.Create = false }), protocol.NotFound, ""},
		{"a bad id", with(func(b *protocol.SaveChannel) { b.Channel.ID = "A/b" }), protocol.BadRequest, "id"},
		{"no channel", with(func(b *protocol.SaveChannel) { b.Channel.Channel = 0 }), protocol.BadRequest, "channel"},
		{"an unknown channel", with(func(b *protocol.SaveChannel) { b.Channel.Channel = 9 }), protocol.BadRequest, "channel"},
		{"another channel", with(func(b *protocol.SaveChannel) { b.Channel.ID, b.Create = "shop", false }), protocol.Conflict, "channel"},
		{"no name", with(func(b *protocol.SaveChannel) { b.Channel.Name = " " }), protocol.BadRequest, "name"},
		{"a long name", with(func(b *protocol.SaveChannel) { b.Channel.Name = strings.Repeat("가", 61) }), protocol.BadRequest, "name"},
	} {
		before := plain(x.s)
		x.refused(r.code, r.field, r.b)
		require.Equal(t, before, plain(x.s), r.name)
	}
	off := channel("shop", protocol.Naver)
	off.Create, off.Channel.Enabled = false, false
	x.do(off)
	require.True(t, x.step.Events[0].(*protocol.ChannelSaved).Old.Enabled)
	s, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	require.Equal(t, plain(x.s), plain(s))

	// Naver from the plan Starter on, where plans are enforced (domain 21).
	x = begin(t).sets(`{"distribution.mode":"MANUAL","plan":"FREE","enforce_plans":true}`).refused(protocol.Forbidden, "channel", channel("shop", protocol.Naver)).
		do(channel("talk", protocol.Kakao)).sets(`{"plan":"STARTER"}`).do(channel("shop", protocol.Naver))
	x.refused(protocol.Forbidden, "plan", protocol.ChangeSettings{Changes: []byte(`{"plan":"FREE"}`)})
}
