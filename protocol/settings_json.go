package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Settings on the wire are one flat JSON object; the names are those of domain 4.

// setting is one name of the catalogue: how it is shown, and how it is set.
type setting struct {
	name string
	get  func(*Settings) any
	set  func(*Settings, json.RawMessage) error
}

// settingsTable is the catalogue of domain 4, in its order.
var settingsTable = buildSettings()

// SettingNames lists every setting, in the catalogue's order.
func SettingNames() []string {
	names := make([]string, len(settingsTable))
	for i, s := range settingsTable {
		names[i] = s.name
	}
	return names
}

// AppendSettings appends the settings as a JSON object.
func AppendSettings(dst []byte, s *Settings) []byte {
	dst = append(dst, '{')
	for i, set := range settingsTable {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONString(dst, set.name)
		dst = append(dst, ':')
		v, err := json.Marshal(set.get(s))
		if err != nil {
			panic(err) // plain values
		}
		dst = append(dst, v...)
	}
	return append(dst, '}')
}

// ChangeSettingsJSON applies a JSON object of changes to a copy of s. It gives the new value, and
// the changed names with their new and their old values as JSON objects. The first bad value
// refuses the whole change and names its field.
func ChangeSettingsJSON(s *Settings, changes []byte) (next *Settings, news, olds []byte, err error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(changes, &given); err != nil {
		return nil, nil, nil, Reject(BadRequest, "settings are a JSON object")
	}
	copied := *s
	next = &copied
	known := 0
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for _, set := range settingsTable {
		raw, ok := given[set.name]
		if !ok {
			continue
		}
		known++
		before := plainJSON(set.get(next))
		if err := set.set(next, raw); err != nil {
			return nil, nil, nil, RejectField(BadRequest, set.name, err.Error())
		}
		if after := plainJSON(set.get(next)); !bytes.Equal(before, after) {
			was[set.name], is[set.name] = before, after
		}
	}
	if known != len(given) {
		for name := range given {
			if !slices.ContainsFunc(settingsTable, func(s setting) bool { return s.name == name }) {
				return nil, nil, nil, RejectField(BadRequest, name, "is not a setting")
			}
		}
	}
	next.Number = s.Number + 1
	return next, plainJSON(is), plainJSON(was), nil
}

func plainJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return b
}

func read[T any](raw json.RawMessage, what string) (T, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil || string(raw) == "null" {
		return v, fmt.Errorf("must be %s", what)
	}
	return v, nil
}

func enum[T fmt.Stringer](parse func(string) (T, error), field func(*Settings) *T, only ...string) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	get := func(s *Settings) any { return (*field(s)).String() }
	set := func(s *Settings, raw json.RawMessage) error {
		name, err := read[string](raw, "a text")
		if err != nil {
			return err
		}
		if len(only) > 0 && !slices.Contains(only, name) {
			return fmt.Errorf("must be one of %q", only)
		}
		v, err := parse(name)
		if err == nil {
			*field(s) = v
		}
		return err
	}
	return get, set
}

func boolean(field func(*Settings) *bool) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return *field(s) }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[bool](raw, "true or false")
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

func text(lo, hi int, field func(*Settings) *string) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return *field(s) }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[string](raw, "a text")
		if err != nil {
			return err
		}
		if n := utf8.RuneCountInString(v); n < lo || n > hi || v != "" && strings.TrimSpace(v) == "" {
			return fmt.Errorf("must have %d to %d characters", lo, hi)
		}
		*field(s) = v
		return nil
	}
}

// minutes is a timer: 0 or null is off.
func minutes(lo, hi, step int, field func(*Settings) *int) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	get := func(s *Settings) any {
		if *field(s) == 0 {
			return nil
		}
		return *field(s)
	}
	return get, func(s *Settings, raw json.RawMessage) error {
		if string(raw) == "null" {
			*field(s) = 0
			return nil
		}
		v, err := read[int](raw, "whole minutes, or null for off")
		if err != nil {
			return err
		}
		if v != 0 && (v < lo || v > hi || v%step != 0) {
			return fmt.Errorf("must be null or %d to %d minutes in steps of %d", lo, hi, step)
		}
		*field(s) = v
		return nil
	}
}

func accounts(field func(*Settings) *[]AccountID) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	get := func(s *Settings) any {
		if *field(s) == nil {
			return []AccountID{}
		}
		return *field(s)
	}
	return get, func(s *Settings, raw json.RawMessage) error {
		v, err := read[[]AccountID](raw, "a list of account ids")
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

func mapping(field func(*Settings) *map[string][]AccountID) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	get := func(s *Settings) any {
		if *field(s) == nil {
			return map[string][]AccountID{}
		}
		return *field(s)
	}
	return get, func(s *Settings, raw json.RawMessage) error {
		v, err := read[map[string][]AccountID](raw, "an object of lists of account ids")
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

// dayHoursJSON is one entry of the weekly rule: {"open":true,"from":"09:00","to":"18:00","next_day":false} or {"open":true,"all_day":true}.
type dayHoursJSON struct {
	Open    bool   `json:"open"`
	AllDay  bool   `json:"all_day,omitempty"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	NextDay bool   `json:"next_day,omitempty"`
}

// MarshalJSON shows the entry with clock times.
func (h DayHours) MarshalJSON() ([]byte, error) {
	v := dayHoursJSON{Open: h.Open, AllDay: h.AllDay, NextDay: h.NextDay}
	if h.Open && !h.AllDay {
		v.From, v.To = ClockText(h.From), ClockText(h.To)
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads the entry and checks it (domain 10.1).
func (h *DayHours) UnmarshalJSON(b []byte) error {
	v, err := read[dayHoursJSON](b, `{"open", "from", "to", "all_day", "next_day"}`)
	if err != nil {
		return err
	}
	*h = DayHours{Open: v.Open, AllDay: v.AllDay && v.Open}
	if !v.Open || v.AllDay {
		return nil
	}
	if h.From, err = ParseClock(v.From); err == nil {
		h.To, err = ParseClock(v.To)
	}
	h.NextDay = v.NextDay
	switch {
	case err != nil:
		return err
	case h.From == 1440:
		return fmt.Errorf("from must be before 24:00")
	case !h.NextDay && h.To <= h.From:
		return fmt.Errorf("to must be after from, or next_day be set")
	case h.NextDay && h.To > h.From:
		return fmt.Errorf("a span is at most 24 hours long")
	}
	return nil
}

// ClockText shows minutes after midnight as HH:MM.
func ClockText(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }

// ParseClock reads HH:MM, 00:00 to 24:00, as minutes after midnight.
func ParseClock(s string) (int, error) {
	if len(s) == 5 && s[2] == ':' {
		h, m := two(s[:2]), two(s[3:])
		if h >= 0 && m >= 0 && m < 60 && (h < 24 || h == 24 && m == 0) {
			return h*60 + m, nil
		}
	}
	return 0, fmt.Errorf("%q is not a time HH:MM", s)
}

func two(s string) int {
	if s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

func dayHours(field func(*Settings) *DayHours) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return *field(s) }, func(s *Settings, raw json.RawMessage) error {
		var v DayHours
		if err := v.UnmarshalJSON(raw); err != nil {
			return err
		}
		*field(s) = v
		return nil
	}
}

func buildSettings() []setting {
	var t []setting
	add := func(name string, get func(*Settings) any, set func(*Settings, json.RawMessage) error) {
		t = append(t, setting{name, get, set})
	}
	pair := func(name string) func(func(*Settings) any, func(*Settings, json.RawMessage) error) {
		return func(g func(*Settings) any, s func(*Settings, json.RawMessage) error) { add(name, g, s) }
	}
	pair("name")(text(1, 60, func(s *Settings) *string { return &s.Name }))
	pair("processor_name")(text(1, 60, func(s *Settings) *string { return &s.ProcessorName }))
	pair("plan")(enum(ParsePlan, func(s *Settings) *Plan { return &s.Plan }))
	pair("billing_mode")(enum(ParseBillingMode, func(s *Settings) *BillingMode { return &s.Billing.Mode }))
	add("time_zone", func(s *Settings) any { return s.TimeZone }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[string](raw, "an IANA time zone")
		if err != nil {
			return err
		}
		if _, err := time.LoadLocation(v); err != nil || v == "" || v == "Local" {
			return fmt.Errorf("must be an IANA time zone")
		}
		s.TimeZone = v
		return nil
	})
	add("language", func(s *Settings) any { return s.Language }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[string](raw, "ko or en")
		if err == nil && v != "ko" && v != "en" {
			err = fmt.Errorf("must be ko or en")
		}
		if err == nil {
			s.Language = v
		}
		return err
	})
	pair("consulting_enabled")(boolean(func(s *Settings) *bool { return &s.Consulting }))
	pair("distribution.mode")(enum(ParseMode, func(s *Settings) *Mode { return &s.Mode }))
	pair("distribution.balancer")(enum(ParseBalancer, func(s *Settings) *Balancer { return &s.Balancer }))
	pair("distribution.selector")(enum(ParseSelector, func(s *Settings) *Selector { return &s.Selector }))
	pair("distribution.scope")(accounts(func(s *Settings) *[]AccountID { return &s.Scope }))
	pair("distribution.category_agents")(mapping(func(s *Settings) *map[string][]AccountID { return &s.CategoryAgents }))
	pair("distribution.channel_agents")(mapping(func(s *Settings) *map[string][]AccountID { return &s.ChannelAgents }))
	pair("distribution.require_presence")(boolean(func(s *Settings) *bool { return &s.RequirePresence }))
	t = append(t, extraSettings()...)
	pair("backlog.mode")(enum(ParseBacklog, func(s *Settings) *Backlog { return &s.Backlog }))
	pair("no_agent_policy")(enum(ParsePolicy, func(s *Settings) *Policy { return &s.NoAgentPolicy }, "REJECT", "WAIT"))
	add("site_open_room_limit", func(s *Settings) any { return s.OpenRoomLimit }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[int](raw, "a whole number")
		if err == nil && (v < 0 || v > 10_000_000) {
			err = fmt.Errorf("must be 0 (none) to 10,000,000")
		}
		if err == nil {
			s.OpenRoomLimit = v
		}
		return err
	})
	pair("overflow_policy")(enum(ParsePolicy, func(s *Settings) *Policy { return &s.OverflowPolicy }, "WAIT", "REJECT"))
	pair("hours.weekday")(dayHours(func(s *Settings) *DayHours { return &s.Week.Weekday }))
	pair("hours.saturday")(dayHours(func(s *Settings) *DayHours { return &s.Week.Saturday }))
	pair("hours.sunday")(dayHours(func(s *Settings) *DayHours { return &s.Week.Sunday }))
	add("after_hours_intake", func(s *Settings) any {
		if s.AfterHours {
			return "ON"
		}
		return "OFF"
	}, func(s *Settings, raw json.RawMessage) error {
		v, err := read[string](raw, "ON or OFF")
		if err == nil && v != "ON" && v != "OFF" {
			err = fmt.Errorf("must be ON or OFF")
		}
		if err == nil {
			s.AfterHours = v == "ON"
		}
		return err
	})
	pair("autoclose.customer_silence")(minutes(1, 10_070, 1, func(s *Settings) *int { return &s.SilenceMinutes }))
	pair("autoclose.agent_delay")(minutes(10, 10_070, 10, func(s *Settings) *int { return &s.DelayMinutes }))
	pair("autoclose.business_clock")(boolean(func(s *Settings) *bool { return &s.BusinessClock }))
	pair("autoclose.gate_source")(enum(ParseGateSource, func(s *Settings) *GateSource { return &s.GateSource }))
	pair("profile.enabled")(boolean(func(s *Settings) *bool { return &s.Profile.Enabled }))
	add("profile.message", func(s *Settings) any { return s.Say(MPrompt, Words{}) }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[string](raw, "a text")
		if n := utf8.RuneCountInString(v); err == nil && (n < 1 || n > 1000 || strings.TrimSpace(v) == "") {
			err = fmt.Errorf("must have 1 to 1,000 characters")
		}
		if err == nil {
			s.setText(MPrompt, v)
		}
		return err
	})
	pair("profile.image")(image(func(s *Settings) *string { return &s.Profile.Image }))
	add("profile.fields", func(s *Settings) any {
		names := make([]string, len(s.Profile.Fields))
		for i, f := range s.Profile.Fields {
			names[i] = f.String()
		}
		return names
	}, func(s *Settings, raw json.RawMessage) error {
		names, err := read[[]string](raw, "a list of fields")
		if err != nil {
			return err
		}
		fields := make([]ProfileField, 0, len(names))
		for _, n := range names {
			f, err := ParseProfileField(n)
			if err != nil {
				return err
			}
			if slices.Contains(fields, f) {
				return fmt.Errorf("%s stands twice", n)
			}
			fields = append(fields, f)
		}
		if len(fields) == 0 {
			return fmt.Errorf("must name at least one field")
		}
		s.Profile.Fields = fields
		return nil
	})
	pair("profile.policy")(enum(ParsePolicy, func(s *Settings) *Policy { return &s.Profile.Policy }, "ASSIGN", "WAIT"))
	add("profile.consent", func(s *Settings) any {
		if s.Profile.ConsentURL == "" {
			return nil
		}
		return s.Profile.ConsentURL
	}, func(s *Settings, raw json.RawMessage) error {
		if string(raw) == "null" {
			s.Profile.ConsentURL = ""
			return nil
		}
		v, err := read[string](raw, "an address, or null for off")
		if err != nil {
			return err
		}
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(v) > 2000 {
			return fmt.Errorf("must be an http or https address, or null for off")
		}
		s.Profile.ConsentURL = v
		return nil
	})
	for _, code := range ConfigurableTexts() {
		if code == MPrompt {
			continue // profile.message
		}
		add("messages."+code.String(), func(s *Settings) any { return s.raw(code) }, func(s *Settings, raw json.RawMessage) error {
			v, err := read[string](raw, "a text")
			if err == nil && utf8.RuneCountInString(v) > 1000 {
				err = fmt.Errorf("must have at most 1,000 characters")
			}
			if err == nil && code == MTitle && utf8.RuneCountInString(v) > 100 {
				err = fmt.Errorf("must have at most 100 characters")
			}
			if err == nil {
				s.setText(code, v)
			}
			return err
		})
		if code == MGreet {
			pair("messages.M-GREET.image")(image(func(s *Settings) *string { return &s.GreetImage }))
		}
	}
	pair("busy_time")(boolean(func(s *Settings) *bool { return &s.BusyTime }))
	add("info.default_tab", func(s *Settings) any { return s.InfoDefaultTab }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[string](raw, "a tab")
		if tabs := []string{"room", "customer", "history", "custom"}; err == nil && !slices.Contains(tabs, v) {
			err = fmt.Errorf("must be one of %q", tabs)
		}
		if err == nil {
			s.InfoDefaultTab = v
		}
		return err
	})
	pair("change_request.auto_approve")(boolean(func(s *Settings) *bool { return &s.AutoApprove }))
	pair("billing.kakao_unit")(won(func(s *Settings) *int { return &s.Billing.KakaoUnit }))
	pair("billing.sms_unit")(won(func(s *Settings) *int { return &s.Billing.SMSUnit }))
	pair("billing.alimtalk_unit")(won(func(s *Settings) *int { return &s.Billing.AlimtalkUnit }))
	pair("billing.day_start")(timeOfDay(func(s *Settings) *int { return &s.Billing.DayStart }))
	pair("billing.account_prices")(planPrices(func(s *Settings) *PlanPrices { return &s.Billing.Accounts }))
	pair("journey.data_start")(day(func(s *Settings) *Date { return &s.JourneyStart }))
	pair("journey.snapshot_at")(timeOfDay(func(s *Settings) *int { return &s.JourneyAt }))
	pair("retention.rooms")(retention(func(s *Settings) *int { return &s.RetentionDays }))
	pair("enforce_plans")(boolean(func(s *Settings) *bool { return &s.EnforcePlans }))
	pair("typing.preview")(boolean(func(s *Settings) *bool { return &s.PreviewTyping }))
	add("origins", func(s *Settings) any {
		if s.Origins == nil {
			return []string{}
		}
		return s.Origins
	}, func(s *Settings, raw json.RawMessage) error {
		v, err := read[[]string](raw, "a list of origins")
		if err != nil {
			return err
		}
		for _, o := range v {
			u, err := url.Parse(o)
			if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || o != u.Scheme+"://"+u.Host || o != strings.ToLower(o) {
				return fmt.Errorf("%q is not an origin like https://shop.example", o)
			}
		}
		s.Origins = v
		return nil
	})
	return t
}

// raw is a configurable text as it was written or its default; setText changes it in a copy.
func (s *Settings) raw(code TextCode) string {
	if t, ok := s.Texts[code]; ok {
		return t
	}
	if code == MQueue {
		return "" // optional: off until a site writes one
	}
	return defaultTexts[code]
}

func (s *Settings) setText(code TextCode, v string) {
	next := make(map[TextCode]string, len(s.Texts)+1)
	for k, t := range s.Texts {
		next[k] = t
	}
	next[code] = v
	s.Texts = next
}
