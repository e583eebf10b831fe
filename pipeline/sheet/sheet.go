// Package sheet is about separator sheets: the pages with a QR code that a
// clerk lays between applications before a stack goes through the scanner. It
// writes and parses what the code says, finds the code on a scanned page, and
// makes the numbers of receipts.
//
// It draws no sheets (package report does) and splits no bundles (packages
// pipeline and extract do); a sheet whose code cannot be read may still be known
// by its printed title.
package sheet

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Title is printed on every separator sheet. The profiles of calls know it, so
// that a sheet is told from other pages even where its code is torn off.
const Title = "分隔页"

// Sheet is what a separator sheet says of the application behind it.
type Sheet struct {
	Call        string // the call's id; never empty
	Recommender string // the recommending department's name; may be empty
	Receipt     string // the receipt's number, as ValidReceipt wants it; may be empty
}

// The bounds of what a sheet may hold. MaxPayload bytes fit a QR code of version
// 20 with error correction H, whose modules are 1 mm wide on a code of 100 mm.
const (
	MaxCall        = 64 // bytes
	MaxRecommender = 80 // characters
	MaxPayload     = 380
)

// prefix begins what our codes say. The digit is the form's version: a later
// form is another prefix, and foreign to this one.
const prefix = "SEALDESK1"

var (
	// ErrForeign is given for a code that is none of ours.
	ErrForeign = errors.New("not the code of a separator sheet")
	// ErrDamaged is given for a code that begins like ours and is not whole.
	ErrDamaged = errors.New("the separator sheet's code is damaged")
)

// Payload is the text of the sheet's code: the prefix, the three fields and a
// CRC-32 of all before it in eight hexadecimal digits, with bars between them.
// A bar or percent sign in a field is %7C or %25. The same sheet always gives
// the same text. It is an error when a field is not UTF-8, holds characters that
// do not print, or is too long, when the call is missing, and when the receipt's
// number is none.
func (s Sheet) Payload() (string, error) {
	for _, f := range []struct{ name, value string }{
		{"call", s.Call}, {"recommender", s.Recommender}, {"receipt", s.Receipt},
	} {
		if !utf8.ValidString(f.value) {
			return "", fmt.Errorf("sheet: the %s is not UTF-8", f.name)
		}
		if strings.ContainsFunc(f.value, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return "", fmt.Errorf("sheet: the %s holds characters that do not print", f.name)
		}
	}
	switch n := utf8.RuneCountInString(s.Recommender); {
	case s.Call == "":
		return "", errors.New("sheet: the call is missing")
	case len(s.Call) > MaxCall:
		return "", fmt.Errorf("sheet: the call's id has %d bytes, at most %d are allowed", len(s.Call), MaxCall)
	case n > MaxRecommender:
		return "", fmt.Errorf("sheet: the recommender's name has %d characters, at most %d are allowed", n, MaxRecommender)
	case s.Receipt != "" && !ValidReceipt(s.Receipt):
		return "", fmt.Errorf("sheet: %q is no receipt number", s.Receipt)
	}
	text := strings.Join([]string{prefix, escape.Replace(s.Call), escape.Replace(s.Recommender), escape.Replace(s.Receipt)}, "|")
	text = fmt.Sprintf("%s|%08X", text, crc32.ChecksumIEEE([]byte(text)))
	if len(text) > MaxPayload {
		return "", fmt.Errorf("sheet: its code would hold %d bytes, at most %d are allowed", len(text), MaxPayload)
	}
	return text, nil
}

var (
	escape   = strings.NewReplacer("%", "%25", "|", "%7C")
	unescape = strings.NewReplacer("%25", "%", "%7C", "|")
)

// Parse reads what Payload wrote, and nothing else: a text that Payload would
// have written otherwise is refused. Without our prefix the error is ErrForeign,
// else it wraps ErrDamaged.
func Parse(text string) (Sheet, error) {
	rest, ours := strings.CutPrefix(text, prefix+"|")
	if !ours {
		return Sheet{}, ErrForeign
	}
	if len(text) > MaxPayload {
		return Sheet{}, fmt.Errorf("%w: %d bytes", ErrDamaged, len(text))
	}
	parts := strings.Split(rest, "|")
	if len(parts) != 4 {
		return Sheet{}, fmt.Errorf("%w: %d fields", ErrDamaged, len(parts))
	}
	s := Sheet{Call: unescape.Replace(parts[0]), Recommender: unescape.Replace(parts[1]), Receipt: unescape.Replace(parts[2])}
	// Written again it must be the same text: that holds the check digits, the
	// bounds and the escapes against it at once.
	again, err := s.Payload()
	switch {
	case err != nil:
		return Sheet{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	case again != text:
		return Sheet{}, fmt.Errorf("%w: the check digits do not agree", ErrDamaged)
	}
	return s, nil
}
