package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/figures"
)

// The measures of the chart, in the units of its view box, which are pixels.
const (
	chartWidth  = 544
	chartLabels = 192 // the names at the left
	chartTotals = 40  // the sums at the right
	chartRow    = 26
	chartBar    = 18
	chartRows   = 15 // more would be a wall
)

// chart is the bars of completeness, drawn as SVG by a template.
type chart struct {
	Title         string // the key of a message
	Years         bool
	Width, Height int
	NameX         int // where names end
	Rows          []chartBarRow
	Rest          int // how many bars there would be beside these
}

// chartBarRow is one bar: a row of parts, one for each verdict.
type chartBarRow struct {
	Name, Whole string // Name is cut to its place
	Unread      bool   // there is no name
	Y, TextY    int
	Parts       []chartPart
	Total       int
	TotalX      string
}

type chartPart struct {
	Verdict  bundle.Verdict
	N        int
	X, Width string
	Middle   string // where its number stands; "" where there is no room
}

// chartOf draws completeness by recommender, or by year where one recommender is asked
// for; nil where there is nothing to compare.
func chartOf(f *figures.Report) *chart {
	c := &chart{Title: "reports.chart", Width: chartWidth, NameX: chartLabels - 10}
	var rows []figures.Completeness
	if f.Filter.Recommender != "" {
		c.Title, c.Years = "reports.chart.years", true
		rows = slices.Clone(f.ByYear)
	} else {
		rows = byRecommender(f.Completeness)
	}
	if len(rows) == 0 {
		return nil
	}
	if c.Rest = max(0, len(rows)-chartRows); c.Rest > 0 {
		rows = rows[:chartRows]
	}
	most := 1
	for _, r := range rows {
		most = max(most, r.Received)
	}
	unit := float64(chartWidth-chartLabels-chartTotals) / float64(most)
	for i, r := range rows {
		bar := chartBarRow{Whole: r.Recommender, Y: i*chartRow + (chartRow-chartBar)/2, TextY: i*chartRow + chartRow/2, Total: r.Received}
		if c.Years {
			bar.Whole = fmt.Sprint(r.Year)
		}
		bar.Unread = bar.Whole == ""
		bar.Name = shortened(bar.Whole, chartLabels-12)
		x := float64(chartLabels)
		for _, p := range []chartPart{{Verdict: bundle.Complete, N: r.Complete}, {Verdict: bundle.Incomplete, N: r.Incomplete}, {Verdict: bundle.NeedsReview, N: r.Review}} {
			if p.N == 0 {
				continue
			}
			wide := float64(p.N) * unit
			p.X, p.Width = pixels(x), pixels(max(wide-1, 0.5)) // a gap of one parts them
			if wide >= float64(10+8*len(fmt.Sprint(p.N))) {
				p.Middle = pixels(x + wide/2)
			}
			x += wide
			bar.Parts = append(bar.Parts, p)
		}
		bar.TotalX = pixels(x + 6)
		c.Rows = append(c.Rows, bar)
	}
	c.Height = len(c.Rows) * chartRow
	return c
}

// byRecommender adds up the years of each recommender, the most applications first.
func byRecommender(list []figures.Completeness) []figures.Completeness {
	var out []figures.Completeness
	at := map[string]int{}
	for _, r := range list {
		i, ok := at[r.Recommender]
		if !ok {
			i = len(out)
			at[r.Recommender] = i
			out = append(out, figures.Completeness{Recommender: r.Recommender})
		}
		o := &out[i]
		o.Received += r.Received
		o.Complete += r.Complete
		o.Incomplete += r.Incomplete
		o.Review += r.Review
	}
	slices.SortStableFunc(out, func(a, b figures.Completeness) int {
		return cmp.Or(b.Received-a.Received, strings.Compare(a.Recommender, b.Recommender))
	})
	return out
}

func pixels(x float64) string { return fmt.Sprintf("%.1f", x) }

// shortened cuts a name to a width in pixels, by the widths of characters at 13 px.
func shortened(s string, width int) string {
	wide := 0
	for i, r := range s {
		w := 13
		if r < 0x2E80 {
			w = 8
		}
		if wide+w > width-13 && len(s)-i > len(string(r)) {
			return s[:i] + "…"
		}
		wide += w
	}
	return s
}
