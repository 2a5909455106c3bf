package protocol

import "strings"

// Templates are texts that an agent sends without typing (domain 20).

// TemplateType says what a template holds.
type TemplateType uint8

const (
	TextTemplate  TemplateType = iota + 1 // 텍스트형
	MixedTemplate                         // 혼합형: an image and a text
)

var templateTypes = named{"", "TEXT", "MIXED"}

func (t TemplateType) String() string { return templateTypes.name(int(t)) }

// ParseTemplateType reads a type's name.
func ParseTemplateType(s string) (TemplateType, error) {
	i, err := templateTypes.parse(s)
	return TemplateType(i), err
}

// Template is one text, shared by the site or one account's own.
type Template struct {
	ID    string
	Type  TemplateType
	Title string    // 1-50 characters
	Text  string    // 1-1,000 characters, with placeholders
	File  string    // id of an uploaded image, of a mixed one
	Owner AccountID // "" = shared
}

func (t *Template) code(c *coder) {
	codeString(c, 1, &t.ID)
	codeUint(c, 2, &t.Type)
	codeString(c, 3, &t.Title)
	codeString(c, 4, &t.Text)
	codeString(c, 5, &t.File)
	codeString(c, 6, &t.Owner)
}

// SeenBy says whether the account may read and send the template.
func (t *Template) SeenBy(a AccountID) bool { return t.Owner == "" || t.Owner == a }

// Placeholders of a template, filled in when it is sent (domain 20 point 5).
const (
	PlaceAgent    = "[counselor_name]"
	PlaceCustomer = "[customer_name]"
)

// Fill replaces the placeholders in one pass: what a name brings in is not read again.
func (t *Template) Fill(agent, customer string) string {
	return strings.NewReplacer(PlaceAgent, agent, PlaceCustomer, customer).Replace(t.Text)
}

// SaveTemplate creates or replaces a template; goes to the site.
type SaveTemplate struct {
	Template Template
	Create   bool
}

// RemoveTemplate takes a template away; what was sent with it stays.
type RemoveTemplate struct{ ID string }

func (SaveTemplate) CommandName() string   { return "site.template" }
func (RemoveTemplate) CommandName() string { return "site.template_remove" }

// TemplateSaved replaces a template.
type TemplateSaved struct {
	Template Template
	By       AccountID
	Old      Template // what it replaces; no ID = nothing
}

func (*TemplateSaved) EventCode() EventCode     { return CodeTemplateSaved }
func (*TemplateSaved) Shown() (desk, room bool) { return false, false }
func (e *TemplateSaved) code(c *coder) {
	codeStruct(c, 1, &e.Template)
	codeString(c, 2, &e.By)
	codeStruct(c, 3, &e.Old)
}

// TemplateRemoved takes a template away.
type TemplateRemoved struct {
	Template Template // as it was
	By       AccountID
}

func (*TemplateRemoved) EventCode() EventCode     { return CodeTemplateRemoved }
func (*TemplateRemoved) Shown() (desk, room bool) { return false, false }
func (e *TemplateRemoved) code(c *coder)          { codeStruct(c, 1, &e.Template); codeString(c, 2, &e.By) }
