package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// cheap keeps the tests fast; what is tested does not depend on it.
var cheap = Cost{Time: 1, Memory: 8, Threads: 1}

const secret = "correct horse battery"

func newStore(t *testing.T) storage.Store {
	t.Helper()
	s, err := dir.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func open(t *testing.T, s storage.Store, options ...Option) *Accounts {
	t.Helper()
	a, err := Open(t.Context(), s, append([]Option{WithCost(cheap)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func add(t *testing.T, a *Accounts, name string, role Role) User {
	t.Helper()
	u, err := a.Add(t.Context(), "test", name, "", role, secret)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// clock is a time that only moves when it is told to.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time       { return c.at }
func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }
func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		t.Errorf("error %v, want %v", got, want)
	}
}

func TestSignIn(t *testing.T) {
	a := open(t, newStore(t))
	wang := add(t, a, "Wang.Fang", Clerk)
	gone := add(t, a, "李明", Reviewer)
	if _, err := a.Disable(t.Context(), "test", gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, password string
		want           error
	}{
		{"wang.fang", secret, nil},
		{"WANG.FANG", secret, nil},
		{" ｗａｎｇ.fang ", secret, nil},
		{"wang.fang", secret + "!", ErrSignIn},
		{"wang.fang", strings.ToUpper(secret), ErrSignIn},
		{"wang.fang", "", ErrSignIn},
		{"wang.fang", "\x00\x01\x02", ErrSignIn},
		{"wang.fang", strings.Repeat("a", 1<<20), ErrSignIn},
		{"wang.fan", secret, ErrSignIn},
		{"../wang.fang", secret, ErrSignIn},
		{"", secret, ErrSignIn},
		{"\xff", secret, ErrSignIn},
		{"李明", secret, ErrSignIn}, // disabled
	} {
		u, err := a.SignIn(t.Context(), c.name, c.password)
		if !errors.Is(err, c.want) || err == nil && u.ID != wang.ID || err != nil && (u != User{} || err.Error() != ErrSignIn.Error()) {
			t.Errorf("%q, %.30q: %+v, error %v, want %v", c.name, c.password, u, err, c.want)
		}
	}
}

// A password composed in another way is the same characters.
func TestSignInComposed(t *testing.T) {
	a := open(t, newStore(t))
	if _, err := a.Add(t.Context(), "test", "zoe", "", Clerk, "caf\u00e9 au lait"); err != nil {
		t.Fatal(err)
	}
	_, err := a.SignIn(t.Context(), "zoe", "cafe\u0301 au lait")
	wantErr(t, err, nil)
}

// Whether there is a name cannot be told by how long the answer takes.
func TestSignInWork(t *testing.T) {
	a := open(t, newStore(t), WithCost(Cost{Time: 1, Memory: 16 << 10, Threads: 1}))
	add(t, a, "wang", Clerk)
	fastest := func(name string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			if _, err := a.SignIn(t.Context(), name, "a wrong password"); !errors.Is(err, ErrSignIn) {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	there, not := fastest("wang"), fastest("nobody")
	if not < there/3 || there < not/3 {
		t.Errorf("%v with a name that exists, %v without", there, not)
	}
}

func TestAddRefuses(t *testing.T) {
	a := open(t, newStore(t))
	add(t, a, "wang", Clerk)
	for _, c := range []struct {
		name, display string
		role          Role
		password      string
		want          error
	}{
		{"Wang", "", Clerk, secret, ErrTaken},
		{"li ming", "", Clerk, secret, ErrName},
		{"li", "a\nb", Clerk, secret, ErrDisplay},
		{"li", "\u202egnaw", Clerk, secret, ErrDisplay},
		{"li", strings.Repeat("长", MaxDisplay+1), Clerk, secret, ErrDisplay},
		{"li", "", "root", secret, ErrRole},
		{"li", "", "", secret, ErrRole},
		{"li", "", Clerk, "short", ErrWeakPassword},
	} {
		_, err := a.Add(t.Context(), "test", c.name, c.display, c.role, c.password)
		wantErr(t, err, c.want)
	}
	if l := a.List(); len(l) != 1 {
		t.Errorf("there are %+v", l)
	}
	if u := add(t, a, "li", Clerk); u.Display != "li" || u.Version != 1 || u.By != "test" {
		t.Errorf("added %+v", u)
	}
}

// What one process changes, another sees at once, or in a moment where it has looked
// just now.
func TestOtherProcess(t *testing.T) {
	s, c := newStore(t), newClock()
	here, there := open(t, s), open(t, s, WithClock(c.now))
	u := add(t, here, "wang", Clerk)
	seen, err := there.SignIn(t.Context(), "wang", secret)
	if err != nil || seen != u {
		t.Fatalf("signed in %+v, error %v, want %+v", seen, err, u)
	}
	if u, err = here.Disable(t.Context(), "test", u.ID); err != nil {
		t.Fatal(err)
	}
	_, err = there.SignIn(t.Context(), "wang", secret)
	wantErr(t, err, ErrSignIn)
	if u, err = here.Enable(t.Context(), "test", u.ID); err != nil {
		t.Fatal(err)
	}
	c.pass(fresh)
	if seen, err := there.Get(t.Context(), u.ID); err != nil || seen != u {
		t.Errorf("got %+v, error %v, want %+v", seen, err, u)
	}
	add(t, here, "li", Staff)
	if err := there.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := there.List(); len(l) != 2 || l[0].Name != "li" || l[1].Name != "wang" {
		t.Errorf("listed %+v", l)
	}
	for _, id := range []string{"", "..", strings.Repeat("0", 32), u.ID + "/000001.json"} {
		_, err := there.Get(t.Context(), id)
		wantErr(t, err, ErrNoUser)
	}
}

func TestNameIsTakenOnce(t *testing.T) {
	s := newStore(t)
	processes := []*Accounts{open(t, s), open(t, s)}
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = processes[i%2].Add(t.Context(), "test", "wang", fmt.Sprint("Wang ", i), Clerk, fmt.Sprint(secret, i))
		})
	}
	wg.Wait()
	winner := -1
	for i, err := range errs {
		if err == nil && winner < 0 {
			winner = i
		} else if !errors.Is(err, ErrTaken) {
			t.Errorf("%d: error %v, want ErrTaken", i, err)
		}
	}
	if winner < 0 {
		t.Fatal("nobody has the name")
	}
	for i, a := range processes {
		u, err := a.SignIn(t.Context(), "wang", fmt.Sprint(secret, winner))
		if err != nil || u.Display != fmt.Sprint("Wang ", winner) {
			t.Errorf("process %d: %+v, error %v, want that of %d", i, u, err, winner)
		}
	}
}

// Who claimed a name and was killed before the account stood does not keep it.
func TestClaimLeftBehind(t *testing.T) {
	s := newStore(t)
	if err := s.Put(t.Context(), nameKey("wang"), strings.NewReader(strings.Repeat("ab", 16)+"\n")); err != nil {
		t.Fatal(err)
	}
	a := open(t, s)
	_, err := a.SignIn(t.Context(), "wang", secret)
	wantErr(t, err, ErrSignIn)
	add(t, a, "wang", Clerk)
	_, err = a.SignIn(t.Context(), "wang", secret)
	wantErr(t, err, nil)
}

// No change is lost when several are made at once.
func TestChangesAtOnce(t *testing.T) {
	s := newStore(t)
	processes := []*Accounts{open(t, s), open(t, s)}
	u := add(t, processes[0], "wang", Clerk)
	var wg sync.WaitGroup
	changes := []func(*Accounts) (User, error){
		func(a *Accounts) (User, error) { return a.SetRole(t.Context(), "a", u.ID, Reviewer) },
		func(a *Accounts) (User, error) { return a.Disable(t.Context(), "b", u.ID) },
		func(a *Accounts) (User, error) { return a.SetPassword(t.Context(), "c", u.ID, "another good one") },
		func(a *Accounts) (User, error) { return a.SetPassword(t.Context(), "d", u.ID, "yet another one") },
	}
	for i, change := range changes {
		wg.Go(func() {
			_, err := change(processes[i%2])
			wantErr(t, err, nil)
		})
	}
	wg.Wait()
	got, err := open(t, s).Get(t.Context(), u.ID)
	if err != nil || got.Role != Reviewer || !got.Disabled || got.Version != 5 || got.PasswordVersion < 2 || got.Created != u.Created {
		t.Errorf("became %+v, error %v", got, err)
	}
}

func TestPasswordVersion(t *testing.T) {
	a := open(t, newStore(t))
	u := add(t, a, "wang", Clerk)
	u2, err := a.SetRole(t.Context(), "test", u.ID, Staff)
	if err != nil || u2.PasswordVersion != u.PasswordVersion || u2.Version != 2 {
		t.Errorf("another role: %+v, error %v", u2, err)
	}
	if same, err := a.SetRole(t.Context(), "test", u.ID, Staff); err != nil || same != u2 {
		t.Errorf("the same role: %+v, error %v", same, err)
	}
	_, err = a.SetPassword(t.Context(), "test", u.ID, "wang wang")
	wantErr(t, err, ErrWeakPassword)
	u3, err := a.SetPassword(t.Context(), "test", u.ID, "another good one")
	if err != nil || u3.PasswordVersion != 3 || u3.Version != 3 {
		t.Errorf("another password: %+v, error %v", u3, err)
	}
	_, err = a.SignIn(t.Context(), "wang", secret)
	wantErr(t, err, ErrSignIn)
	_, err = a.SignIn(t.Context(), "wang", "another good one")
	wantErr(t, err, nil)
}

func TestLastAdmin(t *testing.T) {
	s := newStore(t)
	a := open(t, s)
	one, two := add(t, a, "one", Admin), add(t, a, "two", Admin)
	add(t, a, "clerk", Clerk)
	// Each takes away the other's rights, at once: one has to fail.
	var wg sync.WaitGroup
	var errs [2]error
	wg.Go(func() { _, errs[0] = a.Disable(t.Context(), one.ID, two.ID) })
	wg.Go(func() { _, errs[1] = a.SetRole(t.Context(), two.ID, one.ID, Clerk) })
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("errors %v", errs)
	}
	wantErr(t, errors.Join(errs[:]...), ErrLastAdmin)
	// What another process did counts too.
	here, there := open(t, s), open(t, s)
	last, other := one.ID, two.ID
	if errs[1] == nil {
		last, other = two.ID, one.ID
	}
	if _, err := there.Enable(t.Context(), "test", other); err != nil {
		t.Fatal(err)
	}
	if _, err := there.SetRole(t.Context(), "test", other, Admin); err != nil {
		t.Fatal(err)
	}
	_, err := here.Disable(t.Context(), "test", last)
	wantErr(t, err, nil)
	_, err = there.Disable(t.Context(), "test", other)
	wantErr(t, err, ErrLastAdmin)
}

// A hash that is cheap by today's cost is replaced when its owner signs in, and what was
// hashed at a higher cost stays.
func TestRehash(t *testing.T) {
	s := newStore(t)
	u := add(t, open(t, s), "wang", Clerk)
	dear := Cost{Time: 2, Memory: 16, Threads: 1}
	a := open(t, s, WithCost(dear))
	_, err := a.SignIn(t.Context(), "wang", "a wrong password")
	wantErr(t, err, ErrSignIn)
	got, err := a.SignIn(t.Context(), "wang", secret)
	if err != nil || got.Version != u.Version+1 || got.PasswordVersion != u.PasswordVersion {
		t.Fatalf("signed in %+v, error %v", got, err)
	}
	r, _ := a.cached(u.ID)
	if h, err := parseHash(r.Password); err != nil || h.cost != dear {
		t.Errorf("the hash costs %+v, error %v", h.cost, err)
	}
	for _, b := range []*Accounts{a, open(t, s)} {
		if again, err := b.SignIn(t.Context(), "wang", secret); err != nil || again != got {
			t.Errorf("then %+v, error %v", again, err)
		}
	}
}

// When the newest version cannot be read, an older one does not come back.
func TestDamaged(t *testing.T) {
	s := newStore(t)
	a := open(t, s)
	u := add(t, a, "wang", Admin)
	add(t, a, "li", Admin)
	if err := s.Put(t.Context(), versionKey(u.ID, 2), strings.NewReader(`{"id":"`)); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*Accounts{a, open(t, s)} {
		_, err := a.SignIn(t.Context(), "wang", secret)
		wantErr(t, err, ErrSignIn)
		if l := a.List(); len(l) != 1 || l[0].Name != "li" {
			t.Errorf("listed %+v", l)
		}
		if d := a.Damaged(); len(d) != 1 || !strings.Contains(d[0].Error(), versionKey(u.ID, 2)) {
			t.Errorf("damaged: %v", d)
		}
		_, err = a.Add(t.Context(), "test", "wang", "", Clerk, secret)
		wantErr(t, err, ErrTaken)
		_, err = a.SignIn(t.Context(), "li", secret)
		wantErr(t, err, nil)
	}
}

// Neither the password nor its hash is in what leaves the package, and nothing on disk
// holds the password.
func TestNothingSecretLeaves(t *testing.T) {
	folder := t.TempDir()
	s, err := dir.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	u := add(t, open(t, s), "wang", Clerk)
	b, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	if out := string(b) + fmt.Sprintf("%+v %#v", u, u); strings.Contains(out, "argon2") || strings.Contains(out, "battery") {
		t.Errorf("a user shows %s", out)
	}
	hashes := 0
	err = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "battery") {
			t.Errorf("%s holds the password", path)
		}
		hashes += strings.Count(string(b), "$argon2id$v=19$m=8,t=1,p=1$")
		return err
	})
	if err != nil || hashes != 1 {
		t.Errorf("%d hashes on disk, error %v", hashes, err)
	}
}

func TestOpenRefusesCost(t *testing.T) {
	for _, c := range []Cost{{}, {Time: 1, Memory: 8}, {Time: 1, Threads: 1}, {Memory: 8, Threads: 1}, {Time: 1, Memory: 1 << 30, Threads: 1}} {
		if _, err := Open(t.Context(), newStore(t), WithCost(c)); err == nil {
			t.Errorf("opened with %+v", c)
		}
	}
	if !DefaultCost.valid() {
		t.Error("the default cost is none")
	}
}

func TestSetup(t *testing.T) {
	c := newClock()
	a := open(t, newStore(t), WithClock(c.now))
	use := func(token, password string) error {
		_, err := a.UseSetup(t.Context(), token, "boss", "", password)
		return err
	}
	setup := func() string {
		token, err := a.Setup(t.Context())
		if err != nil || len(token) < 26 {
			t.Fatalf("token %q, error %v", token, err)
		}
		return token
	}
	var none string
	wantErr(t, use(none, secret), ErrSetup)
	old := setup()
	token := setup()
	wantErr(t, use(old, secret), ErrSetup)
	wantErr(t, use(none, secret), ErrSetup)
	c.pass(setupLife)
	wantErr(t, use(token, secret), ErrSetup)
	token = setup()
	wantErr(t, use(token, "weak"), ErrWeakPassword) // costs nothing
	// Of two who have the link, one becomes admin.
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = a.UseSetup(t.Context(), token, fmt.Sprint("boss", i), "", secret)
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("errors %v", errs)
	}
	wantErr(t, errors.Join(errs...), ErrSetup)
	if l := a.List(); len(l) != 1 || l[0].Role != Admin {
		t.Errorf("there are %+v", l)
	}
	_, err := a.Setup(t.Context())
	wantErr(t, err, ErrSetupDone)
}

// An admin whom another process added ends the set-up.
func TestSetupOvertaken(t *testing.T) {
	s := newStore(t)
	a := open(t, s)
	token, err := a.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	add(t, open(t, s), "boss", Admin)
	_, err = a.UseSetup(t.Context(), token, "thief", "", secret)
	wantErr(t, err, ErrSetupDone)
}
