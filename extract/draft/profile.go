package draft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Profile writes the profile of a blank form, in YAML: id is the call's, year its year
// where the form does not tell it. It can be loaded, unless there is nothing to fill in on the
// pages, and is to be finished by hand.
func Profile(pages []Page, id string, year int) []byte {
	f := read(pages)
	if f.year == 0 || f.year < 2000 || f.year > 2100 {
		f.year = year
	}
	w := &writer{form: f}
	w.arrange()
	return w.write(id)
}

// field is a field of the profile in the making.
type field struct {
	key, label, kind string
	limit            int
	single           bool
	options          []text
	columns          []text
	doubts           []string
}

// place is a section of the form in the profile.
type place struct {
	*section
	kind       string
	field      string
	grid       []string // its rows
	role, date string
	signatory  string
	seal       string
}

type writer struct {
	form   *form
	fields []field
	cover  []string // keys
	places []place
	used   map[string]int
}

// kinds are words of labels by which a value's type is guessed, the first that fits.
var kinds = []struct {
	words *regexp.Regexp
	kind  string
}{
	{regexp.MustCompile(`日期|时间$`), "date"},
	{regexp.MustCompile(`电话|手机|固话|传真`), "phone"},
	{regexp.MustCompile(`邮编|邮政编码`), "postcode"},
	{regexp.MustCompile(`邮箱|邮件|(?i)e-?mail`), "email"},
	{regexp.MustCompile(`网站|网址|主页`), "website"},
	{regexp.MustCompile(`人数|数量|件数|项数`), "integer"},
	{regexp.MustCompile(`负责人|联系人|姓名|人员（|人员\(`), "person"},
	{regexp.MustCompile(`(单位|部门|机构)(名称)?$`), "unit"},
}

func kindOf(label string) string {
	for _, k := range kinds {
		if k.words.MatchString(label) {
			return k.kind
		}
	}
	return "text"
}

// limits are how a greatest number of characters is printed.
var limits = []*regexp.Regexp{
	regexp.MustCompile(`限\s*([0-9OolI]{2,5})\s*字`),
	regexp.MustCompile(`(?:不超过|不多于|不得超过|少于|控制在|至多|最多)\s*([0-9OolI]{2,5})\s*(?:个)?(?:汉)?字`),
	regexp.MustCompile(`字数(?:限|不超过|控制在|不得超过)?(?:在)?\s*([0-9OolI]{2,5})`),
	regexp.MustCompile(`([0-9OolI]{2,5})\s*字\s*(?:以内|以下|之内|左右|内)`),
}

// limitOf is the limit that a text prints, 0 for none; sure is false where a digit was
// read as a letter.
func limitOf(s string) (n int, sure bool) {
	for _, l := range limits {
		m := l.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		digits := strings.NewReplacer("O", "0", "o", "0", "l", "1", "I", "1").Replace(m[1])
		if _, err := fmt.Sscan(strings.TrimLeft(digits, "0"), &n); err == nil && n > 0 {
			return n, digits == m[1]
		}
	}
	return 0, true
}

// key gives a key that no other field has.
func (w *writer) key(prefix string) string {
	if w.used == nil {
		w.used = map[string]int{}
	}
	w.used[prefix]++
	return fmt.Sprintf("%s_%d", prefix, w.used[prefix])
}

// add adds a field and gives its key.
func (w *writer) add(prefix string, f field, label text) string {
	f.key = w.key(prefix)
	if f.label = label.words; f.label == "" {
		f.label, f.doubts = "未命名 "+f.key, append(f.doubts, "没有认出它的标签")
	}
	if label.sure < usually {
		f.doubts = append(f.doubts, "标签读得不准")
	}
	w.fields = append(w.fields, f)
	return f.key
}

// arrange makes fields and places of what was found.
func (w *writer) arrange() {
	for _, c := range w.form.cover {
		w.cover = append(w.cover, w.add("cover", field{kind: kindOf(c.words)}, c))
	}
	for i, s := range w.form.sections {
		prefix := fmt.Sprintf("section%d", i+1)
		if s.heading.words == "" {
			s.heading = text{fmt.Sprintf("未命名 %d", i+1), 0}
		}
		w.places = append(w.places, w.place(prefix, s))
	}
}

var (
	signed  = regexp.MustCompile(`^(.*?[:：]).*(签章|签字|签名)`)
	sealed  = regexp.MustCompile(`[（(]?[^（()）]*(公章|盖章)[）)]?`)
	dated   = regexp.MustCompile(`年.*月`)
	advises = regexp.MustCompile(`推荐|主管|审批|上级`)
)

// place says of what shape a section is.
func (w *writer) place(prefix string, s *section) place {
	p := place{section: s}
	label := text{strings.TrimRight(s.heading.words, "：:"), s.heading.sure}
	var options []text
	var lines []line
	wide := true // whether all rows are of one cell
	for _, row := range s.rows {
		wide = wide && len(row) == 1
		for _, c := range row {
			for _, l := range c.lines {
				lines = append(lines, l)
				options = append(options, l.options...)
			}
		}
	}
	switch {
	case wide && len(options) > 0:
		p.kind = "choices"
		p.field = w.add(prefix, choice(options, label.words), label)
	case wide && slices.ContainsFunc(beside(lines), dated.MatchString):
		w.opinion(prefix, &p, label, beside(lines))
	case wide:
		p.kind = "text"
		f := field{kind: "longtext"}
		var sure bool
		if f.limit, sure = limitOf(s.heading.words + strings.Join(s.notes, "")); !sure {
			f.doubts = append(f.doubts, "字数限制读得不准")
		}
		for _, l := range lines {
			p.notes = append(p.notes, l.words)
		}
		p.field = w.add(prefix, f, label)
	case isTable(s.rows):
		p.kind = "table"
		f := field{kind: "table"}
		for _, c := range s.rows[0] {
			f.columns = append(f.columns, c.label())
		}
		p.field = w.add(prefix, f, label)
	default:
		p.kind = "grid"
		w.grid(prefix, &p)
		if len(p.grid) == 0 {
			p.kind = "text"
			p.field = w.add(prefix, field{kind: "longtext", doubts: []string{"没有认出格子"}}, label)
		}
	}
	return p
}

// beside joins lines that stand beside one another.
func beside(lines []line) []string {
	var out []string
	last := -1 // where the middle of the line before stands
	for _, l := range lines {
		middle := (l.box.Min.Y + l.box.Max.Y) / 2
		if last >= 0 && max(middle, last)-min(middle, last) < l.height/2 {
			out[len(out)-1] += l.words
			continue
		}
		out, last = append(out, l.words), middle
	}
	return out
}

// choice is a field of options.
func choice(options []text, label string) field {
	f := field{kind: "choice", single: strings.Contains(label, "单选")}
	seen := map[string]bool{}
	for i, o := range options {
		if o.words == "" || seen[o.words] {
			f.doubts = append(f.doubts, fmt.Sprintf("第 %d 个选项没有认出", i+1))
			o.words = fmt.Sprintf("选项 %d", i+1)
		} else if o.sure < usually {
			f.doubts = append(f.doubts, fmt.Sprintf("选项“%s”读得不准", o.words))
		}
		seen[o.words] = true
		f.options = append(f.options, o)
	}
	return f
}

// label is all that is printed in a cell.
func (c *cell) label() text {
	t := text{sure: 1}
	for _, l := range c.lines {
		t.words += l.words
		t.sure = min(t.sure, l.sure)
	}
	return t
}

// options are the boxes of a cell.
func (c *cell) options() []text {
	var out []text
	for _, l := range c.lines {
		out = append(out, l.options...)
	}
	return out
}

// isTable says whether a row of labels stands above rows of empty cells alone.
func isTable(rows [][]*cell) bool {
	if len(rows) < 2 || len(rows[0]) < 2 {
		return false
	}
	for i, row := range rows {
		for _, c := range row {
			if (c.label().words != "") != (i == 0) || len(c.options()) > 0 {
				return false
			}
		}
	}
	return true
}

// opinion is a box with a signing line and a date.
func (w *writer) opinion(prefix string, p *place, label text, lines []string) {
	p.kind, p.role = "opinion", "host_unit"
	if advises.MatchString(label.words) {
		p.role = "recommending_dept"
	}
	for _, l := range lines {
		switch {
		case dated.MatchString(l):
		case p.signatory == "" && signed.MatchString(l):
			p.signatory = signed.FindStringSubmatch(l)[1]
		case p.seal == "" && sealed.MatchString(l):
			p.seal = sealed.FindString(l)
		}
	}
	p.field = w.add(prefix, field{kind: "longtext"}, label)
	p.date = w.add(prefix, field{kind: "date"}, text{label.words + "的日期", label.sure})
}

// grid makes the rows of a grid; a value's label stands left of it, or else above.
func (w *writer) grid(prefix string, p *place) {
	above := map[string]bool{} // labels of the row before
	for i, row := range p.rows {
		var cells []string
		labels := map[string]bool{}
		for j, c := range row {
			options := c.options()
			l := c.label()
			switch {
			case l.words != "" && len(options) == 0:
				span := ""
				if c.spans && above[l.words] {
					span = ", span: true"
				}
				labels[l.words] = true
				cells = append(cells, fmt.Sprintf("{label: %s%s}", quoted(l.words), span))
			case c.spans:
				// An empty cell has its place in the row where it begins.
			default:
				name := w.labelOf(p.rows, i, j)
				f := field{kind: kindOf(name.words)}
				if len(options) > 0 {
					f = choice(options, name.words)
				} else if n, sure := limitOf(name.words); n > 0 {
					f.kind, f.limit = "longtext", n
					if !sure {
						f.doubts = append(f.doubts, "字数限制读得不准")
					}
				}
				cells = append(cells, fmt.Sprintf("{field: %s}", w.add(prefix, f, name)))
			}
		}
		if len(cells) > 0 {
			above = labels
			p.grid = append(p.grid, "["+strings.Join(cells, ", ")+"]")
		}
	}
}

// labelOf is the label of the value in row i at place j.
func (w *writer) labelOf(rows [][]*cell, i, j int) text {
	c := rows[i][j]
	if j > 0 {
		left := rows[i][j-1]
		if l := left.label(); l.words != "" && len(left.options()) == 0 {
			return l
		}
	}
	for k := i - 1; k >= 0; k-- {
		for _, above := range rows[k] {
			if above.box.Min.X < c.box.Max.X-8 && above.box.Max.X > c.box.Min.X+8 {
				if l := above.label(); l.words != "" && len(above.options()) == 0 {
					return l
				}
			}
		}
	}
	return text{}
}

// quoted is a text as YAML has it between quotes, which is as JSON has it.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}
