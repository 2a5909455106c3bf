// Package report holds the rules of what a manager reads: the SQI (domain 14), the journey through
// the scenario bot (15) and the figures of the dashboard (16).
//
// It works in three steps, each a function over values:
//
//   - consultation.go: a room keeps a Consultation while it is open and advances it with each of its
//     events; when it closes, what is left is a protocol.Figures.
//   - sqi.go and journey.go: a day is the sum of its rooms' figures, in cells that can be added up.
//   - the table that is shown is made of the cells of the chosen days.
//
// Inside, times are milliseconds; Seconds and Tenths round what is shown. A metric without samples has no
// value: it is shown as "-", never as zero.
package report
