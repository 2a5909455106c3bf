package main

import (
	"context"
	"fmt"
	"io"

	"switchyard/actors/gateway"
	"switchyard/protocol"
)

// The first run of a node without a site: a link for its operator (gateway.OpenSetup), and what it makes.

// firstRun prints the link, if nobody has made a site yet.
func (n *node) firstRun(address string, out io.Writer) {
	if len(n.engine.Sites()) > 0 {
		return
	}
	fmt.Fprintf(out, "first run: %s/setup/#%s\n  makes the first site; valid until it is used or the node stops\n", address, n.gate.OpenSetup())
}

// demoTexts is what the demo data say in a language.
type demoTexts struct {
	agents    [2]string
	templates [][2]string
	bot       string
	scenario  string
}

var demoData = map[string]demoTexts{
	"ko": {
		agents: [2]string{"김하나", "이두리"},
		templates: [][2]string{
			{"첫인사", "안녕하세요, [customer_name]님. 상담사 [counselor_name]입니다."},
			{"배송 안내", "주문하신 상품은 결제 후 1~3일 안에 도착합니다."},
			{"끝인사", "문의해 주셔서 감사합니다. 좋은 하루 보내세요."},
		},
		bot: "안내봇",
		scenario: `{"error_hotkeys":{"home":true,"back":true,"agent":true},"dialogues":{
			"scenario_list":{"messages":[{"kind":"text","text":"안녕하세요. 무엇을 도와드릴까요?"}],"choices":[{"label":"배송 문의","dialogue":"delivery"},{"label":"교환·환불","agent":true}],"hotkeys":["agent"]},
			"delivery":{"messages":[{"kind":"text","text":"상품은 결제 후 1~3일 안에 도착합니다. 더 궁금한 점이 있으신가요?"}],"hotkeys":["home","agent"]}}}`,
	},
	"en": {
		agents: [2]string{"Hana Kim", "Duri Lee"},
		templates: [][2]string{
			{"Greeting", "Hello [customer_name], this is [counselor_name]."},
			{"Delivery", "Your order arrives one to three days after payment."},
			{"Goodbye", "Thank you for asking. Have a good day."},
		},
		bot: "Guide",
		scenario: `{"error_hotkeys":{"home":true,"back":true,"agent":true},"dialogues":{
			"scenario_list":{"messages":[{"kind":"text","text":"Hello. How can we help you?"}],"choices":[{"label":"Delivery","dialogue":"delivery"},{"label":"Returns","agent":true}],"hotkeys":["agent"]},
			"delivery":{"messages":[{"kind":"text","text":"Orders arrive one to three days after payment. Anything else?"}],"hotkeys":["home","agent"]}}}`,
	},
}

// firstSite makes the site with its administrator, and what one plays with, if that was asked for.
func (n *node) firstSite(ctx context.Context, s gateway.FirstSite) ([]gateway.FirstLogin, *protocol.Rejection) {
	settings := []byte("{" + newSite)
	for _, x := range [][2]string{{"name", s.Name}, {"language", s.Language}, {"time_zone", s.TimeZone}} {
		settings = fmt.Appendf(settings, ",%q:%s", x[0], protocol.AppendJSONString(nil, x[1]))
	}
	settings = append(settings, '}')
	accounts := []protocol.AccountSaved{{Account: protocol.Account{ID: s.Account, Role: protocol.Admin, Name: s.Person, Certified: true}, Password: s.Password}}
	var logins []gateway.FirstLogin
	data, ok := demoData[s.Language]
	if s.Demo && ok {
		for i, name := range data.agents {
			id := protocol.AccountID(fmt.Sprintf("agent%d", i+1))
			if id == s.Account {
				continue
			}
			word := randomWord()
			hash, rej := n.gate.HashPassword(ctx, word)
			if rej != nil {
				return nil, rej
			}
			accounts = append(accounts, protocol.AccountSaved{Account: protocol.Account{ID: id, Role: protocol.Agent, Name: name, Certified: true, Consulting: true}, Password: hash})
			logins = append(logins, gateway.FirstLogin{Account: id, Password: word})
		}
	}
	if rej := n.ask(protocol.SiteAt(s.Site), protocol.CreateSite{Site: s.Site, Settings: settings, Accounts: accounts}); rej != nil {
		return nil, rej
	}
	n.log.Info("the first site was made", "site", string(s.Site), "demo", s.Demo)
	if s.Demo && ok {
		// The site is made and stays: what else is missing can be made by hand.
		bodies := []protocol.Body{protocol.SaveBot{
			Bot: "main", Create: true, Set: protocol.BotName | protocol.BotEnabled | protocol.BotDefault | protocol.BotScenario,
			Name: data.bot, Enabled: true, Default: true, Scenario: []byte(data.scenario),
		}}
		for _, x := range data.templates {
			bodies = append(bodies, protocol.SaveTemplate{Create: true, Template: protocol.Template{ID: protocol.Token("t_", "template", chance()), Type: protocol.TextTemplate, Title: x[0], Text: x[1]}})
		}
		for _, b := range bodies {
			if rej := n.ask(protocol.SiteAt(s.Site), b); rej != nil {
				n.log.Warn("demo data", "command", b.CommandName(), "error", rej)
			}
		}
	}
	return logins, nil
}
