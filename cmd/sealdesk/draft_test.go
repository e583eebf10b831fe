package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"sealdesk/extract/call"
)

// TestDraft drafts a profile from the form of 2022 as the office gives it out, and holds
// it against the profile that was made by hand: every cell, box and limit of sections 一
// to 十一 is there. Letters may be misread, as the second reader is not asked.
func TestDraft(t *testing.T) {
	out := filepath.Join(t.TempDir(), "draft.yaml")
	cmd := exec.CommandContext(t.Context(), "sealdesk", "call", "draft", "../../testdata/forms/blank-2022.pdf", "--id", "next", "-o", out)
	cmd.Env = append(os.Environ(), "SEALDESK_MODELS="+filepath.Join(t.TempDir(), "none"))
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Fatalf("%v: %s", err, said)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := call.Parse(out, data)
	if err != nil {
		t.Fatalf("the draft cannot be loaded: %v", err)
	}
	want := call.Find("nmg-iscb-2022")
	if got.ID != "next" || got.Year != want.Year {
		t.Errorf("call %s of %d", got.ID, got.Year)
	}
	read, right := 0, 0
	same := func(got, want string) {
		read++
		if letters(got) == letters(want) {
			right++
		} else {
			t.Logf("read %q, printed %q", got, want)
		}
	}
	if len(got.Form.Cover) != len(want.Form.Cover) || len(got.Form.Sections) != len(want.Form.Sections) {
		t.Fatalf("%d lines on the cover, %d sections; want %d, %d", len(got.Form.Cover), len(got.Form.Sections), len(want.Form.Cover), len(want.Form.Sections))
	}
	for i, l := range want.Form.Cover {
		same(got.Form.Cover[i].Label, l.Label)
	}
	for i, w := range want.Form.Sections {
		g := got.Form.Sections[i]
		if g.Kind != w.Kind || len(g.Rows) != len(w.Rows) || len(g.Notes) != len(w.Notes) {
			t.Errorf("section %s is %s with %d rows and %d notes; want %s with %d, %d", w.Heading, g.Kind, len(g.Rows), len(g.Notes), w.Kind, len(w.Rows), len(w.Notes))
			continue
		}
		if head, _, _ := strings.Cut(w.Heading, "（"); !strings.HasPrefix(letters(g.Heading), letters(head)) {
			t.Errorf("heading %q, want %q", g.Heading, w.Heading)
		}
		holds(t, got, want, g.Field, w.Field, same)
		for r, row := range w.Rows {
			if len(g.Rows[r]) != len(row) {
				t.Errorf("row %d of %s has %d cells, want %d", r+1, w.Heading, len(g.Rows[r]), len(row))
				continue
			}
			for c, cell := range row {
				o := g.Rows[r][c]
				if (o.Field == "") != (cell.Field == "") || o.Span != cell.Span {
					t.Errorf("row %d of %s: cell %d is %+v, want %+v", r+1, w.Heading, c+1, o, cell)
					continue
				}
				if cell.Field == "" {
					same(o.Label, cell.Label)
				} else {
					holds(t, got, want, o.Field, cell.Field, same)
				}
			}
		}
	}
	if right*100 < read*93 {
		t.Errorf("%d of %d labels are read right", right, read)
	}
	if !strings.Contains(string(data), "# 请核对") {
		t.Error("no doubt is marked")
	}
}

// holds holds a field against another: its limit, options and columns.
func holds(t *testing.T, got, want *call.Call, key, wanted string, same func(got, want string)) {
	t.Helper()
	if wanted == "" {
		return
	}
	g, w := got.Field(key), want.Field(wanted)
	if g == nil || g.Limit != w.Limit || len(g.Options) != len(w.Options) || len(g.Columns) != len(w.Columns) {
		t.Errorf("field %s is %+v; want the limit, options and columns of %+v", wanted, g, w)
		return
	}
	if (g.Type == call.Choice) != (w.Type == call.Choice) || (g.Type == call.Rows) != (w.Type == call.Rows) {
		t.Errorf("field %s is of type %s, want %s", wanted, g.Type, w.Type)
	}
	for i, o := range w.Options {
		printed := o.Print
		if printed == "" {
			printed = o.Label
		}
		same(g.Options[i].Label, printed)
	}
	for i, c := range w.Columns {
		same(g.Columns[i].Label, c.Label)
	}
}

// letters leaves letters and digits.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
