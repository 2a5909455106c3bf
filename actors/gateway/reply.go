package gateway

import (
	"slices"
	"strconv"
	"time"

	"switchyard/protocol"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

var paramNames = func() []string {
	all := make([]string, 0, len(paramLimits))
	for name := range paramLimits {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}()

// okFrame is the reply to an accepted command.
func okFrame(id string, res protocol.Result) []byte { return appendOK(make([]byte, 0, 192), id, res) }

func appendOK(dst []byte, id string, res protocol.Result) []byte {
	j := protocol.JSON{B: append(dst, `{"type":"ok"`...)}
	j.Str("reply_to", id)
	j.Key("data")
	appendResult(&j, res)
	j.Close()
	return j.B
}

// appendResult writes what an answer says. Views have their own writers.
func appendResult(j *protocol.JSON, res protocol.Result) {
	j.Open()
	switch r := res.(type) {
	case protocol.Sent:
		j.Str("message_id", string(r.MessageID))
		if r.Seq != 0 {
			j.Uint("seq", r.Seq)
		}
		j.Instant("at", r.At)
		j.Str("request", r.Request)
		duplicate(j, r.Duplicate)
	case protocol.Started:
		j.Str("room", string(r.Room))
		j.Str("outcome", r.Outcome.String())
		if r.Code != 0 {
			j.Str("code", r.Code.String())
		}
		duplicate(j, r.Duplicate)
	case protocol.Assigned:
		j.Str("room", string(r.Room))
		j.Uint("assignment", uint64(r.Assignment))
		j.Str("agent", string(r.Agent))
		duplicate(j, r.Duplicate)
	case rawResult:
		j.B = append(j.B, r.members...)
	}
	j.Close()
}

// repeated says whether the answer is that of an earlier write.
func repeated(res protocol.Result) bool {
	switch r := res.(type) {
	case protocol.Sent:
		return r.Duplicate
	case protocol.Started:
		return r.Duplicate
	case protocol.Assigned:
		return r.Duplicate
	case protocol.CustomerView:
		return r.Duplicate
	case protocol.Erasing:
		return r.Duplicate
	case protocol.Posted:
		return r.Duplicate
	case protocol.WebhookAnswer:
		return r.Duplicate
	}
	return false
}

func duplicate(j *protocol.JSON, d bool) {
	if d {
		j.Bool("duplicate", true)
	}
}

// rawResult is an answer of the gateway itself: members already written.
type rawResult struct {
	protocol.Done
	members []byte
}

// errorFrame is the reply to a refused command.
func errorFrame(id string, rej *protocol.Rejection) []byte {
	j := protocol.JSON{B: make([]byte, 0, 192)}
	j.B = append(j.B, `{"type":"error"`...)
	j.Str("reply_to", id)
	j.Key("data")
	j.Open()
	appendRejection(&j, rej)
	j.Close()
	j.Close()
	return j.B
}

func appendRejection(j *protocol.JSON, rej *protocol.Rejection) {
	j.Str("code", rej.Code.String())
	j.Str("text_en", rej.Text)
	j.Str("field", rej.Field)
	j.Bool("retryable", rej.Code.Retryable())
	if rej.RetryAfter > 0 {
		j.Int("retry_ms", max(1, rej.RetryAfter.Milliseconds()))
	}
}

func limited(wait time.Duration) *protocol.Rejection {
	return &protocol.Rejection{Code: protocol.RateLimited, Text: "too many commands", RetryAfter: max(wait, time.Millisecond)}
}

// parseStream reads the name of a durable stream.
func parseStream(name string) (v protocol.View, id string, ok bool) {
	for _, v := range []protocol.View{protocol.StreamRoom, protocol.StreamDesk, protocol.StreamInbox} {
		if p := v.Prefix(); len(name) > len(p) && name[:len(p)] == p {
			return v, name[len(p):], true
		}
	}
	return 0, "", false
}
