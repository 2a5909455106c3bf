package client

import (
	"encoding/json"
	"time"
)

// Subprotocol is the version of the contract this client speaks.
const Subprotocol = "switchyard.v1.json"

// frameBytesMax is the frame limit in both directions.
const frameBytesMax = 64 << 10

// frame is every frame the server sends; which fields are set depends on Type.
type frame struct {
	Type    string          `json:"type"`
	ReplyTo string          `json:"reply_to"`
	Stream  string          `json:"stream"`
	Seq     uint64          `json:"seq"`
	At      time.Time       `json:"at"`
	Data    json.RawMessage `json:"data"`
}

// outgoing is every frame the client sends.
type outgoing struct {
	Type   string          `json:"type"`
	ID     string          `json:"id,omitempty"`
	Stream string          `json:"stream,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
}

func (o outgoing) encode() []byte {
	b, err := json.Marshal(o)
	if err != nil {
		panic("client: a frame of marshalled parts does not marshal: " + err.Error())
	}
	return b
}

type helloData struct {
	Token  string      `json:"token,omitempty"`
	Client clientData  `json:"client"`
	Resume *resumeData `json:"resume,omitempty"`
}

type clientData struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Language string `json:"language"`
}

type resumeData struct {
	Epoch   string            `json:"epoch"`
	Streams map[string]uint64 `json:"streams"`
}

type welcomeData struct {
	Session string    `json:"session"`
	Epoch   string    `json:"epoch"`
	Now     time.Time `json:"now"`
	Limits  limits    `json:"limits"`
}

// limits are what the server allows this client.
type limits struct {
	Rate     float64 `json:"rate"`     // commands per second
	Burst    int     `json:"burst"`    // commands at once
	InFlight int     `json:"inflight"` // sent and not answered
}

// Event is something that happened in a stream. Seq 0 means it is ephemeral.
type Event struct {
	Type     string
	Stream   string
	Seq      uint64
	At       time.Time // the server's
	Data     json.RawMessage
	Received time.Time // ours, when the frame was read
}

// Reset says that the copy of a stream is to be thrown away.
type Reset struct {
	Reason      string          `json:"reason"`
	Snapshot    json.RawMessage `json:"snapshot"`
	Seq         uint64          `json:"seq"`
	HistoryFrom uint64          `json:"history_from"`
}

// Refusal is the data of an error reply.
type Refusal struct {
	Code      string `json:"code"`
	Text      string `json:"text_en"`
	Retryable bool   `json:"retryable"`
	RetryMS   int    `json:"retry_ms"`
	Field     string `json:"field"`
}

func (r *Refusal) Error() string {
	if r.Field != "" {
		return r.Code + ": " + r.Field + ": " + r.Text
	}
	return r.Code + ": " + r.Text
}
