// Package browser has the tests that open the desk in a browser: the program itself, with
// its store, queue and readers, in headless Chromium. Every page that a test comes to is
// held against the rules of axe-core; what is here finds that program. Nothing of this
// package is in sealdesk itself.
package browser

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"sealdesk/pipeline/ocr/fetch"
)

// axe is axe-core as the npm registry has it.
var axe = fetch.Package{
	Name: "axe-core", Version: "4.14.1",
	Path:      "axe-core/-/axe-core-4.14.1.tgz",
	Size:      708405,
	Integrity: "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
	Files: []fetch.File{{
		Name: "axe.min.js", Path: "package/axe.min.js", Size: 653780,
		SHA256: "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
	}},
}

// errAxe is that axe-core is not where it should be.
var errAxe = errors.New("axe-core is not there; fetch it with: go run ./testdata/axe")

// axeDir is the folder that axe-core is kept in: one of the user's cache folder, for its
// version.
func axeDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "sealdesk", axe.Name, axe.Version), nil
}

// FetchAxe fetches axe-core from the npm registry, if it is not there yet, and holds it
// against its checksums. It gives the path of its script.
func FetchAxe(ctx context.Context) (string, error) {
	dir, err := axeDir()
	if err != nil {
		return "", err
	}
	if err := fetch.Packages(ctx, dir, nil, axe); err != nil {
		return "", err
	}
	return filepath.Join(dir, axe.Files[0].Name), nil
}

// readAxe gives the script of axe-core, or errAxe.
func readAxe() (string, error) {
	dir, err := axeDir()
	if err != nil {
		return "", err
	}
	switch there, err := axe.There(dir); {
	case err != nil:
		return "", err
	case !there:
		return "", errAxe
	}
	script, err := os.ReadFile(filepath.Join(dir, axe.Files[0].Name))
	return string(script), err
}
