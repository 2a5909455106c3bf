package site

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestX32AnExportStandsInTheLog, and changes nothing of the site; only managers and the administrator have reports.
func TestX32AnExportStandsInTheLog(t *testing.T) {
	x := begin(t)
	b := protocol.RecordExport{Report: "sqi.csv", Query: "group=agent", From: protocol.Date{Year: 2021, Month: time.June, Day: 1}, To: protocol.Date{Year: 2021, Month: time.June, Day: 9}, Rows: 7}
	facts := *x.s
	x.do(b)
	e := x.step.Events[0].(*protocol.ReportExported)
	require.Equal(t, "sqi.csv", e.Report)
	require.Equal(t, "group=agent", e.Query)
	require.EqualValues(t, 7, e.Rows)
	require.NotEmpty(t, e.By)
	facts.Log = x.s.Log
	require.Equal(t, facts, *x.s, "nothing but the number of the newest event")
	require.Equal(t, protocol.Forbidden, x.tryAs(protocol.Caller{Role: protocol.Agent, Site: x.s.Addr.Site, Account: "anna"}, b).Code)
	b.Report = ""
	require.Equal(t, protocol.BadRequest, x.tryAs(boss, b).Code)
}
