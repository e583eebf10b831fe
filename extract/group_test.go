package extract_test

import (
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
)

// pile is papers and separator sheets with a code, in the order of a bundle. A string
// is such a sheet's receipt.
func pile(t *testing.T, c *call.Call, things ...any) ([]bundle.PageInfo, []*extract.Content) {
	t.Helper()
	infos, contents := make([]bundle.PageInfo, len(things)), make([]*extract.Content, len(things))
	for i, x := range things {
		infos[i].Page = i + 1
		switch x := x.(type) {
		case string:
			contents[i] = extract.Separator(bundle.Sheet{Page: i + 1, Call: c.ID, Recommender: builtInValues()["recommending_dept"].(string)}, x)
		case *paper:
			if infos[i].Blank = x == nil; x != nil {
				contents[i] = contentOf(t, x, i+1)
			}
		}
	}
	return infos, contents
}

// lots says of each application which sheet it lay behind and which pages it has.
func lots(apps []bundle.Application) []string {
	var out []string
	for _, a := range apps {
		sheet := a.Receipt
		if (a.Sheet == nil) != (sheet == "") {
			sheet = "a sheet without a receipt, or the other way round"
		}
		out = append(out, strings.TrimSpace(sheet+" "+shortDocuments(a.Documents)))
	}
	return out
}

// TestSheetsPart: a sheet with a code parts what is before it from what is behind it,
// whatever that is, and belongs to the first application behind it.
func TestSheetsPart(t *testing.T) {
	c := builtIn(t)
	first, other := pieces{t, c, builtInValues()}, pieces{t, c, second()}
	blank := (*paper)(nil)
	tests := map[string]struct {
		things []any
		want   []string
	}{
		"before each": {
			[]any{"a", blank, first.page("cover"), "b", blank, other.page("cover")}, []string{"a form 3", "b form 6"},
		},
		"nothing but attachments": {
			[]any{first.page("cover"), "b", first.page("attachment")}, []string{"form 1", "b attachment 3"},
		},
		"a letter before a form": {
			[]any{"a", first.page("cover"), first.page("form1"), first.page("letter"), "b", other.page("cover")}, []string{"a form 2 3, letter 4", "b form 6"},
		},
		"one sheet, two covers": {
			[]any{"a", first.page("cover"), first.page("form1"), other.page("cover"), other.page("form1")}, []string{"a form 2 3", "form 4 5"},
		},
		"two sheets, one cover": {
			[]any{"a", "b", first.page("cover")}, []string{"b form 3"},
		},
		"a sheet without a code behind it": {
			[]any{"a", first.page("separator"), first.page("cover")}, []string{"a form 3"},
		},
		"nothing behind it": {
			[]any{first.page("cover"), "a", blank}, []string{"form 1"},
		},
	}
	for name, tt := range tests {
		infos, contents := pile(t, c, tt.things...)
		if got := lots(extract.Assemble(c, strings.Repeat("ab", 32), infos, contents)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		for i, x := range tt.things {
			if _, ok := x.(string); ok && infos[i].Kind != bundle.Separator {
				t.Errorf("%s: page %d is of kind %s", name, i+1, infos[i].Kind)
			}
		}
	}
}

// TestGroupsOfSheets: in what a person laid together, the first sheet in front counts.
func TestGroupsOfSheets(t *testing.T) {
	c := builtIn(t)
	first, other := pieces{t, c, builtInValues()}, pieces{t, c, second()}
	things := []any{"a", first.page("cover"), first.page("attachment"), "b", other.page("cover"), other.page("attachment")}
	for name, tt := range map[string]struct {
		groups []extract.Group
		want   []string
	}{
		"as they lie":      {[]extract.Group{{ID: "1", Pages: []int{2, 3}}, {ID: "2", Pages: []int{5, 6}}}, []string{"a form 2, attachment 3", "b form 5, attachment 6"}},
		"joined":           {[]extract.Group{{ID: "1", Pages: []int{2, 3, 5, 6}}}, []string{"a form 2 5, attachment 3, attachment 6"}},
		"parted":           {[]extract.Group{{ID: "1", Pages: []int{2}}, {ID: "2", Pages: []int{3}}, {ID: "3", Pages: []int{5, 6}}}, []string{"a form 2", "attachment 3", "b form 5, attachment 6"}},
		"the sheet within": {[]extract.Group{{ID: "1", Pages: []int{2}}, {ID: "2", Pages: []int{3, 4}}, {ID: "3", Pages: []int{5, 6}}}, []string{"a form 2", "b attachment 3", "form 5, attachment 6"}},
		"left out":         {[]extract.Group{{ID: "1", Pages: []int{3}}, {ID: "2", Pages: []int{5}}}, []string{"a attachment 3", "b form 5"}},
	} {
		infos, contents := pile(t, c, things...)
		got := lots(extract.AssembleAs(c, infos, contents, tt.groups, nil))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
