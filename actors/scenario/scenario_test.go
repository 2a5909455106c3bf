package scenario

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the stories' outcomes anew")

// TestStories plays every story on bare values and on the whole engine; both must tell it alike,
// and as it is written down.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			story, err := os.ReadFile(file)
			require.NoError(t, err)
			plain, err := play(string(story), newBare)
			require.NoError(t, err, "on bare values")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(plain), 0o644))
			} else {
				require.Equal(t, string(story), plain, "on bare values")
			}
			engine, err := play(string(story), newFull)
			require.NoError(t, err, "on the whole engine")
			require.Equal(t, plain, engine, "the engine tells the story differently")
		})
	}
}
