package check

import (
	"strings"
	"testing"

	"sealdesk/bundle"
)

// TestSheetRules lays a separator sheet before a complete application and changes
// something.
func TestSheetRules(t *testing.T) {
	c := nmg(t)
	const ours, theirs = "青禾市科学技术局", "青川市科学技术局"
	type change func(a *bundle.Application)
	set := func(key, value string, conf float64) change {
		return func(a *bundle.Application) {
			a.Fields[key] = bundle.Field{Value: value, Confidence: conf, Page: 3, Box: bundle.Box{.1, .1, .9, .2}}
		}
	}
	letterSays := func(b *bool) change { return func(a *bundle.Application) { a.Sheet.InLetter = b } }
	noFields := func(a *bundle.Application) {
		delete(a.Fields, "recommending_dept")
		delete(a.Fields, "recommender_dept")
	}
	unsealed := func(a *bundle.Application) { a.Seals = nil }
	for _, tt := range []struct {
		name    string
		sheet   bundle.Sheet
		changes []change
		id      string
		want    bundle.Status
		says    string
		quota   string // whom the quota speaks of
	}{
		{"agrees", bundle.Sheet{Recommender: ours}, nil, "sheet.recommender", bundle.Pass, ours, ours},
		{"this call's", bundle.Sheet{Recommender: ours}, nil, "sheet.call", bundle.Pass, "", ours},
		{"another call's", bundle.Sheet{Call: "other-2021", Recommender: theirs}, nil, "sheet.call", bundle.Review, "other-2021", ours},
		{"another call's is not compared", bundle.Sheet{Call: "other-2021", Recommender: theirs}, nil, "sheet.recommender", "", "", ours},
		{"names nobody", bundle.Sheet{}, nil, "sheet.recommender", "", "", ours},
		{"another than the form", bundle.Sheet{Recommender: theirs}, nil, "sheet.recommender", bundle.Review, theirs, theirs},
		{"one character off, read badly", bundle.Sheet{Recommender: ours}, []change{set("recommender_dept", "青乐市科学技术局", .7)}, "sheet.recommender", bundle.Review, "略有出入", ours},
		{"a misread kind of character", bundle.Sheet{Recommender: "己方市科学技术局"}, []change{set("recommender_dept", "已方市科学技术局", .7), set("recommending_dept", "巳方市科学技术局", .7)}, "sheet.recommender", bundle.Pass, "", "己方市科学技术局"},
		{"a name that the call does not know", bundle.Sheet{Recommender: "某某"}, nil, "sheet.recommender", bundle.Review, "某某", ours},
		{"not in the letter, without its seal", bundle.Sheet{Recommender: ours}, []change{letterSays(no()), unsealed}, "sheet.recommender", bundle.Review, "推荐文件", ours},
		{"not in the letter, with its seal", bundle.Sheet{Recommender: ours}, []change{letterSays(no())}, "sheet.recommender", bundle.Pass, "", ours},
		{"in the letter alone", bundle.Sheet{Recommender: ours}, []change{noFields, letterSays(yes())}, "sheet.recommender", bundle.Pass, "", ours},
		{"nowhere", bundle.Sheet{Recommender: ours}, []change{noFields}, "sheet.recommender", bundle.Review, "未能读出", ours},
		{"filled in from it", bundle.Sheet{Recommender: ours}, []change{noFields, func(a *bundle.Application) {
			a.Fields["recommending_dept"] = bundle.Field{Value: ours, Confidence: .4, Page: 1, Note: "按分隔页填写"}
		}}, "sheet.recommender", bundle.Review, "未能读出", ours},
		{"corrected by a person", bundle.Sheet{Recommender: theirs}, []change{func(a *bundle.Application) {
			f := a.Fields["recommending_dept"]
			f.Corrected = &bundle.Mark{By: "甲"}
			a.Fields["recommending_dept"] = f
		}}, "sheet.recommender", bundle.Review, theirs, ours},
	} {
		a := complete(t)
		s := tt.sheet
		s.Page = 1
		if s.Call == "" {
			s.Call = c.ID
		}
		a.Sheet = &s
		for _, f := range tt.changes {
			f(a)
		}
		checks, _ := Run(c, a, nil, nil)
		got := map[string]bundle.Check{}
		for _, k := range checks {
			got[k.ID] = k
		}
		if k := got[tt.id]; k.Status != tt.want || !strings.Contains(k.Message, tt.says) {
			t.Errorf("%s: %+v, want %s and %q", tt.name, k, tt.want, tt.says)
		}
		if k := got["quota.recommending_dept"]; !strings.Contains(k.Message, tt.quota) {
			t.Errorf("%s: the quota speaks of %q, want %s", tt.name, k.Message, tt.quota)
		}
		if r := Record(c, a); r.Recommender != tt.quota {
			t.Errorf("%s: on file is %q, want %s", tt.name, r.Recommender, tt.quota)
		}
	}
	if checks, _ := Run(c, complete(t), nil, nil); func() bool {
		for _, k := range checks {
			if strings.HasPrefix(k.ID, "sheet.") {
				return true
			}
		}
		return false
	}() {
		t.Error("an application without a sheet has a check of it")
	}
}
