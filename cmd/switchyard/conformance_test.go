package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The conformance table of docs/protocol.md has its thirteen rows, and each names tests that exist.
func TestTheConformanceTableNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("../../docs/protocol.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(page), "## What the node is held to")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n## ")
	var sources strings.Builder
	for _, root := range []string{"../../actors", "."} {
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			sources.Write(b)
			return err
		}))
	}
	rows, named := 0, 0
	for line := range strings.Lines(table) {
		if !regexp.MustCompile(`^\| \d+ \|`).MatchString(line) {
			continue
		}
		rows++
		for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(line, -1) {
			named++
			require.Contains(t, sources.String(), "func "+name[1]+"(", "row: %s", line)
		}
	}
	require.Equal(t, 13, rows)
	require.Greater(t, named, 13)
}
