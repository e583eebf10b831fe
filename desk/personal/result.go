package personal

import (
	"maps"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Result is a copy of a result in which what is personal is masked; c is the call of its
// applications, or nil when nobody knows it any more: then all text is masked as if it
// stood on paper. What has a place keeps it.
func Result(c *call.Call, r *bundle.Result) *bundle.Result {
	out := *r
	out.Applications = make([]bundle.Application, len(r.Applications))
	for i := range r.Applications {
		out.Applications[i] = Application(c, &r.Applications[i])
	}
	return &out
}

// Application is Result for one application.
func Application(c *call.Call, a *bundle.Application) bundle.Application {
	out := *a
	out.Fields = maps.Clone(a.Fields)
	for key, f := range out.Fields {
		def := definition(c, key)
		f.Value, f.Note = Value(def, f.Value), Mask(f.Note)
		f.Raw, _ = Value(def, f.Raw).(string)
		out.Fields[key] = f
	}
	out.Seals = slices.Clone(a.Seals)
	for i, s := range out.Seals {
		out.Seals[i].Text, out.Seals[i].Note = Mask(s.Text), Mask(s.Note)
	}
	out.Checks = slices.Clone(a.Checks)
	for i, k := range out.Checks {
		out.Checks[i].Message = Message(c, a, k)
	}
	return out
}

// definition is what a call says of a field, nil for nothing.
func definition(c *call.Call, key string) *call.Field {
	if c == nil {
		return nil
	}
	return c.Field(key)
}

// Value masks the value of a field, whatever its type; def is what the call says of the
// field, nil for nothing.
func Value(def *call.Field, value any) any {
	hide := Mask
	if def != nil && Type(def.Type) {
		hide = MaskValue
	}
	switch value := value.(type) {
	case string:
		return hide(value)
	case []string:
		out := make([]string, len(value))
		for i, s := range value {
			out[i] = Mask(s)
		}
		return out
	case []map[string]string:
		out := make([]map[string]string, len(value))
		for i, row := range value {
			out[i] = maps.Clone(row)
			for key, cell := range row {
				out[i][key] = Cell(def, key, cell)
			}
		}
		return out
	}
	return value
}

// Cell masks the cell of a table in the column key; def is what the call says of the
// table, nil for nothing.
func Cell(def *call.Field, key, cell string) string {
	if def != nil && slices.ContainsFunc(def.Columns, func(c call.Column) bool { return c.Key == key && Type(c.Type) }) {
		return MaskValue(cell)
	}
	return Mask(cell)
}

// Message masks the message of one of an application's checks, which may quote the value
// that it is about.
func Message(c *call.Call, a *bundle.Application, k bundle.Check) string {
	message := k.Message
	parts := strings.Split(k.ID, ".")
	if f := definition(c, parts[min(1, len(parts)-1)]); f != nil && Type(f.Type) {
		if value, _ := a.Fields[f.Key].Value.(string); value != "" {
			message = strings.ReplaceAll(message, value, MaskValue(value))
		}
	}
	return Mask(message)
}
