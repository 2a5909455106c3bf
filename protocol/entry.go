package protocol

// Entry is what one step of one actor hands to the committer: the unit of
// commit, and of replication later. Storing an entry is a function of its bytes
// alone: whoever stores it reads nothing, decides nothing and looks at no clock.
type Entry struct {
	Shard  uint16
	Number uint64  // of its shard, from 1; given at the hand-over
	At     Instant // the engine's time of the step
	Actor  Address // whose events these are
	First  uint64  // number of the first event in the actor's log, from 1; 0 if there is none
	Count  uint32  // how many events the record holds
	Record []byte  // one journal record with all events of the step (record.go); nil if there is none
	Rows   []Row

	// Drop: the actor's whole journal goes, up to here. Such an entry has no events; its rows delete what else
	// there is of the actor, so that afterwards it is one that never was.
	Drop bool
}

// RowKind says what a row is. The numbers are stored: never reuse one.
type RowKind uint8

// The kinds of rows. A row's key begins with its site and a zero byte (RowKey).
const (
	RowOpenRoom     RowKind = iota + 1 // site, room -> OpenRoom: what can be known of an open room without waking it
	RowCustomer                        // site, customer number -> Customer
	RowCustomerKey                     // site, customer key -> customer number
	RowOwed                            // site, receiver, sender, number -> a tell that has not arrived yet
	RowQuarantine                      // site, actor, number -> a command that made a mind panic
	RowCursor                          // site, selector value -> the ring's cursor and its turn
	RowLast                            // site, account -> last assignment and its turn
	RowSnapshot                        // site, actor -> a snapshot; a cache
	RowClosedRoom                      // site, close day, room -> ClosedRoom: what a report needs
	RowCustomerRoom                    // site, customer number, start (newest first), room -> HistoryRow: history by customer
	RowSite                            // site -> nothing: which sites the store knows
	RowBotVersion   RowKind = 12       // site, bot, version -> the scenario's JSON
	RowFile         RowKind = 15       // site, file -> FileRow: what is known of an uploaded file
)

// RowRequest is site, room, request number -> OpenRequest: a request that nobody has decided.
const RowRequest RowKind = 14

// RowRoomFile is site, room, file -> nothing: which files were uploaded for a room.
const RowRoomFile RowKind = 17

// The rows of customer identity.
const (
	RowProfile    RowKind = 13 // site, customer ID -> Profile: what the keys of the ID share
	RowRoomNumber RowKind = 21 // site, 방번호 -> room
)

// RowBlocked is site, customer number -> when: a blocked customer.
const RowBlocked RowKind = 30

// The rows of what a customer has started (starts.go).
const (
	RowStart     RowKind = 31 // site, customer number, fingerprint of a client id -> StartRow: a room.start that is known again
	RowStartSlot RowKind = 32 // site, customer number, place of a ring -> the fingerprint that has it
)

// The rows of customers' deletion requests.
const (
	RowErasure RowKind = 16 // site, customer number -> ErasureRow: what the node has to finish
	RowErased  RowKind = 18 // site, fingerprint of a customer key -> customer number: a repeat is known for a day
)

// The rows of webhooks.
const (
	RowOutbox   RowKind = 27 // site, webhook, time, actor, event -> OutboxRow: a fact that the address has not confirmed
	RowDelivery RowKind = 28 // site, webhook, place of a ring -> DeliveryRow: an attempt
	RowGivenUp  RowKind = 29 // site, webhook, time, actor, event -> OutboxRow: a fact that was given up
)

// The rows of the ledger.
const (
	RowLedger    RowKind = 25 // site, time, number -> LedgerEntry
	RowLedgerKey RowKind = 26 // site, key -> LedgerEntry: each is written once
)

// The rows of reports.
const (
	RowFigures RowKind = 22 // site, close, room -> Figures: what reports are made of
	RowDayFold RowKind = 23 // site, day, part -> a finished day of the reports
	RowStarted RowKind = 24 // site, start (newest first), room -> StartedRow: rooms by the day of their start
)

// Row is one finished key and value. The mind makes it, the store only puts it; a nil Value deletes.
type Row struct {
	Kind  RowKind
	Key   []byte
	Value []byte
}

// rowKeyRoom is what most keys append behind their parts: one or two numbers.
const rowKeyRoom = 16

// RowKey joins the site and further parts, each ended by a zero byte, so that the rows of a
// site, and of one thing in it, are neighbours. Parts of fixed length are appended by the caller.
func RowKey(site SiteID, parts ...string) []byte {
	n := len(site) + 1 + rowKeyRoom
	for _, p := range parts {
		n += len(p) + 1
	}
	k := make([]byte, 0, n)
	k = append(append(k, site...), 0)
	for _, p := range parts {
		k = append(append(k, p...), 0)
	}
	return k
}
