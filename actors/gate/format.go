package gate

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/protocol"
)

// Limits of the form's values in characters, which are Unicode code points (domain 8.3).
const (
	nameCharactersMax    = 100
	emailCharactersMax   = 100
	addressCharactersMax = 255
)

// What a field accepts, as the sentence that a refused value is answered with. The
// value itself is not repeated: it is personal data, and errors end up in logs.
var (
	errName    = errors.New("NAME takes 1-100 characters, not only spaces and no control characters")
	errPhone   = errors.New("PHONE takes a mobile number: 010, 011, 016, 017, 018 or 019 and 7 or 8 digits")
	errEmail   = errors.New("EMAIL takes an address like name@example.com of at most 100 characters without spaces")
	errBirth   = errors.New("BIRTH takes a date as YYYYMMDD or YYYY-MM-DD, from 1900-01-01 to today")
	errAddress = errors.New("ADDRESS takes 1-255 characters, not only spaces")
)

// Validate checks a value of the profile form and gives it back as it is to be
// stored (domain 8.3, R-086). A stored value is valid and stays as it is. today is
// the date in the site's zone, the latest date of birth.
//
// An error is the customer's to mend and says what the field accepts. What comes by
// `cus_extra_phone` is stored as given and does not pass here.
func Validate(field protocol.ProfileField, value string, today protocol.Date) (stored string, err error) {
	switch field {
	case protocol.FieldName:
		return name(value)
	case protocol.FieldPhone:
		return phone(value)
	case protocol.FieldEmail:
		return email(value)
	case protocol.FieldBirth:
		return birth(value, today)
	case protocol.FieldAddress:
		return address(value)
	default:
		return "", fmt.Errorf("there is no profile field %v", field)
	}
}

func name(value string) (string, error) {
	trimmed := strings.TrimSpace(value)
	if !length(trimmed, nameCharactersMax) || strings.ContainsFunc(value, unicode.IsControl) {
		return "", errName
	}
	return trimmed, nil
}

func phone(value string) (string, error) {
	digits := strings.ReplaceAll(strings.ReplaceAll(value, " ", ""), "-", "")
	if len(digits) != 10 && len(digits) != 11 || !isDigits(digits) {
		return "", errPhone
	}
	if digits[:2] != "01" || !strings.Contains("016789", digits[2:3]) {
		return "", errPhone
	}
	return digits, nil
}

// email keeps the local part as it is, because its owner decides whether case
// matters there, and lower-cases the domain, where it does not.
func email(value string) (string, error) {
	local, domain, found := strings.Cut(value, "@")
	switch {
	case !found || local == "" || strings.Contains(domain, "@"):
		return "", errEmail
	case !strings.Contains(domain, ".") || domain[0] == '.' || domain[len(domain)-1] == '.' || strings.Contains(domain, ".."):
		return "", errEmail
	case !length(value, emailCharactersMax) || strings.ContainsFunc(value, spaceOrControl):
		return "", errEmail
	}
	return local + "@" + strings.ToLower(domain), nil
}

// birth reads both forms as the shorter one.
func birth(value string, today protocol.Date) (string, error) {
	digits := value
	if len(value) == len("YYYY-MM-DD") && value[4] == '-' && value[7] == '-' {
		digits = value[:4] + value[5:7] + value[8:]
	}
	if len(digits) != len("YYYYMMDD") || !isDigits(digits) {
		return "", errBirth
	}
	d := protocol.Date{Year: number(digits[:4]), Month: time.Month(number(digits[4:6])), Day: number(digits[6:])}
	if !exists(d) || d.Year < 1900 || later(d, today) {
		return "", errBirth
	}
	return digits[:4] + "-" + digits[4:6] + "-" + digits[6:], nil
}

// address is stored as it was chosen, line breaks included.
func address(value string) (string, error) {
	if !length(value, addressCharactersMax) || strings.TrimSpace(value) == "" {
		return "", errAddress
	}
	return value, nil
}

// length says whether the text is valid and has 1 to most characters.
func length(text string, most int) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= most
}

func spaceOrControl(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// isDigits knows only 0 to 9: the other digits of Unicode would be stored as they are.
func isDigits(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// number reads digits.
func number(digits string) (n int) {
	for _, r := range digits {
		n = 10*n + int(r-'0')
	}
	return n
}

// exists says whether the date exists: the calendar would move 30 February into March.
func exists(d protocol.Date) bool {
	y, m, day := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Date()
	return d == protocol.Date{Year: y, Month: m, Day: day}
}

// later says whether d is after than.
func later(d, than protocol.Date) bool {
	if d.Year != than.Year {
		return d.Year > than.Year
	}
	if d.Month != than.Month {
		return d.Month > than.Month
	}
	return d.Day > than.Day
}
