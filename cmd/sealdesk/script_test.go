package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test's own executable be the program, so that the scripts,
// and the children that it starts to read, run what is under test.
func TestMain(m *testing.M) {
	testscript.Main(cleaner{m}, map[string]func(){"sealdesk": main, "nats-server": natsServer})
}

// cleaner runs the tests and removes what they share.
type cleaner struct{ testscript.TestingM }

func (c cleaner) Run() int {
	dir, err := os.MkdirTemp("", "sealdesk-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared = dir
	code := c.TestingM.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// shared is a folder for what all tests use: PDFium's compiled code and the
// project's own bundles, read.
var shared string

// demo reads the project's own bundles once, into the folder data of shared, and
// gives what process --json said of them.
var demo = sync.OnceValues(func() ([]byte, error) {
	cmd := exec.Command("sealdesk", "process", "--json", "--data", filepath.Join(shared, "data"), "../../testdata/bundles")
	// The same results on every machine, also where the second reader is not there.
	cmd.Env = append(os.Environ(), "SEALDESK_MODELS="+filepath.Join(shared, "no-models"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("read the project's bundles: %w\n%s", err, stderr.Bytes())
	}
	return out, nil
})

// TestScripts runs testdata/script. Beside the usual commands there are:
//
//	status N program args...   the program ends with exit status N
//	demo                       data/ is the data folder with the project's own
//	                           bundles, results.ndjson what process said of them
//	picture FILE [N]           FILE is a scanned page with nothing to read on it,
//	                           the N-th of its kind
//	interrupt program args...  the program gets an interrupt once it has printed
//	                           a line, and ends with exit status 130
func TestScripts(t *testing.T) {
	testdata, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TESTDATA", testdata)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(shared, "cache"))
			e.Setenv("TESSDATA_PREFIX", os.Getenv("TESSDATA_PREFIX"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    status,
			"demo":      copyDemo,
			"picture":   picture,
			"interrupt": interrupt,
		},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	checkStatus(ts, ts.Exec(args[1], args[2:]...), want)
}

func checkStatus(ts *testscript.TestScript, err error, want int) {
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func copyDemo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: demo")
	}
	out, err := demo()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("results.ndjson"), out, 0o600))
	ts.Check(os.CopyFS(ts.MkAbs("data"), os.DirFS(filepath.Join(shared, "data"))))
}

func picture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: picture FILE [N]")
	}
	n := 0
	if len(args) > 1 {
		var err error
		n, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	b, err := sheet(n)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// sheet is a scanned page with nothing to read on it, the n-th of its kind, as PNG.
func sheet(n int) ([]byte, error) {
	page := image.NewGray(image.Rect(0, 0, 620, 877)) // A4 at 75 dpi
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	for i := range 5 {
		bar := image.Rect(100, 100+60*i, 300+40*n, 110+60*i)
		draw.Draw(page, bar, image.Black, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	err := png.Encode(&b, page)
	return b.Bytes(), err
}

func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: interrupt program args...")
	}
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+ts.Getenv("XDG_CACHE_HOME"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 16<<20)
	printed := 0
	for lines.Scan() {
		printed++
		if printed == 1 {
			ts.Check(cmd.Process.Signal(os.Interrupt))
		}
	}
	ts.Check(lines.Err())
	err = cmd.Wait()
	fmt.Fprint(ts.Stdout(), printed, " lines\n")
	fmt.Fprint(ts.Stderr(), stderr.String())
	checkStatus(ts, err, exitCancelled)
}
