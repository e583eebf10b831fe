package ocr

import (
	"context"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealdesk/pipeline/ocr/internal/models"
	"sealdesk/pipeline/ocr/internal/wire"
	"sealdesk/pipeline/ocr/tesseract"
)

// TestMain lets the test's own executable be the child, as the program is: the
// real one, or one that misbehaves as its crops tell it to.
func TestMain(m *testing.M) {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch command {
	case "ocr-worker":
		if err := tesseract.Worker(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case "bad-worker":
		badWorker(os.Args[2])
	case "owner":
		owner(os.Args[2])
	}
	os.Exit(m.Run())
}

// The darkest pixel of a crop tells badWorker what to do.
const (
	sayPid = 1 + iota // answer with the process's number, in Chinese
	crash
	crashOnce // kill -9 at the first such crop of all children of a pool
	hang
	hangUp // end in the middle of an answer
	babble // print text where an answer should be
	wrongID
	wrongKind
	outside // a character beside the crop
	tooLong // an answer that claims 4 GB
	refuse
	flood // megabytes to standard error, then answer as sayPid
)

// badWorker speaks the protocol until a crop tells it otherwise.
func badWorker(dir string) {
	if os.Getenv(models.Variable) != "" {
		os.Exit(4) // it cannot bear a second reader
	}
	body, err := wire.Hello{Protocol: wire.Protocol, Tesseract: "5", Leptonica: "1"}.Bytes()
	if err != nil {
		os.Exit(2)
	}
	answer(wire.Frame{Kind: wire.KindHello, Body: body})
	for {
		request, err := wire.Read(os.Stdin, wire.MaxTIFF)
		if err != nil {
			os.Exit(0)
		}
		crop, err := wire.ParseCrop(request.Body)
		if err != nil {
			os.Exit(2)
		}
		order := byte(255)
		for _, v := range crop.Pix {
			order = min(order, v)
		}
		f := wire.Frame{Kind: wire.KindWords, ID: request.ID, Body: say(numerals(os.Getpid()))}
		switch order {
		case crash:
			os.Exit(3)
		case crashOnce:
			if os.Mkdir(filepath.Join(dir, "crashed"), 0o700) == nil {
				if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
					os.Exit(2)
				}
				select {}
			}
		case hang:
			if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
				os.Exit(2)
			}
			select {}
		case hangUp:
			if _, err := os.Stdout.Write([]byte{'S', 'D'}); err != nil {
				os.Exit(2)
			}
			os.Exit(0)
		case babble:
			fmt.Print("Error in boxClipToRectangle: box outside rectangle\n")
		case wrongID:
			f.ID++
		case wrongKind:
			f.Kind = wire.KindPicture
		case outside:
			f.Body = wire.WordsBytes([]wire.Word{{Chars: []wire.Char{char("x", crop.W)}}})
		case tooLong:
			fmt.Print("SDO1\x03\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff")
		case refuse:
			f.Kind, f.Body = wire.KindFailure, wire.Failure{Code: wire.FailedEngine, Text: "no model"}.Bytes()
		case flood:
			for range 1 << 16 {
				fmt.Fprintln(os.Stderr, "Warning: something that nobody should have to read")
			}
		}
		answer(f)
	}
}

func answer(f wire.Frame) {
	if err := wire.Write(os.Stdout, f); err != nil {
		os.Exit(2)
	}
}

// numerals writes a number in Chinese digits, which no second look is taken at.
func numerals(n int) string {
	digits := []rune("零一二三四五六七八九")
	s := ""
	for _, d := range strconv.Itoa(n) {
		s += string(digits[d-'0'])
	}
	return s
}

// owner is a program that has a pool, says the number of its child and then waits
// for a line that never comes.
func owner(models string) {
	self, err := os.Executable()
	if err != nil {
		os.Exit(2)
	}
	var started Started
	p, err := NewPool(context.Background(), Options{
		Command: []string{self, "bad-worker", models}, Models: models, Second: models, Workers: 1, Timeout: time.Hour, Log: started.Log(),
	})
	if err != nil {
		os.Exit(2)
	}
	if _, err := p.Read(context.Background(), []Crop{order(sayPid)}); err != nil {
		os.Exit(2)
	}
	fmt.Println(started.Last())
	if _, err := p.Read(context.Background(), []Crop{order(hang)}); err != nil {
		os.Exit(2)
	}
}

// say is an answer of one confident word.
func say(text string) []byte {
	var w wire.Word
	for i, r := range text {
		w.Chars = append(w.Chars, char(string(r), i))
	}
	return wire.WordsBytes([]wire.Word{w})
}

func char(text string, x int) wire.Char {
	c := wire.Char{Text: text, Confidence: 99}
	c.Box.Min.X, c.Box.Max.X, c.Box.Max.Y = x, x+1, 5
	return c
}

// order is a crop that tells badWorker what to do.
func order(what uint8) Crop {
	g := image.NewGray(image.Rect(0, 0, 60, 30))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	for x := 20; x < 40; x++ {
		g.Pix[15*g.Stride+x] = what
	}
	return Crop{Image: g}
}

// fakeModels is a folder with files that are called like models.
func fakeModels(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range needed {
		if err := os.WriteFile(dir+"/"+name+".traineddata", []byte("model"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Started collects the numbers of a pool's children from its log.
type Started struct {
	mu   sync.Mutex
	pids []int
}

// Log is the log to give to the pool.
func (s *Started) Log() *slog.Logger { return slog.New(s) }

// Last is the child that was started last, 0 for none.
func (s *Started) Last() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pids) == 0 {
		return 0
	}
	return s.pids[len(s.pids)-1]
}

// All are all children that were ever started.
func (s *Started) All() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pids)
}

func (s *Started) Handle(_ context.Context, r slog.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "pid" {
			s.pids = append(s.pids, int(a.Value.Int64()))
		}
		return true
	})
	return nil
}

func (s *Started) Enabled(context.Context, slog.Level) bool { return true }
func (s *Started) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *Started) WithGroup(string) slog.Handler            { return s }
