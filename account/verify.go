package account

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"sealdesk/storage"
)

// Problem is something that is wrong with what is kept of accounts and tokens.
type Problem struct {
	Key string
	// Stray says that the object is none of an account or token.
	Stray bool
	// Message says what it is to people, in Chinese.
	Message string
}

// Verification is what [Verify] found. Objects counts what it read.
type Verification struct {
	Objects  int
	Problems []Problem
}

// Verify reads all that is kept of accounts and tokens, older versions too, and holds it
// against its keys. Errors are those of the store.
func Verify(ctx context.Context, s storage.Store) (Verification, error) {
	v := &verifier{ctx: ctx, a: &Accounts{store: s}, names: map[string]string{}, versions: map[string]int{}}
	for _, look := range []struct {
		prefix string
		at     func(key string) error
	}{{versionsPrefix, v.version}, {namesPrefix, v.name}, {tokensPrefix, v.token}} {
		for info, err := range s.List(ctx, look.prefix) {
			if err != nil && info.Key == "" {
				return v.Verification, fmt.Errorf("verify the accounts: %w", err)
			}
			v.Objects++
			if err := look.at(info.Key); err != nil {
				return v.Verification, fmt.Errorf("verify the accounts: %w", err)
			}
		}
	}
	return v.Verification, nil
}

type verifier struct {
	Verification
	ctx      context.Context
	a        *Accounts
	names    map[string]string // the last name of each account, by id
	versions map[string]int    // the last version of each account, by id
}

func (v *verifier) find(key, format string, args ...any) {
	v.Problems = append(v.Problems, Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

func (v *verifier) stray(key string) {
	v.Problems = append(v.Problems, Problem{Key: key, Stray: true, Message: "不是本程序存放的东西"})
}

// version looks at a version of an account; they come in their order.
func (v *verifier) version(key string) error {
	id, version, ok := parseKey(key)
	if !ok {
		v.stray(key)
		return nil
	}
	if want := v.versions[id] + 1; version > want {
		v.find(versionKey(id, want), "账号缺少第 %d 版，后面的还在", want)
	}
	v.versions[id] = version
	r, err := v.a.read(v.ctx, id, version)
	switch {
	case errors.Is(err, errDamaged):
		v.find(key, "账号数据损坏（%v）", err)
	case errors.Is(err, storage.ErrNotExist):
	case err != nil:
		return err
	default:
		v.names[id] = r.Name
	}
	return nil
}

// name looks at the claim of a name. One without an account is what a crash leaves, and the
// next who asks for the name has it.
func (v *verifier) name(key string) error {
	b, err := storage.ReadAll(v.ctx, v.a.store, key)
	switch {
	case errors.Is(err, storage.ErrCorrupt):
		v.find(key, "登录名的记录损坏")
		return nil
	case errors.Is(err, storage.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	id := strings.TrimSuffix(string(b), "\n")
	if name, ok := v.names[id]; !idPattern.MatchString(id) || ok && nameKey(name) != key {
		v.find(key, "登录名的记录与账号不符")
	}
	return nil
}

// token looks at an object of a token.
func (v *verifier) token(key string) error {
	sum, rest, _ := strings.Cut(strings.TrimPrefix(key, tokensPrefix), "/")
	raw, wrong := hex.DecodeString(sum)
	day, isDay := strings.CutPrefix(rest, "used/")
	_, noDay := time.Parse(time.DateOnly, day)
	if wrong != nil || len(raw) != 32 || rest != "token.json" && rest != "revoked.json" && (!isDay || noDay != nil) {
		v.stray(key)
		return nil
	}
	b, err := storage.ReadAll(v.ctx, v.a.store, key)
	switch {
	case errors.Is(err, storage.ErrCorrupt):
		v.find(key, "令牌的记录损坏")
		return nil
	case errors.Is(err, storage.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	if t := (Token{}); rest == "token.json" && (json.Unmarshal(b, &t) != nil || t.ID != sum[:16]) || rest == "revoked.json" && !json.Valid(b) {
		v.find(key, "令牌的记录不是应有的格式")
	}
	return nil
}
