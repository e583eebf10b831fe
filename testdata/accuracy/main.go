// Accuracy says how right results are, and fails when they are less right than
// they were:
//
//	go run ./testdata/accuracy [-update] TRUTH RESULTS TABLE
//
// TRUTH is a folder with a JSON file for each bundle that says what a perfect
// reader prints, RESULTS what sealdesk process --json printed of the same bundles.
// TABLE is the file of figures that were reached before; -update writes it anew.
// `make accuracy` does this for the bundles in testdata.
//
// It compares values by itself, with nothing of the packages that read them, so
// that a mistake there is not taken for right here. It reads no bundles.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

func main() {
	update := flag.Bool("update", false, "write TABLE anew")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: accuracy [-update] TRUTH RESULTS TABLE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 3 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, flag.Arg(0), flag.Arg(1), flag.Arg(2), *update); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

// run prints the table of the results. It then writes it to the file, or says
// in an error what is worse than in the file.
func run(w io.Writer, truthFolder, resultsFile, tableFile string, update bool) error {
	truths, err := readTruths(truthFolder)
	if err != nil {
		return err
	}
	results, engine, err := readResults(resultsFile)
	if err != nil {
		return err
	}
	now := table{engine, score(truths, results)}
	if _, err := io.WriteString(w, now.String()); err != nil {
		return err
	}
	if update {
		return os.WriteFile(tableFile, []byte(now.String()), 0o666)
	}
	text, err := os.ReadFile(tableFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing to compare with: %s is not there yet (-update writes it)", tableFile)
	}
	if err != nil {
		return err
	}
	before, err := parseTable(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", tableFile, err)
	}
	if err := compare(before, now); err != nil {
		return fmt.Errorf("compared with %s, %w", tableFile, err)
	}
	return nil
}

// readTruths reads the JSON files of a folder, in the order of their names.
func readTruths(folder string) ([]bundle.Result, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no truth in %s: it has no JSON file", folder)
	}
	var truths []bundle.Result
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var t bundle.Result
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := known(t); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		truths = append(truths, t)
	}
	return truths, nil
}

// known says whether the truth speaks of fields of built-in calls.
func known(truth bundle.Result) error {
	for _, a := range truth.Applications {
		c := call.Find(a.Call)
		if c == nil {
			return fmt.Errorf("no built-in call is named %q", a.Call)
		}
		for key := range a.Fields {
			if c.Field(key) == nil {
				return fmt.Errorf("call %s has no field %q", a.Call, key)
			}
		}
	}
	return nil
}

// readResults reads what sealdesk process --json printed: the results by the
// names of their files, without those that could not be read, and the engine
// that made them.
func readResults(name string) (results map[string]bundle.Result, engine string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	results = map[string]bundle.Result{}
	d := json.NewDecoder(bufio.NewReader(f))
	for {
		var line struct {
			bundle.Result
			Error *bundle.Error `json:"error"`
		}
		err := d.Decode(&line)
		if errors.Is(err, io.EOF) {
			return results, engine, nil
		}
		if err != nil {
			return nil, "", fmt.Errorf("%s: result %d: %w", name, len(results)+1, err)
		}
		if line.Error == nil {
			results[filepath.Base(line.File)] = line.Result
			engine = line.Engine
		}
	}
}
