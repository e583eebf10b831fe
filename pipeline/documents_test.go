package pipeline_test

import (
	"reflect"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/pipeline"
)

func TestDocuments(t *testing.T) {
	c := &call.Call{ID: "c", Search: call.Search{
		Name: []string{"name", "name_form"}, Unit: []string{"unit"}, Leader: []string{"leader"}, Recommender: []string{"dept"},
		Type: "kind", UnitKind: "unit_kind", Country: "partners.country",
	}, Quota: call.Quota{Field: "dept"}, Fields: []call.Field{{Key: "dept", Lexicon: []string{"青禾市科技局"}}}}
	text := func(lines ...string) (out []extract.Text) {
		for _, l := range lines {
			out = append(out, extract.Text{Text: l})
		}
		return out
	}
	r := &bundle.Result{
		File: "a.pdf", SHA256: "5ea1", Pages: 4,
		Applications: []bundle.Application{
			{
				ID: "5ea1-1", Call: "c", Year: 2031, Verdict: bundle.NeedsReview,
				Documents: []bundle.Document{{Kind: bundle.ApplicationForm, Pages: []int{2, 3}}, {Kind: bundle.Attachment, Pages: []int{4}}},
				Fields: map[string]bundle.Field{
					"name":      {Value: ""},
					"name_form": {Value: "草原基地", Page: 2},
					"unit":      {Value: "青禾大学", Page: 2},
					"leader":    {Value: []string{"no text"}, Page: 2},
					"staff":     {Value: 12, Page: 3},
					"kind":      {Value: []string{"甲类", "乙类"}, Page: 3},
					"unit_kind": {Value: []string{}},
					"partners": {Page: 3, Value: []map[string]string{
						{"country": "德国", "institution": "Universität Bonn"}, {"country": "日本", "institution": "北海道"}, {"country": "德国", "institution": "无"}, {"country": ""},
					}},
				},
			},
			{
				ID: "5ea1-2", Call: "c", Verdict: bundle.Incomplete, Receipt: "2031-0307-0042-K",
				Sheet:  &bundle.Sheet{Page: 1, Call: "c", Recommender: "青禾市科技局"},
				Fields: map[string]bundle.Field{"dept": {Value: "青禾市科枝局", Page: 4}},
			},
		},
	}
	pages := []pipeline.PageText{
		{Page: 1, Kind: bundle.Separator, Lines: text("分隔页")},
		{Page: 2, Kind: bundle.ApplicationForm, Lines: text("国际科技合", "作基地", "", "with the University", "of Bonn", "及GRASS", "草原")},
		{Page: 3, Kind: bundle.ApplicationForm},
		{Page: 4, Kind: bundle.Attachment, Lines: text("附件")},
	}
	want := []index.Document{
		{
			ID: "5ea1-1", Bundle: "5ea1", File: "a.pdf", Call: "c", Year: 2031, Verdict: bundle.NeedsReview,
			BaseName: "草原基地", HostUnit: "青禾大学", BaseType: []string{"甲类", "乙类"}, UnitKind: []string{}, Countries: []string{"德国", "日本"},
			Fields: []index.Field{
				{Key: "kind", Page: 3, Text: "甲类、乙类"}, {Key: "leader", Page: 2, Text: "no text"}, {Key: "name_form", Page: 2, Text: "草原基地"},
				{Key: "partners", Page: 3, Text: "德国\nUniversität Bonn\n日本\n北海道\n德国\n无\n\n"},
				{Key: "staff", Page: 3, Text: "12"}, {Key: "unit", Page: 2, Text: "青禾大学"},
			},
			Pages: []index.Page{
				{Number: 2, Kind: bundle.ApplicationForm, Text: "国际科技合作基地with the University of Bonn及GRASS草原"},
				{Number: 3, Kind: bundle.ApplicationForm}, {Number: 4, Kind: bundle.Attachment, Text: "附件"},
			},
		},
		{
			ID: "5ea1-2", Bundle: "5ea1", File: "a.pdf", Call: "c", Verdict: bundle.Incomplete, Recommender: "青禾市科技局",
			Fields: []index.Field{{Key: "dept", Page: 4, Text: "青禾市科枝局"}, {Key: "receipt", Text: "2031-0307-0042-K"}},
		},
	}
	if got := pipeline.Documents(c, r, pages); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := pipeline.Documents(c, &bundle.Result{}, nil); len(got) != 0 {
		t.Errorf("a bundle without applications has the documents %+v", got)
	}
}
