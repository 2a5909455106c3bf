package customer

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

var boss = protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "boss", Name: "boss"}

func (x *story) erases(key protocol.CustomerKey, id protocol.ClientID) (protocol.Erasing, *protocol.Rejection) {
	if rej := x.try(boss, id, protocol.EraseCustomer{Key: key}); rej != nil {
		return protocol.Erasing{}, rej
	}
	return x.step.Reply.Result.(protocol.Erasing), nil
}

// leaves closes every open room of the keys.
func (x *story) leaves(keys ...protocol.CustomerKey) {
	for _, key := range keys {
		k := x.view(key).Customer
		for _, room := range k.Open {
			x.do(protocol.RoomDone{Room: room, Customer: k.No, Agent: "anna", At: protocol.At(x.now)})
		}
	}
}

// holds says whether any row of the directory has the bytes, in its name or its value.
func (x *story) holds(what string) (found []string) {
	for name, value := range x.rows {
		if value != nil && (bytes.Contains([]byte(name), []byte(what)) || bytes.Contains(value, []byte(what))) {
			found = append(found, name)
		}
	}
	return found
}

// TestX30ADeletionRequestTakesThePerson: every key with the customer ID, those that became one of them, their profile and the
// old names of rows (domain 17); a repeat is answered as the first time for a day; who comes with the key is new.
func TestX30ADeletionRequestTakesThePerson(t *testing.T) {
	x := begin(t)
	const web, second, kakao, other = protocol.CustomerKey("1000_r7"), protocol.CustomerKey("1000_hanna"), protocol.CustomerKey("1000_kk"), protocol.CustomerKey("1000_lee")
	x.arrives(web, protocol.Web, protocol.Param{Name: "cus_extra_username", Value: "김하나"})
	x.arrives(second, protocol.Web, protocol.Param{Name: "cus_extra_phone", Value: "01012345678"})
	x.arrives(kakao, protocol.Kakao, protocol.Param{Name: "site_uid", Value: "hanna"})
	x.arrives(other, protocol.Web, protocol.Param{Name: "cus_extra_username", Value: "이웃"})
	require.Nil(t, x.renames(web, "hanna", true))
	seal := func(key protocol.CustomerKey, k, p uint64) {
		v := x.view(key)
		v.Customer.Seal, v.Customer.Seals, v.Profile.Seal = k, append(v.Customer.Seals, k+1), p
		x.rows[fmt.Sprint(protocol.RowCustomer, string(protocol.CustomerRowKey(siteID, v.Customer.No)))] = protocol.AppendCustomer(nil, &v.Customer)
		x.rows[fmt.Sprint(protocol.RowProfile, string(protocol.ProfileRowKey(siteID, v.Profile.ID)))] = protocol.AppendProfile(nil, &v.Profile)
	}
	seal(second, 10, 30)
	seal(kakao, 20, 30)

	_, rej := x.erases("1000_nobody", "")
	require.NotNil(t, rej)
	require.Equal(t, protocol.NotFound, rej.Code)
	x.leaves(web)
	_, rej = x.erases(web, "")
	require.NotNil(t, rej, "the Kakao key's room is open")
	require.Equal(t, protocol.Conflict, rej.Code)
	require.Equal(t, "open_room", rej.Field)
	require.Contains(t, rej.Text, string(x.view(kakao).Customer.Open[0]), "it says which")
	x.leaves(kakao)
	require.Nil(t, x.try(boss, "edit-00001", protocol.EditCustomer{Key: web, Set: protocol.PartNote, Note: "x"}))
	_, rej = x.erases(web, "edit-00001")
	require.NotNil(t, rej, "I-07")
	require.Equal(t, protocol.Conflict, rej.Code)

	numbers := x.view(web).Profile.Numbers()
	require.Len(t, numbers, 3)
	at := x.now
	first, rej := x.erases(web, "erase-0001")
	require.Nil(t, rej)
	require.Equal(t, protocol.Erasing{At: protocol.At(at)}, first)
	require.Equal(t, protocol.At(at.Add(24*time.Hour)), first.Until(), "the stated time")
	e := x.step.Events[0].(*protocol.CustomerErased)
	require.ElementsMatch(t, numbers, e.Numbers)
	require.ElementsMatch(t, []uint64{10, 11, 20, 21, 30}, e.Seals, "every key that sealed something of them")
	require.Contains(t, e.Seals, e.Seal)
	require.True(t, x.step.Tells[0].Owed, "the audit hears of it")
	for _, key := range []protocol.CustomerKey{web, second, kakao} {
		require.Nil(t, x.view(key), key)
	}
	for _, no := range numbers {
		require.NotNil(t, x.try(internal, "", protocol.ViewCustomer{No: no}))
		require.NotNil(t, x.try(internal, "", protocol.SaveProfile{Customer: no, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: "김하나"}}, At: protocol.At(at)}), "told late")
		x.do(protocol.RoomDone{Room: "r_late", Customer: no, Agent: "anna", At: protocol.At(at)})
		require.Empty(t, x.step.Events)
	}
	require.NotNil(t, x.view(other), "the neighbour stays")

	x.now = at.Add(2 * time.Hour)
	for i, key := range []protocol.CustomerKey{web, second, kakao} {
		again, rej := x.erases(key, protocol.ClientID(fmt.Sprint("erase-001", i)))
		require.Nil(t, rej, key)
		require.Equal(t, protocol.Erasing{At: first.At, Duplicate: true}, again)
		require.Empty(t, x.step.Events)
	}

	// Somebody comes with a key of theirs while the node is at work.
	room, opened := x.arrives(kakao, protocol.Kakao)
	require.True(t, opened)
	fresh := x.view(kakao)
	require.NotContains(t, numbers, fresh.Customer.No)
	require.Empty(t, fresh.Profile.Phone.Value)

	files := []protocol.RoomFile{{Room: "r_1", File: "f_1"}}
	file := fmt.Sprint(protocol.RowFile, string(protocol.FileRowKey(siteID, "f_1")))
	x.rows[file] = []byte{1}
	require.NotNil(t, x.try(boss, "", protocol.FinishErasure{No: e.No}), "it is the node's")
	keys := []protocol.CustomerKey{web, kakao}
	x.do(protocol.FinishErasure{No: e.No, Keys: keys, Files: files, More: true})
	require.Nil(t, x.rows[file])
	x.do(protocol.FinishErasure{No: e.No, Keys: keys})
	require.True(t, x.step.Tells[0].Owed)
	require.Equal(t, fresh.Customer.No, x.view(kakao).Customer.No, "the new one stays")
	require.Empty(t, x.holds(string(web)), "the old name of a row")
	require.Empty(t, x.holds("김하나"))
	require.Empty(t, x.holds("01012345678"))
	x.do(protocol.FinishErasure{No: e.No, Keys: keys})
	require.Empty(t, x.step.Events, "told again")
	_, rej = x.erases(second, "")
	require.Nil(t, rej, "known for a day")

	x.now = at.Add(protocol.ErasureKnown)
	x.do(protocol.FinishErasure{No: e.No})
	require.Len(t, x.step.Events, 1)
	_, rej = x.erases(second, "")
	require.NotNil(t, rej)
	require.Equal(t, protocol.NotFound, rej.Code)
	require.Nil(t, x.rows[fmt.Sprint(protocol.RowErasure, string(protocol.ErasureRowKey(siteID, e.No)))])
	x.do(protocol.FinishErasure{No: e.No})
	require.Empty(t, x.step.Events, "told again")
	x.do(protocol.RoomDone{Room: room, Customer: fresh.Customer.No})
	require.NotNil(t, x.view(kakao))
}

// TestX30ACustomerWithoutAKeyGetsOne: what is recorded of a request is sealed also where the customer is of a time before keys.
func TestX30ACustomerWithoutAKeyGetsOne(t *testing.T) {
	x := begin(t)
	x.seal = [2]uint64{71, 72}
	x.starts("")
	x.save(func(k *protocol.Customer) { k.Seal, k.Open = 0, nil })
	p := x.profile()
	p.Seal = 0
	x.rows[fmt.Sprint(protocol.RowProfile, string(protocol.ProfileRowKey(siteID, p.ID)))] = protocol.AppendProfile(nil, p)
	_, rej := x.erases(kim, "")
	require.Nil(t, rej)
	e := x.step.Events[0].(*protocol.CustomerErased)
	require.EqualValues(t, 71, e.SealedBy())
	require.Equal(t, []uint64{71}, e.Seals)
}
