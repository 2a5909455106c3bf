package protocol

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sets lists every closed set: how a number is shown, and how it is read where the wire or the
// settings can say it.
var sets = []struct {
	name  string
	names named
	show  func(int) string
	parse func(string) (int, error)
	not   []string // names that the engine uses and nobody may say
}{
	{"RoomState", roomStates, func(i int) string { return RoomState(i).String() }, nil, nil},
	{"Role", roles, func(i int) string { return Role(i).String() }, func(s string) (int, error) { v, err := ParseRole(s); return int(v), err }, []string{"VISITOR", "SYSTEM"}},
	{"Channel", channels, func(i int) string { return Channel(i).String() }, func(s string) (int, error) { v, err := ParseChannel(s); return int(v), err }, nil},
	{"Mode", modes, func(i int) string { return Mode(i).String() }, func(s string) (int, error) { v, err := ParseMode(s); return int(v), err }, nil},
	{"Balancer", balancers, func(i int) string { return Balancer(i).String() }, func(s string) (int, error) { v, err := ParseBalancer(s); return int(v), err }, nil},
	{"Selector", selectors, func(i int) string { return Selector(i).String() }, func(s string) (int, error) { v, err := ParseSelector(s); return int(v), err }, nil},
	{"Backlog", backlogs, func(i int) string { return Backlog(i).String() }, func(s string) (int, error) { v, err := ParseBacklog(s); return int(v), err }, nil},
	{"Policy", policies, func(i int) string { return Policy(i).String() }, func(s string) (int, error) { v, err := ParsePolicy(s); return int(v), err }, nil},
	{"GateSource", gateSources, func(i int) string { return GateSource(i).String() }, func(s string) (int, error) { v, err := ParseGateSource(s); return int(v), err }, nil},
	{"ProfileField", profileFields, func(i int) string { return ProfileField(i).String() }, func(s string) (int, error) { v, err := ParseProfileField(s); return int(v), err }, nil},
	{"Hours", hours, func(i int) string { return hours.name(i) }, nil, nil},
	{"Cause", causes, func(i int) string { return Cause(i).String() }, nil, nil},
	{"EndActor", endActors, func(i int) string { return EndActor(i).String() }, nil, nil},
	{"EndReason", endReasons, func(i int) string { return EndReason(i).String() }, nil, nil},
	{"Sender", senders, func(i int) string { return Sender(i).String() }, nil, nil},
	{"MessageKind", messageKinds, func(i int) string { return MessageKind(i).String() }, func(s string) (int, error) { v, err := ParseMessageKind(s); return int(v), err }, []string{"card"}},
	{"Want", wants, func(i int) string { return Want(i).String() }, func(s string) (int, error) { v, err := ParseWant(s); return int(v), err }, nil},
	{"Conn", conns, func(i int) string { return Conn(i).String() }, nil, nil},
	{"Grade", grades, func(i int) string { return Grade(i).String() }, func(s string) (int, error) { v, err := ParseGrade(s); return int(v), err }, nil},
	{"Means", means, func(i int) string { return Means(i).String() }, func(s string) (int, error) { v, err := ParseMeans(s); return int(v), err }, nil},
	{"Outcome", outcomes, func(i int) string { return Outcome(i).String() }, nil, nil},
	{"Flag", flags, func(i int) string { return Flag(i).String() }, func(s string) (int, error) { v, err := ParseFlag(s); return int(v), err }, nil},
	{"Plan", plans, func(i int) string { return Plan(i).String() }, func(s string) (int, error) { v, err := ParsePlan(s); return int(v), err }, nil},
	{"BillingMode", billingModes, func(i int) string { return BillingMode(i).String() }, func(s string) (int, error) { v, err := ParseBillingMode(s); return int(v), err }, nil},
	{"LedgerKind", ledgerKinds, func(i int) string { return LedgerKind(i).String() }, func(s string) (int, error) { v, err := ParseLedgerKind(s); return int(v), err }, nil},
	{"ChargeWhy", chargeWhys, func(i int) string { return ChargeWhy(i).String() }, nil, nil},
	{"OutsideType", outsideTypes, func(i int) string { return OutsideType(i).String() }, func(s string) (int, error) { v, err := ParseOutsideType(s); return int(v), err }, nil},
	{"TemplateType", templateTypes, func(i int) string { return TemplateType(i).String() }, func(s string) (int, error) { v, err := ParseTemplateType(s); return int(v), err }, nil},
	{"RequestKind", requestKinds, func(i int) string { return RequestKind(i).String() }, func(s string) (int, error) { v, err := ParseRequestKind(s); return int(v), err }, nil},
	{"RequestOutcome", requestOutcomes, func(i int) string { return RequestOutcome(i).String() }, nil, nil},
	{"Exit", exits, func(i int) string { return Exit(i).String() }, nil, nil},
	{"Operator", operators, func(i int) string { return Operator(i).String() }, nil, nil},
	{"TextCode", textCodes, func(i int) string { return TextCode(i).String() }, nil, nil},
}

func TestNamesReturn(t *testing.T) {
	for _, set := range sets {
		seen := map[string]bool{}
		if set.names[0] != "" {
			t.Errorf("%s: zero is %q and must be not said", set.name, set.names[0])
		}
		for i := 1; i < len(set.names); i++ {
			name := set.show(i)
			if name == "" || name != set.names[i] || seen[name] {
				t.Errorf("%s %d is called %q, the table says %q, seen before %v", set.name, i, name, set.names[i], seen[name])
			}
			seen[name] = true
			if set.parse == nil {
				continue
			}
			forbidden := false
			for _, not := range set.not {
				forbidden = forbidden || not == name
			}
			switch got, err := set.parse(name); {
			case forbidden && err == nil:
				t.Errorf("%s: %s can be said", set.name, name)
			case !forbidden && (err != nil || got != i):
				t.Errorf("%s: %s is read as %d, %v; is %d", set.name, name, got, err, i)
			}
		}
		if set.show(0) != "" {
			t.Errorf("%s: zero is shown as %q", set.name, set.show(0))
		}
		if got := set.show(len(set.names)); got != fmt.Sprintf("?%d", len(set.names)) {
			t.Errorf("%s: a number of a newer writer is shown as %q", set.name, got)
		}
		if set.parse == nil {
			continue
		}
		for _, wrong := range []string{"?1", "no such name", strings.ToLower(set.names[1]) + " ", " " + set.names[1]} {
			if got, err := set.parse(wrong); err == nil {
				t.Errorf("%s: %q is read as %d", set.name, wrong, got)
			}
		}
		if got, err := set.parse(""); err == nil && set.name != "Flag" {
			t.Errorf("%s: nothing is read as %d", set.name, got)
		}
	}
	for _, nothing := range []string{"", "none"} { // a flag can be taken away
		if f, err := ParseFlag(nothing); f != 0 || err != nil {
			t.Errorf("ParseFlag(%q) = %d, %v", nothing, f, err)
		}
	}
}

// TestEverySetIsTested finds the sets in the source.
func TestEverySetIsTested(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok {
				if id, ok := lit.Type.(*ast.Ident); ok && id.Name == "named" {
					found++
				}
			}
			return true
		})
	}
	if found != len(sets) {
		t.Errorf("the source has %d closed sets, the test knows %d", found, len(sets))
	}
}

// TestStoredNumbers: a name never moves to another number, for both are stored. New members
// go to the end; the golden list then grows by lines and none of its lines changes.
func TestStoredNumbers(t *testing.T) {
	var b strings.Builder
	for _, set := range sets {
		for i := 1; i < len(set.names); i++ {
			fmt.Fprintf(&b, "%s %d %s\n", set.name, i, set.names[i])
		}
	}
	for k := Kind(1); int(k) < len(kindNames); k++ {
		fmt.Fprintf(&b, "Kind %d %s\n", k, k)
	}
	for _, c := range EventCodes() {
		fmt.Fprintf(&b, "EventCode %d %s\n", c, c)
	}
	for i, k := range []RowKind{RowOpenRoom, RowCustomer, RowCustomerKey, RowOwed, RowQuarantine, RowCursor, RowLast, RowSnapshot, RowClosedRoom, RowCustomerRoom, RowSite} {
		if int(k) != i+1 {
			t.Errorf("row kind %d has the number %d", i+1, k)
		}
	}
	if RowFile != 15 {
		t.Errorf("RowFile has the number %d", RowFile)
	}
	const path = "testdata/golden/numbers.txt"
	if *update {
		writeGolden(t, path, []byte(b.String()))
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(golden) {
		t.Errorf("the stored numbers have changed: compare with %s (go test ./protocol -update), no line of it may change or go", path)
	}
}

func TestRoomStates(t *testing.T) {
	// domain 6.1, R-018
	for _, row := range []struct {
		state       RoomState
		wire        int
		open, bound bool
	}{
		{Bot, -1, true, false}, {Waiting, -2, true, false}, {Received, 0, true, true}, {Active, 1, true, true},
		{Closed, 2, false, false}, {BotClosed, 4, false, false}, {Deleted, 3, false, false},
	} {
		if row.state.Wire() != row.wire || row.state.Open() != row.open || row.state.Bound() != row.bound {
			t.Errorf("%s: wire %d, open %v, bound %v", row.state, row.state.Wire(), row.state.Open(), row.state.Bound())
		}
	}
}

func TestRejections(t *testing.T) {
	// The table of the wire contract: code, whether the same command may succeed later, HTTP status.
	want := []struct {
		name      string
		retryable bool
		status    int
	}{
		{"bad_request", false, 400}, {"unauthenticated", false, 401}, {"forbidden", false, 403}, {"not_found", false, 404},
		{"conflict", false, 409}, {"taken", false, 409}, {"not_assigned", false, 409}, {"room_closed", false, 409},
		{"capacity_full", true, 409}, {"out_of_hours", true, 409}, {"no_agent", true, 409}, {"over_limit", true, 409},
		{"profile_required", true, 409}, {"too_large", false, 413}, {"unsupported_type", false, 415}, {"rate_limited", true, 429},
		{"unavailable", true, 503}, {"internal", false, 500},
	}
	codes := RejectCodes()
	if len(codes) != len(want) {
		t.Fatalf("%d codes, the contract has %d", len(codes), len(want))
	}
	for i, c := range codes {
		if c.String() != want[i].name || c.Retryable() != want[i].retryable || c.Status() != want[i].status {
			t.Errorf("code %d is %s, retryable %v, %d; the contract says %+v", i, c, c.Retryable(), c.Status(), want[i])
		}
	}
	if got := RejectCode(255).String(); got != "internal" {
		t.Errorf("an unknown code is %q", got)
	}
	if got := RejectField(BadRequest, "text", "is empty").Error(); got != "bad_request: text: is empty" {
		t.Errorf("a refusal reads %q", got)
	}
}

func TestUnknownNames(t *testing.T) {
	if got := EventCode(65535).String(); got != "event?" || NewEvent(65535) != nil || Volatile.String() != "volatile" {
		t.Errorf("an unknown event is %q, %v", got, NewEvent(65535))
	}
	if got := Kind(99).String(); got != "kind?" {
		t.Errorf("an unknown kind is %q", got)
	}
	names := map[string]EventCode{}
	for _, c := range EventCodes() {
		if other, twice := names[c.String()]; twice {
			t.Errorf("events %d and %d are both called %s", c, other, c)
		}
		names[c.String()] = c
		if got := NewEvent(c).EventCode(); got != c {
			t.Errorf("the table makes %s (%d) for %s (%d)", got, got, c, c)
		}
	}
}
