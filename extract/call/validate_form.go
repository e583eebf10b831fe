package call

import (
	"slices"

	"sealdesk/bundle"
)

// form checks that every place of the form fills a field that suits it, and
// that every field has exactly one place.
func (v *validator) form() {
	form := v.c.Form
	if len(form.Cover) == 0 && len(form.Sections) == 0 {
		v.bad(place{"form"}, "the form is empty: list its cover lines and sections")
		return
	}
	for i, l := range form.Cover {
		at := place{"form", "cover", i}
		if l.Label == "" {
			v.bad(at, "a cover line has no label: give it as printed")
		}
		v.fill(append(at, "field"), l.Field)
	}
	for i, s := range form.Sections {
		v.section(place{"form", "sections", i}, s)
	}
	for i, f := range v.c.Fields {
		if f.Key != "" && !v.filled[f.Key] {
			v.bad(place{"fields", i, "key"}, "no place of the form fills field %q: add it to form or remove the field", f.Key)
		}
	}
}

// fill notes that a place fills the field; types, when given, are what suits.
func (v *validator) fill(at place, key string, types ...FieldType) {
	f := v.known(at, key)
	if f == nil {
		return
	}
	if v.filled[key] {
		v.bad(at, "field %q already has a place in the form: give this place a field of its own", key)
	}
	v.filled[key] = true
	if len(types) > 0 && !slices.Contains(types, f.Type) {
		v.bad(at, "field %q is of type %s: here one of %v is wanted", key, f.Type, types)
	}
}

func (v *validator) section(at place, s Section) {
	if s.Heading == "" {
		v.bad(at, "a section has no heading: give it as printed")
	}
	if s.Kind != GridSection && len(s.Rows) > 0 {
		v.bad(append(at, "rows"), "section %q has rows: only a grid has", s.Heading)
	}
	if s.Kind == GridSection && s.Field != "" {
		v.bad(append(at, "field"), "grid %q has a field: name fields in its rows", s.Heading)
	}
	if s.Kind != OpinionSection && (s.Role != "" || s.Signatory != "" || s.SealLabel != "" || s.Date != "") {
		v.bad(at, "section %q has role, signatory, seal_label or date: only an opinion has", s.Heading)
	}
	switch s.Kind {
	case GridSection:
		v.grid(at, s)
	case TextSection:
		v.fill(append(at, "field"), s.Field, LongText, Text)
	case ChoiceSection:
		v.fill(append(at, "field"), s.Field, Choice)
	case TableSection:
		v.fill(append(at, "field"), s.Field, Rows)
	case OpinionSection:
		v.fill(append(at, "field"), s.Field, LongText, Text)
		if s.Date != "" {
			v.fill(append(at, "date"), s.Date, DateType)
		}
		v.role(append(at, "role"), s.Role, bundle.HostUnit, bundle.RecommendingDept)
	default:
		v.bad(append(at, "kind"), "section %q has the unknown kind %q: use grid, text, choices, table or opinion", s.Heading, s.Kind)
	}
}

func (v *validator) grid(at place, s Section) {
	if len(s.Rows) == 0 {
		v.bad(at, "grid %q has no rows: list its cells row by row", s.Heading)
	}
	for i, row := range s.Rows {
		if len(row) == 0 {
			v.bad(append(at, "rows", i), "a row of %q is empty: list its cells or remove it", s.Heading)
		}
		for j, cell := range row {
			at := append(at, "rows", i, j)
			switch {
			case (cell.Label == "") == (cell.Field == ""):
				v.bad(at, "a cell of %q must be either a label or a field", s.Heading)
			case cell.Span && !v.above(s.Rows, i, cell.Label):
				v.bad(at, "label %q spans from the row above but does not stand there", cell.Label)
			}
			if cell.Field != "" {
				v.fill(append(at, "field"), cell.Field)
			}
		}
	}
}

// above says whether the row above row i holds the label.
func (v *validator) above(rows [][]FormCell, i int, label string) bool {
	return i > 0 && label != "" && slices.ContainsFunc(rows[i-1], func(c FormCell) bool { return c.Label == label })
}

func (v *validator) role(at place, role string, known ...bundle.Role) {
	if !slices.Contains(known, bundle.Role(role)) {
		v.bad(at, "role %q: use one of %v", role, known)
	}
}

// stamps checks what the opinions must carry: seals, signatures and dates.
func (v *validator) stamps() {
	places := map[string]bool{string(bundle.Letter): true}
	for _, s := range v.c.Form.Sections {
		if s.Kind == OpinionSection {
			places[s.Role] = true
		}
	}
	// stamp checks one entry; seen are the roles of its list so far.
	stamp := func(at place, role, label string, seen map[string]bool) {
		switch {
		case seen[role]:
			v.bad(append(at, "role"), "role %q is given twice: keep one", role)
		case !places[role]:
			v.bad(append(at, "role"), "role %q has no place: use letter or the role of an opinion section", role)
		}
		seen[role] = true
		if label == "" {
			v.bad(at, "role %q has no label: give a Chinese name for messages", role)
		}
	}
	seals, signatures, dates := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, s := range v.c.Seals {
		at := place{"seals", i}
		stamp(at, s.Role, s.Label, seals)
		v.known(append(at, "owner"), s.Owner)
		for j, k := range s.Alternatives {
			v.known(append(at, "alternatives", j), k)
		}
	}
	for i, s := range v.c.Signatures {
		stamp(place{"signatures", i}, s.Role, s.Label, signatures)
	}
	deadlines := 0
	for i, d := range v.c.Dates {
		at := place{"dates", i}
		stamp(at, d.Role, d.Label, dates)
		if f := v.known(append(at, "field"), d.Field); f != nil && f.Type != DateType {
			v.bad(append(at, "field"), "field %q is of type %s: here a date is wanted", d.Field, f.Type)
		}
		if d.Deadline {
			if deadlines++; deadlines > 1 {
				v.bad(append(at, "deadline"), "a second date is held against the deadline: keep one")
			}
		}
	}
	for i, c := range v.c.Consistency {
		if c.Seal != "" && !seals[c.Seal] {
			v.bad(place{"consistency", i, "seal"}, "no seal has the role %q: use one from seals", c.Seal)
		}
	}
}

// rules checks consistency, quota and duplicate.
func (v *validator) rules() {
	seen := map[string]bool{}
	for i, c := range v.c.Consistency {
		at := place{"consistency", i}
		if !keyShape.MatchString(c.ID) || seen[c.ID] {
			v.bad(append(at, "id"), "consistency id %q: give each its own name of small letters, digits and _", c.ID)
		}
		seen[c.ID] = true
		if c.Label == "" {
			v.bad(at, "consistency %q has no label: give a Chinese name for messages", c.ID)
		}
		if len(c.Fields) < 2 {
			v.bad(append(at, "fields"), "consistency %q compares fewer than two fields: name two or more", c.ID)
		}
		for j, k := range c.Fields {
			v.known(append(at, "fields", j), k)
		}
	}
	for i, k := range v.c.Duplicate.Fields {
		v.known(place{"duplicate", "fields", i}, k)
	}
	v.quota(v.c.Quota)
}

func (v *validator) quota(q Quota) {
	if q.Field == "" && q.Unit == "" && q.Self == 0 && len(q.Kinds) == 0 {
		return // a call without quotas
	}
	v.known(place{"quota", "field"}, q.Field)
	v.known(place{"quota", "unit"}, q.Unit)
	for i, k := range q.Alternatives {
		v.known(place{"quota", "alternatives", i}, k)
	}
	for i, k := range q.UnitAlternatives {
		v.known(place{"quota", "unit_alternatives", i}, k)
	}
	if q.Self < 1 {
		v.bad(place{"quota", "self"}, "quota has no limit for a unit that submits for itself: give self, 1 or more")
	}
	for i, k := range q.Kinds {
		at := place{"quota", "kinds", i}
		if k.Limit < 1 {
			v.bad(append(at, "limit"), "quota %q has no limit: give 1 or more", k.Label)
		}
		if k.Label == "" {
			v.bad(at, "a quota kind has no label: give a Chinese name for messages")
		}
		if k.Pattern.String() == "" {
			v.bad(append(at, "pattern"), "quota %q has no pattern: give one that fits its recommenders' names", k.Label)
		}
	}
}
