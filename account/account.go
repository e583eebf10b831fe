// Package account keeps the people who use the desk: who they are, what they may see
// and do, and how they prove who they are.
//
// An account is a row of versions in the object store, each written once, and a claim
// that makes its sign-in name its own:
//
//	accounts/<id>/<000001>.json     a version, with the hash of the password
//	accounts-names/<name>           the id that has the name
//	tokens/...                      what programs act for it with, see Token
//
// Every change is a new version, so nothing of an account is ever lost, and what one
// process changes the others see without being told.
//
// The package knows nothing of browsers: sessions and cookies are package web's. It
// writes no audit trail, for only its caller knows on whose behalf it acts; and it never
// deletes an account, so that who did something stays known.
package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sealdesk/storage"
)

// Accounts are the accounts in a store. Its methods may be called from many goroutines,
// and many processes may use the same store.
type Accounts struct {
	store    storage.Store
	cost     Cost
	now      func() time.Time
	hashing  gate // each hash takes the memory of Cost
	changing gate // one change at a time, so that two do not each leave the other's admin

	mu      sync.Mutex
	known   map[string]known      // by id
	ids     map[string]string     // by name
	damaged map[string]error      // by id, where the newest version cannot be read
	tokens  map[string]knownToken // by sum

	setup setup
}

// known is the newest version of an account that was seen.
type known struct {
	record
	seen time.Time // when it was last sure to be the newest
}

// fresh is how long a version counts as the newest without a look at the store.
const fresh = 2 * time.Second

// Option changes what [Open] does by default.
type Option func(*Accounts)

// WithCost makes hashing passwords cost something else than [DefaultCost]. Existing
// hashes that are cheaper are replaced when their owners sign in. A cost that Argon2id
// cannot have is an error of Open.
func WithCost(c Cost) Option { return func(a *Accounts) { a.cost = c } }

// WithClock takes the time from now instead of [time.Now].
func WithClock(now func() time.Time) Option { return func(a *Accounts) { a.now = now } }

// Open reads the accounts that are in a store. What cannot be read of single accounts is
// no error here: see [Accounts.Damaged].
func Open(ctx context.Context, s storage.Store, options ...Option) (*Accounts, error) {
	a := &Accounts{
		store: s, cost: DefaultCost, now: time.Now,
		hashing: make(gate, 2), changing: make(gate, 1),
		known: map[string]known{}, ids: map[string]string{}, damaged: map[string]error{}, tokens: map[string]knownToken{},
		setup: setup{turn: make(gate, 1)},
	}
	for _, o := range options {
		o(a)
	}
	if !a.cost.valid() {
		return nil, fmt.Errorf("open the accounts: Argon2id cannot have the cost %+v", a.cost)
	}
	if err := a.Refresh(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

const (
	versionsPrefix = "accounts/"
	namesPrefix    = "accounts-names/"
)

func versionKey(id string, version int) string {
	return fmt.Sprintf("%s%s/%06d.json", versionsPrefix, id, version)
}

// parseKey reads a key that versionKey gave, and no other.
func parseKey(key string) (id string, version int, ok bool) {
	id, file, _ := strings.Cut(strings.TrimPrefix(key, versionsPrefix), "/")
	version, err := strconv.Atoi(strings.TrimSuffix(file, ".json"))
	return id, version, err == nil && version > 0 && idPattern.MatchString(id) && versionKey(id, version) == key
}

func nameKey(name string) string { return namesPrefix + url.PathEscape(name) }

// Refresh reads what others changed in the store. Nobody need call it to be right about
// one account, as [Accounts.Get] and [Accounts.SignIn] look for themselves.
func (a *Accounts) Refresh(ctx context.Context) error {
	newest := map[string]int{}
	for info, err := range a.store.List(ctx, versionsPrefix) {
		if err != nil && info.Key == "" {
			return fmt.Errorf("read the accounts: %w", err)
		}
		// A version that is damaged is one all the same.
		if id, version, ok := parseKey(info.Key); ok {
			newest[id] = max(newest[id], version)
		}
	}
	for id, version := range newest {
		if have, ok := a.cached(id); ok && have.Version >= version {
			continue
		}
		if _, err := a.load(ctx, id, version); err != nil && a.isDamaged(id) == nil {
			return err
		}
	}
	return nil
}

// load reads the version of an account and those after it. Where the newest cannot be
// read there is none: an older one may have another password, or be somebody who was
// shut out since. Without any version the error is ErrNoUser.
func (a *Accounts) load(ctx context.Context, id string, version int) (record, error) {
	var newest record
	last := ErrNoUser
	seen := a.now()
	for ; ; version++ {
		r, err := a.read(ctx, id, version)
		if errors.Is(err, storage.ErrNotExist) {
			break
		}
		if err != nil && !errors.Is(err, errDamaged) {
			return record{}, err
		}
		newest, last = r, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case errors.Is(last, errDamaged):
		a.damaged[id] = last
		delete(a.known, id)
	case last == nil && newest.Version >= a.known[id].Version:
		a.known[id] = known{newest, seen}
		a.ids[newest.Name] = id
		delete(a.damaged, id)
	}
	return newest, last
}

// errDamaged is that a version is not what was written.
var errDamaged = errors.New("账号数据已损坏，请从备份恢复")

// read reads one version of an account.
func (a *Accounts) read(ctx context.Context, id string, version int) (record, error) {
	key := versionKey(id, version)
	b, err := storage.ReadAll(ctx, a.store, key)
	if errors.Is(err, storage.ErrCorrupt) {
		return record{}, fmt.Errorf("%w：%w", errDamaged, err)
	}
	if err != nil {
		return record{}, fmt.Errorf("read the account %s: %w", id, err)
	}
	r, err := parseRecord(b)
	if err == nil && (r.ID != id || r.Version != version) {
		err = errors.New("it is another account's or version's")
	}
	if err != nil {
		return record{}, fmt.Errorf("%w：%s：%w", errDamaged, key, err)
	}
	return r, nil
}

func (a *Accounts) cached(id string) (known, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.known[id]
	return k, ok
}

func (a *Accounts) isDamaged(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.damaged[id]
}

// newest gives an account as the store has it now.
func (a *Accounts) newest(ctx context.Context, id string) (record, error) {
	if !idPattern.MatchString(id) {
		return record{}, ErrNoUser
	}
	k, ok := a.cached(id)
	if !ok {
		return a.load(ctx, id, 1)
	}
	r, err := a.load(ctx, id, k.Version+1)
	if !errors.Is(err, ErrNoUser) {
		return r, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if again, ok := a.known[id]; ok {
		again.seen = a.now()
		a.known[id] = again
		return again.record, nil
	}
	return record{}, a.damaged[id]
}

// Get gives an account by its id, at most two seconds old: whoever is shut out by
// another process is out by then. The error is ErrNoUser when there is none; a damaged
// account has another error, and must be taken for one that is disabled.
func (a *Accounts) Get(ctx context.Context, id string) (User, error) {
	if k, ok := a.cached(id); ok && a.now().Sub(k.seen) < fresh {
		return k.User, nil
	}
	r, err := a.newest(ctx, id)
	return r.User, err
}

// Find gives an account by its sign-in name, as it is now. Its errors are those of Get.
func (a *Accounts) Find(ctx context.Context, name string) (User, error) {
	r, err := a.find(ctx, name)
	return r.User, err
}

func (a *Accounts) find(ctx context.Context, name string) (record, error) {
	name, err := FoldName(name)
	if err != nil {
		return record{}, ErrNoUser
	}
	a.mu.Lock()
	id, ok := a.ids[name]
	a.mu.Unlock()
	if !ok {
		if id, err = a.claimed(ctx, name); err != nil {
			return record{}, err
		}
	}
	return a.newest(ctx, id)
}

// claimed gives the id that has a name.
func (a *Accounts) claimed(ctx context.Context, name string) (string, error) {
	b, err := storage.ReadAll(ctx, a.store, nameKey(name))
	if errors.Is(err, storage.ErrNotExist) {
		return "", ErrNoUser
	}
	if err != nil {
		return "", fmt.Errorf("read whose the name %s is: %w", name, err)
	}
	id := strings.TrimSuffix(string(b), "\n")
	if !idPattern.MatchString(id) {
		return "", fmt.Errorf("%w：%s", errDamaged, nameKey(name))
	}
	return id, nil
}

// List gives all accounts that can be read, by name, as of the last look at the store.
// It does not look itself: call [Accounts.Refresh] first.
func (a *Accounts) List() []User {
	a.mu.Lock()
	defer a.mu.Unlock()
	var users []User
	for _, k := range a.known {
		users = append(users, k.User)
	}
	slices.SortFunc(users, func(x, y User) int { return strings.Compare(x.Name, y.Name) })
	return users
}

// Damaged gives an error for each account whose newest version cannot be read. Its owner
// cannot sign in until the object that the error names is restored.
func (a *Accounts) Damaged() []error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(a.damaged)) {
		errs = append(errs, a.damaged[id])
	}
	return errs
}

// Add adds an account. by is who does it, name is folded by [FoldName], and without a
// display name the sign-in name is shown.
//
// Errors: ErrName, ErrDisplay, ErrRole, those that wrap ErrWeakPassword, and ErrTaken
// when the name is or was somebody's.
func (a *Accounts) Add(ctx context.Context, by, name, display string, role Role, password string) (User, error) {
	name, display, err := cleanUser(name, display, role)
	if err != nil {
		return User{}, err
	}
	if err := CheckPassword(password, name, display); err != nil {
		return User{}, err
	}
	hashed, err := a.hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	return a.begin(ctx, by, record{User: User{Name: name, Display: display, Role: role}, Password: hashed})
}

// begin writes the first version of an account under a name that it claims.
func (a *Accounts) begin(ctx context.Context, by string, r record) (User, error) {
	id, err := a.claim(ctx, r.Name)
	if err != nil {
		return User{}, err
	}
	now := a.time()
	r.ID, r.Created, r.Changed, r.By, r.Version, r.PasswordVersion = id, now, now, by, 1, 1
	err = a.put(ctx, r)
	if errors.Is(err, storage.ErrExists) {
		return User{}, ErrTaken
	}
	return r.User, err
}

// claim makes a name somebody's, and gives their id. The account begins with its first
// version: a name whose claimant got no further is given to the next who asks, and of
// two who ask at once the one who writes that version first has it.
func (a *Accounts) claim(ctx context.Context, name string) (string, error) {
	var random [16]byte
	rand.Read(random[:])
	id := hex.EncodeToString(random[:])
	err := a.store.Put(ctx, nameKey(name), strings.NewReader(id+"\n"))
	if err == nil {
		return id, nil
	}
	if !errors.Is(err, storage.ErrExists) {
		return "", fmt.Errorf("claim the name %s: %w", name, err)
	}
	if id, err = a.claimed(ctx, name); err != nil {
		return "", err
	}
	_, err = a.store.Stat(ctx, versionKey(id, 1))
	switch {
	case err == nil, errors.Is(err, storage.ErrCorrupt):
		return "", ErrTaken
	case errors.Is(err, storage.ErrNotExist):
		return id, nil
	}
	return "", fmt.Errorf("claim the name %s: %w", name, err)
}

// put keeps a version. The error is storage.ErrExists when somebody else was first.
func (a *Accounts) put(ctx context.Context, r record) error {
	b, err := r.encode()
	if err != nil {
		return fmt.Errorf("write the account %s: %w", r.ID, err)
	}
	if err := a.store.Put(ctx, versionKey(r.ID, r.Version), bytes.NewReader(b)); err != nil {
		return fmt.Errorf("write the account %s: %w", r.ID, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Version >= a.known[r.ID].Version {
		a.known[r.ID] = known{r, a.now()}
		a.ids[r.Name] = r.ID
	}
	return nil
}

// time is now, as it is kept: the same after it was written and read.
func (a *Accounts) time() time.Time { return a.now().UTC().Truncate(time.Millisecond) }

// hash hashes a password that CheckPassword has nothing against.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	typed, err := opaque(password)
	if err != nil {
		return "", ErrPasswordChars
	}
	if err := a.hashing.enter(ctx); err != nil {
		return "", err
	}
	defer a.hashing.leave()
	return newHash(typed, a.cost).String(), nil
}

// change makes a new version of an account. apply may be called several times, each
// time with the newest version, as others change it too; it says whether there is
// anything to change.
func (a *Accounts) change(ctx context.Context, by, id string, apply func(*record) (bool, error)) (User, error) {
	for {
		r, err := a.newest(ctx, id)
		if err != nil {
			return User{}, err
		}
		changed, err := apply(&r)
		if err != nil || !changed {
			return r.User, err
		}
		r.Version++
		r.Changed, r.By = a.time(), by
		if r.PasswordVersion == 0 {
			r.PasswordVersion = r.Version
		}
		if err = a.put(ctx, r); err == nil || !errors.Is(err, storage.ErrExists) {
			return r.User, err
		}
	}
}

// SetPassword gives an account another password; sessions that began with the old one
// are over (see [User.PasswordVersion]). by is who does it. Errors: ErrNoUser, and those
// that wrap ErrWeakPassword.
func (a *Accounts) SetPassword(ctx context.Context, by, id, password string) (User, error) {
	u, err := a.Get(ctx, id)
	if err != nil {
		return User{}, err
	}
	hashed, err := a.checked(ctx, u, password)
	if err != nil {
		return User{}, err
	}
	return a.change(ctx, by, id, func(r *record) (bool, error) {
		r.setPassword(hashed)
		return true, nil
	})
}

// checked is the hash of a password that is good enough for an account.
func (a *Accounts) checked(ctx context.Context, u User, password string) (string, error) {
	if err := CheckPassword(password, u.Name, u.Display); err != nil {
		return "", err
	}
	return a.hash(ctx, password)
}
