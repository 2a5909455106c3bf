package protocol

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// What the outside hears of a site (domain 24), and who hears it. docs/webhooks.md shows the same to
// those who write a receiver.

// OutsideType is one kind of fact that is offered to other systems.
type OutsideType uint8

const (
	OutsideRoomCreated OutsideType = iota + 1
	OutsideStateChanged
	OutsideAgentChanged
	OutsideChangeRequested
	OutsideReviewRequested
	OutsideCategoryChanged
	OutsideFlagChanged
	OutsideTagsChanged
	OutsideProfileSaved
	OutsideChargeWritten
	OutsideCustomerMerged
)

var outsideTypes = named{
	"", "room.created", "room.state_changed", "room.agent_changed", "room.change_requested", "room.review_requested",
	"room.category_changed", "room.flag_changed", "room.tags_changed", "profile.saved", "charge.written", "customer.merged",
}

func (t OutsideType) String() string { return outsideTypes.name(int(t)) }

// ParseOutsideType reads the name of an outside event.
func ParseOutsideType(s string) (OutsideType, error) {
	i, err := outsideTypes.parse(s)
	return OutsideType(i), err
}

// OutsideSet is a set of outside events: bit t-1 of each type t.
type OutsideSet uint32

// With gives the set with one more type.
func (s OutsideSet) With(t OutsideType) OutsideSet { return s | 1<<(t-1) }

// Has says whether the type is in the set.
func (s OutsideSet) Has(t OutsideType) bool { return s&(1<<(t-1)) != 0 }

// Types lists the set's types in their order.
func (s OutsideSet) Types() []OutsideType {
	var all []OutsideType
	for t := OutsideRoomCreated; int(t) < len(outsideTypes); t++ {
		if s.Has(t) {
			all = append(all, t)
		}
	}
	return all
}

// Webhook is an address of another system that hears of a site. Its secret is nowhere in the store: it follows from a
// key of the node and from Version, which a rotation raises.
type Webhook struct {
	ID      string // 1-40 of [a-z0-9._-]
	URL     string // at most 2,000 characters
	Events  OutsideSet
	All     bool // every type, also those of later versions; Events does not count then
	Enabled bool
	Version uint32 // of its secret, from 1
}

// Wants says whether the address hears of facts of the type.
func (w *Webhook) Wants(t OutsideType) bool { return w.Enabled && (w.All || w.Events.Has(t)) }

func (w *Webhook) code(c *coder) {
	codeString(c, 1, &w.ID)
	codeString(c, 2, &w.URL)
	codeUint(c, 3, &w.Events)
	codeBool(c, 4, &w.All)
	codeBool(c, 5, &w.Enabled)
	codeUint(c, 6, &w.Version)
}

// WebhookSaved replaces an address.
type WebhookSaved struct {
	Webhook Webhook
	Old     Webhook // as it was; zero for a new one
	By      AccountID
}

func (*WebhookSaved) EventCode() EventCode     { return CodeWebhookSaved }
func (*WebhookSaved) Shown() (desk, room bool) { return false, false }
func (e *WebhookSaved) code(c *coder) {
	codeStruct(c, 1, &e.Webhook)
	codeStruct(c, 2, &e.Old)
	codeString(c, 3, &e.By)
}

// SaveWebhook creates or changes an address; goes to the site. Its Version is the site's to give: Rotate raises it.
type SaveWebhook struct {
	Webhook Webhook
	Create  bool // refuse with conflict if there is one with the id
	Rotate  bool
}

// CommandName is site.webhook in logs and metrics.
func (SaveWebhook) CommandName() string { return "site.webhook" }

// WebhookAnswer answers SaveWebhook.
type WebhookAnswer struct {
	Webhook   Webhook
	Fresh     bool // its secret is new: it is shown now, and never again
	Duplicate bool
}

func (WebhookAnswer) result() {}

const webhookURLMax = 2000 // characters

// CheckWebhookURL looks at an address as it is written. Whom it reaches is for those to judge who can look it up.
func CheckWebhookURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || len(s) > webhookURLMax || strings.ContainsAny(s, " \t\r\n\\"):
		return fmt.Errorf("is not an address")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("must begin with https://")
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("names no host")
	case u.User != nil:
		return fmt.Errorf("must not carry a name or a password")
	case u.Fragment != "":
		return fmt.Errorf("must not have a fragment")
	}
	return nil
}

// Outside is one fact as a mind tells it: ids and states, never what somebody wrote or a profile's values.
type Outside struct {
	Type   OutsideType
	Number uint64 // of the event in the actor's log
	At     Instant
	Data   []byte // the members of a JSON object
}

// OutboxRow is a fact that an address has not confirmed yet, or that was given up.
type OutboxRow struct {
	ID       string // the same whenever it is sent again, and at every address
	Type     OutsideType
	At       Instant // of the fact
	Body     []byte  // what is sent, JSON
	Attempts int     // of a fact that was given up
	Status   int     // of the last attempt; 0 = no answer
	Failure  string  // of the last attempt: a word of a closed list
	GaveUp   Instant
}

func (r *OutboxRow) code(c *coder) {
	codeString(c, 1, &r.ID)
	codeUint(c, 2, &r.Type)
	codeInt(c, 3, &r.At)
	codeBytes(c, 4, &r.Body)
	codeInt(c, 5, &r.Attempts)
	codeInt(c, 6, &r.Status)
	codeString(c, 7, &r.Failure)
	codeInt(c, 8, &r.GaveUp)
}

// AppendOutbox and DecodeOutbox are the row's value.
func AppendOutbox(dst []byte, r *OutboxRow) []byte { return encode(dst, r) }

// DecodeOutbox reads an outbox row. Errors are ErrWire.
func DecodeOutbox(b []byte) (OutboxRow, error) { var r OutboxRow; err := decode(b, &r); return r, err }

// DeliveryRow is one attempt to send a fact. The last DeliveriesMax of an address are kept.
type DeliveryRow struct {
	Number  uint64 // of the address, from 1
	ID      string // of the fact
	Type    OutsideType
	At      Instant
	Attempt int    // of the fact, from 1
	Status  int    // HTTP status; 0 = no answer
	Millis  int    // how long it took
	Failure string // a word of a closed list; "" = it arrived
}

func (r *DeliveryRow) code(c *coder) {
	codeUint(c, 1, &r.Number)
	codeString(c, 2, &r.ID)
	codeUint(c, 3, &r.Type)
	codeInt(c, 4, &r.At)
	codeInt(c, 5, &r.Attempt)
	codeInt(c, 6, &r.Status)
	codeInt(c, 7, &r.Millis)
	codeString(c, 8, &r.Failure)
}

// AppendDelivery and DecodeDelivery are the row's value.
func AppendDelivery(dst []byte, r *DeliveryRow) []byte { return encode(dst, r) }

// DecodeDelivery reads a delivery row. Errors are ErrWire.
func DecodeDelivery(b []byte) (DeliveryRow, error) {
	var r DeliveryRow
	err := decode(b, &r)
	return r, err
}

// DeliveriesMax is how many attempts of an address are kept.
const DeliveriesMax = 100

// WebhookRowKey is the beginning of all rows of an address: outbox, deliveries, and what was given up.
func WebhookRowKey(site SiteID, webhook string) []byte { return RowKey(site, webhook) }

// DeliveryRowKey is the key of an address's number-th attempt: a ring of DeliveriesMax places.
func DeliveryRowKey(site SiteID, webhook string, number uint64) []byte {
	return append(WebhookRowKey(site, webhook), byte(number%DeliveriesMax))
}

// OutboxRows are the rows that the facts of one entry leave for the addresses that want them. The keys of an address
// are in the order of time, and those of one actor in the order of its log.
func OutboxRows(f *SiteFacts, a Address, outs []Outside) []Row {
	var rows []Row
	for _, o := range outs {
		var id string
		var value []byte
		for _, name := range slices.Sorted(maps.Keys(f.Webhooks)) {
			w := f.Webhooks[name]
			if !w.Wants(o.Type) {
				continue
			}
			if id == "" {
				id = outsideID(a, &o)
				value = AppendOutbox(nil, &OutboxRow{ID: id, Type: o.Type, At: o.At, Body: outsideBody(f.Site, id, &o)})
			}
			k := binary.BigEndian.AppendUint64(WebhookRowKey(f.Site, w.ID), uint64(o.At))
			k = append(append(append(k, byte(a.Kind)), a.ID...), 0)
			k = append(binary.BigEndian.AppendUint64(k, o.Number), byte(o.Type))
			rows = append(rows, Row{Kind: RowOutbox, Key: k, Value: value})
		}
	}
	return rows
}

func outsideID(a Address, o *Outside) string {
	b := append([]byte(a.String()), 0, byte(o.Type))
	b = binary.BigEndian.AppendUint64(b, o.Number)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(o.At))) // a backup gives numbers out again
	return "e_" + idAlphabet.EncodeToString(sum[:16])
}

func outsideBody(site SiteID, id string, o *Outside) []byte {
	j := JSON{}
	j.Open()
	j.Str("id", id)
	j.Str("type", o.Type.String())
	j.Instant("timestamp", o.At)
	j.Str("site", string(site))
	j.Key("data")
	j.Open()
	j.B = append(j.B, o.Data...)
	j.Close()
	j.Close()
	return j.B
}

// WebhookStatus is how an address does.
type WebhookStatus struct {
	Pending  int     // facts that wait
	Oldest   Instant // the oldest of them; 0 = none
	GivenUp  int     // facts that were given up, and can be sent again
	Breaker  string  // closed, half-open or open: whether attempts are made
	Retry    Instant // of the next attempt, while it is put off; 0 = now
	Dropped  uint64  // facts that found the outbox full, since the node's start
	Failures int     // attempts in a row that failed
}
