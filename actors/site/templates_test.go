package site

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

var (
	ann = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "ann"}
	bob = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "bob"}
)

func template(change ...func(*protocol.Template)) protocol.Template {
	t := protocol.Template{ID: "t1", Type: protocol.TextTemplate, Title: "인사", Text: "안녕하세요"}
	for _, f := range change {
		f(&t)
	}
	return t
}

func ownedBy(a protocol.AccountID) func(*protocol.Template) {
	return func(t *protocol.Template) { t.Owner = a }
}

// TestTemplates (R-240, R-242, section 20): the two types with their limits, and whose a template is.
func TestTemplates(t *testing.T) {
	chars := func(n int) string { return strings.Repeat("가", n) }
	title := func(s string) func(*protocol.Template) { return func(t *protocol.Template) { t.Title = s } }
	text := func(s string) func(*protocol.Template) { return func(t *protocol.Template) { t.Text = s } }
	mixed := func(file string) func(*protocol.Template) {
		return func(t *protocol.Template) { t.Type, t.File = protocol.MixedTemplate, file }
	}
	save := func(create bool, change ...func(*protocol.Template)) protocol.SaveTemplate {
		return protocol.SaveTemplate{Template: template(change...), Create: create}
	}
	made := func(owner protocol.AccountID, by protocol.Caller) func(*story) {
		return func(x *story) {
			require.Nil(x.t, x.tryAs(by, save(true, ownedBy(owner))))
		}
	}
	shared, anns := made("", lee), made("ann", ann)
	for _, r := range []struct {
		name  string
		from  func(*story)
		who   protocol.Caller
		what  protocol.Body
		code  protocol.RejectCode
		field string
	}{
		{"a shared text by a manager", nil, lee, save(true), 0, ""},
		{"by the administrator", nil, boss, save(true), 0, ""},
		{"by an agent", nil, ann, save(true), protocol.Forbidden, ""},
		{"a personal one", nil, ann, save(true, ownedBy("ann")), 0, ""},
		{"for somebody else", nil, boss, save(true, ownedBy("ann")), protocol.NotFound, "id"},
		{"a title of 50", nil, lee, save(true, title(chars(50))), 0, ""},
		{"of 51", nil, lee, save(true, title(chars(51))), protocol.BadRequest, "title"},
		{"of spaces", nil, lee, save(true, title(" ")), protocol.BadRequest, "title"},
		{"a text of 1,000", nil, lee, save(true, text(chars(1000))), 0, ""},
		{"of 1,001", nil, lee, save(true, text(chars(1001))), protocol.BadRequest, "text"},
		{"without a text", nil, lee, save(true, text("")), protocol.BadRequest, "text"},
		{"image and text", nil, lee, save(true, mixed("f_500x250")), 0, ""},
		{"a mixed one without an image", nil, lee, save(true, mixed("")), protocol.BadRequest, "file"},
		{"a mixed one without a text", nil, lee, save(true, mixed("f_500x250"), text("")), protocol.BadRequest, "text"},
		{"an image that is not there", nil, lee, save(true, mixed("f_none")), protocol.BadRequest, "file"},
		{"an image of 2 MB and a byte", nil, lee, save(true, mixed("f_toolarge")), protocol.BadRequest, "file"},
		{"a gif", nil, lee, save(true, mixed("f_gif")), protocol.BadRequest, "file"},
		{"an image of a room", nil, lee, save(true, mixed("f_ofaroom")), protocol.BadRequest, "file"},
		{"a text with an image", nil, lee, save(true, func(t *protocol.Template) { t.File = "f_500x250" }), protocol.BadRequest, "file"},
		{"of no type", nil, lee, save(true, func(t *protocol.Template) { t.Type = 0 }), protocol.BadRequest, "type"},
		{"with a bad id", nil, lee, save(true, func(t *protocol.Template) { t.ID = "T 1" }), protocol.BadRequest, "id"},
		{"a change", shared, boss, save(false, title("첫인사")), 0, ""},
		{"by an agent", shared, ann, save(false, title("첫인사")), protocol.Forbidden, ""},
		{"of one that is not there", nil, lee, save(false), protocol.NotFound, "id"},
		{"made twice", shared, lee, save(true, title("첫인사")), protocol.Conflict, "id"},
		{"made personal", shared, lee, save(false, ownedBy("lee")), protocol.Conflict, "id"},
		{"of somebody else's", anns, bob, save(false, ownedBy("bob")), protocol.NotFound, "id"},
		{"of somebody else's in its name", anns, boss, save(false, ownedBy("ann")), protocol.NotFound, "id"},
		{"of the own", anns, ann, save(false, ownedBy("ann"), title("첫인사")), 0, ""},
		{"a removal", shared, lee, protocol.RemoveTemplate{ID: "t1"}, 0, ""},
		{"by an agent", shared, ann, protocol.RemoveTemplate{ID: "t1"}, protocol.Forbidden, ""},
		{"of the own", anns, ann, protocol.RemoveTemplate{ID: "t1"}, 0, ""},
		{"of somebody else's", anns, boss, protocol.RemoveTemplate{ID: "t1"}, protocol.NotFound, "id"},
		{"of one that is not there", nil, lee, protocol.RemoveTemplate{ID: "t1"}, protocol.NotFound, "id"},
	} {
		t.Run(fmt.Sprintf("%s %s", r.what.CommandName(), r.name), func(t *testing.T) {
			x := begin(t)
			if r.from != nil {
				r.from(x)
			}
			rej := x.tryAs(r.who, r.what)
			if r.code == 0 {
				require.Nil(t, rej)
				again, err := Restore(x.s.Addr, Snapshot(x.s))
				require.NoError(t, err)
				require.Equal(t, x.s.Templates, again.Templates)
				return
			}
			require.NotNil(t, rej, "accepted")
			require.Equal(t, r.code.String(), rej.Code.String())
			require.Equal(t, r.field, rej.Field)
		})
	}
}

// TestATemplateMadeAgainIsTheSame: the repeat of a write whose answer was lost changes nothing.
func TestATemplateMadeAgainIsTheSame(t *testing.T) {
	x := begin(t)
	b := protocol.SaveTemplate{Template: template(), Create: true}
	require.Nil(t, x.tryAs(lee, b))
	written := len(x.log)
	require.Nil(t, x.tryAs(lee, b))
	require.Len(t, x.log, written)
	b.Create, b.Template.Title = false, "첫인사"
	require.Nil(t, x.tryAs(lee, b))
	require.Equal(t, "인사", x.step.Events[0].(*protocol.TemplateSaved).Old.Title, "the audit shows what it was")
}

// TestTemplatesAreCounted: the limit is reached by the shared ones and by each account's own apart.
func TestTemplatesAreCounted(t *testing.T) {
	x := begin(t)
	for i := range templatesMax {
		x.s.Templates[fmt.Sprint("s", i)] = &protocol.Template{}
	}
	require.Equal(t, protocol.OverLimit, x.tryAs(lee, protocol.SaveTemplate{Template: template(), Create: true}).Code)
	require.Nil(t, x.tryAs(ann, protocol.SaveTemplate{Template: template(ownedBy("ann")), Create: true}))
}
