// Command searchable writes each bundle that was read as a searchable PDF and says what is
// to be said of it: whether pdftotext, of poppler, gives back the text that was read, line
// by line and without a blank between Han characters; whether the pictures are the
// original's, byte for byte (or, where the strips of a fax were joined, pixel for pixel);
// and how much longer the file is.
//
//	go run ./testdata/searchable DATA
//
// DATA is a data folder of the program's. It fails where fewer than 99.5 % of the lines
// come back, a picture is not the original's, or a PDF is more than 1.05 times as long.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

const (
	leastLines = 0.995
	mostLength = 1.05
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "searchable:", err)
		os.Exit(1)
	}
}

// figures are what was measured of a bundle, or of all.
type figures struct {
	lines, right, blanks int // text lines, those that came back, those with a stray blank
	pictures, same       int
	alike                int // of those packed anew, how many show the same, pixel for pixel
	length, before       int64
	worst                float64  // how many times as long, at most
	first                []string // lines that did not come back
	pages                int
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("name a data folder")
	}
	store, err := dir.Open(filepath.Join(args[0], "store"))
	if err != nil {
		return err
	}
	defer store.Close()
	api.DisableConfigDir()
	var all figures
	fmt.Println("bundle           pages   lines   right      %  stray  pictures  same alike    length  times")
	for info, err := range store.List(ctx, "bundles/") {
		if err != nil {
			return err
		}
		sha, isSource := strings.CutSuffix(strings.TrimPrefix(info.Key, "bundles/"), "/source.json")
		if !isSource {
			continue
		}
		name, _, err := pipeline.Source(ctx, store, sha)
		if err != nil {
			return err
		}
		f, err := measure(ctx, store, sha)
		if errors.Is(err, storage.ErrNotExist) {
			fmt.Printf("%-16s was not read\n", name)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f.print(name)
		for _, l := range f.first {
			fmt.Println("    ", l)
		}
		all.lines, all.right, all.blanks = all.lines+f.lines, all.right+f.right, all.blanks+f.blanks
		all.pictures, all.same, all.alike = all.pictures+f.pictures, all.same+f.same, all.alike+f.alike
		all.length, all.before, all.worst = all.length+f.length, all.before+f.before, max(all.worst, f.worst)
		all.pages += f.pages
	}
	all.print("all")
	fmt.Printf("The longest is %.4f times as long as its original.\n", all.worst)
	if all.lines == 0 || float64(all.right) < leastLines*float64(all.lines) || all.same+all.alike < all.pictures || all.worst > mostLength {
		return errors.New("this falls short")
	}
	return nil
}

func (f figures) print(name string) {
	fmt.Printf("%-16s %5d %7d %7d %6.2f %6d %9d %5d %5d %9d %6.4f\n", name, f.pages, f.lines, f.right,
		100*float64(f.right)/float64(max(f.lines, 1)), f.blanks, f.pictures, f.same, f.alike, f.length, float64(f.length)/float64(f.before))
}

// measure measures a bundle.
func measure(ctx context.Context, s storage.Store, sha string) (figures, error) {
	var f figures
	var made bytes.Buffer
	if err := pipeline.WritePDF(ctx, s, sha, page.Options{}, nil, &made); err != nil {
		return f, err
	}
	var originals []byte
	for info, err := range s.List(ctx, "bundles/"+sha+"/original/") {
		if err != nil {
			return f, err
		}
		b, err := storage.ReadAll(ctx, s, info.Key)
		if err != nil {
			return f, err
		}
		originals = append(originals, b...)
	}
	f.length, f.before = int64(made.Len()), int64(len(originals))
	f.worst = float64(f.length) / float64(f.before)
	pictures, err := picturesOf(made.Bytes())
	if err != nil {
		return f, err
	}
	for _, p := range pictures {
		f.pictures++
		if in(originals, p) {
			f.same++
		}
	}
	if f.same < f.pictures {
		if f.alike, err = alike(ctx, originals, made.Bytes()); err != nil {
			return f, err
		}
	}
	return f, f.text(ctx, s, sha, made.Bytes())
}

// in says whether the bytes of a picture stand in the originals: all of them, or those of
// each strip of which a JPEG was joined, behind its head.
func in(originals, p []byte) bool {
	if bytes.Contains(originals, p) {
		return true
	}
	at := bytes.Index(p, []byte{0xff, 0xda})
	if !bytes.HasPrefix(p, []byte{0xff, 0xd8}) || at < 0 || at+4 > len(p) {
		return false
	}
	at += 2 + int(p[at+2])<<8 + int(p[at+3])
	for i := at; ; i++ {
		end := i
		for end+1 < len(p) && !(p[end] == 0xff && p[end+1] >= 0xd0 && p[end+1] <= 0xd9) {
			end++
		}
		if !bytes.Contains(originals, p[i:end]) {
			return false
		}
		if end+2 >= len(p) {
			return true
		}
		i = end + 1
	}
}

// alike counts the pages that show the same, pixel for pixel.
func alike(ctx context.Context, original, made []byte) (n int, err error) {
	a, err := page.Open(ctx, "original", bytes.NewReader(original), int64(len(original)), page.Options{})
	if err != nil {
		return 0, err
	}
	defer a.Close()
	b, err := page.Open(ctx, "made", bytes.NewReader(made), int64(len(made)), page.Options{})
	if err != nil {
		return 0, err
	}
	defer b.Close()
	for i := range a.Pages() {
		x, err := a.Page(ctx, i+1)
		if err != nil {
			return 0, err
		}
		y, err := b.Page(ctx, i+1)
		if err != nil {
			return 0, err
		}
		if bytes.Equal(x.R, y.R) && bytes.Equal(x.G, y.G) && bytes.Equal(x.B, y.B) {
			n++
		}
	}
	return n, nil
}

// picturesOf are the pictures in a PDF as they are packed.
func picturesOf(data []byte) ([][]byte, error) {
	conf := model.NewDefaultConfiguration()
	conf.Offline = true
	doc, err := pdfcpu.Read(bytes.NewReader(data), conf)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range doc.Table {
		if sd, ok := e.Object.(types.StreamDict); ok && sd.Subtype() != nil && *sd.Subtype() == "Image" {
			out = append(out, sd.Raw)
		}
	}
	return out, nil
}

var versions = regexp.MustCompile(`/results/[^/]+/text\.json$`)

// text holds what pdftotext gives against what was read.
func (f *figures) text(ctx context.Context, s storage.Store, sha string, made []byte) error {
	kept, err := newestText(ctx, s, sha)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "pdftotext", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(made)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("pdftotext: %w", err)
	}
	pages := strings.Split(string(out), "\f")
	f.pages = len(pages) - 1
	for i, p := range kept {
		if i >= len(pages) || p.Kind == bundle.Blank {
			continue
		}
		bare := withoutBlanks(pages[i])
		for _, l := range p.Lines {
			text := strings.TrimSpace(l.Text)
			if text == "" {
				continue
			}
			f.lines++
			switch {
			case strings.Contains(pages[i], text):
				f.right++
				continue
			case strings.Contains(bare, withoutBlanks(text)):
				f.blanks++
			}
			if len(f.first) < 5 {
				f.first = append(f.first, fmt.Sprintf("page %d: %s", p.Page, text))
			}
		}
	}
	return nil
}

func newestText(ctx context.Context, s storage.Store, sha string) ([]pipeline.PageText, error) {
	var out []pipeline.PageText
	for info, err := range s.List(ctx, "bundles/"+sha+"/results/") {
		if err != nil {
			return nil, err
		}
		if !versions.MatchString(info.Key) {
			continue
		}
		if out != nil {
			return nil, errors.New("there are several results; read the bundle into an empty data folder")
		}
		b, err := storage.ReadAll(ctx, s, info.Key)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, &out); err != nil {
			return nil, fmt.Errorf("decode %s: %w", info.Key, err)
		}
	}
	return out, nil
}

func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
