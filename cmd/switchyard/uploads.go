package main

import (
	"crypto/sha256"
	"fmt"

	"switchyard/persistence"
	"switchyard/protocol"
)

// The contents of uploads lie beside the store, each under the hash of what lies there. What was uploaded for a room is sealed
// with its customer's key, so that it is unreadable once that is destroyed, also in a copy of the directory; the site's own
// images are nobody's and lie as they are.

// uploadContext says what was sealed; which content it is, the hash says that names it.
var uploadContext = []byte("upload")

// saveFile keeps a content and fills in where it lies.
func (n *node) saveFile(content []byte, row *protocol.FileRow) error {
	hash := sha256.Sum256(content)
	row.Hash = hash[:]
	if row.Seal != 0 {
		content = n.store.Keys().Seal(nil, row.Seal, content, uploadContext)
	}
	lies, err := n.files.Put(content)
	if row.Seal != 0 {
		row.Place = lies[:]
	}
	return err
}

// openFile reads a content back; protocol.ErrErased if its key has been destroyed.
func (n *node) openFile(row *protocol.FileRow) ([]byte, error) {
	if len(row.Lies()) != sha256.Size {
		return nil, fmt.Errorf("%w: upload %s", persistence.ErrChecksum, row.ID)
	}
	content, err := n.files.Get([32]byte(row.Lies()))
	if err != nil || row.Seal == 0 {
		return content, err
	}
	return n.store.Keys().Open(nil, row.Seal, content, uploadContext)
}
