package protocol

import "encoding/binary"

// The blocked customers of a site, found without a look at every record: the directory keeps a row for each, beside the
// record that says who blocked the customer, when and why. The row names a number and nothing personal.

// BlockedRowKey is the key of a blocked customer's row, whose value is when it was blocked (AppendNo; 0 = before that was
// recorded). Number 0 says that the site's older customers have been looked at (CustomersIndexed).
func BlockedRowKey(site SiteID, no CustomerNo) []byte { return CustomerRowKey(site, no) }

// BlockedRowNo reads the customer's number out of a key of BlockedRowKey.
func BlockedRowNo(site SiteID, key []byte) CustomerNo {
	return CustomerNo(binary.BigEndian.Uint64(key[len(site)+1:]))
}

// IndexBlocked tells the directory of customers that were blocked before there was a row for it; from the node, which reads
// every record of the site once. It may be told again. At most 100 numbers.
type IndexBlocked struct {
	Numbers []CustomerNo
	Last    bool // that was all of them
}

// CommandName is the command's name in logs and metrics.
func (IndexBlocked) CommandName() string { return "customer.index_blocked" }

// CustomersIndexed records that rows of a kind, which came later than the records that they are made of, are there for all records.
type CustomersIndexed struct{ Kind RowKind }

func (*CustomersIndexed) EventCode() EventCode     { return CodeCustomersIndexed }
func (*CustomersIndexed) Shown() (desk, room bool) { return false, false }
func (e *CustomersIndexed) code(c *coder)          { codeUint(c, 1, &e.Kind) }
