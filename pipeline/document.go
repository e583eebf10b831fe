package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/index"
)

// Documents are a result's applications as the index knows them.
func Documents(c *call.Call, r *bundle.Result, text []PageText) []index.Document {
	var out []index.Document
	for _, a := range r.Applications {
		d := index.Document{
			ID: a.ID, Bundle: r.SHA256, File: r.File, Call: a.Call, Year: a.Year, Verdict: a.Verdict,
			BaseName: a.FirstText(c.Search.Name), HostUnit: a.FirstText(c.Search.Unit), Leader: a.FirstText(c.Search.Leader), Recommender: check.Recommender(c, &a, c.Search.Recommender),
			BaseType: labels(a, c.Search.Type), UnitKind: labels(a, c.Search.UnitKind), Countries: column(a, c.Search.Country),
		}
		for key, f := range a.Fields {
			if t := plain(f.Value); t != "" {
				d.Fields = append(d.Fields, index.Field{Key: key, Page: f.Page, Text: t})
			}
		}
		if a.Receipt != "" {
			// It stands on no page of the application's.
			d.Fields = append(d.Fields, index.Field{Key: "receipt", Text: a.Receipt})
		}
		slices.SortFunc(d.Fields, func(a, b index.Field) int { return strings.Compare(a.Key, b.Key) })
		for _, doc := range a.Documents {
			for _, n := range doc.Pages {
				if n >= 1 && n <= len(text) {
					d.Pages = append(d.Pages, index.Page{Number: n, Kind: doc.Kind, Text: joined(text[n-1])})
				}
			}
		}
		out = append(out, d)
	}
	return out
}

func labels(a bundle.Application, key string) []string {
	l, _ := a.Fields[key].Value.([]string)
	return l
}

// column is one column of a table field, given as "field.column", each value once.
func column(a bundle.Application, path string) []string {
	key, col, _ := strings.Cut(path, ".")
	rows, _ := a.Fields[key].Value.([]map[string]string)
	var out []string
	for _, r := range rows {
		if v := r[col]; v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// plain is a value as people read it.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return fmt.Sprint(v)
	case []string:
		return strings.Join(v, "、")
	case []map[string]string:
		var b strings.Builder
		for _, row := range v {
			keys := make([]string, 0, len(row))
			for k := range row {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				b.WriteString(row[k] + "\n")
			}
		}
		return b.String()
	}
	return ""
}

// joined is a page's text with its lines joined, so that a word broken over two
// lines is found.
func joined(p PageText) string {
	var b strings.Builder
	last := byte(0)
	for _, l := range p.Lines {
		if l.Text == "" {
			continue
		}
		if last != 0 && last < 0x80 && l.Text[0] < 0x80 {
			b.WriteByte(' ')
		}
		b.WriteString(l.Text)
		last = l.Text[len(l.Text)-1]
	}
	return b.String()
}
