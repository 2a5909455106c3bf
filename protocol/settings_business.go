package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// The settings of a site's account with the vendor (domain 3.1, 4): plan, prices, when days begin.

// won is a price in whole won.
func won(field func(*Settings) *int) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return *field(s) }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[int](raw, "whole won")
		if err == nil && (v < 0 || v > wonMax) {
			err = fmt.Errorf("must be 0 to 1,000,000 won")
		}
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

const wonMax = 1_000_000

// timeOfDay is a clock time of every day, as minutes after midnight.
func timeOfDay(field func(*Settings) *int) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return ClockText(*field(s)) }, func(s *Settings, raw json.RawMessage) error {
		text, err := read[string](raw, "a time HH:MM")
		if err != nil {
			return err
		}
		v, err := ParseClock(text)
		if err == nil && v == 24*60 {
			err = fmt.Errorf("must be 00:00 to 23:59")
		}
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

// day is a calendar day.
func day(field func(*Settings) *Date) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return field(s).String() }, func(s *Settings, raw json.RawMessage) error {
		text, err := read[string](raw, "a day YYYY-MM-DD")
		if err != nil {
			return err
		}
		t, err := time.Parse(time.DateOnly, text)
		if err != nil || t.Year() < 2000 || t.Year() > 2199 {
			return fmt.Errorf("must be a day YYYY-MM-DD of 2000 to 2199")
		}
		*field(s) = Date{t.Year(), t.Month(), t.Day()}
		return nil
	}
}

// String gives YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// image is the id of an uploaded file, or null for none. Whether there is such a file, and whether it fits,
// is for the site to say, which can look at it.
func image(field func(*Settings) *string) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	get := func(s *Settings) any {
		if *field(s) == "" {
			return nil
		}
		return *field(s)
	}
	return get, func(s *Settings, raw json.RawMessage) error {
		if string(raw) == "null" {
			*field(s) = ""
			return nil
		}
		v, err := read[string](raw, "the id of an uploaded file, or null for none")
		if err == nil && !ValidFile(v) {
			err = fmt.Errorf("must be the id of an uploaded file, or null for none")
		}
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

// Notice is something that an administrator should know of settings that are allowed.
type Notice struct {
	Code  string // backlog_manual, privacy_notice
	Field string // the setting it is about
	Text  string // English
}

// Notices are the notices of these settings, in the order of the catalogue.
func (s *Settings) Notices() []Notice {
	var all []Notice
	if s.Profile.Enabled {
		all = append(all, Notice{"privacy_notice", "processor_name",
			"the privacy notice must name the processor (" + s.ProcessorName + ") and the purpose of the profile data"})
	}
	if s.Profile.Enabled && s.EffectivePolicy() == PolicyWait && s.Backlog == BacklogManual {
		all = append(all, Notice{"backlog_manual", "profile.policy",
			"rooms wait for the profile and backlog.mode is MANUAL: a manager must assign every one of them"})
	}
	return all
}

// PlanPrices is what a paid account and month costs, in won, by plan (domain 19.1). What the public list does
// not name is agreed by contract, and 0 until it is set.
type PlanPrices struct {
	Free       int `json:"FREE"`
	Starter    int `json:"STARTER"`
	Team       int `json:"TEAM"`
	Pro        int `json:"PRO"`
	Enterprise int `json:"ENTERPRISE"`
}

// Of is the price of a plan.
func (p *PlanPrices) Of(plan Plan) int {
	switch plan {
	case PlanFree:
		return p.Free
	case PlanStarter:
		return p.Starter
	case PlanTeam:
		return p.Team
	case PlanPro:
		return p.Pro
	case PlanEnterprise:
		return p.Enterprise
	}
	return 0
}

func planPrices(field func(*Settings) *PlanPrices) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return *field(s) }, func(s *Settings, raw json.RawMessage) error {
		v := *field(s) // a plan that is not named keeps its price
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil || string(raw) == "null" {
			return fmt.Errorf("must be an object of plans and whole won")
		}
		for _, price := range []int{v.Free, v.Starter, v.Team, v.Pro, v.Enterprise} {
			if price < 0 || price > wonMax {
				return fmt.Errorf("must be 0 to 1,000,000 won each")
			}
		}
		*field(s) = v
		return nil
	}
}
