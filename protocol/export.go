package protocol

// ExportQueryMax bounds what is kept of the question that a file answered, in bytes.
const ExportQueryMax = 500

// RecordExport notes that a report left as a file; the gateway asks before the file's end leaves.
type RecordExport struct {
	Report   string // and the form: "sqi.csv"
	Query    string // what was asked for beside the days, URL-encoded; at most ExportQueryMax bytes
	From, To Date   // the days, both inclusive
	Rows     int64
	Cut      bool // it broke off: Rows had been made by then, and not all of them arrived
}

// CommandName see Body.
func (RecordExport) CommandName() string { return "site.record_export" }

// ReportExported says who took which report out as a file.
type ReportExported struct {
	By       AccountID
	Report   string
	Query    string
	From, To Date
	Rows     int64
	Cut      bool
}

func (*ReportExported) EventCode() EventCode     { return CodeReportExported }
func (*ReportExported) Shown() (desk, room bool) { return false, false }
func (e *ReportExported) code(c *coder) {
	codeString(c, 1, &e.By)
	codeString(c, 2, &e.Report)
	codeString(c, 3, &e.Query)
	codeStruct(c, 4, &e.From)
	codeStruct(c, 5, &e.To)
	codeInt(c, 6, &e.Rows)
	codeBool(c, 7, &e.Cut)
}
