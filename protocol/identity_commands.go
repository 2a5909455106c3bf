package protocol

// ViewCustomer reads a customer by key, or by number where the key is empty.
type ViewCustomer struct {
	Key CustomerKey
	No  CustomerNo
}

// CustomerPart is a set of what EditCustomer changes beside the fields of the profile.
type CustomerPart uint8

const (
	PartNote CustomerPart = 1 << iota
	PartTags
	PartBlocked
	PartGrade
	PartMobile // the verified mobile: refused, only a verification changes it
	PartReason // why the customer is blocked
)

// EditCustomer changes a customer's information (domain 18.3). What is not named stays.
type EditCustomer struct {
	Key     CustomerKey
	Values  []FieldValue // an empty value deletes
	Set     CustomerPart
	Note    string // at most 500 characters, by customer ID
	Tags    []string
	Blocked bool
	Grade   Grade
	Reason  string // why it is blocked, at most 200 characters; goes with the blocking
}

// ChangeCustomerID gives a key another customer ID (domain 17.2).
type ChangeCustomerID struct {
	Key     CustomerKey
	ID      string
	Confirm bool // also if another key has the ID: merges (K-09)
}

// VerifyCustomer records a verified mobile number, by key (domain 18.3).
type VerifyCustomer struct {
	Key      CustomerKey
	Verified Verified
}

// AskNewest passes through the open rooms of a customer that has two (domain 17.2 step 6), to find
// the one with the newest message; the last room tells the directory NewestFound.
type AskNewest struct {
	Start    StartRoom
	ClientID ClientID
	Asked    []RoomID
	Left     []RoomID // still to be asked; the first one is asked now
	Best     RoomID   // the newest so far; "" = none of them is open
	At       Instant  // of its newest message
}

// NewestFound see AskNewest.
type NewestFound struct {
	Start    StartRoom
	ClientID ClientID
	Asked    []RoomID
	Best     RoomID
}

func (ViewCustomer) CommandName() string     { return "customer.view" }
func (EditCustomer) CommandName() string     { return "customer.edit" }
func (ChangeCustomerID) CommandName() string { return "customer.id" }
func (VerifyCustomer) CommandName() string   { return "customer.verify" }
func (AskNewest) CommandName() string        { return "room.ask_newest" }
func (NewestFound) CommandName() string      { return "room.newest_found" }
