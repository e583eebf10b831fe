package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	pdf "sealdesk/report"
)

var update = flag.Bool("update", false, "write the golden results anew")

// golden is what must stay as it is of a bundle's result. Scores, boxes and the
// wording of messages may change with any better reading.
type golden struct {
	File         string              `json:"file"`
	Pages        []string            `json:"pages"` // "page kind rotation"
	Applications []goldenApplication `json:"applications"`
}

type goldenApplication struct {
	Verdict    bundle.Verdict `json:"verdict"`
	Documents  []string       `json:"documents"` // "kind pages"
	Fields     map[string]any `json:"fields"`
	Seals      []string       `json:"seals"`      // "role page"
	Signatures []string       `json:"signatures"` // "role page present"
	Failed     []string       `json:"failed"`     // ids of checks
}

// goldenFields are the fields that must be read without a mistake: those by which
// an application is known, and its choices.
var goldenFields = []string{"host_unit_name", "base_name_form", "base_type", "host_unit_type", "leader_name", "postcode", "host_opinion_date", "recommender_opinion_date"}

// TestGolden holds the results of the project's own bundles against golden files.
func TestGolden(t *testing.T) {
	out, err := demo()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range bytes.Lines(out) {
		var r bundle.Result
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		got, err := json.MarshalIndent(reduce(r), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		name := strings.TrimSuffix(r.File, filepath.Ext(r.File)) + ".json"
		path := filepath.Join("../../testdata/golden", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what it was; if it is better now, run go test ./cmd/sealdesk -run TestGolden -update.\ngot  %s\nwant %s", name, got, want)
		}
		seen++
	}
	files, err := filepath.Glob("../../testdata/golden/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if seen != len(files) {
		t.Errorf("%d bundles were read, there are %d golden results", seen, len(files))
	}
}

func reduce(r bundle.Result) golden {
	g := golden{File: r.File}
	for _, p := range r.PageInfo {
		g.Pages = append(g.Pages, join(p.Page, p.Kind, p.Rotation))
	}
	for _, a := range r.Applications {
		k := goldenApplication{Verdict: a.Verdict, Fields: map[string]any{}}
		for _, d := range a.Documents {
			k.Documents = append(k.Documents, join(d.Kind, pdf.PageRanges(d.Pages, "、")))
		}
		for _, key := range goldenFields {
			if f, ok := a.Fields[key]; ok {
				k.Fields[key] = f.Value
			}
		}
		for _, s := range a.Seals {
			k.Seals = append(k.Seals, join(s.Role, s.Page))
		}
		for _, s := range a.Signatures {
			k.Signatures = append(k.Signatures, join(s.Role, s.Page, s.Present))
		}
		for _, c := range a.Checks {
			if c.Status == bundle.Fail {
				k.Failed = append(k.Failed, c.ID)
			}
		}
		for _, l := range [][]string{k.Seals, k.Signatures, k.Failed} {
			slices.Sort(l)
		}
		g.Applications = append(g.Applications, k)
	}
	return g
}

func join(parts ...any) string { return strings.TrimSuffix(fmt.Sprintln(parts...), "\n") }
