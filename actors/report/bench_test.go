package report_test

import (
	"fmt"
	"testing"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// month folds a month of a million closed rooms of 100 agents, 20 categories and 300,000 customers, each with a walk through the bot.
func month() (cells, journeys [][]byte) {
	const days, rooms = 31, 1_000_000 / 31
	for d := range days {
		var fold report.Day
		for i := range rooms {
			n := d*rooms + i
			at := protocol.Instant(1_622_505_600_000 + int64(d)*86_400_000 + int64(i)*2_000)
			f := protocol.Figures{
				State: protocol.Closed, Channel: protocol.Web, Category: fmt.Sprint("c", n%20), Customer: protocol.CustomerNo(n*7919%300_000 + 1),
				CreatedAt: at - 300_000, RequestedAt: at - 200_000, ClosedAt: at, Last: at - 10_000, Actor: protocol.EndedByAgent, Answered: true, Bot: "main",
				Segments: []protocol.Segment{{Agent: protocol.AccountID(fmt.Sprint("a", n%100)), Start: at - 190_000, Answered: at - 150_000, End: at, Hold: 60_000, Wait: 80_000}},
				Moves: []protocol.Move{
					{Stage: 1, Dialogue: protocol.RootDialogue, Exit: protocol.ExitChoice, Label: fmt.Sprint("l", n%12), Next: fmt.Sprint("d", n%12), Count: 1},
					{Stage: 2, Previous: protocol.RootDialogue, Dialogue: fmt.Sprint("d", n%12), Exit: protocol.ExitAgent, Label: protocol.JourneyAgent, Next: protocol.JourneyAgent, Count: 1},
					{Stage: 3, Previous: fmt.Sprint("d", n%12), Dialogue: protocol.JourneyAgent, Exit: protocol.ExitServed, Label: protocol.JourneyServed, Next: protocol.JourneyServed, Count: 1},
				},
			}
			fold.Add(&f)
		}
		parts := fold.Parts([]protocol.BotID{"main"})
		cells, journeys = append(cells, parts[0].Value), append(journeys, parts[1].Value)
	}
	return cells, journeys
}

// BenchmarkAMillionRooms: reports of 31 days and a million rooms, from the rows of their days.
func BenchmarkAMillionRooms(b *testing.B) {
	cells, journeys := month()
	b.Run("sqi", func(b *testing.B) {
		for b.Loop() {
			sum := report.Cells{}
			for _, day := range cells {
				f, err := protocol.DecodeDayFold(day)
				if err != nil {
					b.Fatal(err)
				}
				sum.AddCells(f.Cells)
			}
		}
	})
	b.Run("journey", func(b *testing.B) {
		bytes := 0
		for b.Loop() {
			var j report.Journey
			bytes = 0
			for _, day := range journeys {
				f, err := protocol.DecodeJourneyFold(day)
				if err != nil {
					b.Fatal(err)
				}
				bytes += len(day)
				j.AddDay(f.Cells)
			}
			j.Done()
		}
		b.ReportMetric(float64(bytes)/31, "bytes/day")
	})
}
