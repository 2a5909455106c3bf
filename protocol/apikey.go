package protocol

// APIKey lets a machine of the customer speak HTTP for an account: with the account's role, or a lower one. The key itself is
// nowhere: Hash is its SHA-256. What the account may not do, because it was disabled or lost its role, the key may not either.
type APIKey struct {
	ID      string
	Name    string // 1-60 characters, what it is for
	Role    Role   // the most that it may do
	Account AccountID
	Hash    []byte // 32 bytes
	Made    Instant
	By      AccountID
}

func (k *APIKey) code(c *coder) {
	codeString(c, 1, &k.ID)
	codeString(c, 2, &k.Name)
	codeUint(c, 3, &k.Role)
	codeString(c, 4, &k.Account)
	codeBytes(c, 5, &k.Hash)
	codeInt(c, 6, &k.Made)
	codeString(c, 7, &k.By)
}

// APIKeyMade is a new key of a site, APIKeyRevoked its end. A key is never changed.
type APIKeyMade struct{ Key APIKey }

func (*APIKeyMade) EventCode() EventCode     { return CodeAPIKeyMade }
func (*APIKeyMade) Shown() (desk, room bool) { return false, false }
func (e *APIKeyMade) code(c *coder)          { codeStruct(c, 1, &e.Key) }

// APIKeyRevoked see APIKeyMade.
type APIKeyRevoked struct {
	ID   string
	Name string
	By   AccountID
}

func (*APIKeyRevoked) EventCode() EventCode     { return CodeAPIKeyRevoked }
func (*APIKeyRevoked) Shown() (desk, room bool) { return false, false }
func (e *APIKeyRevoked) code(c *coder) {
	codeString(c, 1, &e.ID)
	codeString(c, 2, &e.Name)
	codeString(c, 3, &e.By)
}

// MakeAPIKey makes a key; goes to the site, which fills in when and by whom.
type MakeAPIKey struct{ Key APIKey }

// CommandName see Body.
func (MakeAPIKey) CommandName() string { return "site.make_api_key" }

// RevokeAPIKey ends a key at once.
type RevokeAPIKey struct{ ID string }

// CommandName see Body.
func (RevokeAPIKey) CommandName() string { return "site.revoke_api_key" }
