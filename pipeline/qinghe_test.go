package pipeline_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
)

// TestOtherCall takes applications to another call, with another form, from paper
// to verdict: all that is known of it is its profile.
func TestOtherCall(t *testing.T) {
	c := qinghe(t, "")
	whole := wholeGrant()
	faulty := wholeGrant()
	faulty.instrument, faulty.fee, faulty.seal, faulty.signed = "气相色谱质谱联用仪", "", "", false
	faulty.modes = []string{"校内共享", "租赁"}
	faulty.summary = strings.Repeat("本仪器供全市各单位预约使用，开展水质与土壤样品分析测试服务工作。", 6)
	faulty.date = [3]string{"2031", "11", "25"}

	d := newDesk(t)
	inputs := []pipeline.Input{whole.input(t, "whole.png"), pictures("faulty.png", faulty.cover(graySheet(t)), faulty.form(colourSheet(t)))}
	got := results(t, d.options(c, newReader(t)), inputs...)

	tests := []struct {
		file      string
		documents []bundle.Document
		fields    map[string]any
		failed    []string // ids of checks
		absent    []string // ids of checks that must not be asked
		seals     int
		signed    bool
		verdict   bundle.Verdict
	}{
		{
			file:      "whole.png",
			documents: []bundle.Document{{Kind: bundle.ApplicationForm, Pages: []int{1, 2}}, {Kind: bundle.Attachment, Pages: []int{3}}},
			fields: map[string]any{
				"instrument": whole.instrument, "applicant": whole.applicant, "mode": []string{"对外开放"},
				"fee": whole.fee, "hours": 1350, "keeper": whole.keeper, "summary": whole.summary,
				"users": []map[string]string{
					{"name": whole.users[0][0], "hours": whole.users[0][1]}, {"name": whole.users[1][0], "hours": whole.users[1][1]},
				},
				"unit_opinion": whole.opinion, "unit_date": "2031-09-12",
			},
			seals: 1, signed: true, verdict: bundle.Complete,
		},
		{
			file:      "faulty.png",
			documents: []bundle.Document{{Kind: bundle.ApplicationForm, Pages: []int{1, 2}}},
			fields: map[string]any{
				"instrument": faulty.instrument, "mode": []string{"校内共享", "租赁"}, "fee": "",
				"summary": faulty.summary, "unit_date": "2031-11-25",
			},
			failed: []string{
				"document.attachment", "field.summary.limit", "field.mode.single", "field.mode.offered",
				"seal.host_unit.present", "signature.host_unit.present", "date.deadline",
			},
			absent:  []string{"field.fee.present", "seal.host_unit.matches"}, // no fee is asked of 校内共享
			verdict: bundle.Incomplete,
		},
	}
	for i, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			r := got[i]
			if _, sha := contents(t, inputs[i]); r.SHA256 != sha {
				t.Errorf("sha256 %s, want %s", r.SHA256, sha)
			}
			for k, f := range inputs[i].Files {
				b, _ := contents(t, pipeline.Input{Files: []page.File{f}})
				if !bytes.Equal(object(t, d.store, "bundles/"+r.SHA256, fmt.Sprintf("/original/%d", k+1)), b) {
					t.Errorf("file %d is not kept as it came", k+1)
				}
			}
			if r.File != tt.file || len(r.Applications) != 1 {
				t.Fatalf("%s has %d applications", r.File, len(r.Applications))
			}
			a := r.Applications[0]
			if a.Call != c.ID || a.Year != 2031 || r.CallVersion != c.ID+" "+c.Version {
				t.Errorf("made by call %s of %d, version %q", a.Call, a.Year, r.CallVersion)
			}
			if !reflect.DeepEqual(a.Documents, tt.documents) {
				t.Errorf("documents %v, want %v", a.Documents, tt.documents)
			}
			for key, want := range tt.fields {
				f := a.Fields[key]
				if !reflect.DeepEqual(f.Value, want) {
					t.Errorf("%s is %#v, want %#v", key, f.Value, want)
				}
				if f.Page < 1 || f.Page > 2 || f.Box[0] >= f.Box[2] || f.Box[1] >= f.Box[3] {
					t.Errorf("%s stands on page %d at %v", key, f.Page, f.Box)
				}
			}
			if len(a.Seals) != tt.seals || tt.seals == 1 && (a.Seals[0].Role != bundle.HostUnit || a.Seals[0].Matches == nil || !*a.Seals[0].Matches) {
				t.Errorf("seals %+v, want %d that match", a.Seals, tt.seals)
			}
			if len(a.Signatures) != 1 || a.Signatures[0].Present != tt.signed {
				t.Errorf("signatures %+v, want one, present: %v", a.Signatures, tt.signed)
			}
			for _, k := range a.Checks {
				failed := slices.Contains(tt.failed, k.ID)
				if failed != (k.Status == bundle.Fail) || !failed && tt.verdict == bundle.Complete && k.Status != bundle.Pass {
					t.Errorf("check %s is %s (%s), among those that fail: %v", k.ID, k.Status, k.Message, failed)
				}
			}
			for _, id := range tt.failed {
				if checkOf(a, id).ID == "" {
					t.Errorf("there is no check %s", id)
				}
			}
			for _, id := range tt.absent {
				if k := checkOf(a, id); k.ID != "" {
					t.Errorf("there is the check %s: %s", id, k.Message)
				}
			}
			if a.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s", a.Verdict, tt.verdict)
			}
		})
	}
	hits := search(t, d.index, "质谱")
	if len(hits) != 1 || hits[0].Document.File != "faulty.png" || hits[0].Document.Year != 2031 || hits[0].Document.Call != c.ID {
		t.Errorf("the hits are %+v", hits)
	}
}
