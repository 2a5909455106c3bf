package protocol

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// The published contract: schema/*.json are the payloads, asyncapi.yaml and openapi.yaml the
// two surfaces. These tests hold them to the golden frames, to the tables of this package,
// and to what the gateway's source says it serves.

const schemaRoot = "https://switchyard.invalid/schema/" // never fetched

func readJSON(t *testing.T, path string) any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// schemaFiles gives the published schemas by their name without .json.
func schemaFiles(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob("schema/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no schemas", err)
	}
	all := map[string]any{}
	for _, path := range files {
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = readJSON(t, path)
	}
	return all
}

// compile compiles the schemas. Receivers are open; our own senders are held to the closed
// copy, in which an object may have no member that the contract does not name.
func compile(t *testing.T, files map[string]any, closed bool) map[string]*jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	for name, doc := range files {
		if closed {
			doc = shut(doc)
		}
		if err := c.AddResource(schemaRoot+name+".json", doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	all := map[string]*jsonschema.Schema{}
	for name := range files {
		s, err := c.Compile(schemaRoot + name + ".json")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = s
	}
	return all
}

// shut gives a copy in which every object that names its members has no others.
func shut(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v)+1)
		for k, x := range v {
			out[k] = shut(x)
		}
		if _, names := v["properties"]; names && v["type"] == "object" && v["additionalProperties"] == nil {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = shut(x)
		}
		return out
	}
	return v
}

func keys(v any) []string {
	m, _ := v.(map[string]any)
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// goldenFrameFiles gives each golden frame with the schema that it belongs to.
func goldenFrameFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenFrames, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden frames", err)
	}
	all := map[string]string{}
	for _, path := range files {
		direction, _, _ := strings.Cut(filepath.Base(path), ".")
		frame, ok := readJSON(t, path).(map[string]any)
		typ, _ := frame["type"].(string)
		if !ok || typ == "" || direction != "client" && direction != "server" || !strings.HasPrefix(filepath.Base(path), direction+"."+typ+".") {
			t.Errorf("%s: a golden frame is called client.<type>… or server.<type>…, this one is of type %q", path, typ)
		}
		all[path] = direction + "." + typ
	}
	return all
}

func TestGoldenFramesMatchTheContract(t *testing.T) {
	files := schemaFiles(t)
	open, closed := compile(t, files, false), compile(t, files, true)
	used := map[string]bool{"types": true}
	for path, name := range goldenFrameFiles(t) {
		if open[name] == nil {
			t.Errorf("%s: the contract has no schema/%s.json", path, name)
			continue
		}
		used[name] = true
		frame := readJSON(t, path)
		if err := closed[name].Validate(frame); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if err := open[name].Validate(frame); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		// Tomorrow's optional member passes the open schema and not the closed one.
		frame.(map[string]any)["tomorrow"] = true
		if err := open[name].Validate(frame); err != nil {
			t.Errorf("%s: a receiver must ignore a member that it does not know: %v", path, err)
		}
		if closed[name].Validate(frame) == nil {
			t.Errorf("%s: the closed copy of the schema lets an unknown member through", path)
		}
	}
	for name := range files {
		if !used[name] {
			t.Errorf("schema/%s.json has no golden frame: add one to %s", name, goldenFrames)
		}
	}
}

// TestTheClosedCopyCatchesMembersWithin: an accidental member deep inside a frame.
func TestTheClosedCopyCatchesMembersWithin(t *testing.T) {
	files := schemaFiles(t)
	closed := compile(t, files, true)
	for path, name := range goldenFrameFiles(t) {
		frame := readJSON(t, path).(map[string]any)
		data, ok := frame["data"].(map[string]any)
		if !ok || name == "client.ack" {
			continue
		}
		data["account_secret"] = "x"
		if closed[name].Validate(frame) == nil {
			t.Errorf("%s: data.account_secret would not be noticed", path)
		}
	}
}

// TestSchemasAreDraft07: one source for the validator, the pages' types and AsyncAPI, whose
// dialect is draft-07; a keyword of a later draft would be silently ignored somewhere.
func TestSchemasAreDraft07(t *testing.T) {
	keywords := strings.Fields(`$schema $ref title description definitions type const enum properties required additionalProperties propertyNames
		items minItems maxItems minProperties maxProperties minimum maximum minLength maxLength pattern format anyOf`)
	var walk func(name, at string, v any)
	walk = func(name, at string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		for k, x := range m {
			if !slices.Contains(keywords, k) {
				t.Errorf("%s%s: the keyword %s is not one that every reader of these files knows", name, at, k)
			}
			switch k {
			case "properties", "definitions":
				for p, y := range x.(map[string]any) {
					walk(name, at+"/"+p, y)
				}
			case "items", "additionalProperties", "propertyNames":
				walk(name, at+"/"+k, x)
			case "anyOf":
				for i, y := range x.([]any) {
					walk(name, at+"/"+strconv.Itoa(i), y)
				}
			}
		}
		if ref, ok := m["$ref"]; ok && len(m) != 1 {
			t.Errorf("%s%s: beside $ref (%v) draft-07 ignores everything", name, at, ref)
		}
	}
	for name, doc := range schemaFiles(t) {
		walk(name, "", doc)
		if doc.(map[string]any)["$schema"] != "http://json-schema.org/draft-07/schema#" {
			t.Errorf("%s does not say that it is draft-07", name)
		}
	}
}

// TestTheContractKnowsEveryName: the closed sets of the schemas are those of the code.
func TestTheContractKnowsEveryName(t *testing.T) {
	defs := schemaFiles(t)["types"].(map[string]any)["definitions"].(map[string]any)
	names := func(set named, not ...string) []string {
		var all []string
		for _, n := range set[1:] {
			if !slices.Contains(not, n) {
				all = append(all, n)
			}
		}
		return all
	}
	var codes []string
	for _, c := range RejectCodes() {
		codes = append(codes, c.String())
	}
	for def, want := range map[string][]string{
		"room_state":      append([]string{"OPENED"}, names(roomStates)...),
		"channel":         names(channels),
		"role":            names(roles, "SYSTEM"),
		"cause":           names(causes),
		"end_actor":       names(endActors),
		"end_reason":      names(endReasons),
		"sender":          names(senders),
		"message_kind":    names(messageKinds, "card"),
		"flag":            append([]string{""}, names(flags)...),
		"profile_field":   names(profileFields),
		"want":            names(wants),
		"conn":            names(conns),
		"outcome":         names(outcomes),
		"template_type":   names(templateTypes),
		"request_kind":    names(requestKinds),
		"request_outcome": names(requestOutcomes),
		"mode":            names(modes),
		"text_code":       names(textCodes),
		"error_code":      codes,
	} {
		d, ok := defs[def].(map[string]any)
		if !ok {
			t.Errorf("types.json has no %s", def)
			continue
		}
		var got []string
		for _, n := range d["enum"].([]any) {
			got = append(got, n.(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("types.json: %s is %q, the code says %q", def, got, want)
		}
	}
}

// sources gives the text of a package's files without its tests; the contract may look at
// the gateway, which it may not import.
func sources(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(b)
	}
	return all
}

const gatewayDir = "../actors/gateway"

// TestTheGatewayWritesNoFrameWithoutSchema finds the frames that the gateway writes itself.
func TestTheGatewayWritesNoFrameWithoutSchema(t *testing.T) {
	files := schemaFiles(t)
	frame := regexp.MustCompile(`\{"type":"([a-z.]+)"|(?:Frame|head)\("((?:queue|board)\.[a-z]+)"`)
	found := 0
	for path, text := range sources(t, gatewayDir) {
		for _, m := range frame.FindAllStringSubmatch(text, -1) {
			found++
			if typ := m[1] + m[2]; files["server."+typ] == nil {
				t.Errorf("%s writes the frame %s, which the contract does not have", path, typ)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d frames were found in %s: does this test still know how they are written?", found, gatewayDir)
	}
}

func readYAML(t *testing.T, path string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return doc
}

// dig follows keys into a document.
func dig(v any, path ...string) any {
	for _, k := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// eachRef calls f with every $ref of a document.
func eachRef(v any, f func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && k == "$ref" {
				f(s)
			}
			eachRef(x, f)
		}
	case []any:
		for _, x := range v {
			eachRef(x, f)
		}
	}
}

func TestAsyncAPI(t *testing.T) {
	doc := readYAML(t, "asyncapi.yaml")
	files := schemaFiles(t)
	referenced := map[string]bool{"types": true}
	eachRef(doc, func(ref string) {
		file, inside, _ := strings.Cut(ref, "#")
		if file == "" {
			if dig(doc, strings.Split(strings.TrimPrefix(inside, "/"), "/")...) == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			return
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, "./schema/"), ".json")
		if files[name] == nil {
			t.Errorf("%s: there is no such file", ref)
		}
		referenced[name] = true
	})
	for name := range files {
		if !referenced[name] {
			t.Errorf("schema/%s.json is no message of asyncapi.yaml", name)
		}
	}

	// The codes, as the code has them.
	var codes []string
	rows, _ := doc["x-error-codes"].([]any)
	for i, row := range rows {
		name, _ := dig(row, "code").(string)
		codes = append(codes, name)
		if c := RejectCode(i + 1); name != c.String() || dig(row, "retryable") != c.Retryable() || dig(row, "status") != c.Status() {
			t.Errorf("x-error-codes: %v; the code says %s, retryable %v, status %d", row, c, c.Retryable(), c.Status())
		}
	}
	if len(codes) != len(RejectCodes()) {
		t.Errorf("x-error-codes has %d rows, the code %d", len(codes), len(RejectCodes()))
	}

	// Every close code that the gateway sends is explained.
	closes := map[int]bool{}
	rows, _ = doc["x-close-codes"].([]any)
	for _, row := range rows {
		code, ok := dig(row, "code").(int)
		if !ok || dig(row, "meaning") == nil || dig(row, "client") == nil {
			t.Errorf("x-close-codes: %v wants code, meaning and client", row)
		}
		closes[code] = true
	}
	constant := regexp.MustCompile(`(?m)^\s*(close[A-Z]\w*)\s*=\s*(\d{4})\b`)
	found := 0
	for path, text := range sources(t, gatewayDir) {
		for _, m := range constant.FindAllStringSubmatch(text, -1) {
			code, _ := strconv.Atoi(m[2])
			found++
			if code != 1006 && !closes[code] { // 1006 is never sent
				t.Errorf("%s: %s is %d, which x-close-codes does not explain", path, m[1], code)
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d close codes were found in %s: does this test still know how they are written?", found, gatewayDir)
	}
}

// The gateway's table of routes: at("/v1/…", map[string]route{"GET": …}), where site+"…" is
// below one site.
var (
	routeRow    = regexp.MustCompile(`\bat\((site\+)?"([^"]*)", map\[string\]route\{(.*)`)
	routeMethod = regexp.MustCompile(`"(GET|POST|PATCH|PUT|DELETE)": \{`)
)

func TestOpenAPIHasEveryRoute(t *testing.T) {
	served := map[string]bool{}
	for _, text := range sources(t, gatewayDir) {
		for _, row := range routeRow.FindAllStringSubmatch(text, -1) {
			path := row[2]
			if row[1] != "" {
				path = "/v1/sites/{site}/" + path
			}
			for _, m := range routeMethod.FindAllStringSubmatch(row[3], -1) {
				served[m[1]+" "+path] = true
			}
		}
	}
	described := map[string]bool{}
	paths, _ := readYAML(t, "openapi.yaml")["paths"].(map[string]any)
	for path, item := range paths {
		for method := range item.(map[string]any) {
			if m := strings.ToUpper(method); slices.Contains([]string{"GET", "POST", "PATCH", "PUT", "DELETE"}, m) {
				described[m+" "+path] = true
			}
		}
	}
	if len(served) < 10 {
		t.Fatalf("hardly a route was found in %s: does this test still know how they are written?", gatewayDir)
	}
	for r := range served {
		if !described[r] {
			t.Errorf("the gateway serves %s, openapi.yaml does not describe it", r)
		}
	}
	for r := range described {
		if !served[r] {
			t.Errorf("openapi.yaml describes %s, the gateway does not serve it", r)
		}
	}
}

// TestOpenAPI: references lead somewhere, every schema compiles (draft 2020-12, the dialect of
// OpenAPI 3.1), every operation names its problems, and the examples fit their schemas.
func TestOpenAPI(t *testing.T) {
	doc := readYAML(t, "openapi.yaml")
	eachRef(doc, func(ref string) {
		file, inside, _ := strings.Cut(ref, "#")
		if file != "" {
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: there is no such file", ref)
			}
			return
		}
		if dig(doc, strings.Split(strings.TrimPrefix(inside, "/"), "/")...) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	})
	c := openAPI(t, doc)
	schemas, _ := dig(doc, "components", "schemas").(map[string]any)
	for name := range schemas {
		if _, err := c.Compile(openAPIRoot + "#/components/schemas/" + name); err != nil {
			t.Errorf("components/schemas/%s: %v", name, err)
		}
	}
	checked := 0
	var examples func(at string, v any)
	examples = func(at string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			if list, ok := v.([]any); ok {
				for i, x := range list {
					examples(at+"/"+strconv.Itoa(i), x)
				}
			}
			return
		}
		if example, ok := m["example"]; ok && m["schema"] != nil {
			s, err := c.Compile(openAPIRoot + "#" + at + "/schema")
			if err != nil {
				t.Errorf("%s: %v", at, err)
			} else if err := s.Validate(example); err != nil {
				t.Errorf("%s: the example: %v", at, err)
			}
			checked++
		}
		for k, x := range m {
			examples(at+"/"+strings.ReplaceAll(strings.ReplaceAll(k, "~", "~0"), "/", "~1"), x)
		}
	}
	examples("", doc)
	if checked < 10 {
		t.Errorf("only %d examples were checked", checked)
	}
	paths, _ := doc["paths"].(map[string]any)
	for path, item := range paths {
		for method, op := range item.(map[string]any) {
			responses, ok := dig(op, "responses").(map[string]any)
			if !ok {
				continue // parameters of the path
			}
			if responses["default"] == nil {
				t.Errorf("%s %s does not say how it refuses", method, path)
			}
			if dig(op, "operationId") == nil || dig(op, "summary") == nil {
				t.Errorf("%s %s has no operationId or no summary", method, path)
			}
		}
	}
	if got := fmt.Sprint(doc["openapi"]); !strings.HasPrefix(got, "3.1.") {
		t.Errorf("openapi %s", got)
	}
}

// TestOpenAPIHasEverySetting: the settings of the document are those of the catalogue, and the
// defaults fit.
func TestOpenAPIHasEverySetting(t *testing.T) {
	doc := readYAML(t, "openapi.yaml")
	described := keys(dig(doc, "components", "schemas", "Settings", "properties"))
	names := SettingNames()
	slices.Sort(names)
	for _, n := range names {
		if !slices.Contains(described, n) {
			t.Errorf("openapi.yaml does not describe the setting %s", n)
		}
	}
	for _, n := range described {
		if !slices.Contains(names, n) {
			t.Errorf("openapi.yaml describes %s, which is no setting", n)
		}
	}
	c := openAPI(t, doc)
	s, err := c.Compile(openAPIRoot + "#/components/schemas/Settings")
	if err != nil {
		t.Fatal(err)
	}
	defaults := DefaultSettings()
	defaults.Name = "에이씨미"
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(AppendSettings(nil, &defaults))))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

const openAPIRoot = "https://switchyard.invalid/openapi.yaml"

// openAPI makes the document's schemas compilable: draft 2020-12, the dialect of OpenAPI 3.1.
func openAPI(t *testing.T, doc map[string]any) *jsonschema.Compiler {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for name, file := range schemaFiles(t) {
		if err := c.AddResource(schemaRoot+name+".json", file); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.AddResource(openAPIRoot, v); err != nil {
		t.Fatal(err)
	}
	return c
}
