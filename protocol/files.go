package protocol

import (
	"crypto/sha256"
	"regexp"
)

// FileRow is what is known of an uploaded file; its content lies beside the store, sealed with the key of the room's customer, under
// the hash of what lies there. It is a row, and the body of FileSaved.
type FileRow struct {
	ID      string
	Hash    []byte // SHA-256 of the content
	Type    string // image/jpeg or image/png
	Size    int    // bytes
	Width   int    // pixels
	Height  int
	Room    RoomID      // the room it was uploaded for; "" = the site's own: settings, templates
	Key     CustomerKey // whose room that is
	Account AccountID   // who uploaded it; "" = the customer
	At      Instant
	Seal    uint64 // number of the customer's key: with it the content, Key and Hash are sealed; 0 = they are not
	Place   []byte // SHA-256 of the sealed content, under which it lies; empty = it lies under Hash, as it is
}

// Lies is the hash under which the content lies.
func (f *FileRow) Lies() []byte {
	if len(f.Place) > 0 {
		return f.Place
	}
	return f.Hash
}

func (f *FileRow) code(c *coder) {
	codeString(c, 1, &f.ID)
	if c.reading || f.Seal == 0 {
		codeBytes(c, 2, &f.Hash)
	}
	codeString(c, 3, &f.Type)
	codeInt(c, 4, &f.Size)
	codeInt(c, 5, &f.Width)
	codeInt(c, 6, &f.Height)
	codeString(c, 7, &f.Room)
	if c.reading || f.Seal == 0 {
		codeString(c, 8, &f.Key)
	}
	codeString(c, 9, &f.Account)
	codeInt(c, 10, &f.At)
	codeUint(c, 11, &f.Seal)
	codeBytes(c, 12, &f.Place)
	if c.reading || f.Seal != 0 {
		codePersonal(c, 40, &f.Key)
		c.personal(func() { codeBytes(c, 41, &f.Hash) })
	}
}

// AppendFile and DecodeFile are the row's value.
func AppendFile(dst []byte, f *FileRow) []byte { return encodeRow(dst, f, f.Seal) }

// DecodeFile reads a file's row; one that was not opened, or whose customer was erased, is without Key and Hash. Errors are ErrWire.
func DecodeFile(b []byte) (*FileRow, error) {
	f := new(FileRow)
	return f, decode(Unmarked(b), f)
}

// FileRowKey is the key of a file's row.
func FileRowKey(site SiteID, id string) []byte { return RowKey(site, id) }

// FileRef names a file's row for those who decide about it.
func FileRef(site SiteID, id string) Ref {
	return Ref{Row: RowFile, Key: string(FileRowKey(site, id))}
}

var fileID = regexp.MustCompile(`^f_[0-9a-z]{1,64}$`)

// ValidFile says whether the text can be the id of an uploaded file.
func ValidFile(id string) bool { return fileID.MatchString(id) }

// FileIDFrom is the id of a file: the same for a repeat of the same upload, unguessable else.
func FileIDFrom(site SiteID, sender string, id ClientID, c Chance) string {
	if id == "" {
		return Token("f_", "file", c)
	}
	b := append([]byte(site), 0)
	b = append(append(b, sender...), 0)
	sum := sha256.Sum256(append(b, id...))
	return "f_" + idAlphabet.EncodeToString(sum[:16])
}

// FileSaved is an upload whose content is on the disk.
type FileSaved struct {
	File     FileRow
	ClientID ClientID
}

func (*FileSaved) EventCode() EventCode     { return CodeFileSaved }
func (*FileSaved) Shown() (desk, room bool) { return false, false }
func (e *FileSaved) code(c *coder) {
	file := &e.File
	if !c.reading && e.File.Seal != 0 { // the customer's stands apart
		facts := e.File
		facts.Key, facts.Hash = "", nil
		file = &facts
	}
	codeStruct(c, 1, file)
	codeString(c, 2, &e.ClientID)
	if c.reading || e.File.Seal != 0 {
		codePersonal(c, 3, &e.File.Key)
		c.personal(func() { codeBytes(c, 4, &e.File.Hash) })
	}
}

// SealedBy is the customer's.
func (e *FileSaved) SealedBy() uint64 { return e.File.Seal }

// SaveFile records an upload; from the gateway, which has checked, re-encoded and synced the content, to the
// customer directory. ID and At are the directory's to fill in.
type SaveFile struct{ File FileRow }

// CommandName is site.file in logs and metrics.
func (SaveFile) CommandName() string { return "site.file" }

// FileAnswer answers an upload.
type FileAnswer struct {
	File      FileRow
	Duplicate bool
}

func (FileAnswer) result() {}
