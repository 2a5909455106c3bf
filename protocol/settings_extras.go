package protocol

import (
	"encoding/json"
	"fmt"
)

// The settings of distribution that go beyond the vendor's. Each is off in the zero value, and
// then distribution is domain 9 as written.

// Extras are these settings.
type Extras struct {
	Priority      PriorityRules // distribution.priority
	LastAgent     bool          // distribution.last_agent: the agent of the customer's last consultation comes first
	LastAgentWait int           // and how many seconds a room waits for that agent who is full; 0 = not at all
	RampUp        RampUp        // distribution.ramp_up
	OfferSeconds  int           // distribution.offer: how long an agent may think about an automatic assignment; 0 = it is not asked
	WrapUpSeconds int           // distribution.wrap_up: how long a seat stays taken after its room; 0 = off
	BusinessClock bool          // autoclose.business_clock: T2 counts opening hours only; on in a newly made site
}

// PriorityMax is the first class of the line; 0 is the default and the last one.
const PriorityMax = 9

// PriorityRules give a room its class in the line (distribution.priority): the highest that applies
// at its request. Inside a class the line stays first in, first out.
type PriorityRules struct {
	Grade    map[string]int `json:"grade"`    // customer grade (NONE, VIP, BLACKLIST) -> class, 0-9
	Category map[string]int `json:"category"` // category id -> class, 0-9; a level-1 category speaks for its level-2 ones, too
}

// Class is the class of a request.
func (p *PriorityRules) Class(f *SiteFacts, grade Grade, category string) uint8 {
	class := p.Grade[grade.String()]
	if category != "" {
		class = max(class, p.Category[category])
		if k := f.Categories[category]; k != nil && k.Parent != "" {
			class = max(class, p.Category[k.Parent])
		}
	}
	return uint8(class)
}

// RampUp spreads the first rooms of an agent who just came online (distribution.ramp_up):
// between two of the first Rooms automatic assignments lie at least Seconds.
type RampUp struct {
	Rooms   int `json:"rooms"`   // 2-100; 0 = off
	Seconds int `json:"seconds"` // 1-3,600
}

// Limits of these settings, in seconds unless said otherwise.
const (
	prioritiesMax  = 1000 // entries of one kind
	lastWaitMax    = 3600
	offerMin       = 5
	offerMax       = 600
	rampRoomsMin   = 2
	rampRoomsMax   = 100
	rampSecondsMax = 3600
	wrapUpMax      = 3600
)

// extraSettings are the settings' names, and how they are shown and set.
func extraSettings() []setting {
	return []setting{
		{"distribution.priority", func(s *Settings) any {
			return PriorityRules{Grade: orEmpty(s.Priority.Grade), Category: orEmpty(s.Priority.Category)}
		}, setPriority},
		{"distribution.last_agent", func(s *Settings) any { return whenOn(s.LastAgent, s.LastAgentWait) }, func(s *Settings, raw json.RawMessage) error {
			v, on, err := seconds(raw, 0, lastWaitMax)
			if err == nil {
				s.LastAgent, s.LastAgentWait = on, v
			}
			return err
		}},
		{"distribution.ramp_up", func(s *Settings) any { return whenOn(s.RampUp.Rooms > 0, s.RampUp) }, setRampUp},
		{"distribution.wrap_up", func(s *Settings) any { return whenOn(s.WrapUpSeconds > 0, s.WrapUpSeconds) }, func(s *Settings, raw json.RawMessage) error {
			v, _, err := seconds(raw, 1, wrapUpMax)
			if err == nil {
				s.WrapUpSeconds = v
			}
			return err
		}},
		{"distribution.offer", func(s *Settings) any { return whenOn(s.OfferSeconds > 0, s.OfferSeconds) }, func(s *Settings, raw json.RawMessage) error {
			v, _, err := seconds(raw, offerMin, offerMax)
			if err == nil {
				s.OfferSeconds = v
			}
			return err
		}},
	}
}

// whenOn shows a value, or null for off.
func whenOn(on bool, v any) any {
	if !on {
		return nil
	}
	return v
}

func orEmpty(m map[string]int) map[string]int {
	if m == nil {
		return map[string]int{}
	}
	return m
}

// seconds reads whole seconds; null is off.
func seconds(raw json.RawMessage, lo, hi int) (v int, on bool, err error) {
	if string(raw) == "null" {
		return 0, false, nil
	}
	if v, err = read[int](raw, "whole seconds, or null for off"); err == nil && (v < lo || v > hi) {
		err = fmt.Errorf("must be null (off) or %d to %d seconds", lo, hi)
	}
	return v, err == nil, err
}

func setPriority(s *Settings, raw json.RawMessage) error {
	v, err := read[PriorityRules](raw, `{"grade": {name: class}, "category": {id: class}}`)
	if err != nil {
		return err
	}
	for what, m := range map[string]map[string]int{"grade": v.Grade, "category": v.Category} {
		if len(m) > prioritiesMax {
			return fmt.Errorf("%s has more than %d entries", what, prioritiesMax)
		}
		for name, class := range m {
			if what == "grade" {
				if _, err := ParseGrade(name); err != nil {
					return fmt.Errorf("grade: %w", err)
				}
			}
			if name == "" || class < 0 || class > PriorityMax {
				return fmt.Errorf("%s: a class is 0 (default) to %d (first)", what, PriorityMax)
			}
		}
	}
	s.Priority = v
	return nil
}

func setRampUp(s *Settings, raw json.RawMessage) error {
	if string(raw) == "null" {
		s.RampUp = RampUp{}
		return nil
	}
	v, err := read[RampUp](raw, `{"rooms", "seconds"}, or null for off`)
	switch {
	case err != nil:
		return err
	case v.Rooms < rampRoomsMin || v.Rooms > rampRoomsMax:
		return fmt.Errorf("rooms must be %d to %d", rampRoomsMin, rampRoomsMax)
	case v.Seconds < 1 || v.Seconds > rampSecondsMax:
		return fmt.Errorf("seconds must be 1 to %d", rampSecondsMax)
	}
	s.RampUp = v
	return nil
}
