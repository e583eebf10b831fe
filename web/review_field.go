package web

import (
	"slices"
	"strconv"
	"strings"

	"sealdesk/bundle"
	"sealdesk/desk/personal"
	"sealdesk/extract/call"
)

// definition is what the call says of a field, nil for nothing.
func (v viewer) definition(key string) *call.Field {
	if v.b.Call == nil {
		return nil
	}
	return v.b.Call.Field(key)
}

func (v viewer) label(key string) string {
	if f := v.definition(key); f != nil {
		return f.Label
	}
	return key
}

// fields gives all fields, in the order of the form; those that the call does not know
// come last.
func (v viewer) fields() []fieldView {
	var keys []string
	if v.b.Call != nil {
		for i := range v.b.Call.Fields {
			f := &v.b.Call.Fields[i]
			if _, found := v.app.Fields[f.Key]; found || v.asked(f) {
				keys = append(keys, f.Key)
			}
		}
	}
	var rest []string
	for key := range v.app.Fields {
		if !slices.Contains(keys, key) {
			rest = append(rest, key)
		}
	}
	slices.Sort(rest)
	out := make([]fieldView, 0, len(keys)+len(rest))
	for _, key := range append(keys, rest...) {
		out = append(out, v.field(key))
	}
	return out
}

// asked says whether a field that was not found has to be there.
func (v viewer) asked(f *call.Field) bool {
	return f.Required && (f.RequiredWhen == nil || v.statusOf("field."+f.Key+".present") != "")
}

// statusOf is the outcome of a check, "" where it was not asked.
func (v viewer) statusOf(id string) bundle.Status {
	for _, c := range v.app.Checks {
		if c.ID == id {
			return c.Status
		}
	}
	return ""
}

// sure is how sure the reader has to be of a value that nobody looks at.
const sure = 0.8

func (v viewer) field(key string) fieldView {
	def := v.definition(key)
	f, found := v.app.Fields[key]
	out := fieldView{
		placeView: v.place(f.Page, &f.Box), Key: key, ID: "f-" + key, Target: "field:" + key, Label: v.label(key),
		Percent: int(f.Confidence*100 + .5), Note: f.Note, Mark: f.Corrected, Absent: !found, May: v.may && def != nil,
	}
	if def != nil && personal.Type(def.Type) && !v.open {
		out.May = false
	}
	out.Doubt = f.Corrected == nil && (!found || f.Note != "" || f.Confidence < sure || v.complained(key))
	if def != nil && def.Type == call.Rows {
		out.Columns, out.Rows = def.Columns, v.rows(def, f.Value)
		out.Blank = len(out.Rows) == 0
		return out
	}
	out.Text = v.shown(def, f.Value)
	out.Blank = out.Text == ""
	out.Long = def != nil && def.Type == call.LongText
	return out
}

// complained says whether a check about a field's own value does not pass.
func (v viewer) complained(key string) bool {
	return slices.ContainsFunc(v.app.Checks, func(c bundle.Check) bool {
		return c.Status != bundle.Pass && c.Corrected == nil && strings.HasPrefix(c.ID, "field."+key+".")
	})
}

// shown is a value as the visitor may see it.
func (v viewer) shown(def *call.Field, value any) string {
	text := plainValue(def, value)
	switch {
	case v.open:
	case def != nil && personal.Type(def.Type):
		text = personal.MaskValue(text)
	default: // a number may stand in any text
		text = personal.Mask(text)
	}
	return text
}

// plainValue is a value as people read it; a table has a line for each row.
func plainValue(def *call.Field, value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case int:
		return strconv.Itoa(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case []string:
		return strings.Join(value, "、")
	case []map[string]string:
		var lines []string
		for _, row := range value {
			var cells []string
			if def != nil {
				for _, c := range def.Columns {
					cells = append(cells, row[c.Key])
				}
			}
			lines = append(lines, strings.Join(cells, " | "))
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// rows are the cells of a table, column by column as the call has them.
func (v viewer) rows(def *call.Field, value any) [][]string {
	list, _ := value.([]map[string]string)
	var out [][]string
	for _, row := range list {
		var cells []string
		for _, c := range def.Columns {
			cell := row[c.Key]
			if !v.open {
				cell = personal.Cell(def, c.Key, cell)
			}
			cells = append(cells, cell)
		}
		out = append(out, cells)
	}
	return out
}
