package office

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/pipeline"
)

// years is how many years of calls an office has on file, and unitsFor how many
// applications share a unit on average.
const (
	years    = 10
	unitsFor = 5
)

// fate is what is wrong with an application.
type fate int

const (
	good fate = iota
	doubtful
	sealless
	letterless
	blank
)

// fates are how often each is met.
var fates = []fate{good, good, good, good, good, doubtful, doubtful, doubtful, sealless, letterless, blank}

// paper is a bundle in the making.
type paper struct {
	author
	call         *call.Call
	infos        []bundle.PageInfo
	text         []pipeline.PageText
	applications []bundle.Application
	y            float64 // how far the last page is filled
}

// The page's margins and a line's height, as fractions, and its length in characters.
const (
	left, right = 0.12, 0.88
	top, bottom = 0.08, 0.92
	lineHeight  = 0.03
	lineLength  = 30
)

// page begins a page.
func (p *paper) page(kind bundle.Kind) {
	n := len(p.infos) + 1
	p.infos = append(p.infos, bundle.PageInfo{Page: n, Skew: float64(p.IntN(80)-40) / 100, Kind: kind})
	p.text = append(p.text, pipeline.PageText{Page: n, Kind: kind})
	p.y = top
}

// write writes a paragraph, on further pages of the kind where one is full, and gives
// the place of its end.
func (p *paper) write(kind bundle.Kind, text string) (page int, box bundle.Box) {
	began := p.y
	for rest := []rune(text); len(rest) > 0; {
		if p.y > bottom {
			p.page(kind)
			began = p.y
		}
		n := min(lineLength, len(rest))
		line := extract.Text{
			Text: p.misread(string(rest[:n])),
			Box:  bundle.Box{left, round(p.y), round(left + (right-left)*float64(n)/lineLength), round(p.y + 0.8*lineHeight)},
		}
		last := &p.text[len(p.text)-1]
		last.Lines = append(last.Lines, line)
		p.y += lineHeight
		rest = rest[n:]
	}
	return len(p.infos), bundle.Box{left, round(began), right, round(p.y)}
}

func round(x float64) float64 { return float64(int(x*1e5+0.5)) / 1e5 }

// application writes the n-th application of an office with so many, as the next of
// the bundle; it has no id yet.
func (p *paper) application(n, of int) bundle.Application {
	c := p.call
	first := len(p.infos) + 1
	app := bundle.Application{
		Call: c.ID, Year: c.Year - years + 1 + n*years/of,
		Fields: map[string]bundle.Field{}, Seals: []bundle.Seal{}, Signatures: []bundle.Signature{},
	}
	fate := fates[p.IntN(len(fates))]
	v := p.values(app.Year, of)
	p.page(bundle.ApplicationForm)
	for _, title := range c.Form.Title {
		p.write(bundle.ApplicationForm, title)
	}
	emptied := false
	for i := range c.Fields {
		f := &c.Fields[i]
		value := v.of(f)
		if fate == blank && f.Type == call.LongText && f.Required && !emptied {
			value, emptied = "", true
		}
		page, box := p.write(bundle.ApplicationForm, f.Label+"："+plain(value))
		field := bundle.Field{Value: value, Confidence: 0.95 + float64(p.IntN(50))/1000, Page: page, Box: box}
		if fate == doubtful && p.IntN(20) == 0 || fate == doubtful && i == 0 {
			field.Confidence, field.Note = 0.5+float64(p.IntN(200))/1000, "识别把握不大，请对照原件核对"
		}
		app.Fields[f.Key] = field
	}
	app.Documents = append(app.Documents, bundle.Document{Kind: bundle.ApplicationForm, Pages: p.since(first)})
	p.plan(&app, v.topic)
	if fate != letterless {
		from := len(p.infos) + 1
		p.page(bundle.RecommendationLetter)
		p.write(bundle.RecommendationLetter, "关于推荐“"+v.name+"”的函")
		p.write(bundle.RecommendationLetter, "经研究，同意推荐"+v.unit+"申报。"+p.prose(v.topic, 150)+"特此推荐。")
		p.write(bundle.RecommendationLetter, v.recommender)
		app.Documents = append(app.Documents, bundle.Document{Kind: bundle.RecommendationLetter, Pages: p.since(from)})
	}
	if more := p.IntN(4); more > 0 {
		from := len(p.infos) + 1
		for range more {
			p.page(bundle.Attachment)
			p.write(bundle.Attachment, "附件："+p.pick(things)+"证明材料")
			p.write(bundle.Attachment, p.prose(v.topic, 300+p.IntN(500)))
		}
		app.Documents = append(app.Documents, bundle.Document{Kind: bundle.Attachment, Pages: p.since(from)})
	}
	p.stamps(&app, fate == sealless)
	app.Checks, app.Verdict = check.Run(c, &app, nil, nil)
	return app
}

// since lists the pages from one on.
func (p *paper) since(from int) []int {
	var out []int
	for n := from; n <= len(p.infos); n++ {
		out = append(out, n)
	}
	return out
}

// plan writes the implementation plan that the application's choice asks for.
func (p *paper) plan(app *bundle.Application, topic string) {
	for _, plan := range p.call.Plans {
		chosen, _ := app.Fields[plan.Field].Value.([]string)
		if !slices.ContainsFunc(plan.For, func(s string) bool { return slices.Contains(chosen, s) }) {
			continue
		}
		from := len(p.infos) + 1
		p.page(bundle.ImplementationPlan)
		page, box := p.write(bundle.ImplementationPlan, plan.Title)
		app.Plan = &bundle.Plan{Guide: plan.ID, Confidence: 1, Page: page, Box: box}
		for _, h := range plan.Headings {
			page, box := p.write(bundle.ImplementationPlan, strings.ReplaceAll(h, "…", "有关部门"))
			app.Plan.Headings = append(app.Plan.Headings, bundle.Heading{Text: h, Found: true, Confidence: 1, Page: page, Box: &box})
			p.write(bundle.ImplementationPlan, p.prose(topic, 80+p.IntN(400)))
		}
		app.Documents = append(app.Documents, bundle.Document{Kind: bundle.ImplementationPlan, Pages: p.since(from)})
		return
	}
}

// stamps puts seals and signatures where the form has them; without one if so asked.
func (p *paper) stamps(app *bundle.Application, without bool) {
	pages := map[string]int{}
	for _, s := range p.call.Form.Sections {
		if s.Kind == call.OpinionSection {
			pages[s.Role] = app.Fields[s.Field].Page
		}
	}
	for _, d := range app.Documents {
		if d.Kind == bundle.RecommendationLetter {
			pages[string(bundle.Letter)] = d.Pages[len(d.Pages)-1]
		}
	}
	for i, s := range p.call.Seals {
		page := pages[s.Role]
		if page == 0 || without && i == 0 {
			continue
		}
		yes := true
		owner, _ := app.Fields[s.Owner].Value.(string)
		app.Seals = append(app.Seals, bundle.Seal{
			Role: bundle.Role(s.Role), Page: page, Box: bundle.Box{0.55, 0.6, 0.76, 0.75}, Text: owner, Confidence: 0.97, Matches: &yes,
		})
	}
	for _, s := range p.call.Signatures {
		app.Signatures = append(app.Signatures, bundle.Signature{
			Role: bundle.Role(s.Role), Present: true, Page: pages[s.Role], Box: bundle.Box{0.3, 0.62, 0.48, 0.66}, Confidence: 0.98,
		})
	}
}

// values are what an application says; what stands in several places is the same.
type values struct {
	author
	call                                   *call.Call
	year                                   int
	topic, name, unit, leader, recommender string
}

func (p *paper) values(year, of int) values {
	unit := unitName(p.IntN(max(of/unitsFor, 1)))
	topic := p.pick(topics)
	v := values{
		author: p.author, call: p.call, year: year, topic: topic, unit: unit, leader: p.person(),
		name: topic + string(given[p.IntN(len(given))]) + string(given[p.IntN(len(given))]) + "国际科技合作基地",
	}
	// A few recommenders send much, most send little.
	place := places[min(p.IntN(len(places)), p.IntN(len(places)))]
	if p.IntN(8) != 0 {
		place += string(given[min(p.IntN(len(given)), p.IntN(len(given)))]) + "区"
	}
	v.recommender = place + "科学技术局"
	if p.IntN(6) == 0 {
		v.recommender = "自治区" + place + "教育厅"
	}
	return v
}

// of is the value of a field.
func (v values) of(f *call.Field) any {
	s := v.call.Search
	switch {
	case slices.Contains(s.Name, f.Key):
		return v.name
	case slices.Contains(s.Unit, f.Key):
		return v.unit
	case slices.Contains(s.Leader, f.Key):
		return v.leader
	case slices.Contains(s.Recommender, f.Key):
		return v.recommender
	}
	switch f.Type {
	case call.Choice:
		var offered []string
		for _, o := range f.Options {
			if o.Offered == nil || *o.Offered {
				offered = append(offered, o.Label)
			}
		}
		out := []string{v.pick(offered)}
		if more := v.pick(offered); !f.Single && more != out[0] && f.Key != s.UnitKind {
			out = append(out, more)
		}
		return out
	case call.Rows:
		return v.rows(f)
	case call.Integer:
		return v.IntN(120)
	case call.LongText:
		limit := f.Limit
		if limit == 0 {
			limit = 120
		}
		return v.prose(v.topic, limit/2+v.IntN(limit/2))
	}
	if len(f.Lexicon) > 0 {
		return v.pick(f.Lexicon)
	}
	return v.short(f.Type)
}

// short is a value of a type that fits a cell.
func (v values) short(t call.FieldType) string {
	switch t {
	case call.Person:
		return v.person()
	case call.Unit:
		return unitName(v.IntN(4000))
	case call.Phone:
		return fmt.Sprintf("13%09d", v.IntN(1e9))
	case call.DateType:
		return fmt.Sprintf("%04d-04-%02d", v.year, 1+v.IntN(12))
	case call.Integer:
		return fmt.Sprint(v.IntN(500))
	case call.Postcode:
		return fmt.Sprintf("01%04d", v.IntN(1e4))
	case call.Email:
		return fmt.Sprintf("office%d@example.org", v.IntN(1e5))
	case call.Website:
		return fmt.Sprintf("www.example%d.org", v.IntN(1e4))
	}
	return v.pick(topics) + v.pick(things)
}

// rows are some rows of a table.
func (v values) rows(f *call.Field) []map[string]string {
	var out []map[string]string
	for range 1 + v.IntN(4) {
		row := map[string]string{}
		for _, c := range f.Columns {
			switch {
			case f.Key+"."+c.Key == v.call.Search.Country && len(f.Lexicon) > 0:
				row[c.Key] = f.Lexicon[min(v.IntN(len(f.Lexicon)), v.IntN(len(f.Lexicon)))]
			case c.Type == call.Unit:
				row[c.Key] = v.pick(places) + v.pick(partners)
			default:
				row[c.Key] = v.short(c.Type)
			}
		}
		out = append(out, row)
	}
	return out
}

// plain is a value as it stands on the paper.
func plain(value any) string {
	switch value := value.(type) {
	case []string:
		return strings.Join(value, "、")
	case []map[string]string:
		var b strings.Builder
		for _, row := range value {
			for _, key := range slices.Sorted(maps.Keys(row)) {
				b.WriteString(row[key] + "　")
			}
		}
		return b.String()
	}
	return fmt.Sprint(value)
}

// newPaper begins a bundle; the same number gives the same one.
func newPaper(c *call.Call, number uint64) *paper {
	return &paper{author: author{rand.New(rand.NewPCG(number, 17))}, call: c}
}
