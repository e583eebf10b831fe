// Generate prints filled application bundles of invented applicants, scans them
// badly on purpose and writes down what a perfect reader would say of them.
//
//	go run ./testdata/generate -set demo -out testdata
//	go run ./testdata/generate -set random -seed 7 -n 24 -out DIR
//	go run ./testdata/generate -set blank -out testdata
//
// It writes DIR/bundles/NAME.pdf or .tif and DIR/truth/NAME.json; the demo set
// has DIR/bad with files that cannot be read as well, and the set blank is a form that
// nobody filled in, DIR/forms/NAME.pdf. The same seed gives the
// same bytes. It does not read pages and knows nothing of the code that does.
//
// Fonts come from the Debian packages fonts-noto-cjk, fonts-arphic-uming,
// fonts-arphic-ukai, fonts-wqy-zenhei and fonts-droid-fallback.
package main

//go:generate go run . -set demo -out ..

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	set := flags.String("set", "demo", "what to make: demo, random or blank (the form of 2022 as the office gives it out)")
	seed := flags.Uint64("seed", 1, "seed of the random set")
	n := flags.Int("n", 24, "number of bundles of the random set")
	out := flags.String("out", ".", "directory to write to")
	workers := flags.Int("j", 2, "pages scanned at the same time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fs := faces{}
	if err := fs.loadAll(); err != nil {
		return err
	}
	var w *world
	var jobs []*job
	switch *set {
	case "demo":
		w, jobs = demoJobs()
		if err := writeBad(filepath.Join(*out, "bad")); err != nil {
			return err
		}
	case "random":
		w = newWorld(*seed)
		jobs = randomJobs(w, *n)
	case "blank":
		return writeBlank(ctx, fs, *out, *workers)
	default:
		return fmt.Errorf("there is no set %q: say demo, random or blank", *set)
	}
	for _, dir := range []string{"bundles", "truth"} {
		if err := os.MkdirAll(filepath.Join(*out, dir), 0o755); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		m, err := j.make(ctx, w, fs, *workers)
		if err != nil {
			return err
		}
		if err := m.write(*out); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s (%d kB)\n", m.truth.summary(), len(m.data)/1000)
	}
	return nil
}

// write stores a bundle and its truth.
func (m made) write(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "bundles", m.file), m.data, 0o644); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m.truth, "", " ")
	if err != nil {
		return fmt.Errorf("truth of %s: %w", m.file, err)
	}
	stem := strings.TrimSuffix(m.file, filepath.Ext(m.file))
	return os.WriteFile(filepath.Join(dir, "truth", stem+".json"), append(text, '\n'), 0o644)
}
