package customer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// blocked reads the list as the node does: number and time of each row.
func (x *story) blocked() map[protocol.CustomerNo]protocol.Instant {
	all := map[protocol.CustomerNo]protocol.Instant{}
	kind := fmt.Sprint(protocol.RowBlocked, "")
	for name, v := range x.rows {
		if key, ok := strings.CutPrefix(name, kind); ok && strings.HasPrefix(key, string(protocol.RowKey(siteID))) && len(v) > 0 {
			if no := protocol.BlockedRowNo(siteID, []byte(key)); no != 0 {
				all[no] = protocol.Instant(protocol.DecodeNo(v))
			}
		}
	}
	return all
}

// TestTheListOfBlockedCustomers (P-1, R-016, 3.3): who is in it, what the record says of who, when and why, and that an
// arrival does not touch it.
func TestTheListOfBlockedCustomers(t *testing.T) {
	x := begin(t)
	const web, kakao = protocol.CustomerKey("1000_r7"), protocol.CustomerKey("1000_kk")
	x.arrives(web, protocol.Web)
	x.arrives(kakao, protocol.Kakao)
	no := x.view(web).Customer.No
	require.Empty(t, x.blocked())

	rej := x.try(anna, "", protocol.EditCustomer{Key: web, Set: protocol.PartReason, Reason: "욕설"})
	require.NotNil(t, rej, "a reason without a blocking")
	require.Equal(t, "block_reason", rej.Field)
	require.Nil(t, x.try(anna, "block-0001", protocol.EditCustomer{Key: web, Set: protocol.PartBlocked | protocol.PartReason, Blocked: true, Reason: " 욕설 "}))
	at := protocol.At(x.now)
	require.Equal(t, map[protocol.CustomerNo]protocol.Instant{no: at}, x.blocked())
	k := x.view(web).Customer
	require.Equal(t, []any{true, at, protocol.AccountID("anna"), "욕설"}, []any{k.Blocked, k.BlockedAt, k.BlockedBy, k.BlockedWhy})

	x.now = x.now.Add(1e9)
	require.Nil(t, x.try(channel, "", protocol.StartRoom{Key: web, Channel: protocol.Web}))
	require.Empty(t, x.step.Tells, "R-016")
	require.Empty(t, x.step.Events)
	x.arrives(kakao, protocol.Kakao)
	for _, r := range Rows(x.s, x.log[len(x.log)-1:]) {
		require.NotEqual(t, protocol.RowBlocked, r.Kind, "an arrival writes no row of the list")
	}
	rej = x.try(boss, "", protocol.EditCustomer{Key: web, Set: protocol.PartReason, Reason: strings.Repeat("가", 201)})
	require.NotNil(t, rej)
	require.Equal(t, protocol.TooLarge, rej.Code)
	require.Nil(t, x.try(boss, "", protocol.EditCustomer{Key: web, Set: protocol.PartBlocked | protocol.PartReason | protocol.PartTags, Blocked: true, Reason: "반복된 욕설", Tags: []string{"a"}}))
	k = x.view(web).Customer
	require.Equal(t, []any{at, protocol.AccountID("anna"), "반복된 욕설"}, []any{k.BlockedAt, k.BlockedBy, k.BlockedWhy}, "to block again changes neither who nor when")
	require.Equal(t, at, x.blocked()[no])

	require.Nil(t, x.try(boss, "", protocol.EditCustomer{Key: web, Set: protocol.PartBlocked}))
	require.Empty(t, x.blocked())
	k = x.view(web).Customer
	require.Equal(t, []any{false, protocol.Instant(0), protocol.AccountID(""), ""}, []any{k.Blocked, k.BlockedAt, k.BlockedBy, k.BlockedWhy})
}

// TestABlockedCustomerThatBecomesAnother: the one that is left is blocked as the other was (17.2), and the number that went is not in the list.
func TestABlockedCustomerThatBecomesAnother(t *testing.T) {
	x := begin(t)
	x.arrives("1000_r7", protocol.Web)
	x.arrives("1000_hanna", protocol.Web)
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: "1000_r7", Set: protocol.PartBlocked | protocol.PartReason, Blocked: true, Reason: "욕설"}))
	at := protocol.At(x.now)
	x.now = x.now.Add(1e9)
	require.Nil(t, x.renames("1000_r7", "hanna", true))
	k := x.view("1000_hanna").Customer
	require.Equal(t, []any{true, at, protocol.AccountID("anna"), "욕설"}, []any{k.Blocked, k.BlockedAt, k.BlockedBy, k.BlockedWhy})
	require.Equal(t, map[protocol.CustomerNo]protocol.Instant{k.No: at}, x.blocked())

	x.leaves("1000_hanna")
	_, rej := x.erases("1000_hanna", "")
	require.Nil(t, rej)
	require.Empty(t, x.blocked(), "X-30: an erased customer is in no list")
}

// TestOlderBlockedCustomersComeIntoTheList: records from before there were rows, told by the node; it may be told again.
func TestOlderBlockedCustomersComeIntoTheList(t *testing.T) {
	x := begin(t)
	for i := range 3 {
		x.arrives(protocol.CustomerKey(fmt.Sprint("1000_k", i)), protocol.Web)
	}
	old := x.view("1000_k1").Customer
	old.Blocked = true
	x.rows[fmt.Sprint(protocol.RowCustomer, string(protocol.CustomerRowKey(siteID, old.No)))] = protocol.AppendCustomer(nil, &old)
	b := protocol.IndexBlocked{Numbers: []protocol.CustomerNo{old.No, 3, 99}, Last: true} // 3 was let in again since it was read, 99 never was
	require.NotNil(t, x.try(boss, "", b), "it is the node's")
	for range 2 {
		x.do(b)
		require.Equal(t, map[protocol.CustomerNo]protocol.Instant{old.No: 0}, x.blocked(), "since when is not known")
		require.NotEmpty(t, x.rows[fmt.Sprint(protocol.RowBlocked, string(protocol.BlockedRowKey(siteID, 0)))], "the site is done")
	}
	require.Equal(t, old.ID, x.view("1000_k1").Customer.ID)
	require.Nil(t, x.try(anna, "", protocol.EditCustomer{Key: "1000_k1", Set: protocol.PartBlocked}))
	require.Empty(t, x.blocked())
}
