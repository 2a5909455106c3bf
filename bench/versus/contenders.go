package versus

// contenders are those that can take part besides the node, by name. The files with the build tag
// "versus" add themselves.
var contenders = map[string]func() Contender{}
