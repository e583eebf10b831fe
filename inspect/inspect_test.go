package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/archive"
	"sealdesk/audit"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/index"
	"sealdesk/inspect"
	"sealdesk/pipeline"
	"sealdesk/storage"
	"sealdesk/storage/dir"
	"sealdesk/testdata/office"
)

// bundles is how many the office has.
const bundles = 6

// original is an office's store as it was filled, with what people add to it: six bundles,
// corrections, an account with a token, and an audit trail.
func original(t *testing.T) *dir.Store {
	data := t.TempDir()
	// A bundle has one to five applications, these six 3, 5, 2, 4, 1 and 3.
	must(t, office.Fill(t.Context(), data, call.Builtin()[0], 18, nil))
	s, err := dir.Open(filepath.Join(data, "store"))
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	for i := range 3 {
		must(t, pipeline.Append(t.Context(), s, names(t, s)[0], pipeline.Corrections, i+1, correct.Correction{Seq: i + 1, User: "u", Target: "check:none"}))
		must(t, audit.New(s).Append(t.Context(), audit.Entry{User: "u", Action: audit.View}))
	}
	accounts, err := account.Open(t.Context(), s)
	must(t, err)
	u, err := accounts.Add(t.Context(), "test", "wang", "", account.Clerk, "correct horse battery")
	must(t, err)
	_, _, err = accounts.AddToken(t.Context(), "test", u.ID, "program", nil, time.Hour)
	must(t, err)
	return s
}

// names are the bundles of a store, in order.
func names(t *testing.T, s storage.Store) (list []string) {
	for info, err := range s.List(t.Context(), "bundles/") {
		must(t, err)
		if sha := strings.Split(info.Key, "/")[1]; !slices.Contains(list, sha) {
			list = append(list, sha)
		}
	}
	return list
}

// desk is a desk that is damaged and mended, with a backup of it.
type desk struct {
	size
	*testing.T
	shas   []string
	backup *archive.Backup
}

// compareTexts puts all texts among those that are compared.
func (d *desk) compareTexts() {
	for _, sha := range d.shas {
		must(d.T, pipeline.PutTexts(d.Context(), d.store, d.texts, call.Find, sha))
	}
}

// find gives the only key that begins and ends so.
func (d *desk) find(prefix, suffix string) string {
	d.Helper()
	for _, o := range d.backup.Objects {
		if strings.HasPrefix(o.Key, prefix) && strings.HasSuffix(o.Key, suffix) {
			return o.Key
		}
	}
	d.Fatalf("there is no %s…%s", prefix, suffix)
	return ""
}

// of is a key of the n-th bundle: "b0/original/1".
func (d *desk) of(n int, rest string) string { return "bundles/" + d.shas[n] + "/" + rest }

func (d *desk) put(key, text string) {
	d.Helper()
	must(d.T, d.store.Put(d.Context(), key, strings.NewReader(text)))
}

// replace puts another object under a key.
func (d *desk) replace(key, text string) {
	d.Helper()
	d.remove(d.T, key)
	d.put(key, text)
}

// text is an object's.
func (d *desk) text(key string) string {
	d.Helper()
	b, err := storage.ReadAll(d.Context(), d.store, key)
	must(d.T, err)
	return string(b)
}

func (d *desk) options() inspect.Options {
	return inspect.Options{
		Store: d.store, Index: d.index, Texts: d.texts, Calls: call.Find,
		Known: func(key string) bool { return strings.HasPrefix(key, "intake/scans/") },
		// What was put just now is no longer being put.
		Now: func() time.Time { return time.Now().Add(2 * time.Hour) },
	}
}

// look gives what is found, as lines: kind, where, and a mark where it can be mended.
func (d *desk) look() (*inspect.Report, []string) {
	d.Helper()
	r, err := inspect.Run(d.Context(), d.options())
	must(d.T, err)
	var lines []string
	for _, f := range r.Findings {
		at := f.Key
		if at == "" {
			at = f.Bundle
		}
		for i, sha := range d.shas {
			at = strings.ReplaceAll(strings.ReplaceAll(at, sha, "b"+string(rune('0'+i))), "bundles/", "")
		}
		if i := strings.Index(at, "/results/"); i > 0 {
			at = at[:i] + "/" + at[strings.LastIndexByte(at, '/')+1:]
		}
		line := string(f.Kind) + " " + at
		if f.Mendable {
			line += " *"
		}
		if f.Message == "" {
			d.Errorf("%s has no message", line)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return r, lines
}

// read stands in for reading, which is the program's: what the backup has of a bundle's
// results comes back, and into the index.
func (d *desk) read(ctx context.Context, sha string, arrangement int) (string, error) {
	for _, o := range d.backup.Objects {
		if !strings.HasPrefix(o.Key, "bundles/"+sha+"/results/") {
			continue
		}
		if _, err := archive.RestoreOnly(ctx, d.backup, d.store, o.Key); err != nil && !errors.Is(err, archive.ErrSound) {
			return "", err
		}
	}
	return "read", d.refile(ctx, sha)
}

// refile puts bundles' applications into the index.
func (d *desk) refile(ctx context.Context, shas ...string) error {
	return pipeline.EachDocuments(ctx, d.store, call.Find, nil, func(b string, docs []index.Document, err error) error {
		if !slices.Contains(shas, b) {
			return nil
		}
		if err != nil {
			return err
		}
		return d.index.Put(ctx, docs)
	})
}

// damage is a kind of damage: what is done, what is found, and what of it is left when it
// was mended. What is left is fetched from the backup.
type damage struct {
	// Damages of a batch are done together; they are about different objects.
	batch int
	name  string
	do    func(*desk)
	found []string
	left  []string
}

var damages = []damage{
	{batch: 1, name: "a byte of an original", do: func(d *desk) { d.flip(d.T, d.of(0, "original/1")) },
		found: []string{"damaged b0/original/1"}, left: []string{"damaged b0/original/1"}},
	{batch: 2, name: "another original", do: func(d *desk) {
		text := d.text(d.of(0, "original/1"))
		d.replace(d.of(0, "original/1"), text[:len(text)-1]+"x")
	}, found: []string{"wrong b0/original/1"}, left: []string{"wrong b0/original/1"}},
	{batch: 3, name: "a shorter original", do: func(d *desk) { d.replace(d.of(0, "original/1"), "x") },
		found: []string{"wrong b0/original/1"}, left: []string{"wrong b0/original/1"}},
	{batch: 1, name: "no original", do: func(d *desk) { d.remove(d.T, d.of(1, "original/1")) },
		found: []string{"lost b1/original/1"}, left: []string{"lost b1/original/1"}},
	{batch: 2, name: "no source", do: func(d *desk) { d.remove(d.T, d.of(1, "source.json")) },
		found: []string{"lost " + "b1/source.json"}, left: []string{"lost b1/source.json"}},
	{batch: 3, name: "a source that is none", do: func(d *desk) { d.replace(d.of(1, "source.json"), "x") },
		found: []string{"wrong b1/source.json"}, left: []string{"wrong b1/source.json"}},
	{batch: 1, name: "a byte of a result", do: func(d *desk) { d.flip(d.T, d.find(d.of(2, "results/"), "/result.json")) },
		found: []string{"damaged b2/result.json *"}},
	{batch: 2, name: "a byte of a text", do: func(d *desk) { d.flip(d.T, d.find(d.of(2, "results/"), "/text.json")) },
		found: []string{"damaged b2/text.json *"}},
	{batch: 3, name: "no text", do: func(d *desk) { d.remove(d.T, d.find(d.of(2, "results/"), "/text.json")) },
		found: []string{"lost b2/text.json *"}},
	{batch: 4, name: "no result", do: func(d *desk) { d.remove(d.T, d.find(d.of(2, "results/"), "/result.json")) },
		found: []string{"index b2 *", "no-result b2/ *"}},
	{batch: 5, name: "another bundle's result", do: func(d *desk) {
		d.replace(d.find(d.of(2, "results/"), "/result.json"), d.text(d.find(d.of(3, "results/"), "/result.json")))
	}, found: []string{"wrong b2/result.json *"}},
	{batch: 6, name: "a result, and no original to read", do: func(d *desk) {
		d.flip(d.T, d.find(d.of(2, "results/"), "/result.json"))
		d.flip(d.T, d.of(2, "original/1"))
	}, found: []string{"damaged b2/original/1", "damaged b2/result.json", "no-result b2/"},
		left: []string{"damaged b2/original/1", "damaged b2/result.json", "no-result b2/"}},
	{batch: 1, name: "a byte of a brief", do: func(d *desk) { d.flip(d.T, d.find(d.of(3, "results/"), ".json")) /* the first */ },
		found: []string{"damaged b3/BRIEF *"}},
	{batch: 3, name: "a brief that says otherwise", do: func(d *desk) {
		key := d.find(d.of(3, "results/"), ".json")
		d.replace(key, strings.Replace(d.text(key), `"pages": `, `"pages": 1`, 1))
	}, found: []string{"outdated b3/BRIEF *"}},
	{batch: 4, name: "no record of several", do: func(d *desk) { d.remove(d.T, d.of(0, "corrections/000002.json")) },
		found: []string{"lost b0/corrections/000002.json", "outdated b0 *"}, left: []string{"lost b0/corrections/000002.json"}},
	{batch: 5, name: "another record", do: func(d *desk) {
		d.replace(d.of(0, "corrections/000003.json"), d.text(d.of(0, "corrections/000001.json")))
	}, found: []string{"wrong b0/corrections/000003.json"}, left: []string{"wrong b0/corrections/000003.json"}},

	{batch: 2, name: "texts that are not compared", do: func(d *desk) { must(d.T, d.texts.Remove(d.shas[5])) },
		found: []string{"outdated b5 *"}},
	{batch: 1, name: "not in the index", do: func(d *desk) { must(d.T, d.index.Delete(d.Context(), d.shas[4])) },
		found: []string{"index b4 *"}},
	{batch: 2, name: "otherwise in the index", do: func(d *desk) {
		must(d.T, d.index.Put(d.Context(), []index.Document{{ID: d.shas[4][:16] + "-1", Bundle: d.shas[4], BaseName: "x"}}))
	}, found: []string{"index b4 *"}},
	{batch: 3, name: "only in the index", do: func(d *desk) {
		must(d.T, d.index.Put(d.Context(), []index.Document{{ID: "x", Bundle: strings.Repeat("0", 64)}}))
	}, found: []string{"index " + strings.Repeat("0", 64) + " *"}},

	{batch: 1, name: "an object of nobody", do: func(d *desk) { d.put("strange/thing", "x") }, found: []string{"orphan strange/thing *"}},
	{batch: 2, name: "an object of nobody in a bundle", do: func(d *desk) { d.put(d.of(3, "strange.json"), "x") },
		found: []string{"orphan b3/strange.json *"}},
	{batch: 3, name: "an original without source", do: func(d *desk) { d.put("bundles/"+hello+"/original/1", "hello") },
		found: []string{"orphan " + hello + "/original/1 *"}},
	{batch: 4, name: "a result without original", do: func(d *desk) {
		d.put("bundles/"+hello+"/results/v/result.json", d.text(d.find(d.of(3, "results/"), "/result.json")))
	}, found: []string{"lost " + hello + "/original/1", "lost " + hello + "/source.json", "no-result " + hello + "/", "wrong " + hello + "/result.json"},
		left: []string{"lost " + hello + "/original/1", "lost " + hello + "/source.json", "no-result " + hello + "/", "wrong " + hello + "/result.json"}},
	{batch: 6, name: "a whole bundle gone", do: func(d *desk) {
		for _, o := range d.backup.Objects {
			if strings.HasPrefix(o.Key, d.of(5, "")) {
				d.remove(d.T, o.Key)
			}
		}
	}, found: []string{"index b5 *", "lost intake/…", "lost receipts/…"}, left: []string{"lost intake/…", "lost receipts/…"}},
	{batch: 4, name: "a record of what came", do: func(d *desk) { d.replace(d.find("intake/", ".json"), "{}") },
		found: []string{"wrong intake/…"}, left: []string{"wrong intake/…"}},
	{batch: 5, name: "a list of times that is none", do: func(d *desk) { d.put("times/x.json", "{}") },
		found: []string{"wrong times/x.json"}, left: []string{"wrong times/x.json"}},
	{batch: 5, name: "a byte of a receipt", do: func(d *desk) { d.flip(d.T, d.find("receipts/", ".json")) },
		found: []string{"damaged receipts/…"}, left: []string{"damaged receipts/…"}},
	{batch: 5, name: "a record of the intake that is none", do: func(d *desk) { d.put("intake/scans/a.json", "x") },
		found: []string{"wrong intake/scans/a.json"}, left: []string{"wrong intake/scans/a.json"}},

	{batch: 1, name: "no entry of the audit trail", do: func(d *desk) { d.remove(d.T, audit.Key(2)) },
		found: []string{"audit " + audit.Key(2)}, left: []string{"audit " + audit.Key(2)}},
	{batch: 2, name: "a byte of the audit trail", do: func(d *desk) { d.flip(d.T, audit.Key(1)) },
		found: []string{"audit " + audit.Key(1)}, left: []string{"audit " + audit.Key(1)}},
	{batch: 3, name: "a broken link of the audit trail", do: func(d *desk) {
		// An entry as the program itself writes it, of another trail.
		other, err := dir.Open(d.TempDir())
		must(d.T, err)
		for range 2 {
			must(d.T, audit.New(other).Append(d.Context(), audit.Entry{User: "other", Action: audit.View}))
		}
		b, err := storage.ReadAll(d.Context(), other, audit.Key(2))
		must(d.T, errors.Join(err, other.Close()))
		d.replace(audit.Key(2), string(b))
	}, found: []string{"audit " + audit.Key(2), "audit " + audit.Key(3)}, left: []string{"audit " + audit.Key(2), "audit " + audit.Key(3)}},
	{batch: 2, name: "a byte of an account", do: func(d *desk) { d.flip(d.T, d.find("accounts/", ".json")) },
		found: []string{"wrong accounts/…"}, left: []string{"wrong accounts/…"}},
	{batch: 1, name: "another's name", do: func(d *desk) { d.replace("accounts-names/wang", "x") },
		found: []string{"wrong accounts-names/wang"}, left: []string{"wrong accounts-names/wang"}},
	{batch: 3, name: "a byte of a token", do: func(d *desk) { d.flip(d.T, d.find("tokens/", "/token.json")) },
		found: []string{"wrong tokens/…"}, left: []string{"wrong tokens/…"}},
	{batch: 4, name: "no token", do: func(d *desk) { d.put("tokens/x", "x") }, found: []string{"orphan tokens/x *"}},
}

// hello is the SHA-256 of "hello".
const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

// shorten leaves out of lines what chance has chosen.
func shorten(lines []string) []string {
	var out []string
	for _, line := range lines {
		for _, prefix := range []string{"intake/2", "receipts/", "accounts/", "tokens/"} {
			if i := strings.Index(line, " "+prefix); i >= 0 && !strings.HasSuffix(line, "*") {
				line = line[:i+1] + strings.TrimSuffix(prefix, "2") + "…"
			}
		}
		if i := strings.Index(line, "/brief-"); i >= 0 {
			line = line[:i] + "/BRIEF" + strings.TrimPrefix(line[strings.Index(line, ".json"):], ".json")
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// TestDamages finds nothing in a sound desk, on either size; does each damage, finds it and
// nothing else, mends what can be mended, and finds nothing more when the rest was fetched
// from a backup.
func TestDamages(t *testing.T) {
	inspect.NoWait(t)
	home := original(t)
	place, err := dir.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, place.Close()) })
	_, err = archive.Run(t.Context(), home, place, nil, nil)
	must(t, err)
	backup, err := archive.Open(t.Context(), place)
	must(t, err)
	for name, open := range map[string]func(*testing.T) size{"small": small, "grown": grown} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{size: open(t), T: t, backup: backup, shas: names(t, home)}
			_, err := archive.Restore(t.Context(), backup, d.store, pipeline.Dated, nil)
			must(t, err)
			_, err = pipeline.Reindex(t.Context(), d.store, d.index, call.Find, nil)
			must(t, err)
			d.compareTexts()
			r, found := d.look()
			if len(found) > 0 || r.Bundles != bundles || r.Applications != 18 || r.Indexed != 18 || r.Entries != 3 || r.Objects != len(backup.Objects)+1 /* the list of times */ {
				t.Fatalf("of a sound desk it says %v, %+v", found, r)
			}
			for batch := 1; ; batch++ {
				together := slices.DeleteFunc(slices.Clone(damages), func(c damage) bool { return c.batch != batch })
				if len(together) == 0 {
					break
				}
				t.Run(fmt.Sprint(batch), func(t *testing.T) {
					(&desk{size: d.size, T: t, backup: backup, shas: d.shas}).try(together)
				})
			}
		})
	}
}

// try does damages, finds just these, mends them and undoes them.
func (d *desk) try(damages []damage) {
	before := keys(d.T, d.store)
	var want, rest []string
	for _, c := range damages {
		d.Log("doing: " + c.name)
		c.do(d)
		want, rest = append(want, c.found...), append(rest, c.left...)
	}
	slices.Sort(want)
	slices.Sort(rest)
	r, found := d.look()
	if found = shorten(found); !slices.Equal(found, want) {
		d.Errorf("found\n%q, want\n%q", found, want)
	}
	must(d.T, inspect.Mend(d.Context(), inspect.Mender{Options: d.options(), SetAside: d.store.SetAside, Read: d.read}, r))
	for _, f := range r.Findings {
		if f.Mendable != (f.Mended != "") || f.Trouble != "" {
			d.Errorf("mending it says %+v", f)
		}
	}
	r, left := d.look()
	if left = shorten(left); !slices.Equal(left, rest) {
		d.Errorf("left is\n%q, want\n%q", left, rest)
	}
	d.undo(before, r)
	if _, left := d.look(); len(left) > 0 {
		d.Errorf("with what the backup has, left is %q", left)
	}
}

// undo fetches from the backup what is damaged or missing, and takes out what came.
func (d *desk) undo(before []string, r *inspect.Report) {
	now := keys(d.T, d.store)
	var fetch []string
	for _, f := range r.Findings {
		fetch = append(fetch, f.Key)
	}
	for _, key := range before {
		if !slices.Contains(now, key) {
			fetch = append(fetch, key)
		}
	}
	for _, key := range now {
		if !slices.Contains(before, key) {
			_, err := d.store.SetAside(d.Context(), key)
			must(d.T, err)
		}
	}
	var refile []string
	for _, key := range fetch {
		_, err := archive.RestoreOnly(d.Context(), d.backup, d.store, key)
		if err != nil && !errors.Is(err, archive.ErrSound) && !errors.Is(err, archive.ErrUnknown) {
			d.Error(err)
		}
		if sha := strings.Split(key+"//", "/")[1]; strings.HasPrefix(key, "bundles/") {
			refile = append(refile, sha)
		}
	}
	d.compareTexts()
	if len(refile) > 0 {
		must(d.T, d.refile(d.Context(), refile...))
	}
}

func keys(t testing.TB, s storage.Store) (list []string) {
	for info, err := range s.List(t.Context(), "") {
		must(t, err)
		list = append(list, info.Key)
	}
	return list
}

// TestBeingTaken lets what is being written alone: an original whose source is not there
// yet is no orphan, nor is anything moved that came just now.
func TestBeingTaken(t *testing.T) {
	inspect.NoWait(t)
	d := small(t)
	must(t, d.store.Put(t.Context(), "bundles/"+hello+"/original/1", bytes.NewReader([]byte("hello"))))
	must(t, d.store.Put(t.Context(), "strange", strings.NewReader("x")))
	r, err := inspect.Run(t.Context(), inspect.Options{Store: d.store, Index: d.index, Calls: call.Find})
	must(t, err)
	if len(r.Findings) != 1 || r.Findings[0].Key != "strange" || r.Findings[0].Mendable {
		t.Errorf("found %+v", r.Findings)
	}
}

// TestCancelled ends with the context's error.
func TestCancelled(t *testing.T) {
	d := small(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := inspect.Run(ctx, inspect.Options{Store: d.store, Index: d.index, Calls: call.Find}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
