package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hhrutter/tiff"
	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"

	"sealdesk/bundle"
)

func testPages(t *testing.T) []picture {
	t.Helper()
	fax, err := (&scanner{}).pack(image.NewPaletted(image.Rect(0, 0, 99, 120), bilevel))
	if err != nil {
		t.Fatal(err)
	}
	gray, err := (&scanner{quality: 50}).pack(image.NewGray(image.Rect(0, 0, 99, 120)))
	if err != nil {
		t.Fatal(err)
	}
	colour, err := (&scanner{quality: 50}).pack(image.NewRGBA(image.Rect(0, 0, 120, 99)))
	if err != nil {
		t.Fatal(err)
	}
	return []picture{fax, gray, colour}
}

func TestPDFHoldsEveryPage(t *testing.T) {
	api.DisableConfigDir()
	pdf := writePDF(testPages(t), 100)
	dims, err := api.PageDims(bytes.NewReader(pdf), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(dims) != 3 || math.Abs(dims[0].Width-99*0.72) > 0.01 || math.Abs(dims[2].Width-120*0.72) > 0.01 {
		t.Errorf("pages are %v", dims)
	}
}

func TestTIFFHoldsEveryPage(t *testing.T) {
	pages := testPages(t)[:1]
	data := writeTIFF(append(pages, pages[0]), 100)
	at := int64(0)
	for i := range 4 {
		at = int64(uint32(data[at+4]) | uint32(data[at+5])<<8 | uint32(data[at+6])<<16 | uint32(data[at+7])<<24)
		if i == 0 {
			img, err := tiff.DecodeAt(bytes.NewReader(data), at)
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds().Dx() != 99 || img.Bounds().Dy() != 120 {
				t.Errorf("first page is %v", img.Bounds())
			}
		}
		n := int64(data[at]) | int64(data[at+1])<<8
		at += 2 + 12*n - 4
		if bytes.Equal(data[at+4:at+8], []byte{0, 0, 0, 0}) {
			if i != 1 {
				t.Errorf("the file has %d pages, want 2", i+1)
			}
			return
		}
	}
	t.Error("the pages' directories never end")
}

// TestTruthFollowsThePaper prints a black square, scans it crookedly and looks
// for it where the truth says that it is.
func TestTruthFollowsThePaper(t *testing.T) {
	square := rect{1700, 700, 1900, 900}
	for seed := range uint64(6) {
		s := &sheet{canvas: newCanvas(paperWidth, paperHeight)}
		s.bar(square, color.Black)
		if err := s.foldUp(); err != nil {
			t.Fatal(err)
		}
		sc := &scanner{
			dpi: 72, mode: inGray, skew: 3, shift: 3, perspective: 0.008, border: 3, lid: 255, turned: 0.7,
			paper: [3]float64{1, 1, 1}, contrast: 1, bend: 1,
		}
		rng := rand.New(rand.NewPCG(seed, 9))
		l := sc.lay(rng)
		img, err := sc.scan(faces{}, s, nil, l, rng)
		if err != nil {
			t.Fatal(err)
		}
		up := turnPage(img, (360-l.rotation)%360).(*image.Gray) // undoes the turn
		sin, cos := math.Sincos(-l.skew * math.Pi / 180)
		n, sx, sy := 0.0, 0.0, 0.0
		for y := range l.h {
			for x := range l.w {
				if up.GrayAt(x, y).Y < 128 {
					dx, dy := float64(x)+0.5-float64(l.w)/2, float64(y)+0.5-float64(l.h)/2
					sx += float64(l.w)/2 + dx*cos - dy*sin
					sy += float64(l.h)/2 + dx*sin + dy*cos
					n++
				}
			}
		}
		box := l.upright(square)
		x, y := sx/n/float64(l.w), sy/n/float64(l.h)
		if math.Abs(x-(box[0]+box[2])/2) > 0.002 || math.Abs(y-(box[1]+box[3])/2) > 0.002 {
			t.Errorf("seed %d: ink at (%.4f, %.4f), truth says %v (rotation %d, skew %.2f)", seed, x, y, box, l.rotation, l.skew)
		}
	}
}

// TestFaultsFailTheirChecks makes applications with one fault and looks which
// checks do not pass.
func TestFaultsFailTheirChecks(t *testing.T) {
	all := map[bundle.Kind]int{bundle.ApplicationForm: 0, bundle.ImplementationPlan: 1, bundle.RecommendationLetter: 2}
	tests := []struct {
		name   string
		faults faults
		want   []string
	}{
		{"nothing", faults{}, nil},
		{"nothing in optional fields", faults{blank: []string{"fax", "website"}}, nil},
		{"无", faults{none: true}, nil},
		{"no host seal", faults{noHostSeal: true}, []string{"seal.host_unit.present"}},
		{"foreign host seal", faults{foreignHostSeal: true}, []string{"seal.host_unit.matches"}},
		{"late", faults{late: true}, []string{"date.deadline"}},
		{"no date", faults{noDeptDate: true}, []string{"date.recommending_dept.present"}},
		{"two types", faults{twoTypes: true}, []string{"field.base_type.single"}},
		{"type not offered", faults{parkType: true}, []string{"field.base_type.offered"}},
		{"plan of the other kind", faults{wrongPlan: true}, []string{"plan.type"}},
		{"heading missing", faults{planLacks: 2}, []string{"plan.sections"}},
		{"bad e-mail", faults{badEmail: true}, []string{"field.email.format"}},
		{"bad postcode", faults{badPostcode: true}, []string{"field.postcode.format"}},
		{"bad telephone", faults{badPhone: true}, []string{"field.manager1_phone.format"}},
		{"too long", faults{over: "talent"}, []string{"field.talent.limit"}},
		{"blank", faults{blank: []string{"address"}}, []string{"field.address.present"}},
		{"cover's leader", faults{coverLeader: true}, []string{"consistency.leader"}},
		{"handed in twice", faults{duplicate: true}, []string{"duplicate.application"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(20) {
				w := newWorld(seed)
				a := w.apply(league{}, tt.faults, 1)
				checks := w.checks(a, all)
				var got []string
				for _, c := range checks {
					if c.Status != bundle.Pass {
						got = append(got, c.ID)
					}
				}
				if !slices.Equal(got, tt.want) {
					t.Fatalf("seed %d: %v, want %v", seed, got, tt.want)
				}
				if v := verdict(checks); (v == bundle.Complete) != (tt.want == nil) {
					t.Fatalf("seed %d: verdict %s", seed, v)
				}
			}
		})
	}
}

func TestQuotaCountsApplications(t *testing.T) {
	w := newWorld(4)
	l := w.league()
	for i := range 4 {
		a := w.apply(l, faults{quota: true}, 0.2)
		if got := w.withinQuota(a); got != (i < 3) {
			t.Errorf("application %d of a league: within its quota is %v", i+1, got)
		}
	}
}

func TestTextsKeepTheirLimits(t *testing.T) {
	w := newWorld(8)
	for range 30 {
		a := w.apply(league{}, faults{}, 1)
		for key, limit := range limits {
			if n := characters(a.text(key)); n == 0 || n > limit {
				t.Errorf("%s has %d characters, the limit is %d", key, n, limit)
			}
			if strings.ContainsAny(a.text(key), "{}%!") && !strings.Contains(a.text(key), "%，") && !strings.Contains(a.text(key), "%。") {
				t.Errorf("%s has a blank left: %s", key, a.text(key))
			}
		}
	}
}

var allFaces = sync.OnceValues(func() (faces, error) {
	fs := faces{}
	return fs, fs.loadAll()
})

func loaded(t *testing.T) faces {
	t.Helper()
	fs, err := allFaces()
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestWrapLosesNothing(t *testing.T) {
	fs := loaded(t)
	const text = "（一）与 Khovd University of Applied Science 合作，完成“双语”手册；印发300册、培训12人。"
	for _, name := range []string{"song", "kai", "ming", "zenhei", "droid"} {
		for width := 150.0; width < 900; width += 37 {
			ls := fs[name].wrap(text, 50, width, true)
			if got := strings.ReplaceAll(strings.Join(ls, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
				t.Fatalf("%s, width %.0f: got %q", name, width, got)
			}
			for _, l := range ls {
				if r := []rune(l)[0]; strings.ContainsRune(noLineStart, r) {
					t.Errorf("%s, width %.0f: a line begins with %c", name, width, r)
				}
			}
		}
	}
}

// TestSameSeedSameBytes prints and scans a page twice.
func TestSameSeedSameBytes(t *testing.T) {
	fs := loaded(t)
	page := func(seed uint64) []byte {
		w := newWorld(seed)
		st, err := newStyle(fs, w.rng, false)
		if err != nil {
			t.Fatal(err)
		}
		p := &printer{style: st, app: w.apply(league{}, faults{}, 1), rng: w.rng, fs: fs}
		p.recommender(false)
		s := p.take()[0]
		if len(s.seals) != 1 || len(s.signs) != 1 || len(s.boxes) != 6 {
			t.Fatalf("%d seals, %d signatures, %d boxes on the recommender's page", len(s.seals), len(s.signs), len(s.boxes))
		}
		sc := newScanner(w.rng)
		sc.dpi = 60
		pic, err := sc.page(fs, s, s, sc.lay(w.rng), w.rng)
		if err != nil {
			t.Fatal(err)
		}
		return pic.data
	}
	if !bytes.Equal(page(3), page(3)) {
		t.Error("the same seed gave other bytes")
	}
	if bytes.Equal(page(3), page(4)) {
		t.Error("another seed gave the same bytes")
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	if err := writeBad(dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "password.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := api.PageCount(f, nil); !errors.Is(err, pdfcpu.ErrWrongPassword) {
		t.Errorf("password.pdf: %v", err)
	}
}

// TestKeptBundles holds the bundles beside this program to their truth.
func TestKeptBundles(t *testing.T) {
	for _, name := range []string{"complete.pdf", "no-seal.pdf", "two-applications.tif"} {
		text, err := os.ReadFile(filepath.Join("..", "truth", strings.TrimSuffix(name, filepath.Ext(name))+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var tr truth
		if err := json.Unmarshal(text, &tr); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if tr.File != name || len(tr.PageInfo) != tr.Pages || len(tr.Applications) == 0 {
			t.Errorf("%s: truth of %s with %d pages", name, tr.File, len(tr.PageInfo))
		}
		if filepath.Ext(name) != ".pdf" {
			continue
		}
		f, err := os.Open(filepath.Join("..", "bundles", name))
		if err != nil {
			t.Fatal(err)
		}
		n, err := api.PageCount(f, nil)
		f.Close()
		if err != nil || n != tr.Pages {
			t.Errorf("%s has %d pages, truth says %d (%v)", name, n, tr.Pages, err)
		}
	}
}

// FuzzCollectionMember feeds damaged font files.
func FuzzCollectionMember(f *testing.F) {
	f.Add([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00glyf\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x04"), 0)
	f.Add([]byte("\x00\x01\x00\x00\x00\x02"), 3)
	f.Fuzz(func(t *testing.T, data []byte, member int) {
		out, err := collectionMember(data, member)
		if err == nil && len(out)%4 != 0 {
			t.Errorf("%d bytes", len(out))
		}
	})
}
