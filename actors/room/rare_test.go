package room

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// PERF-3: a room at rest fits 512 bytes, which is what the allocator gives for anything from 481 on. It was 904, of which
// most rooms used half.
func TestPERF3AStateIsSmall(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(State{}), uintptr(512))
	require.Same(t, ordinary, newState(protocol.RoomAt("demo", "r_1")).Rare)
}

// Ordinary rooms share one Rare. Whoever wrote to it without State.rare would write into all of them: the code holds no such line, and
// an ordinary room that gets something rare leaves the others alone.
func TestNobodyWritesToTheSharedRare(t *testing.T) {
	rare := map[string]bool{}
	for i := range reflect.TypeFor[Rare]().NumField() {
		rare[reflect.TypeFor[Rare]().Field(i).Name] = true
	}
	set := token.NewFileSet()
	packages, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	require.NoError(t, err)
	seen := 0
	check := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
				continue
			case *ast.SelectorExpr:
				if !rare[x.Sel.Name] {
					e = x.X
					continue
				}
				if id, ok := x.X.(*ast.Ident); ok && id.Name == "s" {
					t.Errorf("%s: s.%s is written; s.rare().%s is the room's own", set.Position(x.Pos()), x.Sel.Name, x.Sel.Name)
				}
				seen++
			}
			return
		}
	}
	for _, p := range packages {
		ast.Inspect(p, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.AssignStmt:
				for _, e := range x.Lhs {
					check(e)
				}
			case *ast.IncDecStmt:
				check(x.X)
			}
			return true
		})
	}
	require.Greater(t, seen, 10, "the check sees no writes at all")

	a, b := newState(protocol.RoomAt("demo", "r_1")), newState(protocol.RoomAt("demo", "r_2"))
	for i, e := range []protocol.Event{
		&protocol.RoomOpened{Bot: "b", BotVersion: 1, ChannelAccount: "c", Params: []protocol.Param{{Name: "n", Value: "v"}}},
		&protocol.RoomJoined{Key: "k", Params: []protocol.Param{{Name: "n", Value: "w"}}}, &protocol.DialogueShown{Dialogue: "d"},
		&protocol.ProfilePrompted{Form: "f", Fields: []byte{1}}, &protocol.ProfileSaved{Form: "f"},
		&protocol.RoomMetaSet{Set: ^protocol.MetaField(0), Category3: "3", Tags: []string{"t"}, AlarmAt: 9}, &protocol.AlarmRang{}, &protocol.OfferMissed{Agent: "anna"},
		&protocol.ChangeRequested{Number: 1}, &protocol.ReviewRequested{Number: 2}, &protocol.RequestDecided{Number: 1},
		&protocol.RoomCharged{Day: protocol.Date{Year: 2026, Month: 1, Day: 1}}, &protocol.RoomClosed{State: protocol.Closed},
	} {
		Apply(a, protocol.Recorded{Number: uint64(i + 1), At: 1, Event: e})
	}
	require.NotSame(t, ordinary, a.Rare)
	require.Same(t, ordinary, b.Rare)
	require.Zero(t, *ordinary)
	back, err := Restore(a.Addr, Snapshot(a))
	require.NoError(t, err)
	require.Equal(t, a.Rare, back.Rare)
}
