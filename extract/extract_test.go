package extract_test

import (
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// formPages draws a whole form, cover first.
func formPages(t testing.TB, c *call.Call, v values) []*paper {
	cover := newPaper(t, c)
	cover.cover(v)
	pages := []*paper{cover}
	for _, sections := range formBreaks(c) {
		p := newPaper(t, c)
		p.form(v, sections...)
		pages = append(pages, p)
	}
	return pages
}

// formBreaks deals a form's sections to pages.
func formBreaks(c *call.Call) [][]int {
	if c.ID == "nmg-iscb-2022" {
		return [][]int{{0}, all(1, 3), all(4, 10), {11}, all(12, 14)}
	}
	return [][]int{all(0, len(c.Form.Sections)-1)}
}

// TestWholeForm: all that is written into a form is found, for a call built in
// and for one that no code knows.
func TestWholeForm(t *testing.T) {
	for _, tc := range []struct {
		name   string
		call   *call.Call
		values values
	}{
		{"built in", builtIn(t), builtInValues()},
		{"invented", invented(t), inventedValues()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pages := formPages(t, tc.call, tc.values)
			apps, infos := read(t, tc.call, pages...)
			if len(apps) != 1 {
				t.Fatalf("%d applications, want 1", len(apps))
			}
			a := apps[0]
			wantValues(t, a, tc.values)
			for key, f := range a.Fields {
				if f.Confidence < 0.85 {
					t.Errorf("field %s has confidence %g though all was read well: %+v", key, f.Confidence, f)
				}
			}
			if a.Call != tc.call.ID || a.Year != tc.call.Year {
				t.Errorf("application of call %q of %d", a.Call, a.Year)
			}
			if len(a.Documents) != 1 || a.Documents[0].Kind != bundle.ApplicationForm || len(a.Documents[0].Pages) != len(pages) {
				t.Errorf("documents %+v, want one form of %d pages", a.Documents, len(pages))
			}
			for _, info := range infos {
				if info.Kind != bundle.ApplicationForm {
					t.Errorf("page %d is %q, want the form", info.Page, info.Kind)
				}
			}
			for _, s := range a.Signatures {
				if !s.Present || s.Confidence < 0.5 {
					t.Errorf("signature %+v, want it seen", s)
				}
			}
			if len(a.Signatures) != len(tc.call.Signatures) {
				t.Errorf("signatures %+v, want %d", a.Signatures, len(tc.call.Signatures))
			}
		})
	}
}
