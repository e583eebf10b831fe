package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sealdesk/storage"
)

// Token is what a program shows to act for an account. The text of it is with the
// program alone; here only its SHA-256 is kept, which is enough for 32 random bytes:
// nobody can try them out. It consists of objects that are written once:
//
//	tokens/<sha256>/token.json         what it is
//	tokens/<sha256>/used/<day>         a day on which it was used
//	tokens/<sha256>/revoked.json       that it is over
type Token struct {
	// ID is how its SHA-256 begins, 16 hexadecimal digits.
	ID string `json:"id"`
	// Name says what it is for.
	Name string `json:"name"`
	// User is the id of the account that it acts for.
	User string `json:"user"`
	// Rights are those of the account that it has; nil is all, whatever they will be.
	Rights []Right `json:"rights,omitempty"`
	// Created is when it was made, Expires when it can be used no more.
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	// By is who made it: the id of an account, or what stands for none.
	By string `json:"by"`
	// Version is that of the account when it was made.
	Version int `json:"version"`

	// Revoked is when somebody ended it, zero for nobody.
	Revoked time.Time `json:"-"`
	// Used is the last day on which it was used, 2006-01-02 by the clock of the machine;
	// "" for never.
	Used string `json:"-"`
}

// May says whether whoever has the token may do what the right is for. u is its account.
func (t Token) May(u User, right Right) bool {
	return u.Role.May(right) && (len(t.Rights) == 0 || slices.Contains(t.Rights, right))
}

// The bounds of a token's life.
const (
	MinTokenLife = time.Hour
	MaxTokenLife = 2 * 366 * 24 * time.Hour
)

// The errors about tokens. Their texts are for people.
var (
	ErrToken        = errors.New("令牌无效")
	ErrTokenExpired = fmt.Errorf("%w：已过期", ErrToken)
	ErrTokenRevoked = fmt.Errorf("%w：已撤销", ErrToken)
	ErrTokenUser    = fmt.Errorf("%w：账号已停用", ErrToken)
	ErrNoToken      = errors.New("没有这个令牌")
	ErrTokenName    = fmt.Errorf("令牌的用途不能为空，不能含控制字符，最多 %d 个字符", MaxDisplay)
	ErrTokenLife    = errors.New("令牌的有效期至少 1 小时，最长 2 年")
	ErrTokenRight   = errors.New("令牌不能有账号没有的权限")
)

// tokenMark begins every token, so that one that lies about is known for what it is.
const tokenMark = "sealdesk_"

var (
	tokenText = base32.StdEncoding.WithPadding(base32.NoPadding)
	tokenID   = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

const tokensPrefix = "tokens/"

func tokenKey(sum, name string) string { return tokensPrefix + sum + "/" + name }

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// revocation is what is kept of the end of a token.
type revocation struct {
	Time time.Time `json:"time"`
	By   string    `json:"by"`
}

// AddToken makes a token for an account, which lasts for life, and gives its text, which
// is kept nowhere. by is who does it; rights are those that it has of the account's, nil
// for all. Errors: ErrNoUser, ErrTokenUser, ErrTokenName, ErrTokenLife and ErrTokenRight.
func (a *Accounts) AddToken(ctx context.Context, by, user, name string, rights []Right, life time.Duration) (t Token, text string, err error) {
	r, err := a.newest(ctx, user)
	if err != nil {
		return Token{}, "", err
	}
	name = strings.TrimSpace(name)
	if clean, err := cleanDisplay(name, ""); err != nil || clean == "" {
		return Token{}, "", ErrTokenName
	}
	switch {
	case r.Disabled:
		return Token{}, "", ErrTokenUser
	case life < MinTokenLife || life > MaxTokenLife:
		return Token{}, "", ErrTokenLife
	case slices.ContainsFunc(rights, func(right Right) bool { return !r.Role.May(right) }):
		return Token{}, "", ErrTokenRight
	}
	var random [32]byte
	rand.Read(random[:])
	text = tokenMark + tokenText.EncodeToString(random[:])
	sum, now := sumOf(text), a.time()
	t = Token{
		ID: sum[:16], Name: name, User: user, Rights: rights, Created: now, Expires: now.Add(life), By: by, Version: r.Version,
	}
	if err := storage.PutJSON(ctx, a.store, tokenKey(sum, "token.json"), t); err != nil {
		return Token{}, "", fmt.Errorf("keep a token of %s: %w", user, err)
	}
	return t, text, nil
}

// UseToken finds what a token may do, and for whom; that it was used is noted, once a day.
// What another process changed holds after two seconds. Errors: ErrToken, and
// ErrTokenExpired, ErrTokenRevoked and ErrTokenUser, which wrap it; others are those of
// the store, when nobody knows.
func (a *Accounts) UseToken(ctx context.Context, text string) (Token, User, error) {
	if len(text) != len(tokenMark)+tokenText.EncodedLen(32) || !strings.HasPrefix(text, tokenMark) {
		return Token{}, User{}, ErrToken
	}
	sum := sumOf(text)
	t, err := a.token(ctx, sum)
	if err != nil {
		return Token{}, User{}, err
	}
	switch {
	case !t.Revoked.IsZero():
		return t, User{}, ErrTokenRevoked
	case !a.now().Before(t.Expires):
		return t, User{}, ErrTokenExpired
	}
	u, err := a.Get(ctx, t.User)
	switch {
	case errors.Is(err, ErrNoUser), errors.Is(err, errDamaged):
		return t, User{}, ErrToken
	case err != nil:
		return t, User{}, err
	case u.Disabled, u.DisabledVersion > t.Version: // also one that was let in again
		return t, User{}, ErrTokenUser
	}
	return a.used(ctx, sum, t), u, nil
}

// knownToken is a token as it was seen in the store.
type knownToken struct {
	Token
	seen time.Time
}

// token gives the token with a sum, at most as old as fresh says.
func (a *Accounts) token(ctx context.Context, sum string) (Token, error) {
	a.mu.Lock()
	k, ok := a.tokens[sum]
	a.mu.Unlock()
	if ok && (a.now().Sub(k.seen) < fresh || !k.Revoked.IsZero()) {
		return k.Token, nil
	}
	seen := a.now()
	if !ok {
		err := a.readToken(ctx, tokenKey(sum, "token.json"), &k.Token)
		switch {
		case errors.Is(err, storage.ErrNotExist), errors.Is(err, errDamaged):
			return Token{}, ErrToken
		case err != nil:
			return Token{}, err
		}
	}
	var end revocation
	switch err := a.readToken(ctx, tokenKey(sum, "revoked.json"), &end); {
	case err == nil:
		k.Revoked = end.Time
	case errors.Is(err, errDamaged):
		k.Revoked = k.Created // it is over, whenever that was
	case !errors.Is(err, storage.ErrNotExist):
		return Token{}, err
	}
	k.seen = seen
	a.mu.Lock()
	defer a.mu.Unlock()
	k.Used = max(k.Used, a.tokens[sum].Used)
	a.tokens[sum] = k
	return k.Token, nil
}

// readToken reads an object of a token.
func (a *Accounts) readToken(ctx context.Context, key string, v any) error {
	b, err := storage.ReadAll(ctx, a.store, key)
	switch {
	case errors.Is(err, storage.ErrCorrupt):
		return fmt.Errorf("%w：%w", errDamaged, err)
	case err != nil:
		return fmt.Errorf("read a token: %w", err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w：%s：%w", errDamaged, key, err)
	}
	return nil
}

// used notes that a token is used today. That this cannot be kept keeps nobody out.
func (a *Accounts) used(ctx context.Context, sum string, t Token) Token {
	day := a.now().Local().Format(time.DateOnly)
	if t.Used == day {
		return t
	}
	t.Used = day
	if err := a.store.Put(ctx, tokenKey(sum, "used/"+day), strings.NewReader(day+"\n")); err != nil {
		return t
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.tokens[sum]
	k.Used = day
	a.tokens[sum] = k
	return t
}

// Tokens gives the tokens of an account, or of all for "", the newest first; those that
// are over, too.
func (a *Accounts) Tokens(ctx context.Context, user string) ([]Token, error) {
	var sums []string
	days := map[string]string{}
	for info, err := range a.store.List(ctx, tokensPrefix) {
		if err != nil && info.Key == "" {
			return nil, fmt.Errorf("list the tokens: %w", err)
		}
		sum, rest, _ := strings.Cut(strings.TrimPrefix(info.Key, tokensPrefix), "/")
		if rest == "token.json" {
			sums = append(sums, sum)
		}
		if day, ok := strings.CutPrefix(rest, "used/"); ok && utf8.ValidString(day) {
			days[sum] = max(days[sum], day)
		}
	}
	var all []Token
	for _, sum := range sums {
		t, err := a.token(ctx, sum)
		switch {
		case errors.Is(err, ErrToken): // damaged: it lets nobody in
		case err != nil:
			return nil, err
		case user == "" || t.User == user:
			t.Used = days[sum]
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(x, y Token) int {
		if c := y.Created.Compare(x.Created); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return all, nil
}

// RevokeToken ends the token of an account, or of any for "", with this id. by is who
// does it. One that is revoked already stays so. The error is ErrNoToken when there is
// none.
func (a *Accounts) RevokeToken(ctx context.Context, by, user, id string) (Token, error) {
	if !tokenID.MatchString(id) {
		return Token{}, ErrNoToken
	}
	for info, err := range a.store.List(ctx, tokensPrefix+id) {
		if err != nil && info.Key == "" {
			return Token{}, fmt.Errorf("look for the token %s: %w", id, err)
		}
		sum, rest, _ := strings.Cut(strings.TrimPrefix(info.Key, tokensPrefix), "/")
		if rest != "token.json" {
			continue
		}
		t, err := a.token(ctx, sum)
		if err != nil {
			return Token{}, err
		}
		if user != "" && t.User != user {
			break
		}
		t.Revoked = a.time()
		err = storage.PutJSON(ctx, a.store, tokenKey(sum, "revoked.json"), revocation{t.Revoked, by})
		if err != nil && !errors.Is(err, storage.ErrExists) {
			return Token{}, fmt.Errorf("end the token %s: %w", id, err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.tokens, sum)
		return t, nil
	}
	return Token{}, ErrNoToken
}
