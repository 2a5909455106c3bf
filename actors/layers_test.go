package actors

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The law of imports. Who wants to change it changes a row here and says why in
// the commit. The test reads the files itself: it needs no build, and a change of
// any file makes go test run it again.

const module = "switchyard"

// layer is one row of the law: which folders, and what their code may import
// beside the standard library.
type layer struct {
	name    string
	folders []string
	may     []string // import paths, with everything below them
	pure    bool     // the bans of purity hold
	open    bool     // may import anything: it assembles, measures or simulates the rest
	why     string   // said when an import is none of may
}

var (
	rules = []string{"actors/balancer", "actors/bot", "actors/calendar", "actors/gate", "actors/report"}
	minds = []string{"actors/agent", "actors/customer", "actors/ledger", "actors/queue", "actors/room", "actors/site"}
)

var layers = []layer{
	{
		name: "protocol", folders: []string{"protocol"}, pure: true,
		why: "protocol is the language that everybody shares: what it imported, everybody would depend on",
	},
	{
		name: "core", folders: []string{"actors/core"}, may: []string{"switchyard/protocol"}, pure: true,
		why: "core is a contract of plain values between minds and bodies; it knows the language and neither of the two",
	},
	{
		name: "rule", folders: rules, may: []string{"switchyard/protocol"}, pure: true,
		why: "a rule is a function over the language's values; what else it needs comes in as an argument",
	},
	{
		name: "mind", folders: minds, may: slices.Concat([]string{"switchyard/protocol", "switchyard/actors/core"}, in(rules)), pure: true,
		why: "a mind knows the language, its contract and the rules; storage, sockets and neighbours are its body's affair",
	},
	{
		name: "channel", folders: []string{"actors/channel"}, may: []string{"switchyard/protocol"},
		why: "a channel translates between a provider and the language; who decides and who listens is not its business",
	},
	{
		name: "persistence", folders: []string{"persistence"}, may: []string{"switchyard/protocol", "github.com/cockroachdb/pebble/v2"},
		why: "the store puts finished bytes; if it knew an actor it would start to know rules",
	},
	{
		name: "metrics", folders: []string{"actors/metrics"}, may: []string{"switchyard/protocol", "github.com/prometheus"},
		why: "metrics observes values that others announce, so that nothing is decided by what is counted",
	},
	{
		name: "shell", folders: []string{"actors/shell"}, may: []string{"switchyard/protocol", "switchyard/actors/core", "github.com/asynkron/protoactor-go"},
		why: "the shell is generic over the mind that it hosts and over the store that it hands entries to: assemble.go passes both in",
	},
	{
		name: "gateway", folders: []string{"actors/gateway"}, may: []string{"switchyard/protocol", "switchyard/actors/channel", "switchyard/actors/report", "github.com/coder/websocket", "golang.org/x/crypto", "github.com/xuri/excelize/v2"},
		why: "the gateway declares the few functions it needs (ask, follow, read); assemble.go passes them in",
	},
	{
		name: "webhook", folders: []string{"actors/webhook"}, may: []string{"switchyard/protocol", "github.com/sony/gobreaker/v2", "code.dny.dev/ssrf"},
		why: "the sender reads rows, commits rows and speaks HTTP outward; who wrote them and who asks about them is not its business",
	},
	{name: "tree", folders: []string{"actors"}, why: "actors has no code of its own: doc.go says how to read the tree, this test keeps it so"},
	{name: "deploy", folders: []string{"deploy"}, why: "what an operator takes along is data: its only code is the test that holds it to the engine"},
	{name: "open", folders: []string{"actors/scenario", "actors/sim", "bench", "cmd", "tools"}, open: true},
}

// testsMay lists what any test may import beside what its package may: the assertions, the
// property tests, and the readers of the published contract.
var testsMay = []string{
	"github.com/stretchr/testify",
	"pgregory.net/rapid",
	"go.uber.org/goleak",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"gopkg.in/yaml.v3", "go.yaml.in/yaml/v3",
}

// owner says which folder alone may know an outside thing (the open layers, which assemble
// and measure, excepted).
type owner struct{ path, folder, why string }

var owners = []owner{
	{"github.com/asynkron/protoactor-go", "actors/shell", "only the shell knows protoactor: mailboxes can then be exchanged without touching a decision"},
	{"github.com/coder/websocket", "actors/gateway", "only the gateway knows the socket: everybody else speaks in commands and frames"},
	{"github.com/gorilla/websocket", "actors/gateway", "only the gateway knows the socket: everybody else speaks in commands and frames"},
	{"github.com/cockroachdb/pebble", "persistence", "only persistence knows pebble: a second writer behind the committer's back would break the prefix rule"},
	{"github.com/xuri/excelize", "actors/gateway", "only the gateway writes files for people: a workbook is one form of a report, beside JSON and CSV"},
	{"code.dny.dev/ssrf", "actors/webhook", "only the sender of webhooks connects to addresses that a tenant chose: the guard stands in its dialer"},
	{"github.com/sony/gobreaker", "actors/webhook", "only the sender of webhooks waits for somebody else's machine"},
	{"github.com/prometheus", "actors/metrics", "only metrics knows Prometheus: others announce typed events and do not count"},
}

// impure are the standard packages that code which decides may not import.
var impure = []struct {
	path   string
	except []string
	why    string
}{
	{"net", []string{"net/netip", "net/url"}, "a decision asks nobody over a network: its outcome would depend on the weather"},
	{"os", nil, "a decision reads no files and no environment: a replay on another machine must give the same answer"},
	{"sync", nil, "one mailbox owns one state, so there is nothing to lock; a lock says that something is shared"},
	{"math/rand", nil, "chance comes in with the command (protocol.Chance), so that a replay rolls the same dice"},
	{"crypto/rand", nil, "chance comes in with the command (protocol.Chance), so that a replay rolls the same dice"},
	{"unsafe", nil, "a decision has no need to go round the types"},
}

// banned are the functions and types that code which decides may not name.
var banned = []struct {
	path  string
	names []string
	why   string
}{
	{"time", []string{"Now", "Since", "Until"}, "now is an argument: who looks at a clock cannot be replayed"},
	{"time", []string{"Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Timer", "Ticker"}, "silence is a command too: keep the anchor in the state and name the next Deadline; the shell has the only ticker"},
}

// scratch is the one file of code that decides which may know sync, and of it sync.Pool alone: values are made in memory that is used
// again. What a pool gives is empty and goes back empty, so nobody can see that it is shared; the garbage of a load of rooms was
// nearly twice as much without.
const scratch = "protocol/wire.go"

const whyScratch = "of sync this file may name Pool: anything else says that a value is shared"

const whyGo = "a mind thinks in its own mailbox: every goroutine has an owner and an end, and that owner is the shell"

// serving are the ways to open a listener; only the gateway and the open layers have one.
var serving = map[string][]string{
	"net/http": {"Server", "Serve", "ServeTLS", "ListenAndServe", "ListenAndServeTLS"},
	"net":      {"Listen", "ListenConfig", "ListenTCP", "ListenUDP", "ListenUnix", "ListenPacket"},
}

const whyServe = "only the gateway listens: limits, authentication and drain exist once, at the door"

const whyDot = "a dot import hides from the reader, and from this test, what is used"

func in(folders []string) []string {
	paths := make([]string, len(folders))
	for i, f := range folders {
		paths[i] = module + "/" + f
	}
	return paths
}

// below says whether path is root or lies under it.
func below(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func belowAny(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return below(path, root) })
}

// layerOf finds the row and the folder of the row that a folder belongs to.
func layerOf(folder string) (l *layer, root string) {
	for i := range layers {
		for _, f := range layers[i].folders {
			if below(folder, f) && len(f) > len(root) && (f != "actors" || folder == f) {
				l, root = &layers[i], f
			}
		}
	}
	return l, root
}

// isTest says whether a file is test code: a test, or a member of a family's shared suite
// (a folder such as coretest, which only tests may import).
func isTest(file string) bool {
	return strings.HasSuffix(file, "_test.go") || isSuite(filepath.ToSlash(filepath.Dir(file)))
}

func isSuite(folder string) bool {
	base := folder[strings.LastIndexByte(folder, '/')+1:]
	return strings.HasSuffix(base, "test") && base != "test"
}

// std says whether an import is the standard library's: its first element has no dot.
func std(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != module && !strings.Contains(first, ".")
}

// judge gives the complaints about one file. The name is relative to the module.
func judge(name string, src any) ([]string, error) {
	name = filepath.ToSlash(name)
	folder := filepath.ToSlash(filepath.Dir(name))
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0) // with object resolution: a local called time is not the package
	if err != nil {
		return nil, err
	}
	l, root := layerOf(folder)
	if l == nil {
		return []string{fmt.Sprintf("%s: the folder %s has no row in the law of imports: add it to actors/layers_test.go and say what it may know", name, folder)}, nil
	}
	if l.open {
		return nil, nil
	}

	var complaints []string
	complain := func(at token.Pos, what, why string) {
		complaints = append(complaints, fmt.Sprintf("%s:%d: %s %s: %s", name, fset.Position(at).Line, l.name, what, why))
	}
	test := isTest(name)
	packages := map[string]string{} // the name in this file -> import path
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		local := path[strings.LastIndexByte(path, '/')+1:]
		if path == "math/rand/v2" {
			local = "rand"
		}
		if spec.Name != nil {
			local = spec.Name.Name
		}
		packages[local] = path
		if local == "." {
			complain(spec.Pos(), "imports "+path+" with a dot", whyDot)
		}
		if name == scratch && path == "sync" {
			continue
		}
		if why := badImport(l, root, path, test); why != "" {
			complain(spec.Pos(), "imports "+path, why)
		}
	}
	if test {
		return complaints, nil
	}

	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if l.pure {
				complain(n.Pos(), "starts a goroutine", whyGo)
			}
		case *ast.SelectorExpr:
			id, ok := n.X.(*ast.Ident)
			if !ok || id.Obj != nil {
				return true
			}
			path := packages[id.Name]
			if name == scratch && path == "sync" && n.Sel.Name != "Pool" {
				complain(n.Pos(), "names sync."+n.Sel.Name, whyScratch)
			}
			for _, b := range banned {
				if l.pure && b.path == path && slices.Contains(b.names, n.Sel.Name) {
					complain(n.Pos(), "names "+path+"."+n.Sel.Name, b.why)
				}
			}
			if l.name != "gateway" && slices.Contains(serving[path], n.Sel.Name) {
				complain(n.Pos(), "names "+path+"."+n.Sel.Name, whyServe)
			}
		}
		return true
	})
	return complaints, nil
}

// badImport gives the reason why the layer may not import the path, "" if it may.
func badImport(l *layer, root, path string, test bool) string {
	if std(path) {
		if l.pure && !test {
			for _, b := range impure {
				if below(path, b.path) && !belowAny(path, b.except) {
					return b.why
				}
			}
		}
		return ""
	}
	if below(path, module) && isSuite(path) && !test {
		return "a shared suite is for tests: what the engine needs belongs into the package itself"
	}
	if below(path, module+"/"+root) || belowAny(path, l.may) || test && belowAny(path, testsMay) {
		return ""
	}
	for _, o := range owners {
		if below(path, o.path) {
			return o.why
		}
	}
	if l.name == "mind" && belowAny(path, in(minds)) {
		return "one mind never imports another: they tell each other commands, and each owns its promises alone"
	}
	return l.why
}

func TestTheLawOfImports(t *testing.T) {
	root := moduleRoot(t)
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) { // a build's temporary file, gone meanwhile
				return nil
			}
			return err
		}
		base := d.Name()
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "node_modules" || name == "data") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		complaints, err := judge(name, src)
		if err != nil {
			return err
		}
		for _, c := range complaints {
			t.Error(c)
		}
		files++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("only %d files were read: the walk does not see the module", files)
	}
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// TestEveryBanBites feeds the judge a small file for every row of the law, so that a ban
// that catches nothing is noticed, and so that what is allowed stays allowed.
func TestEveryBanBites(t *testing.T) {
	source := func(imports string, body string) string {
		s := "package p\n\n"
		if imports != "" {
			s += "import " + imports + "\n\n"
		}
		return s + body + "\n"
	}
	bites := func(name, src, reason string) {
		t.Helper()
		got, err := judge(name, src)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, src)
		}
		if len(got) != 1 || !strings.HasSuffix(got[0], ": "+reason) {
			t.Errorf("%s must be told %q, was told %q\n%s", name, reason, got, src)
		}
	}
	silent := func(name, src string) {
		t.Helper()
		got, err := judge(name, src)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, src)
		}
		if len(got) != 0 {
			t.Errorf("%s may do this, was told %q\n%s", name, got, src)
		}
	}
	quoted := func(path string) string { return strconv.Quote(path) }

	for _, l := range layers {
		for _, folder := range l.folders {
			file, test := folder+"/x.go", folder+"/x_test.go"
			if l.open {
				silent(file, source(`"github.com/cockroachdb/pebble/v2"`, "func f() { go f() }"))
				continue
			}
			silent(file, source(`"fmt"`, ""))
			silent(file, source(`"time"`, "func f(now time.Time) time.Duration { return now.Sub(time.UnixMilli(0)) }"))
			silent(file, source("", "func f(time struct{ Now int }) int { return time.Now }"))
			for _, may := range l.may {
				silent(file, source(quoted(may), ""))
				silent(test, source(quoted(may), ""))
			}
			for _, may := range testsMay {
				bites(file, source(quoted(may), ""), l.why)
				silent(test, source(quoted(may), ""))
			}
			silent(test, source(quoted(module+"/"+folder), "")) // a test from outside, package x_test
			bites(file, source(quoted(module+"/cmd/switchyard"), ""), l.why)
			bites(file, source(quoted("example.com/anything"), ""), l.why)
			bites(file, source(quoted(module+"/"+folder+"/xtest"), ""), "a shared suite is for tests: what the engine needs belongs into the package itself")
			bites(file, source(`. "fmt"`, ""), whyDot)

			for _, o := range owners {
				if o.folder == folder {
					continue
				}
				bites(file, source(quoted(o.path+"/v2"), ""), o.why)
				bites(test, source(quoted(o.path+"/v2"), ""), o.why)
			}
			for path, names := range serving {
				if l.pure || l.name == "gateway" {
					continue // may not import it at all, or may serve
				}
				for _, n := range names {
					bites(file, source("web "+quoted(path), "var x = web."+n), whyServe)
				}
			}
			if !l.pure {
				continue
			}
			for _, b := range impure {
				for _, p := range []string{b.path, b.path + "/below"} {
					bites(file, source(quoted(p), ""), b.why)
					silent(test, source(quoted(p), ""))
				}
				for _, p := range b.except {
					silent(file, source(quoted(p), ""))
				}
			}
			for _, b := range banned {
				for _, n := range b.names {
					bites(file, source(quoted(b.path), "var x = "+b.path+"."+n), b.why)
					bites(file, source("other "+quoted(b.path), "var x = other."+n), b.why)
					silent(test, source(quoted(b.path), "var x = "+b.path+"."+n))
				}
			}
			bites(file, source("", "func f() { go f() }"), whyGo)
			silent(test, source("", "func f() { go f() }"))
		}
	}

	silent(scratch, source(`"sync"`, "var x sync.Pool"))
	bites(scratch, source(`"sync"`, "var x sync.Mutex"), whyScratch)

	for _, one := range minds {
		for _, other := range minds {
			src := source(quoted(module+"/"+other), "")
			if one == other {
				silent(one+"/x_test.go", src)
				continue
			}
			for _, file := range []string{one + "/x.go", one + "/x_test.go"} {
				bites(file, src, "one mind never imports another: they tell each other commands, and each owns its promises alone")
			}
		}
	}
	got, err := judge("actors/newcomer/x.go", source("", ""))
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "has no row in the law of imports") {
		t.Errorf("a folder without a row must be told so, was told %q, %v", got, err)
	}
}
