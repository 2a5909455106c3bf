package gate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestSubstitute is the table of 7.5, channel by channel.
func TestSubstitute(t *testing.T) {
	const site, busy = "the site's", "상담원 연결이 지연되고 있습니다. 잠시 후 다시 이용해 주세요.(훌쩍)"
	type cell struct {
		operator protocol.Operator
		text     string
	}
	asConfigured := cell{0, site}
	for _, row := range []struct {
		code                          protocol.TextCode
		web, withBot, withoutBot, nav cell
	}{
		{protocol.MAfterHours, asConfigured, asConfigured, cell{protocol.OperatorAbsent, ""}, asConfigured},
		{protocol.MNoAgent, asConfigured, asConfigured, cell{protocol.OperatorUnavailable, busy}, asConfigured},
		{protocol.MOver, asConfigured, asConfigured, cell{protocol.OperatorUnavailable, busy}, asConfigured},
		{protocol.MBusy, asConfigured, cell{protocol.OperatorBusyDesk, site}, cell{protocol.OperatorBusy, busy}, asConfigured},
		{protocol.MGreet, asConfigured, asConfigured, asConfigured, asConfigured},
		{protocol.MFixed, asConfigured, asConfigured, asConfigured, asConfigured},
		{protocol.MTitle, asConfigured, asConfigured, asConfigured, asConfigured},
		{protocol.MPrompt, asConfigured, asConfigured, asConfigured, asConfigured},
		{protocol.MRefuse, asConfigured, asConfigured, asConfigured, asConfigured},
		{protocol.MSaved, asConfigured, asConfigured, asConfigured, asConfigured},
	} {
		for _, c := range []struct {
			where   string
			channel protocol.Channel
			bot     bool
			want    cell
		}{
			{"web", protocol.Web, false, row.web}, {"web with a bot", protocol.Web, true, row.web},
			{"Kakao with a bot", protocol.Kakao, true, row.withBot}, {"Kakao", protocol.Kakao, false, row.withoutBot},
			{"Naver", protocol.Naver, false, row.nav}, {"Naver with a bot", protocol.Naver, true, row.nav},
		} {
			operator, text := Substitute(row.code, c.channel, c.bot, site)
			require.Equal(t, c.want, cell{operator, text}, "%s on %s", row.code, c.where)
		}
	}
}
