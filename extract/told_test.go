package extract

import (
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// TestTold: the sheet's recommender makes an equal reading sure, and stands in, in
// doubt, for one that was not found or not read; what is blank or reads otherwise stays.
func TestTold(t *testing.T) {
	c := call.Find("nmg-iscb-2022")
	const key, name = "recommending_dept", "青河市科学技术局"
	for what, tt := range map[string]struct {
		sheet bundle.Sheet
		read  *bundle.Field // nil: not found
		want  bundle.Field
	}{
		"the same":             {bundle.Sheet{Call: c.ID, Recommender: name}, &bundle.Field{Value: "青河市 科学技术局", Confidence: 0.6, Page: 2}, bundle.Field{Value: "青河市 科学技术局", Confidence: toldAgain, Page: 2}},
		"another":              {bundle.Sheet{Call: c.ID, Recommender: name}, &bundle.Field{Value: "青川市科学技术局", Confidence: 0.6, Page: 2}, bundle.Field{Value: "青川市科学技术局", Confidence: 0.6, Page: 2}},
		"blank":                {bundle.Sheet{Call: c.ID, Recommender: name}, &bundle.Field{Value: "", Confidence: 0.95, Page: 2}, bundle.Field{Value: "", Confidence: 0.95, Page: 2}},
		"not read":             {bundle.Sheet{Call: c.ID, Recommender: name}, &bundle.Field{Value: "", Confidence: 0.3, Page: 2}, bundle.Field{Value: name, Confidence: toldOnly, Page: 1}},
		"not found":            {bundle.Sheet{Call: c.ID, Recommender: name}, nil, bundle.Field{Value: name, Confidence: toldOnly, Page: 1}},
		"another call's":       {bundle.Sheet{Call: "other", Recommender: name}, nil, bundle.Field{}},
		"nobody that it knows": {bundle.Sheet{Call: c.ID, Recommender: "某某"}, nil, bundle.Field{}},
	} {
		a := bundle.Application{Fields: map[string]bundle.Field{}}
		if tt.read != nil {
			a.Fields[key] = *tt.read
		}
		tt.sheet.Page = 1
		lot{sheet: Separator(tt.sheet, "R")}.told(c, &a)
		f := a.Fields[key]
		if (f.Note != "") != (f.Page == 1) {
			t.Errorf("%s: the note is %q", what, f.Note)
		}
		if f.Note = ""; f != tt.want {
			t.Errorf("%s: %+v, want %+v", what, f, tt.want)
		}
		if a.Receipt != "R" || a.Sheet == nil || *a.Sheet != tt.sheet {
			t.Errorf("%s: receipt %q, sheet %+v", what, a.Receipt, a.Sheet)
		}
	}
}

// TestToldOfTheLetter: whether the letter names the recommender is noted.
func TestToldOfTheLetter(t *testing.T) {
	c := call.Find("nmg-iscb-2022")
	yes, no := true, false
	letter := func(text string) *Content {
		return &Content{Number: 3, Kind: bundle.RecommendationLetter, all: fold(text)}
	}
	for what, tt := range map[string]struct {
		name  string
		pages []*Content
		want  *bool
	}{
		"names it":              {"青河市科学技术局", []*Content{letter("关于推荐的函"), letter("特此推荐。青河市科学 技术局 2031年")}, &yes},
		"one misread character": {"青河市科学技术局", []*Content{letter("特此推荐。青河市科学枝术局 2031年")}, &yes},
		"names another":         {"青河市科学技术局", []*Content{letter("特此推荐。青禾县科学技术局 2031年")}, &no},
		"no letter":             {"青河市科学技术局", []*Content{{Number: 3, Kind: bundle.Attachment, all: fold("青河市科学技术局")}}, nil},
		"no name":               {"", []*Content{letter("特此推荐。")}, nil},
	} {
		a := bundle.Application{Fields: map[string]bundle.Field{}}
		lot{Separator(bundle.Sheet{Page: 1, Call: c.ID, Recommender: tt.name}, ""), tt.pages}.told(c, &a)
		got := a.Sheet.InLetter
		if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: %v, want %v", what, got, tt.want)
		}
	}
}
