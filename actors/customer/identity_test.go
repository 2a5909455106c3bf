package customer

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

var (
	anna    = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "anna", Name: "anna"}
	channel = protocol.Caller{Role: protocol.System, Site: siteID}
)

// arrives is an inbound of a customer; it gives the room it was sent to, and whether that one is new.
func (x *story) arrives(key protocol.CustomerKey, ch protocol.Channel, params ...protocol.Param) (room protocol.RoomID, opened bool) {
	require.Nil(x.t, x.try(channel, "", protocol.StartRoom{Key: key, Channel: ch, Params: params}))
	switch b := x.told().(type) {
	case protocol.OpenRoom:
		return b.Room, true
	case protocol.Arrive:
		return b.Room, false
	}
	return "", false
}

func (x *story) renames(key protocol.CustomerKey, id string, confirm bool) *protocol.Rejection {
	return x.try(anna, "", protocol.ChangeCustomerID{Key: key, ID: id, Confirm: confirm})
}

func (x *story) clock(text string) {
	at, err := time.ParseInLocation("15:04", text, kst)
	require.NoError(x.t, err)
	x.now = time.Date(2021, 6, 9, at.Hour(), at.Minute(), 0, 0, kst)
}

// TestTheWorkedExample is 17.3, A-22 and R-210: each row of its table.
func TestTheWorkedExample(t *testing.T) {
	x := begin(t)
	const web, kakao = protocol.CustomerKey("1000_r7"), protocol.CustomerKey("1000_kk")
	x.clock("08:00")
	first, _ := x.arrives(kakao, protocol.Kakao, protocol.Param{Name: "site_uid", Value: "hanna"}, protocol.Param{Name: "cus_extra_phone", Value: "01012345678"})
	require.Nil(t, x.try(channel, "", protocol.VerifyCustomer{Key: kakao, Verified: protocol.Verified{Number: "010-9999-8888", Means: protocol.ByKakaoSync}}))
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: kakao, Set: protocol.PartTags, Tags: []string{"재구매"}}))
	x.clock("09:00")
	open, _ := x.arrives(web, protocol.Web, protocol.Param{Name: "cus_extra_username", Value: "김하나"})
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: web, Set: protocol.PartTags, Tags: []string{"VIP"}}))
	x.clock("10:00")
	x.arrives(kakao, protocol.Kakao, protocol.Param{Name: "cus_extra_username", Value: "김한나"})
	x.do(protocol.RoomDone{Room: first, Customer: x.view(kakao).Customer.No})

	x.clock("11:00")
	rej := x.renames(web, "hanna", false)
	require.NotNil(t, rej, "R-207, K-09")
	require.Equal(t, protocol.Conflict, rej.Code)
	require.Equal(t, "confirm", rej.Field)
	require.Equal(t, "r7", x.view(web).Customer.ID, "nothing has changed")
	require.Nil(t, x.renames(web, "hanna", true))

	w, k := x.view("1000_hanna"), x.view(kakao)
	require.Equal(t, protocol.CustomerKey("1000_hanna"), w.Customer.Key, "the web key follows (K-03, R-201)")
	require.Equal(t, kakao, k.Customer.Key, "the Kakao key stays (K-04, R-202)")
	require.Equal(t, w, x.view(web), "the old key leads on: a visitor's token has it")
	require.Equal(t, w.Profile, k.Profile, "one profile (K-05, R-203)")
	require.Equal(t, "김한나", w.Profile.Name.Value, "10:00 beats 09:00 (K-07, R-205)")
	require.Equal(t, "01012345678", w.Profile.Phone.Value)
	require.Equal(t, []string{"VIP"}, w.Customer.Tags, "tags are not mixed (K-06, R-204)")
	require.Equal(t, []string{"재구매"}, k.Customer.Tags)
	require.Empty(t, w.Customer.Verified.Number, "the web side does not see it (R-204)")
	require.Equal(t, "01099998888", k.Customer.Verified.Number)
	require.EqualValues(t, 2, w.Profile.Rooms, "R-209")
	require.Equal(t, []protocol.CustomerNo{k.Customer.No, w.Customer.No}, w.Profile.Numbers(), "both list the same rooms")
	require.Empty(t, x.rows[fmt.Sprint(protocol.RowProfile, string(protocol.ProfileRowKey(siteID, "r7")))], "17.2 step 3: nobody is left on r7")

	room, opened := x.arrives(kakao, protocol.Kakao)
	require.True(t, opened, "the Kakao customer writes again: an own room")
	require.NotEqual(t, open, room)
	joined, opened := x.arrives("1000_b9", protocol.Web, protocol.Param{Name: "site_uid", Value: "hanna"})
	require.False(t, opened)
	require.Equal(t, open, joined, "another web visitor with the ID enters the open web room (K-02, R-200)")

	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: "1000_hanna", Set: protocol.PartNote, Note: "전화 선호"}))
	require.Equal(t, "전화 선호", x.view(kakao).Profile.Note.Value, "the note goes by ID (R-216)")
}

// TestTwoMessengerCustomersWithOneID is A-24 at the directory: two rooms, one history.
func TestTwoMessengerCustomersWithOneID(t *testing.T) {
	x := begin(t)
	uid := protocol.Param{Name: "site_uid", Value: "x"}
	a, newA := x.arrives("1000_k1", protocol.Kakao, uid)
	b, newB := x.arrives("1000_k2", protocol.Naver, uid)
	require.True(t, newA && newB && a != b, "R-202")
	require.Equal(t, x.view("1000_k1").Profile, x.view("1000_k2").Profile)
	require.EqualValues(t, 2, x.view("1000_k1").Profile.Rooms)
	require.Equal(t, "x", x.view("1000_k1").Customer.ID)

	x.arrives("1000_k2", protocol.Naver, protocol.Param{Name: "site_uid", Value: "y"})
	require.Equal(t, "y", x.view("1000_k2").Customer.ID, "K-04: the ID changes, the key does not")
	require.EqualValues(t, 1, x.view("1000_k1").Profile.Rooms, "its rooms go along")
}

// TestKeys: the form of a key, and what site_uid does to it on the web.
func TestKeys(t *testing.T) {
	x := begin(t)
	first, _ := x.arrives("1000_rnd1", protocol.Web)
	require.Equal(t, "rnd1", x.view("1000_rnd1").Customer.ID, "K-01")
	room, opened := x.arrives("1000_rnd1", protocol.Web, protocol.Param{Name: "site_uid", Value: "lee"})
	require.True(t, opened, "a random key stays as it is, and an arrival never merges (K-02, Q-43)")
	require.NotEqual(t, first, room)
	require.Equal(t, protocol.CustomerKey("1000_lee"), x.view("1000_lee").Customer.Key)
	require.Equal(t, []protocol.RoomID{first}, x.view("1000_rnd1").Customer.Open)

	x.arrives("1000_kk", protocol.Kakao)
	rej := x.try(visitor, "", protocol.StartRoom{Key: kim, Channel: protocol.Web, Params: []protocol.Param{{Name: "site_uid", Value: "kk"}}})
	require.NotNil(t, rej, "nobody enters a messenger's room by naming its key on the web")
	require.Equal(t, protocol.Conflict, rej.Code)
	rej = x.renames("1000_rnd1", "kk", true)
	require.NotNil(t, rej)
	require.Equal(t, "customer_id", rej.Field)
}

// TestFiftyKeys is K-08, A-23, R-206 and Q-25.
func TestFiftyKeys(t *testing.T) {
	x := begin(t)
	uid := protocol.Param{Name: "site_uid", Value: "x"}
	for i := range membersMax {
		x.arrives(protocol.CustomerKey(fmt.Sprintf("1000_k%d", i)), protocol.Kakao, uid)
	}
	x.arrives("1000_k51", protocol.Kakao)
	before := x.view("1000_k51")
	rej := x.renames("1000_k51", "x", true)
	require.NotNil(t, rej, "A-23")
	require.Equal(t, protocol.Conflict, rej.Code)
	require.Equal(t, "customer_id", rej.Field)
	require.Equal(t, before, x.view("1000_k51"))

	x.arrives("1000_k51", protocol.Kakao, uid)
	require.Equal(t, "k51", x.view("1000_k51").Customer.ID, "an arrival keeps its own (Q-25)")
	_, opened := x.arrives("1000_k52", protocol.Naver, uid)
	require.True(t, opened, "and does not fail")
	require.NotContains(t, []string{"x", ""}, x.view("1000_k52").Customer.ID)
	_, opened = x.arrives("1000_x", protocol.Web, uid)
	require.True(t, opened)
	_, opened = x.arrives("1000_other", protocol.Web, uid)
	require.False(t, opened, "on the web the same value is the same room all the same")
	require.Len(t, x.view("1000_k0").Profile.Members, membersMax)
}

// TestTwoWebKeysBecomeOne is the collision of 17.2 step 6.
func TestTwoWebKeysBecomeOne(t *testing.T) {
	x := begin(t)
	at := protocol.At(ten)
	older, _ := x.arrives("1000_a", protocol.Web)
	newer, _ := x.arrives("1000_b", protocol.Web)
	for key, tag := range map[protocol.CustomerKey]string{"1000_a": "가", "1000_b": "나"} {
		require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: key, Set: protocol.PartTags, Tags: []string{tag, "둘"}}))
	}
	for key, v := range map[protocol.CustomerKey]protocol.Verified{"1000_a": {Number: "01011112222", Means: protocol.BySMS, At: at}, "1000_b": {Number: "01033334444", Means: protocol.BySMS, At: at - 1}} {
		require.Nil(t, x.try(channel, "", protocol.VerifyCustomer{Key: key, Verified: v}))
	}
	a, b := x.view("1000_a").Customer.No, x.view("1000_b").Customer.No
	require.Nil(t, x.renames("1000_a", "b", true))
	v := x.view("1000_b")
	require.Equal(t, b, v.Customer.No)
	require.Equal(t, v, x.view("1000_a"), "the key that went leads there")
	require.Equal(t, []string{"나", "둘", "가"}, v.Customer.Tags, "tags united")
	require.Equal(t, "01011112222", v.Customer.Verified.Number, "the newer verification")
	require.Equal(t, []protocol.RoomID{newer, older}, v.Customer.Open, "two open rooms both stay open")
	require.EqualValues(t, 2, v.Profile.Rooms)
	require.Equal(t, []protocol.CustomerNo{b, a}, v.Profile.Numbers())

	require.Nil(t, x.try(visitor, "start-0001", protocol.StartRoom{Key: "1000_a", Channel: protocol.Web}))
	ask := x.told().(protocol.AskNewest)
	require.Equal(t, []protocol.RoomID{newer, older}, ask.Left, "the rooms are asked")
	x.do(protocol.NewestFound{Start: ask.Start, ClientID: ask.ClientID, Asked: ask.Left, Best: older})
	require.Equal(t, older, x.told().(protocol.Arrive).Room)
	require.Nil(t, x.try(visitor, "start-0001", protocol.StartRoom{Key: "1000_a", Channel: protocol.Web}))
	require.True(t, x.told().(protocol.Arrive).Repeat, "a repeat goes where the first one went (I-07)")

	x.do(protocol.RoomDone{Room: older, Customer: a, Agent: "anna", At: at}) // by the number that it was opened with
	require.Equal(t, []protocol.RoomID{newer}, x.view("1000_b").Customer.Open)
	require.Equal(t, protocol.AccountID("anna"), x.view("1000_b").Customer.LastAgent)
	x.do(protocol.NewestFound{Start: ask.Start, Asked: ask.Left})
	_, opened := x.told().(protocol.OpenRoom)
	require.True(t, opened, "all had closed: S-24")
	require.Len(t, x.view("1000_b").Customer.Open, 1)

	// A third one, so that an alias leads to a record and never to another alias.
	x.arrives("1000_c", protocol.Web)
	require.Nil(t, x.renames("1000_b", "c", true))
	require.Equal(t, x.view("1000_c"), x.view("1000_a"))
	x.do(protocol.SaveProfile{Customer: a, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: "하나"}}, At: at})
	require.Equal(t, "하나", x.view("1000_c").Profile.Name.Value)
}

// TestAKeyOfOnce: a key leads to whoever had it, for a browser still has it; nobody else gets it, and its
// customer may have it back.
func TestAKeyOfOnce(t *testing.T) {
	x := begin(t)
	x.arrives("1000_a", protocol.Web)
	x.arrives("1000_b", protocol.Web)
	require.Nil(t, x.renames("1000_a", "z", false))
	rej := x.renames("1000_b", "a", true)
	require.NotNil(t, rej)
	require.Equal(t, "customer_id", rej.Field)
	require.Nil(t, x.renames("1000_z", "a", false))
	require.Equal(t, protocol.CustomerKey("1000_a"), x.view("1000_z").Customer.Key)
}

// TestMergedValues is 17.2 step 2: newer wins, the value of b on a tie, a field of one side is kept.
func TestMergedValues(t *testing.T) {
	f := func(v string, at protocol.Instant) protocol.FieldAt { return protocol.FieldAt{Value: v, At: at} }
	for _, row := range []struct{ a, b, want protocol.FieldAt }{
		{f("a", 2), f("b", 1), f("a", 2)},
		{f("a", 1), f("b", 2), f("b", 2)},
		{f("a", 1), f("b", 1), f("b", 1)},
		{f("a", 1), f("", 0), f("a", 1)},
		{f("", 0), f("b", 1), f("b", 1)},
		{f("a", 1), f("", 2), f("a", 1)},
		{f("", 2), f("b", 1), f("b", 1)},
		{f("", 2), f("", 1), f("", 2)},
	} {
		a, b := &protocol.Profile{Note: row.a, Consent: 3}, &protocol.Profile{Note: row.b}
		combine(b, a)
		require.Equal(t, row.want, b.Note, "%+v and %+v", row.a, row.b)
		require.Equal(t, row.a, a.Note, "P(a) stays for the others")
		require.Equal(t, protocol.Instant(3), b.Consent)
	}
}

// TestEdits is the table of 18.3 for an agent: what is stored, and what is refused (R-211 … ).
func TestEdits(t *testing.T) {
	value := func(f protocol.ProfileField, v string) protocol.EditCustomer {
		return protocol.EditCustomer{Values: []protocol.FieldValue{{Field: f, Value: v}}}
	}
	for _, row := range []struct {
		what   string
		edit   protocol.EditCustomer
		code   protocol.RejectCode
		field  string
		stored func(v *protocol.CustomerView) string
		want   string
	}{
		{"name", value(protocol.FieldName, " 홍길동 "), 0, "", func(v *protocol.CustomerView) string { return v.Profile.Name.Value }, "홍길동"},
		{"name of 101", value(protocol.FieldName, chars(101)), protocol.BadRequest, "name", nil, ""},
		{"any phone", value(protocol.FieldPhone, "+82 2 123 4567"), 0, "", func(v *protocol.CustomerView) string { return v.Profile.Phone.Value }, "+82 2 123 4567"},
		{"phone of 101", value(protocol.FieldPhone, chars(101)), protocol.TooLarge, "phone", nil, ""},
		{"email", value(protocol.FieldEmail, "a@B.c"), 0, "", func(v *protocol.CustomerView) string { return v.Profile.Email.Value }, "a@b.c"},
		{"no email", value(protocol.FieldEmail, "a@b"), protocol.BadRequest, "email", nil, ""},
		{"birth", value(protocol.FieldBirth, "19900131"), 0, "", func(v *protocol.CustomerView) string { return fmt.Sprint(v.Profile.Birth.Value, v.Age) }, "1990-01-3131"},
		{"birth tomorrow", value(protocol.FieldBirth, "2021-06-10"), protocol.BadRequest, "birth", nil, ""},
		{"address", value(protocol.FieldAddress, chars(255)), 0, "", func(v *protocol.CustomerView) string { return v.Profile.Address.Value }, chars(255)},
		{"address of 256", value(protocol.FieldAddress, chars(256)), protocol.BadRequest, "address", nil, ""},
		{"note of 500", protocol.EditCustomer{Set: protocol.PartNote, Note: chars(500)}, 0, "", func(v *protocol.CustomerView) string { return v.Profile.Note.Value }, chars(500)},
		{"note of 501 (A-37)", protocol.EditCustomer{Set: protocol.PartNote, Note: chars(501)}, protocol.TooLarge, "note", nil, ""},
		{"tags", protocol.EditCustomer{Set: protocol.PartTags, Tags: []string{chars(20), " ", "b", "b"}}, 0, "", func(v *protocol.CustomerView) string { return fmt.Sprint(v.Customer.Tags) }, "[" + chars(20) + " b]"},
		{"tag of 21 (A-37)", protocol.EditCustomer{Set: protocol.PartTags, Tags: []string{chars(21)}}, protocol.TooLarge, "tags", nil, ""},
		{"verified mobile (A-38, R-212)", protocol.EditCustomer{Set: protocol.PartMobile}, protocol.Forbidden, "verified_mobile", nil, ""},
		{"grade", protocol.EditCustomer{Set: protocol.PartGrade, Grade: protocol.GradeVIP}, 0, "", func(v *protocol.CustomerView) string { return v.Customer.Grade.String() }, "VIP"},
		{"no grade", protocol.EditCustomer{Set: protocol.PartGrade}, protocol.BadRequest, "grade", nil, ""},
		{"blocked", protocol.EditCustomer{Set: protocol.PartBlocked, Blocked: true}, 0, "", func(v *protocol.CustomerView) string { return fmt.Sprint(v.Customer.Blocked) }, "true"},
	} {
		x := begin(t)
		require.Nil(t, x.starts(""))
		before := x.view(kim)
		row.edit.Key = kim
		rej := x.try(anna, "edit-00001", row.edit)
		if row.code != 0 {
			require.NotNil(t, rej, row.what)
			require.Equal(t, row.code, rej.Code, row.what)
			require.Equal(t, row.field, rej.Field, row.what)
			require.Equal(t, before, x.view(kim), "%s: nothing has changed", row.what)
			continue
		}
		require.Nil(t, rej, row.what)
		require.Equal(t, row.want, row.stored(x.view(kim)), row.what)
	}
	require.Equal(t, protocol.NotFound, begin(t).try(anna, "", protocol.EditCustomer{Key: "1000_nobody"}).Code)
}

// TestADeletedValueIsNoValue (R-058, A-10 at the directory; R-092).
func TestADeletedValueIsNoValue(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.starts("", param("cus_extra_username", "홍")))
	room := x.told().(protocol.OpenRoom).Room
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: kim, Values: []protocol.FieldValue{{Field: protocol.FieldName}}}))
	require.Empty(t, x.profile().Name.Value)
	x.do(protocol.RoomDone{Room: room, Customer: 1})
	require.Nil(t, x.starts(""))
	require.Zero(t, x.told().(protocol.OpenRoom).Have, "the next request is without the name")
}

// TestVerification (R-204, R-213, R-218, 22.1): by key, of the channel's means, the newest proof counts, and it
// is not the collected phone. The entered phone stays beside it; a parameter replaces it.
func TestVerification(t *testing.T) {
	at := protocol.At(ten)
	means := map[protocol.Channel][]protocol.Means{
		protocol.Web: {protocol.BySMS}, protocol.Kakao: {protocol.BySMS, protocol.ByKakaoSync}, protocol.Naver: {protocol.BySMS, protocol.ByNaverStore},
	}
	for ch, good := range means {
		for m := protocol.BySMS; m <= protocol.ByNaverStore; m++ {
			x := begin(t)
			x.arrives("1000_v", ch)
			rej := x.try(channel, "", protocol.VerifyCustomer{Key: "1000_v", Verified: protocol.Verified{Number: "01012345678", Means: m}})
			takes := false
			for _, g := range good {
				takes = takes || g == m
			}
			require.Equal(t, takes, rej == nil, "%s by %s", ch, m)
		}
	}
	x := begin(t)
	require.Nil(t, x.starts("", param("cus_extra_phone", "02-123")))
	room := x.told().(protocol.OpenRoom).Room
	prove := func(number string, at protocol.Instant) *protocol.Rejection {
		return x.try(channel, "", protocol.VerifyCustomer{Key: kim, Verified: protocol.Verified{Number: number, Means: protocol.BySMS, At: at}})
	}
	require.Nil(t, prove("010-1111-2222", at))
	require.Nil(t, prove("010-3333-4444", at-1000))
	require.Equal(t, protocol.Verified{Number: "01011112222", Means: protocol.BySMS, At: at}, x.kim().Verified, "an older proof came late")
	require.Equal(t, "02-123", x.profile().Phone.Value, "two fields")
	require.Nil(t, prove("010-3333-4444", at))
	require.Equal(t, "01033334444", x.kim().Verified.Number, "verifying again changes it")
	require.Equal(t, "number", prove("02-123", at).Field)
	require.Equal(t, "at", prove("01011112222", at+1).Field)
	require.Nil(t, x.starts("", param("cus_extra_phone", "031-9")))
	require.Equal(t, "031-9", x.profile().Phone.Value, "R-214")
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: kim, Values: []protocol.FieldValue{{Field: protocol.FieldPhone}}}))
	x.do(protocol.RoomDone{Room: room, Customer: 1})
	require.Nil(t, x.starts(""))
	require.Zero(t, x.told().(protocol.OpenRoom).Have, "R-059")
}

// TestSharedValuesCount: the gate sees what another key of the ID brought.
func TestSharedValuesCount(t *testing.T) {
	x := begin(t)
	x.arrives("1000_kk", protocol.Kakao, protocol.Param{Name: "site_uid", Value: "s"}, protocol.Param{Name: "cus_extra_username", Value: "홍"})
	require.Nil(t, x.try(channel, "", protocol.StartRoom{Key: "1000_s", Channel: protocol.Web}))
	require.Equal(t, uint8(1<<protocol.FieldName), x.told().(protocol.OpenRoom).Have)
}

// TestAChangeIsMadeOnce (I-07 without a room): the same client id of the same account again.
func TestAChangeIsMadeOnce(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.starts("write-0001"))
	edit := protocol.EditCustomer{Key: kim, Set: protocol.PartNote, Note: "하나"}
	require.Nil(t, x.try(anna, "write-0001", edit), "a customer's id is not an account's")
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: kim, Set: protocol.PartNote, Note: "둘"}))
	require.Nil(t, x.try(anna, "write-0001", edit))
	require.Empty(t, x.step.Events)
	require.True(t, x.step.Reply.Result.(protocol.CustomerView).Duplicate)
	require.Equal(t, "둘", x.profile().Note.Value)
	edit.Note = "셋"
	require.Equal(t, "client_id", x.try(anna, "write-0001", edit).Field)

	rename := protocol.ChangeCustomerID{Key: kim, ID: "park"}
	require.Nil(t, x.try(anna, "write-0002", rename))
	require.Nil(t, x.try(anna, "write-0002", rename), "by the old key, which leads on")
	require.Empty(t, x.step.Events)
	for id, field := range map[string]string{"": "customer_id", " ": "customer_id", chars(256): "customer_id", "a\x01": "customer_id"} {
		require.Equal(t, field, x.renames(kim, id, true).Field)
	}
}

// TestAge is 18.3 and Q-27.
func TestAge(t *testing.T) {
	for _, row := range []struct {
		birth string
		today protocol.Date
		age   int
	}{
		{"", protocol.Date{Year: 2021, Month: 6, Day: 9}, -1},
		{"1990-06-09", protocol.Date{Year: 2021, Month: 6, Day: 8}, 30},
		{"1990-06-09", protocol.Date{Year: 2021, Month: 6, Day: 9}, 31},
		{"2021-06-09", protocol.Date{Year: 2021, Month: 6, Day: 9}, 0},
		{"2000-02-29", protocol.Date{Year: 2021, Month: 2, Day: 28}, 20},
		{"2000-02-29", protocol.Date{Year: 2021, Month: 3, Day: 1}, 21},
		{"2000-02-29", protocol.Date{Year: 2024, Month: 2, Day: 28}, 23},
		{"2000-02-29", protocol.Date{Year: 2024, Month: 2, Day: 29}, 24},
	} {
		require.Equal(t, row.age, Age(row.birth, row.today), "%s on %v", row.birth, row.today)
	}
	// The day is the site's: at 20:00 UTC it is tomorrow in Seoul.
	x := begin(t)
	require.Nil(t, x.starts(""))
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: kim, Values: []protocol.FieldValue{{Field: protocol.FieldBirth, Value: "1990-06-10"}}}))
	require.Equal(t, 30, x.view(kim).Age)
	x.now = time.Date(2021, 6, 9, 20, 0, 0, 0, time.UTC)
	require.Equal(t, 31, x.view(kim).Age)
}
