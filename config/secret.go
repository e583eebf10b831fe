package config

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden stands where a secret would be printed.
const hidden = "***"

// Secret is a password or key that does not print itself: with whatever verb or
// encoder, it gives "***", and "" where there is none. It is held behind a pointer,
// as fmt prints what stands in unexported fields without asking.
type Secret struct{ text *string }

// NewSecret makes a secret of text. None is made of "".
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal gives the text itself. Hand it to what needs it and to nothing else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Set says whether there is a secret.
func (s Secret) Set() bool { return s.text != nil }

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return hidden
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return "config.Secret(" + s.String() + ")" }

// Format implements fmt.Formatter, for all verbs, also those that no text has.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && f.Flag('#') {
		text = s.GoString()
	}
	// A fmt.State keeps its errors to itself.
	_, _ = io.WriteString(f, text)
}

// MarshalText implements encoding.TextMarshaler, for JSON and its kin.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML implements yaml.Marshaler.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
