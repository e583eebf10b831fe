package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// entry is a file of an archive.
type entry struct{ path, text string }

// archive is a package as npm makes them.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		if err := w.WriteHeader(&tar.Header{Name: e.path, Size: int64(len(e.text)), Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// want is an entry that is wanted under a name.
func (e entry) want(name string) File {
	sum := sha256.Sum256([]byte(e.text))
	return File{name, e.path, int64(len(e.text)), hex.EncodeToString(sum[:])}
}

// described is a package whose archive is b.
func described(b []byte, files ...File) Package {
	sum := sha512.Sum512(b)
	return Package{
		Name: "@some/models", Version: "1.2.3", Path: "@some/models/-/models-1.2.3.tgz",
		Size: int64(len(b)), Integrity: base64.StdEncoding.EncodeToString(sum[:]), Files: files,
	}
}

var (
	library = entry{"package/lib/library.so.1", strings.Repeat("library", 20000)}
	keys    = entry{"package/keys.txt", "草\n原\n"}
	script  = entry{"package/install.js", "rm -rf"}
)

// registry serves an archive as a registry does, and counts what it is asked for.
type registry struct {
	*httptest.Server
	served []byte
	ranges []string
}

func newRegistry(t *testing.T, served []byte) *registry {
	r := &registry{served: served}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/mirror/@some/models/-/models-1.2.3.tgz" {
			http.NotFound(w, request)
			return
		}
		r.ranges = append(r.ranges, request.Header.Get("Range"))
		http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(r.served))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *registry) fetch(t *testing.T, dir string, o Package) error {
	t.Helper()
	return fetchAll(t.Context(), r.URL+"/mirror/", dir, []Package{o}, func(string, int64, int64) {})
}

// holds checks that a folder holds files of these texts and nothing else.
func holds(t *testing.T, dir string, texts map[string]string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := texts[f.Name()]; !ok || string(b) != text {
			t.Errorf("%s has %d bytes, want %d", f.Name(), len(b), len(text))
		}
	}
	if len(files) != len(texts) {
		t.Errorf("%d files, want %d", len(files), len(texts))
	}
}

func TestFetchKeepsWhatIsWantedAndNothingElse(t *testing.T) {
	b := archive(t, script, library, entry{"package/../../keys.txt", "outside"}, keys)
	r := newRegistry(t, b)
	dir := filepath.Join(t.TempDir(), "made", "here")
	o := described(b, keys.want("keys"), library.want("library"))
	last := int64(0)
	err := fetchAll(t.Context(), r.URL+"/mirror/", dir, []Package{o}, func(name string, done, all int64) {
		if name != o.Name || done <= last || done > all || all != o.Size {
			t.Errorf("%s: %d of %d after %d", name, done, all, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != o.Size {
		t.Errorf("the last progress was %d of %d", last, o.Size)
	}
	want := map[string]string{"keys": keys.text, "library": library.text}
	holds(t, dir, want)

	// What is there is not fetched again, what is damaged is.
	if err := r.fetch(t, dir, o); err != nil || len(r.ranges) != 1 {
		t.Errorf("%d requests, %v", len(r.ranges), err)
	}
	damaged := "X" + library.text[1:]
	if err := os.WriteFile(filepath.Join(dir, "library"), []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.fetch(t, dir, o); err != nil || len(r.ranges) != 2 {
		t.Errorf("%d requests, %v", len(r.ranges), err)
	}
	holds(t, dir, want)
}

func TestFetchGoesOnWhereItWasCutOff(t *testing.T) {
	b := archive(t, library)
	o := described(b, library.want("library"))
	for name, part := range map[string][]byte{
		"half":            b[:len(b)/2],
		"all":             b,
		"too much":        append(bytes.Clone(b), "and more"...),
		"nothing":         {},
		"something wrong": []byte("something wrong"),
	} {
		r := newRegistry(t, b)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ".models-1.2.3.tgz.part"), part, 0o600); err != nil {
			t.Fatal(err)
		}
		err := r.fetch(t, dir, o)
		if name == "something wrong" {
			// It is seen by the checksum, and the next time begins anew.
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			err = r.fetch(t, dir, o)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		holds(t, dir, map[string]string{"library": library.text})
		if name == "half" && (len(r.ranges) != 1 || r.ranges[0] != "bytes="+strconv.Itoa(len(b)/2)+"-") {
			t.Errorf("%s: asked for %q", name, r.ranges)
		}
	}
}

func TestFetchKeepsNothingThatIsWrong(t *testing.T) {
	good := archive(t, library, keys)
	other := archive(t, library, entry{keys.path, "草\n颀\n"})
	for name, c := range map[string]struct {
		served []byte
		o      Package
		keeps  map[string]string
	}{
		"another archive": {other, described(good, keys.want("keys")), nil},
		"a longer one":    {append(bytes.Clone(good), 'x'), described(good, keys.want("keys")), nil},
		"a file missing":  {good, described(good, entry{"package/none", "x"}.want("none")), nil},
		"another file":    {other, described(other, keys.want("keys")), nil},
		"one of two":      {other, described(other, library.want("library"), keys.want("keys")), map[string]string{"library": library.text}},
		"no archive":      {[]byte("<html>"), described([]byte("<html>"), keys.want("keys")), nil},
	} {
		r := newRegistry(t, c.served)
		dir := t.TempDir()
		if err := r.fetch(t, dir, c.o); err == nil {
			t.Errorf("%s: no error", name)
		}
		holds(t, dir, c.keeps)
	}
}

func TestFetchTellsWhatTheRegistrySays(t *testing.T) {
	b := archive(t, keys)
	r := newRegistry(t, b)
	o := described(b, keys.want("keys"))
	err := fetchAll(t.Context(), r.URL+"/elsewhere/", t.TempDir(), []Package{o}, func(string, int64, int64) {})
	if err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "@some/models 1.2.3") {
		t.Errorf("error %v", err)
	}
}

func TestFetchCanBeCancelled(t *testing.T) {
	b := archive(t, library)
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if _, err := w.Write(b[:len(b)/2]); err != nil {
			t.Error(err)
		}
		w.(http.Flusher).Flush()
		cancel()
		<-request.Context().Done()
	}))
	defer s.Close()
	dir := t.TempDir()
	o := described(b, library.want("library"))
	if err := fetchAll(ctx, s.URL+"/", dir, []Package{o}, func(string, int64, int64) {}); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(dir, "library")); err == nil {
		t.Error("half a package gave a file")
	}
}

func TestPackagesArePinned(t *testing.T) {
	for machine := range libraries {
		all, err := origins(machine)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if sum, err := base64.StdEncoding.DecodeString(o.Integrity); err != nil || len(sum) != sha512.Size ||
				!strings.HasSuffix(o.Path, o.Version+".tgz") || o.Size == 0 {
				t.Errorf("%+v", o)
			}
			for _, w := range o.Files {
				if sum, err := hex.DecodeString(w.SHA256); err != nil || len(sum) != sha256.Size || w.Size == 0 {
					t.Errorf("%+v", w)
				}
			}
		}
	}
	if _, err := origins("plan9/mips"); err == nil {
		t.Error("there is a library for plan9/mips")
	}
}

func TestRegistryIsTheOneThatNpmUses(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, name := range []string{"npm_config_registry", "NPM_CONFIG_REGISTRY", "NPM_CONFIG_USERCONFIG"} {
		t.Setenv(name, "")
	}
	expect := func(want string) {
		t.Helper()
		if got, err := findRegistry(); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	expect("https://registry.npmjs.org/")
	npmrc := "; a remark\n@other:registry=https://other.example\n registry = \"https://mirror.example/npm\"\n"
	if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte(npmrc), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("https://mirror.example/npm/")
	t.Setenv("NPM_CONFIG_USERCONFIG", filepath.Join(home, "none"))
	expect("https://registry.npmjs.org/")
	t.Setenv("NPM_CONFIG_REGISTRY", "http://local.example/")
	expect("http://local.example/")
	t.Setenv("npm_config_registry", "https://first.example")
	expect("https://first.example/")
	for _, bad := range []string{"mirror", "ftp://mirror.example", "https://", ":"} {
		t.Setenv("npm_config_registry", bad)
		if got, err := findRegistry(); err == nil {
			t.Errorf("%q gives %q", bad, got)
		}
	}
}

// FuzzUnpack feeds the unpacker with anything: nothing but the wanted file, whole and
// right, may come out.
func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, script, keys))
	f.Add(archive(f, entry{keys.path, "other"}))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := described(b, keys.want("keys")).unpack(bytes.NewReader(b), dir); err != nil {
			holds(t, dir, nil)
			return
		}
		holds(t, dir, map[string]string{"keys": keys.text})
	})
}
