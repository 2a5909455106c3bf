// Package trace reads the call-by-call record of a real contact center (the
// "anonymous bank" files: tab-separated, one header line, 17 columns) and cuts
// one day out of it. Read row.go for one line, day.go for what a day is, and
// shifts.go for who was on duty; figures.go says what the record itself says
// about the day.
package trace
