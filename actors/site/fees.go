package site

import (
	"switchyard/protocol"
)

// monthTurned is the account fee of the month that has begun since the calendar's last look: each 1st
// of the site's zone once, by its date, also after a restart, because how far the calendar has looked is durable
// with the fee. Months that a clock jumped over as a whole cost nothing: nobody was served in them.
// What counts are the accounts of this moment, whatever their role and whether they consult: an account that
// was given up in the middle of a month is paid for to its end, and costs nothing from the next 1st on.
func (s *State) monthTurned(f *protocol.SiteFacts, c protocol.Command) (fee protocol.ChargeAccounts, due bool) {
	if s.Until == 0 { // a new site: the first month that begins is the next one
		return fee, false
	}
	was, now := s.Until.Time().In(f.Zone), c.Wall.In(f.Zone)
	if was.Year() == now.Year() && was.Month() == now.Month() {
		return fee, false
	}
	return protocol.ChargeAccounts{
		Month: protocol.Date{Year: now.Year(), Month: now.Month(), Day: 1}, Accounts: s.paidAccounts(),
		Price: s.Settings.Billing.Accounts.Of(s.Settings.Plan), At: protocol.At(c.Wall),
	}, true
}

// paidAccounts counts the accounts in use: certified ones (3.2) that are not disabled.
func (s *State) paidAccounts() (n int) {
	for _, a := range s.Accounts {
		if a.Certified && !a.Disabled {
			n++
		}
	}
	return n
}
