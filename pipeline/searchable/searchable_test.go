package searchable

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"os/exec"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
)

// scan is a JPEG of a sheet of A4, upright or on its side.
func scan(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(200 + i%50)
	}
	m.SetGray(1, 1, color.Gray{uint8(w)}) // so that no two are alike
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name string, data []byte) page.File {
	return page.File{Name: name, Data: bytes.NewReader(data), Size: int64(len(data))}
}

// write makes a PDF.
func write(t *testing.T, files []page.File, pages ...Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, files, pages, page.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// poppler gives what pdftotext says of a PDF.
func poppler(t *testing.T, pdf []byte, options ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", append(options, "-", "-")...)
	cmd.Stdin = bytes.NewReader(pdf)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("pdftotext (scripts/install test brings it): %v %s", err, complaints.String())
	}
	return string(out)
}

var lines = []Line{
	{"内蒙古自治区国际科技合作基地", bundle.Box{0.2, 0.1, 0.8, 0.13}},
	{"依托单位 塔林草原生态研究院", bundle.Box{0.1, 0.3, 0.6, 0.32}},
	{`联系人：𠮷野(一)\二 0482-5218974`, bundle.Box{0.1, 0.4, 0.7, 0.42}},
	{"Open science, 开放 A4 幅面", bundle.Box{0.5, 0.7, 0.9, 0.715}},
}

// Each line is copied as it was read, however the page lies, and stands where it stood on
// the upright page.
func TestText(t *testing.T) {
	for _, tc := range []struct {
		rotation int
		skew     float64
		w, h     int // of the scan as it lies
	}{
		{0, 0, 827, 1169}, {0, 2.5, 827, 1169}, {0, -0.4, 827, 1169}, {90, 0, 1169, 827}, {180, 1, 827, 1169}, {270, -3, 1169, 827},
	} {
		t.Run(fmt.Sprint(tc.rotation, tc.skew), func(t *testing.T) {
			data := scan(t, tc.w, tc.h)
			pdf := write(t, []page.File{file("scan.jpg", data)}, Page{Number: 1, Rotation: tc.rotation, Skew: tc.skew, Lines: lines})
			if !bytes.Contains(pdf, data) {
				t.Error("the picture is not the scan's")
			}
			text := poppler(t, pdf)
			for _, l := range lines {
				if !strings.Contains(text, l.Text+"\n") {
					t.Errorf("%q is not in %q", l.Text, text)
				}
			}
			checkPlaces(t, poppler(t, pdf, "-bbox"), tc.skew)
		})
	}
}

// checkPlaces holds where the words stand against the lines' boxes.
func checkPlaces(t *testing.T, boxes string, skew float64) {
	t.Helper()
	var doc struct {
		Page struct {
			W     float64 `xml:"width,attr"`
			H     float64 `xml:"height,attr"`
			Words []struct {
				Text string  `xml:",chardata"`
				X0   float64 `xml:"xMin,attr"`
				Y0   float64 `xml:"yMin,attr"`
				X1   float64 `xml:"xMax,attr"`
				Y1   float64 `xml:"yMax,attr"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal([]byte(boxes), &doc); err != nil {
		t.Fatal(err)
	}
	p := doc.Page
	// pdftotext tells the page's size as it was before it was turned.
	p.W, p.H = min(p.W, p.H), max(p.W, p.H)
	for _, l := range lines[:1] {
		for _, w := range p.Words {
			if w.Text != l.Text {
				continue
			}
			// The middle of the line, turned about the middle of the page.
			sin, cos := math.Sincos(skew * math.Pi / 180)
			x, y := (l.Box[0]+l.Box[2]-1)/2*p.W, (l.Box[1]+l.Box[3]-1)/2*p.H
			x, y = p.W/2+x*cos-y*sin, p.H/2+x*sin+y*cos
			if math.Abs((w.X0+w.X1)/2-x) > 2 || math.Abs((w.Y0+w.Y1)/2-y) > 2 {
				t.Errorf("%s stands at %.0f, %.0f, want %.0f, %.0f", w.Text, (w.X0+w.X1)/2, (w.Y0+w.Y1)/2, x, y)
			}
			if wide := (l.Box[2] - l.Box[0]) * p.W; math.Abs(w.X1-w.X0-wide) > 2 {
				t.Errorf("%s is %.0f wide, want %.0f", w.Text, w.X1-w.X0, wide)
			}
			return
		}
		t.Errorf("no word %s", l.Text)
	}
}

// Pages come in the order that is asked for, from several files, and those that are not
// asked for do not come.
func TestPages(t *testing.T) {
	first, second, third := scan(t, 827, 1169), scan(t, 826, 1169), scan(t, 825, 1169)
	both := write(t, []page.File{file("1.jpg", first), file("2.jpg", second)},
		Page{Number: 1, Lines: []Line{{"第一页", lines[0].Box}}}, Page{Number: 2, Rotation: 180, Lines: []Line{{"第二页", lines[0].Box}}})
	pdf := write(t, []page.File{file("3.jpg", third), file("both.pdf", both)},
		Page{Number: 3, Lines: []Line{{"丙", lines[0].Box}}}, Page{Number: 1, Lines: []Line{{"甲", lines[0].Box}}})
	if got := strings.Fields(poppler(t, pdf)); strings.Join(got, " ") != "丙 甲" {
		t.Errorf("text %q, want 丙 and 甲 alone: what was hidden before is gone", got)
	}
	if !bytes.Contains(pdf, second) || !bytes.Contains(pdf, third) {
		t.Error("a picture is not the original's")
	}
	if bytes.Contains(pdf, first) {
		t.Error("a page that was left out is in the file")
	}
}

// What stands on a page beside the scan stays, and what leads elsewhere does not.
func TestKeeps(t *testing.T) {
	pdf := write(t, []page.File{file("made.pdf", []byte(drawn))}, Page{Number: 1, Lines: lines[:1]})
	text := poppler(t, pdf)
	for _, want := range []string{"Seen", lines[0].Text} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %q", want, text)
		}
	}
	if strings.Contains(text, "Hidden") {
		t.Errorf("text of another program's is still hidden: %q", text)
	}
	for _, bad := range []string{"JavaScript", "OpenAction", "Launch"} {
		if bytes.Contains(pdf, []byte(bad)) {
			t.Errorf("%s came along", bad)
		}
	}
	again := write(t, []page.File{file("again.pdf", pdf)}, Page{Number: 1, Lines: lines[1:2]})
	if text := poppler(t, again); strings.Contains(text, lines[0].Text) || !strings.Contains(text, lines[1].Text) {
		t.Errorf("made again: %q", text)
	}
}

// drawn is a page with text to see, text that is hidden, and what nobody asked for. Its
// cross-reference table is wrong, as many are.
const drawn = `%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] /Resources << /Font << /T << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [ << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /F (x) >> >> ] >>
endobj
4 0 obj
<< /Length 93 >>
stream
q BT /T 12 Tf 72 700 Td (Seen) Tj ET Q q BT 3 Tr /T 12 Tf 72 600 Td (Hidden) Tj ET Q         
endstream
endobj
xref
0 1
0000000000 65535 f 
trailer
<< /Size 5 /Root 1 0 R >>
startxref
9
%%EOF
`

func TestRefuses(t *testing.T) {
	good := file("1.jpg", scan(t, 827, 1169))
	for name, tc := range map[string]struct {
		files []page.File
		pages []Page
	}{
		"no pages":     {[]page.File{good}, nil},
		"no such page": {[]page.File{good}, []Page{{Number: 2}}},
		"page 0":       {[]page.File{good}, []Page{{Number: 0}}},
		"not a scan":   {[]page.File{file("a.txt", []byte("text"))}, []Page{{Number: 1}}},
	} {
		if err := Write(t.Context(), &bytes.Buffer{}, tc.files, tc.pages, page.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, &bytes.Buffer{}, []page.File{good}, []Page{{Number: 1}}, page.Options{}); err == nil {
		t.Error("it was written after it was cancelled")
	}
}

// TestNoPages: where all pages were dropped, people are told so.
func TestNoPages(t *testing.T) {
	var told *bundle.Error
	if err := Write(t.Context(), io.Discard, nil, nil, page.Options{}); !errors.As(err, &told) || told.Code != bundle.CodeEmpty {
		t.Errorf("the error is %v", err)
	}
}
