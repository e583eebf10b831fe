package call

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// renewed is the source of a profile with another id.
func renewed(t *testing.T, id string, year int) []byte {
	t.Helper()
	p := builtinProfiles()[0]
	r := Suggest(p.Call)
	r.ID, r.Year = id, year
	b, err := Renew("test", p.Source, r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func names(t *testing.T, l *Library) []string {
	t.Helper()
	all, err := l.List()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range all {
		if (p.Call == nil) == (p.Err == nil) {
			t.Errorf("%s has the call %v and the error %v", p.Name, p.Call, p.Err)
		}
		out = append(out, p.Name)
	}
	return out
}

func TestLibrary(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "calls")
	l := NewLibrary(folder)
	if got := names(t, l); !slices.Equal(got, []string{"nmg-iscb-2022"}) {
		t.Errorf("without a folder there are %q", got)
	}
	added, err := l.Add(renewed(t, "nmg-iscb-2023", 2023))
	if err != nil || added.File != filepath.Join(folder, "nmg-iscb-2023.yaml") {
		t.Fatalf("%+v, error %v", added, err)
	}
	if c := l.Find("nmg-iscb-2023"); c == nil || c.Year != 2023 {
		t.Errorf("found %+v", c)
	}
	// Neither the same again, nor a built-in one, nor a file that is there for another
	// reason, is written over.
	for _, source := range [][]byte{renewed(t, "nmg-iscb-2023", 2024), builtinProfiles()[0].Source} {
		if _, err := l.Add(source); !errors.Is(err, ErrTaken) {
			t.Errorf("error %v, want ErrTaken", err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "other.yaml"), []byte("id: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Add(renewed(t, "other", 2024)); !errors.Is(err, ErrTaken) {
		t.Errorf("error %v, want ErrTaken", err)
	}
	var problems *Problems
	if _, err := l.Add([]byte("id: x\n")); !errors.As(err, &problems) {
		t.Errorf("error %v, want problems", err)
	}
	// What somebody puts there is known at once, also with mistakes; what is no profile is
	// passed over.
	for name, b := range map[string][]byte{
		"by-hand.yml": renewed(t, "by-hand", 2030), "same.yaml": renewed(t, "nmg-iscb-2022", 2031), "note.txt": []byte("x"), ".hidden.yaml": []byte("x"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := []string{"by-hand", "nmg-iscb-2023", "nmg-iscb-2022", "other.yaml", "same.yaml"}
	if got := names(t, l); !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
	if c := l.Find("nmg-iscb-2022"); c == nil || c.Year != 2022 {
		t.Errorf("the built-in one is now %+v", c)
	}
	if c := NewLibrary(folder).Find("by-hand"); c == nil || c.Year != 2030 {
		t.Errorf("found %+v", c)
	}
	if c := l.Find("nosuch"); c != nil {
		t.Errorf("found %+v", c)
	}
	if err := os.WriteFile(filepath.Join(folder, "by-hand.yml"), renewed(t, "by-hand-too", 2030), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := names(t, l); !slices.Contains(got, "by-hand-too") || slices.Contains(got, "by-hand") {
		t.Errorf("after a change there are %q", got)
	}
	p, ok, err := l.Profile("other.yaml")
	if err != nil || !ok || !strings.Contains(p.Err.Error(), "other.yaml:") {
		t.Errorf("%+v, %v, error %v", p, ok, err)
	}
	if _, ok, err := l.Profile("../other.yaml"); ok || err != nil {
		t.Errorf("%v, error %v", ok, err)
	}
}

// TestAddAtOnce: of two who add the same, one is told that it is taken.
func TestAddAtOnce(t *testing.T) {
	folder := t.TempDir()
	source := renewed(t, "new-one", 2023)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = NewLibrary(folder).Add(source) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, ErrTaken):
			t.Error(err)
		}
	}
	files, err := os.ReadDir(folder)
	if made != 1 || err != nil || len(files) != 1 {
		t.Errorf("%d were made, there are %v, error %v", made, files, err)
	}
}
