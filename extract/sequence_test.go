package extract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract"
)

// TestMissingPages: where pages are missing in the middle, and where they are not.
func TestMissingPages(t *testing.T) {
	for _, tc := range []struct {
		name string
		// pages are sections of the form, "plan" or "prose", each with the number
		// printed at its foot, 0 for none; "blank" and "bad" are what they are.
		pages string
		after []int
		says  string
	}{
		{"whole", "0:1 1-3:2 4-10:3 11:4 12-14:5", nil, ""},
		{"whole, without numbers", "0:0 1-3:0 4-10:0 11:0 12-14:0", nil, ""},
		{"whole, with blank backs", "0:1 blank 1-3:2 blank 4-10:3", nil, ""},
		{"fed in another order", "4-10:3 0:1 1-3:2 11:4", nil, ""},
		{"sections missing", "0:0 4-10:0 11:0 12-14:0", []int{1}, "「二、机构情况简介」"},
		{"sections missing, pages numbered", "0:1 4-10:3 11:4 12-14:5", []int{1}, "「二、机构情况简介」"},
		{"one section missing", "0-1:0 3-10:0 11:0", []int{1}, "「三、"},
		{"a section not read, but no number missing", "0-1:1 3-10:2 11:3", nil, ""},
		{"the missing one cannot be read", "0:0 bad 4-10:0 11:0", nil, ""},
		{"two places", "0:0 2-3:0 5-10:0 12-14:0", []int{1, 2, 3}, "「二、机构情况简介」"},
		{"the last pages missing", "0:1 1-3:2", nil, ""},
		{"a plan's page missing", "plan:1 prose:2 prose:4 prose:5", []int{2}, "页码 3"},
		{"two of a plan's pages missing", "plan:1 prose:2 prose:5 prose:6", []int{2}, "页码 3 至 4 的 2 页"},
		{"a number misread", "plan:1 prose:2 prose:8 prose:4", nil, ""},
		{"numbered from the middle on", "plan:7 prose:8 prose:9", nil, ""},
		{"another number than it should be", "plan:1 prose:2 prose:77 prose:78", nil, ""},
		{"pages without numbers between", "plan:1 prose:2 prose:0 prose:4 prose:5", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := builtIn(t)
			var infos []bundle.PageInfo
			var contents []*extract.Content
			for i, name := range strings.Fields(tc.pages) {
				info := bundle.PageInfo{Page: i + 1, Blank: name == "blank"}
				if name == "bad" {
					info.Error = &bundle.Error{Code: bundle.CodeDamaged}
				}
				infos = append(infos, info)
				kind, number, numbered := strings.Cut(name, ":")
				if !numbered {
					contents = append(contents, nil)
					continue
				}
				p := newPaper(t, c)
				var from, to int
				switch n, _ := fmt.Sscanf(kind, "%d-%d", &from, &to); {
				case kind == "plan":
					p.plan(c.Plans[1], true, c.Plans[1].Headings[:3]...)
				case kind == "prose":
					p.prose(12)
				case n == 1:
					p.form(builtInValues(), from)
				default:
					p.form(builtInValues(), all(from, to)...)
				}
				if number != "0" {
					p.foot(number)
				}
				contents = append(contents, contentOf(t, p, i+1))
			}
			apps := extract.Assemble(c, strings.Repeat("ab", 32), infos, contents)
			if len(apps) != 1 {
				t.Fatalf("%d applications, want 1", len(apps))
			}
			var after []int
			for _, g := range apps[0].Gaps {
				after = append(after, g.After)
			}
			if !slices.Equal(after, tc.after) {
				t.Fatalf("gaps %+v, want after %v", apps[0].Gaps, tc.after)
			}
			if len(after) > 0 && !strings.Contains(apps[0].Gaps[0].Message, tc.says) {
				t.Errorf("message %q, want it to say %q", apps[0].Gaps[0].Message, tc.says)
			}
		})
	}
}
