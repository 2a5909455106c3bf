package scenario

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchyard/protocol"
)

// tellOutside writes what is new in the outboxes: the facts that other systems are owed. Nobody sends here, so
// they stay. Those of several rooms have no order among them; here it is that of their words.
func (t *teller) tellOutside() {
	var news []string
	err := t.rig.rows(protocol.RowOutbox, protocol.RowKey(site), func(key, value []byte) error {
		if t.outside[string(key)] {
			return nil
		}
		t.outside[string(key)] = true
		fact, err := protocol.DecodeOutbox(value)
		if err != nil {
			return err
		}
		var body struct{ Data map[string]any }
		if err := json.Unmarshal(fact.Body, &body); err != nil {
			return err
		}
		to, _, _ := strings.Cut(string(key[len(site)+1:]), "\x00")
		say := fmt.Sprintf("%s hears %s", to, fact.Type)
		for _, name := range []string{"state", "from", "to", "by", "category", "flag", "tags", "fields", "kind", "amount", "into"} {
			if v, ok := body.Data[name]; ok {
				say += fmt.Sprintf(" %s=%v", name, v)
			}
		}
		if room, ok := body.Data["room"].(string); ok && t.names[protocol.RoomID(room)] != "" {
			say += " of " + t.names[protocol.RoomID(room)]
		}
		news = append(news, say)
		return nil
	})
	if err != nil {
		panic(err)
	}
	slices.Sort(news)
	for _, say := range news {
		t.out("%s", say)
	}
}
