package protocol

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const sampleScenario = `{
	"name": "안내", "agent_category": "returns", "error_hotkeys": {"agent": true},
	"dialogues": {
		"scenario_list": {
			"messages": [{"kind": "text", "text": "무엇을 도와드릴까요?"}, {"kind": "image", "image": "https://shop.example/a.png"},
				{"kind": "card", "title": "세일", "text": "20 %", "buttons": [{"label": "보기", "url": "https://shop.example/"}]}],
			"choices": [{"label": "배송", "dialogue": "order"}, {"label": "누리집", "link": "https://shop.example/"}, {"label": "환불", "agent": true, "category": "returns"}],
			"hotkeys": ["agent"]
		},
		"order": {"messages": [{"kind": "text", "text": "주문번호?"}], "input": {"label": "주문번호", "pattern": "[0-9]+", "max": 8, "agent": true}, "hotkeys": ["home", "back"]}
	}
}`

// TestScenarioJSON: what is exported can be imported, and is the same (issue: import and export as JSON).
func TestScenarioJSON(t *testing.T) {
	s, err := ParseScenario([]byte(sampleScenario))
	if err != nil {
		t.Fatal(err)
	}
	if e := s.ErrorHotkeys; !e.Home || !e.Back || !e.Agent {
		t.Errorf("error_hotkeys that are not said are home and back: %+v", e)
	}
	if h := s.Dialogues["order"].Hotkeys; h != HotkeyHome|HotkeyBack {
		t.Errorf("hotkeys are %v", h.names())
	}
	out := AppendScenario(nil, s)
	again, err := ParseScenario(out)
	if err != nil {
		t.Fatal(err)
	}
	if twice := AppendScenario(nil, again); string(twice) != string(out) {
		t.Errorf("written again it is another:\n%s\n%s", out, twice)
	}
	for _, bad := range []string{
		`{"dialogues":{}} {}`, `{"dialog":{}}`, `{"dialogues":{"a":null}}`, `{"dialogues":{"a":{"hotkeys":["up"]}}}`,
		`{"dialogues":{"a":{"hotkeys":"home"}}}`, `{"dialogues":{"a":{"choices":[{"label":1}]}}}`, `[]`, ``,
	} {
		if _, err := ParseScenario([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

// TestTheScenarioSchema: the published schema takes what the engine takes, and refuses what it cannot read.
func TestTheScenarioSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	doc := readJSON(t, "scenario.schema.json")
	if dig(doc, "$schema") != "http://json-schema.org/draft-07/schema#" {
		t.Error("it does not say that it is draft-07")
	}
	if err := c.AddResource(schemaRoot+"scenario", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaRoot + "scenario")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	s, err := ParseScenario([]byte(sampleScenario))
	if err != nil {
		t.Fatal(err)
	}
	for _, good := range []string{sampleScenario, string(AppendScenario(nil, s))} {
		if err := check(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		`{"dialogues":{}}`, `{"dialog":{}}`, `{"dialogues":{"scenario_list":{"messages":[]}}}`,
		`{"dialogues":{"scenario_list":{"messages":[{"kind":"text"}],"hotkeys":["up"]}}}`,
		`{"dialogues":{"scenario_list":{"messages":[{"kind":"text"}],"choices":[{"label":"가나다라마바사아자차카타파하가나다라마바사아자차카타파하가"}]}}}`,
	} {
		if check(bad) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
