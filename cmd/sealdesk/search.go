package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sealdesk/bundle"
	"sealdesk/index"
	pdf "sealdesk/report"
)

func newSearch(o *options) *cobra.Command {
	s := &search{options: o}
	cmd := &cobra.Command{
		Use:   "search [WORDS...]",
		Short: "Find applications by their text",
		Long: `Find applications by what stands in them, and by year, type, recommender and
verdict. Without words all that fit the filters are listed.

  草原 生态              both words, anywhere in the application
  '"open science"'       the words one after the other
  草原 NOT 荒漠          草原, but not 荒漠
  草原 OR 荒漠           at least one of them

With --json there is one line of JSON for each application found.`,
		Example: `  sealdesk search 国际技术转移
  sealdesk search 草原 --year 2022 --verdict incomplete`,
		Args: cobra.ArbitraryArgs,
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			return s.run(c.Context(), args, c.OutOrStdout(), c.ErrOrStderr())
		}),
	}
	f := cmd.Flags()
	f.IntSliceVar(&s.years, "year", nil, "only calls of these years")
	f.StringArrayVar(&s.types, "type", nil, "only where the type applied for holds this text (may be repeated)")
	f.StringArrayVar(&s.recommenders, "recommender", nil, "only where the recommender's name holds this text (may be repeated)")
	f.StringSliceVar(&s.verdicts, "verdict", nil, "only complete (齐全), incomplete (不齐全) or review (待复核)")
	f.IntVar(&s.limit, "limit", index.DefaultLimit, fmt.Sprintf("applications to list, at most %d", index.MaxLimit))
	f.BoolVar(&s.asJSON, "json", false, "print a line of JSON for each application")
	return cmd
}

type search struct {
	*options
	years        []int
	types        []string
	recommenders []string
	verdicts     []string
	limit        int
	asJSON       bool
}

func (s *search) run(ctx context.Context, words []string, stdout, stderr io.Writer) (err error) {
	q := index.Query{Text: strings.Join(words, " "), Years: s.years, Limit: s.limit}
	if s.limit < 1 || s.limit > index.MaxLimit {
		return misuse("--limit must be from 1 to %d", index.MaxLimit)
	}
	for _, v := range s.verdicts {
		i := slices.IndexFunc(verdictOrder, func(k bundle.Verdict) bool { return v == string(k) || v == verdictWords[k].text })
		if i < 0 {
			return misuse("--verdict must be complete, incomplete or review, not %q", v)
		}
		q.Verdicts = append(q.Verdicts, verdictOrder[i])
	}
	store, err := s.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(store, &err)
	idx := s.index(store, stderr)
	if len(s.types)+len(s.recommenders) > 0 {
		all, err := idx.Search(ctx, index.Query{Facets: true})
		if err != nil {
			return err
		}
		q.Types = holding(s.types, all.Facets.Types)
		q.Recommenders = holding(s.recommenders, all.Facets.Recommenders)
	}
	found, err := idx.Search(ctx, q)
	if err != nil {
		return err
	}
	if s.asJSON {
		return printHits(stdout, found)
	}
	return showHits(newPrinter(stdout), found)
}

// holding gives the values on file that hold one of the texts, and the texts
// themselves, so that a text that nothing holds finds nothing.
func holding(texts []string, known []index.Count) []string {
	out := slices.Clone(texts)
	for _, t := range texts {
		for _, k := range known {
			if strings.Contains(index.Fold(k.Value), index.Fold(t)) && !slices.Contains(out, k.Value) {
				out = append(out, k.Value)
			}
		}
	}
	return out
}

func showHits(p *printer, found index.Results) error {
	if found.Total == 0 {
		p.printf("没有找到。\n")
		return p.err
	}
	for i, h := range found.Hits {
		d := h.Document
		names := strings.Join(slices.DeleteFunc([]string{d.HostUnit, d.BaseName}, func(s string) bool { return s == "" }), " · ")
		p.printf("%d. %s  %d  %s\n", i+1, painted{names, bold}, d.Year, verdictWords[d.Verdict])
		p.printf("   %s", d.File)
		if len(h.Pages) > 0 {
			p.printf("  第 %s 页", pdf.PageRanges(slices.Sorted(slices.Values(h.Pages)), "、"))
		}
		p.printf("\n")
		if len(h.Snippet) > 0 {
			p.printf("   ")
			for _, s := range h.Snippet {
				switch {
				case !s.Mark:
					p.printf("%s", s.Text)
				case p.colour:
					p.printf("%s", painted{s.Text, bold + ";" + red})
				default:
					p.printf("【%s】", s.Text)
				}
			}
			p.printf("\n")
		}
	}
	p.printf("共 %d 份", found.Total)
	if len(found.Hits) < found.Total {
		p.printf("，显示前 %d 份（用 --limit 增加）", len(found.Hits))
	}
	p.printf("。\n")
	return p.err
}

// hit is a line of search --json.
type hit struct {
	ID          string         `json:"id"`
	File        string         `json:"file"`
	SHA256      string         `json:"sha256"`
	Call        string         `json:"call"`
	Year        int            `json:"year"`
	Verdict     bundle.Verdict `json:"verdict"`
	BaseName    string         `json:"base_name"`
	HostUnit    string         `json:"host_unit"`
	Recommender string         `json:"recommender"`
	BaseType    []string       `json:"base_type"`
	Pages       []int          `json:"pages"`
	Snippet     []segment      `json:"snippet"`
}

// segment is a piece of a snippet; mark says that it is what was looked for.
type segment struct {
	Text string `json:"text"`
	Mark bool   `json:"mark"`
}

func printHits(w io.Writer, found index.Results) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, h := range found.Hits {
		d := h.Document
		line := hit{
			ID: d.ID, File: d.File, SHA256: d.Bundle, Call: d.Call, Year: d.Year, Verdict: d.Verdict,
			BaseName: d.BaseName, HostUnit: d.HostUnit, Recommender: d.Recommender,
			BaseType: append([]string{}, d.BaseType...), Pages: append([]int{}, h.Pages...), Snippet: []segment{},
		}
		for _, s := range h.Snippet {
			line.Snippet = append(line.Snippet, segment(s))
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
