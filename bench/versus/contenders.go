package versus

import (
	"maps"
	"slices"
)

// contenders are those that can take part besides the node, by name. The files with the build tag
// "versus" add themselves.
var contenders = map[string]func() Contender{}

// Names lists them.
func Names() []string { return slices.Sorted(maps.Keys(contenders)) }

// New makes a contender of Names.
func New(name string) Contender { return contenders[name]() }
