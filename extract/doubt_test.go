package extract_test

import (
	"context"
	"errors"
	"image"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/pipeline/ocr"
)

// sureBlank is the confidence above which a blank may lead to a verdict without
// anybody looking at the paper.
const sureBlank = 0.5

// wantDoubt asks that what could not be read is not taken for a blank, nor for
// a value that is sure.
func wantDoubt(t *testing.T, a bundle.Application, key string) {
	t.Helper()
	f, ok := a.Fields[key]
	if !ok {
		return // not found: a person looks
	}
	if f.Confidence > sureBlank {
		t.Errorf("field %s is %+v though the reader failed on it, want doubt", key, f)
	}
}

// TestFailedReadings: the reader crashed or hung on a line. No field on it may
// come out as blank for sure.
func TestFailedReadings(t *testing.T) {
	builtCall, other := builtIn(t), invented(t)
	for _, tc := range []struct {
		name   string
		call   *call.Call
		values values
		failed string // on the line with this text
		key    string
		draw   func(p *paper, v values)
	}{
		{"text in a grid", builtCall, builtInValues(), "青松路", "address", formOf(0)},
		{"one line of two in a grid", builtCall, builtInValues().with("address", "云岭市青松路18号科技园区北门东侧第三栋实验楼"), "实验楼", "address", formOf(0)},
		{"phone in a grid", builtCall, builtInValues(), "13805550147", "leader_phone", formOf(0)},
		{"number in a grid", builtCall, builtInValues(), "30", "staff_master", formOf(0)},
		{"postcode in a grid", builtCall, builtInValues(), "010020", "postcode", formOf(0)},
		{"e-mail in a grid", builtCall, builtInValues(), "office@", "email", formOf(0)},
		{"choice in a grid", builtCall, builtInValues(), "科研院所", "host_unit_type", formOf(0)},
		{"a long text's only line", builtCall, builtInValues(), "按年度会商", "goals", formOf(5, 6)},
		{"one line of a long text", builtCall, builtInValues(), "近五年承担", "overview", formOf(1, 2)},
		{"one cell of a table", builtCall, builtInValues(), "北海学园大学", "partners", formOf(8, 9)},
		{"choices in a box", builtCall, builtInValues(), "人员交流互访", "cooperation_modes", formOf(7)},
		{"date of an opinion", builtCall, builtInValues(), "2022年3月15日", "host_opinion_date", formOf(11)},
		{"another form's grid", other, inventedValues(), "每时300元", "fee", formOf(0)},
		{"another form's text", other, inventedValues(), "全年运行", "summary", formOf(1, 2)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, tc.call)
			p.failed = []string{tc.failed}
			p.reader.failed = true // it fails again on each second look
			tc.draw(p, tc.values)
			apps, _ := read(t, tc.call, p)
			if len(apps) != 1 {
				t.Fatalf("%d applications, want 1", len(apps))
			}
			wantDoubt(t, apps[0], tc.key)
		})
	}
}

// formOf draws these sections of a form.
func formOf(sections ...int) func(p *paper, v values) {
	return func(p *paper, v values) { p.form(v, sections...) }
}

// TestDoubtfulCharacters: a value is as sure as its characters are.
func TestDoubtfulCharacters(t *testing.T) {
	c := builtIn(t)
	before := 1.0
	for _, conf := range []float64{0.995, 0.97, 0.9, 0.7, 0.3} {
		p := newPaper(t, c)
		p.doubt = map[string]float64{"青松路": conf}
		p.form(builtInValues(), 0)
		apps, _ := read(t, c, p)
		f := apps[0].Fields["address"]
		if f.Value != "云岭市青松路18号" || f.Confidence >= before {
			t.Errorf("characters of %g give %+v, want less than %g", conf, f, before)
		}
		before = f.Confidence
	}
}

// TestAbsentBlankDoubtful: a field is absent where its place was not found, blank
// where its place is empty, doubtful where there is ink that was not read.
func TestAbsentBlankDoubtful(t *testing.T) {
	c := builtIn(t)
	v := builtInValues().with("discipline", "").with("direction", "草地修复")
	p := newPaper(t, c)
	p.unread = []string{"草地修复", "010020", "office@", "12"}
	p.reader.blind = true
	p.form(v, 0)
	apps, _ := read(t, c, p)
	a := apps[0]
	if f, ok := a.Fields["overview"]; ok {
		t.Errorf("field of another page is %+v, want it absent", f)
	}
	if f := a.Fields["discipline"]; f.Value != "" || f.Confidence < 0.9 {
		t.Errorf("empty cell is %+v, want a sure blank", f)
	}
	for _, key := range []string{"direction", "postcode", "email", "staff_doctor"} {
		if f, ok := a.Fields[key]; !ok || f.Value != "" || f.Confidence >= sureBlank || f.Note == "" {
			t.Errorf("ink in %s that was read as nothing is %+v, want a doubtful value with a note", key, f)
		}
	}
}

// TestReaderBroken: an error of the reader is not swallowed.
func TestReaderBroken(t *testing.T) {
	c := builtIn(t)
	broken := errors.New("no readers left")
	p := newPaper(t, c)
	p.form(builtInValues(), 0)
	p.reader.err = broken
	if _, err := extract.Page(context.Background(), p.sheet(3)); !errors.Is(err, broken) {
		t.Errorf("error %v, want the reader's", err)
	}
}

// twoReaders has a second reader, which reads what is drawn.
type twoReaders struct{ reader }

func (*twoReaders) HasSecond() bool { return true }

// TestSecondReader: where there is a second reader, agreement makes a value sure
// and disagreement makes it doubtful.
func TestSecondReader(t *testing.T) {
	c := builtIn(t)
	value := func(misread map[string]string, conf float64) bundle.Field {
		p := newPaper(t, c)
		p.misread = misread
		p.doubt = map[string]float64{"18号": conf}
		p.form(builtInValues(), 0)
		s := p.sheet(1)
		s.Reader = &twoReaders{}
		content, err := extract.Page(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		infos := []bundle.PageInfo{{Page: 1}}
		return extract.Assemble(c, "00112233445566778899", infos, []*extract.Content{content})[0].Fields["address"]
	}
	const right = "云岭市青松路18号"
	alike := value(nil, 0.9)
	if alike.Value != right || alike.Confidence < 0.9 || alike.Note != "" {
		t.Errorf("two readers that agree give %+v", alike)
	}
	p := newPaper(t, c)
	p.misread = map[string]string{"office@": "officeo"}
	p.reader.missing = "@"
	p.form(builtInValues(), 0)
	s := p.sheet(1)
	s.Reader = &twoReaders{*p.reader}
	content, err := extract.Page(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	apps := extract.Assemble(c, "00112233445566778899", []bundle.PageInfo{{Page: 1}}, []*extract.Content{content})
	if f := apps[0].Fields["email"]; f.Value != "office@caoye.example.cn" || f.Confidence > 0.8 || f.Note == "" {
		t.Errorf("an address that only the second reader reads well is %+v", f)
	}
	labelled := func(r ocr.Reader) bundle.Field {
		p := newPaper(t, c)
		p.misread = map[string]string{"有": "月", "否": "香"}
		p.form(builtInValues().with("has_cooperation_office", []string{"否"}), 0)
		s := p.sheet(1)
		s.Reader = r
		content, err := extract.Page(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		apps := extract.Assemble(c, "00112233445566778899", []bundle.PageInfo{{Page: 1}}, []*extract.Content{content})
		return apps[0].Fields["has_cooperation_office"]
	}
	if f := labelled(&reader{}); f.Confidence > sureBlank {
		t.Errorf("options that the only reader reads badly are %+v", f)
	}
	if f := labelled(&twoReaders{}); !sameValue(f.Value, []string{"否"}) || f.Confidence < 0.8 {
		t.Errorf("options that only the second reader reads well are %+v", f)
	}
	if f := value(map[string]string{"青松": "责松"}, 0.9); f.Value != right || f.Confidence >= alike.Confidence || f.Note == "" {
		t.Errorf("two readers that differ give %+v, want the surer one, with doubt", f)
	}
}

// TestNumbersUnparted: the mark between two telephone numbers is narrow, and one reader
// alone sees it; a bracket among digits is a 1.
func TestNumbersUnparted(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	p.misread = map[string]string{"531735": "53]735"}
	p.reader.missing = "、"
	p.form(builtInValues().with("leader_phone", "18689545985、0474-5317351"), 0)
	apps, _ := read(t, c, p)
	if f := apps[0].Fields["leader_phone"]; f.Value != "18689545985、0474-5317351" || f.Confidence < 0.85 {
		t.Errorf("read %+v", f)
	}
}

// TestTwoReadersOfNumbers: two readings of one reader are one voice against a second
// reader that is sure; an @ that is read as a letter and @ is one character to it.
func TestTwoReadersOfNumbers(t *testing.T) {
	c := builtIn(t)
	for _, tc := range []struct {
		name, key, value string
		misread          map[string]string
		doubt            bool
	}{
		{"a digit", "fax", "0476-7646459", map[string]string{"64645": "61645"}, true},
		{"a letter beside @", "email", "yuhu@126.com", map[string]string{"@": "G@"}, false},
	} {
		p := newPaper(t, c)
		p.form(builtInValues().with(tc.key, tc.value), 0)
		s := p.sheet(1)
		s.Reader = &misreader{misread: tc.misread}
		for i := range s.Readings {
			s.Readings[i] = changed(s.Readings[i], tc.misread)
		}
		content, err := extract.Page(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		apps := extract.Assemble(c, "00112233445566778899", []bundle.PageInfo{{Page: 1}}, []*extract.Content{content})
		f := apps[0].Fields[tc.key]
		if f.Value != tc.value || tc.doubt == (f.Confidence > 0.9) {
			t.Errorf("%s: read %+v, want %q, in doubt %v", tc.name, f, tc.value, tc.doubt)
		}
	}
}

// misreader is two readers, of which the first always reads some texts as others, and
// the second takes @ for an o.
type misreader struct {
	twoReaders
	misread map[string]string
}

func (r *misreader) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	out, err := r.twoReaders.Read(ctx, crops)
	for i, c := range crops {
		if c.Second {
			out[i] = changed(out[i], map[string]string{"@": "o"})
		} else if err == nil {
			out[i] = changed(out[i], r.misread)
		}
	}
	return out, err
}

// changed is a reading in which texts are replaced.
func changed(r ocr.Reading, misread map[string]string) ocr.Reading {
	text := r.Text
	for from, to := range misread {
		text = strings.ReplaceAll(text, from, to)
	}
	if text == r.Text {
		return r
	}
	out := ocr.Reading{Text: text, Raw: text, Confidence: r.Confidence}
	box := image.Rectangle{}
	for _, c := range r.Chars {
		box = box.Union(c.Box)
	}
	n := len([]rune(text))
	for i, c := range []rune(text) {
		at := box
		at.Min.X, at.Max.X = box.Min.X+box.Dx()*i/n, box.Min.X+box.Dx()*(i+1)/n
		out.Chars = append(out.Chars, ocr.Char{Text: string(c), Box: at, Confidence: r.Confidence})
	}
	return out
}
