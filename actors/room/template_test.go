package room

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// templated is an active room of a site with templates: shared, ann's own, bob's own.
func templated(t require.TestingT) *story {
	x := begin(t, timers(30, 60))
	x.facts.Templates = map[string]*protocol.Template{
		"hello": {ID: "hello", Type: protocol.TextTemplate, Title: "인사", Text: "[customer_name]님, [counselor_name]입니다. [customer_name]"},
		"map":   {ID: "map", Type: protocol.MixedTemplate, Title: "약도", Text: "오시는 길입니다.", File: "f_site"},
		"mine":  {ID: "mine", Type: protocol.TextTemplate, Title: "내 것", Text: "[waiting_count]", Owner: "ann"},
		"bobs":  {ID: "bobs", Type: protocol.TextTemplate, Title: "밥 것", Text: "x", Owner: "bob"},
		"long":  {ID: "long", Type: protocol.TextTemplate, Title: "긴 것", Text: "[counselor_name]" + chars(984)},
	}
	return x.received()
}

// knows lets the directory have these customers, and the ID kim a name.
func (x *story) knows(all ...protocol.Customer) {
	p := protocol.Profile{ID: "kim"}
	p.Field(protocol.FieldName).Value = " 홍[counselor_name] "
	x.rows = map[protocol.Ref][]byte{
		{Row: protocol.RowProfile, Key: string(protocol.ProfileRowKey(siteID, "kim"))}: protocol.AppendProfile(nil, &p),
	}
	for _, k := range all {
		x.rows[protocol.Ref{Row: protocol.RowCustomer, Key: string(protocol.CustomerRowKey(siteID, k.No))}] = protocol.AppendCustomer(nil, &k)
	}
}

func with(id string) protocol.SendMessage { return protocol.SendMessage{Room: roomID, Template: id} }

// TestATemplateIsAnOrdinaryMessage: it is filled in by the room, counts as a response, arms T1,
// and its image goes with its text.
func TestATemplateIsAnOrdinaryMessage(t *testing.T) {
	x := templated(t)
	x.knows(protocol.Customer{No: 7, Merged: 5}, protocol.Customer{No: 5, ID: "kim"}) // merged since: the other one's ID counts
	x.do(ann, with("hello"))
	m := x.step.Events[0].(*protocol.MessagePosted)
	require.Equal(t, "홍[counselor_name]님, Ann입니다. 홍[counselor_name]", m.Text, "what a name brings in is not read again")
	require.Equal(t, protocol.Text, m.Kind)
	require.True(t, m.Response())
	require.Equal(t, protocol.Active, x.s.State, "S-16")
	require.NotZero(t, x.s.Silence.At)
	require.True(t, x.s.Answered)

	x.do(ann, with("map"))
	m = x.step.Events[0].(*protocol.MessagePosted)
	require.Equal(t, []string{"image", "오시는 길입니다.", "f_site"}, []string{m.Kind.String(), m.Text, m.File})

	x.do(ann, with("mine"))
	require.Equal(t, "[waiting_count]", x.heard(), "no other placeholder is one")

	x.rows = nil
	x.do(ann, with("hello"))
	require.Equal(t, "고객님, Ann입니다. 고객", x.heard(), "a customer without a name")
}

// TestTemplateRefusals: each refusal names the member and changes nothing.
func TestTemplateRefusals(t *testing.T) {
	for _, r := range []struct {
		name  string
		who   protocol.Caller
		what  protocol.SendMessage
		code  protocol.RejectCode
		field string
	}{
		{"somebody else's", ann, with("bobs"), protocol.NotFound, "template"},
		{"one that is not there", ann, with("none"), protocol.NotFound, "template"},
		{"by the customer", visitor, with("hello"), protocol.Forbidden, "template"},
		{"by another agent", bob, with("hello"), protocol.NotAssigned, ""},
		{"with a text beside it", ann, protocol.SendMessage{Kind: protocol.Text, Text: "x", Template: "hello"}, protocol.BadRequest, "template"},
		{"too long once it is filled in (R-005)", ann, with("long"), 0, ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := templated(t)
			rej := x.try(r.who, "", r.what)
			if r.code == 0 {
				require.Nil(t, rej)
				x.s.HolderName = strings.Repeat("가", 17)
				rej = x.try(r.who, "", r.what)
				require.Equal(t, protocol.TooLarge, rej.Code)
				return
			}
			require.NotNil(t, rej)
			require.Equal(t, r.code.String(), rej.Code.String())
			require.Equal(t, r.field, rej.Field)
		})
	}
}

// TestATemplateSentAgain (I-07): the first result, also when the template has changed or gone meanwhile; the
// same id with another template, or with a text, is a conflict.
func TestATemplateSentAgain(t *testing.T) {
	const id = "0123456789"
	x := templated(t)
	first, rej := x.send(ann, id, with("map"))
	require.Nil(t, rej)
	delete(x.facts.Templates, "map")
	again, rej := x.send(ann, id, with("map"))
	require.Nil(t, rej)
	require.True(t, again.Duplicate)
	require.Equal(t, first.MessageID, again.MessageID)
	for _, other := range []protocol.SendMessage{with("hello"), said("오시는 길입니다."), {Kind: protocol.Image, Text: "오시는 길입니다.", File: "f_site"}} {
		_, rej = x.send(ann, id, other)
		require.NotNil(t, rej)
		require.Equal(t, protocol.Conflict, rej.Code)
	}
}
