package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
)

// invented is a bundle of two applications between which a blank page lies. One
// is complete; the other has neither the right seal nor a signature.
const invented = `{
 "file": "two.pdf", "pages": 4,
 "page_info": [
  {"page": 1, "rotation": 0, "kind": "application_form"},
  {"page": 2, "rotation": 0, "kind": "blank", "blank": true},
  {"page": 3, "rotation": 180, "kind": "application_form"},
  {"page": 4, "rotation": 0, "kind": "recommendation_letter"}],
 "applications": [
  {"call": "nmg-iscb-2022", "documents": [{"kind": "application_form", "pages": [1]}],
   "fields": {
    "host_unit": {"value": "白桦林学院（东区）", "page": 1, "box": [0.2, 0.2, 0.6, 0.3]},
    "email": {"value": "office@birch.example", "page": 1, "box": [0.2, 0.3, 0.6, 0.4]},
    "staff_doctor": {"value": 12, "page": 1, "box": [0.2, 0.4, 0.6, 0.5]},
    "fax": {"value": "", "page": 1, "box": [0.2, 0.5, 0.6, 0.6]},
    "cooperation_modes": {"value": ["技术转移", "合作研发"], "page": 1, "box": [0.2, 0.6, 0.6, 0.7]},
    "overview": {"value": "从事桦树育种，有“三个”平台。", "page": 1, "box": [0.2, 0.7, 0.6, 0.8]},
    "partners": {"value": [
      {"country": "芬兰", "institution": "北方林业与木材研究中心", "agreement": ""},
      {"country": "蒙古国", "institution": "色楞格苗圃", "agreement": "备忘录"}], "page": 1, "box": [0.2, 0.8, 0.6, 0.9]}},
   "seals": [{"role": "host_unit", "page": 1, "box": [0.6, 0.7, 0.8, 0.9], "matches": true}],
   "signatures": [{"role": "host_unit", "present": true, "page": 1}],
   "checks": [{"id": "seal.host_unit.present", "status": "pass"}, {"id": "duplicate.application", "status": "review"}],
   "verdict": "review"},
  {"call": "nmg-iscb-2022", "documents": [{"kind": "application_form", "pages": [3]}, {"kind": "recommendation_letter", "pages": [4]}],
   "fields": {"fax": {"value": "", "page": 3, "box": [0.2, 0.5, 0.6, 0.6]}},
   "seals": [{"role": "letter", "page": 4, "box": [0.6, 0.7, 0.8, 0.9], "matches": false}],
   "signatures": [{"role": "host_unit", "present": false, "page": 3}],
   "checks": [{"id": "seal.letter.matches", "status": "fail"}, {"id": "seal.letter.present", "status": "pass"}],
   "verdict": "incomplete"}]}`

func parse(t *testing.T, text string) bundle.Result {
	t.Helper()
	var r bundle.Result
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if err := known(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// scored holds the invented bundle, with each old text replaced by the new one
// after it, against the truth.
func scored(t *testing.T, replace ...string) figures {
	t.Helper()
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(invented, replace[i]) {
			t.Fatalf("the bundle has no %s", replace[i])
		}
	}
	got := parse(t, strings.NewReplacer(replace...).Replace(invented))
	return score([]bundle.Result{parse(t, invented)}, map[string]bundle.Result{got.File: got})
}

func TestRight(t *testing.T) {
	for name, s := range scored(t) {
		if want := map[bool]int{true: 0, false: s.of}[lowIsBetter[name]]; s.n != want || s.of == 0 {
			t.Errorf("%s is %v, and all is right", name, s)
		}
	}
}

// TestSameOnPaper has what people take for the same.
func TestSameOnPaper(t *testing.T) {
	right := scored(t)
	for _, c := range [][]string{
		{"（东区）", "(东 区)"},
		{"office@birch.example", "Office@Birch.example"},
		{`"value": 12`, `"value": "12"`},
		{`["技术转移", "合作研发"]`, `["合作研发", "技术转移"]`},
		{"有“三个”平台。", "有＂三个＂\\n平台."},
		{"[0.2, 0.2, 0.6, 0.3]", "[0.3, 0.1, 0.8, 0.4]"},
	} {
		got := scored(t, c...)
		for name := range lowIsBetter {
			if isWorse(name, right[name], got[name]) {
				t.Errorf("with %s for %s, %s is %v, was %v", c[1], c[0], name, got[name], right[name])
			}
		}
	}
}

func TestFaults(t *testing.T) {
	right := scored(t)
	tests := []struct {
		fault string
		with  []string // texts and what stands there instead
		worse string   // the figures that must be worse; all others may not
	}{
		{"not read", []string{`"two.pdf"`, `"other.pdf"`}, "applications.split boxes checkboxes checks " +
			"fields.short fields.text.cer files.read pages.blank pages.kind pages.rotation seals.found seals.matches signatures " +
			"tables.cells tables.rows verdict"},
		{"kind of a page", []string{`"rotation": 180, "kind": "application_form"`, `"rotation": 180, "kind": "attachment"`}, "pages.kind"},
		{"upside down", []string{`"rotation": 180`, `"rotation": 0`}, "pages.rotation"},
		{"a page is not there", []string{`{"page": 1, "rotation": 0, "kind": "application_form"},`, ""}, "pages.kind pages.rotation"},
		{"blank page overlooked", []string{`"blank": true`, `"blank": false`}, "pages.blank"},
		{"page taken for blank", []string{`"rotation": 180,`, `"rotation": 180, "blank": true,`}, "pages.blank"},
		{"pages of the other application", []string{`"pages": [1]`, `"pages": [1, 3]`, `"pages": [3]`, `"pages": []`}, "applications.split"},
		{"text", []string{"白桦林学院", "白桦材学院"}, "fields.short"},
		{"number", []string{`"value": 12`, `"value": 72`}, "fields.short"},
		{"blank field filled", []string{`"fax": {"value": "", "page": 1`, `"fax": {"value": "无", "page": 1`}, "fields.short"},
		{"blank field not found", []string{`"fax": {"value": "", "page": 1`, `"website": {"value": "", "page": 1`}, "boxes"},
		{"tick", []string{`["技术转移", "合作研发"]`, `["技术转移"]`}, "checkboxes fields.short"},
		{"character", []string{"桦树", "华树"}, "fields.text.cer"},
		{"cell", []string{"色楞格苗圃", "色楞格苗"}, "tables.cells"},
		{"blank cell filled", []string{`"agreement": ""`, `"agreement": "一"`}, "tables.cells"},
		{"no first row", []string{`{"country": "芬兰", "institution": "北方林业与木材研究中心", "agreement": ""},`, ""}, "tables.cells tables.rows"},
		{"one row more", []string{`"备忘录"}`, `"备忘录"}, {"country": "附注"}`}, "tables.rows"},
		{"box of another cell", []string{"[0.2, 0.2, 0.6, 0.3]", "[0.2, 0.3, 0.6, 0.4]"}, "boxes"},
		{"no box", []string{`"page": 1, "box": [0.2, 0.2, 0.6, 0.3]`, `"page": 1`}, "boxes"},
		{"box of another page", []string{`12, "page": 1`, `12, "page": 2`}, "boxes"},
		{"seal overlooked", []string{`{"role": "host_unit", "page": 1, "box": [0.6, 0.7, 0.8, 0.9], "matches": true}`, ""}, "seals.found seals.matches"},
		{"seal of another role", []string{`"seals": [{"role": "host_unit"`, `"seals": [{"role": "unknown"`}, "seals.found seals.matches"},
		{"seal that is none", []string{`"seals": [{"role": "letter"`, `"seals": [{"role": "unknown", "page": 3}, {"role": "letter"`}, "seals.found"},
		{"right seal refused", []string{`"matches": true`, `"matches": null`}, "seals.matches"},
		{"wrong seal accepted", []string{`"matches": false`, `"matches": true`}, "seals.false_match seals.matches"},
		{"signature overlooked", []string{`"present": true`, `"present": false`}, "signatures"},
		{"signature invented", []string{`"present": false`, `"present": true`}, "signatures"},
		{"fail passed", []string{`matches", "status": "fail"`, `matches", "status": "pass"`}, "checks checks.decided checks.missed_fail"},
		{"pass failed", []string{`letter.present", "status": "pass"`, `letter.present", "status": "fail"`}, "checks checks.decided checks.false_fail"},
		{"pass left to a person", []string{`letter.present", "status": "pass"`, `letter.present", "status": "review"`}, "checks checks.review"},
		{"doubt passed", []string{`"status": "review"`, `"status": "pass"`}, "checks checks.decided"},
		{"no check", []string{`"seal.letter.present"`, `"seal.letter"`}, "checks"},
		{"verdict", []string{`"verdict": "review"`, `"verdict": "complete"`}, "verdict"},
		{"incomplete called complete", []string{`"verdict": "incomplete"`, `"verdict": "complete"`}, "verdict verdict.false_complete"},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			got := scored(t, test.with...)
			var worse []string
			for name := range got {
				if isWorse(name, right[name], got[name]) {
					worse = append(worse, name)
				}
			}
			want := strings.Fields(test.worse)
			slices.Sort(worse)
			slices.Sort(want)
			if !slices.Equal(worse, want) {
				t.Errorf("worse are %v, want %v", worse, want)
			}
		})
	}
}

// TestMissingRow: a row that is not found costs its own cells alone.
func TestMissingRow(t *testing.T) {
	f := scored(t, `{"country": "芬兰", "institution": "北方林业与木材研究中心", "agreement": ""},`, "")
	if got, want := f["tables.cells"], (share{3, 6}); got != want {
		t.Errorf("%v cells are right, want %v", got, want)
	}
}

func TestCompare(t *testing.T) {
	before := table{"reader 1", scored(t)}
	before.figures["fields.short"] = share{654, 660}
	before.figures["pages.blank"] = share{}
	before.figures["verdict.false_complete"] = share{1, 9}
	tests := []struct {
		name string
		now  share
		want string // in the error; "" for none
	}{
		{"fields.short", share{654, 660}, ""},
		{"fields.short", share{655, 660}, ""},
		{"fields.short", share{1308, 1320}, ""},
		{"fields.short", share{653, 660}, "fields.short is 653 of 660, was 654 of 660"},
		{"seals.found", share{0, 0}, ""},
		{"pages.blank", share{0, 1}, "pages.blank is 0 of 1, was 0 of 0"},
		{"verdict.false_complete", share{0, 9}, ""},
		{"verdict.false_complete", share{2, 9}, "verdict.false_complete is 2 of 9, was 1 of 9"},
		{"files.read", share{2, 2}, "other bundles"},
		{"new", share{1, 1}, "new has no figure"},
	}
	for _, test := range tests {
		now := table{"reader 1", figures{}}
		for name, s := range before.figures {
			now.figures[name] = s
		}
		now.figures[test.name] = test.now
		err := compare(before, now)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s %v: error %v, want %q", test.name, test.now, err, test.want)
		}
	}
}

// TestRun goes the way of make accuracy: write the table, hold the same results
// against it, then worse ones.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write("two.json", invented)
	right := strings.Replace(strings.ReplaceAll(invented, "\n", ""), `"file": "two.pdf"`, `"file": "in/two.pdf", "engine": "reader 1"`, 1)
	results := write("right.ndjson", `{"file": "x.pdf", "error": {"code": "empty", "message": ""}}`+"\n"+right+"\n")
	kept := filepath.Join(dir, "kept.txt")

	var out bytes.Buffer
	if err := run(&out, dir, results, kept, false); err == nil || !strings.Contains(err.Error(), "is not there yet") {
		t.Errorf("without a table: error %v", err)
	}
	if err := run(&out, dir, results, kept, true); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := run(&out, dir, results, kept, false); err != nil {
		t.Errorf("the same results: error %v", err)
	}
	if text, err := os.ReadFile(kept); err != nil || out.String() != string(text) {
		t.Errorf("printed\n%s\nkept, with error %v\n%s", out.String(), err, text)
	}

	worse := strings.NewReplacer("白桦林", "白桦材", "reader 1", "reader 2").Replace(right)
	err := run(&out, dir, write("worse.ndjson", worse), kept, false)
	if err == nil {
		t.Fatal("a value is wrong, and there is no error")
	}
	for _, want := range []string{kept, "fields.short is 5 of 6, was 6 of 6", "then reader 1, now reader 2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "files.read") {
		t.Errorf("error %q names what did not fall", err)
	}

	lost := write("lost.ndjson", `{"file": "two.pdf", "error": {"code": "timeout", "message": ""}}`)
	if err := run(&out, dir, lost, kept, false); err == nil || !strings.Contains(err.Error(), "files.read is 0 of 1, was 1 of 1") {
		t.Errorf("a file that was not read: error %v", err)
	}
	if err := run(&out, dir, write("cut.ndjson", right[:100]), kept, false); err == nil {
		t.Error("results that are cut off, and there is no error")
	}
}

func TestTableAsText(t *testing.T) {
	want := table{"reader 1, model 2", scored(t, "桦树", "华树")}
	want.figures["seals.false_match"] = share{}
	got, err := parseTable(want.String())
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() || len(got.figures) != len(lowIsBetter) {
		t.Errorf("written\n%s\nread\n%s", want, got)
	}
	for _, bad := range []string{"", "files.read", "files.read 1.0 3 from 3", "files.read 1.0 x of 3"} {
		if _, err := parseTable(bad); err == nil {
			t.Errorf("%q is no table, and there is no error", bad)
		}
	}
}
