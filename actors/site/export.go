package site

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// recordExport notes who took a report out as a file. It changes nothing of the site: it stands in its log.
func recordExport(s *State, c protocol.Command, b protocol.RecordExport) (core.Step, error) {
	if c.Caller.Role != protocol.Admin && c.Caller.Role != protocol.Manager {
		return core.Step{}, protocol.Reject(protocol.Forbidden, "reports are for managers")
	}
	if b.Report == "" || len(b.Report) > 60 || len(b.Query) > protocol.ExportQueryMax {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "report", "must be 1 to 60 bytes, with a query of at most 500")
	}
	return done(c, &protocol.ReportExported{By: c.Caller.Account, Report: b.Report, Query: b.Query, From: b.From, To: b.To, Rows: b.Rows, Cut: b.Cut}), nil
}
