package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxIdentity is the greatest length of an identity, in characters.
const MaxIdentity = 255

// The errors about identities. Their texts are for people.
var (
	ErrIdentity      = fmt.Errorf("统一登录的身份不能含空白或控制字符，最多 %d 个字符", MaxIdentity)
	ErrIdentityTaken = errors.New("另一个账号已经有这个统一登录的身份")
)

// foldIdentity gives an identity as it is kept: an e-mail address in lower case.
func foldIdentity(identity string) (string, error) {
	identity = strings.TrimSpace(identity)
	if strings.Contains(identity, "@") {
		identity = strings.ToLower(identity)
	}
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	if !utf8.ValidString(identity) || utf8.RuneCountInString(identity) > MaxIdentity || strings.ContainsFunc(identity, bad) {
		return "", ErrIdentity
	}
	return identity, nil
}

// SetIdentity says who an account is to the service by which people sign in: an e-mail
// address, or whatever else the service names them by; "" takes it away. Sessions that
// began before are over. by is who does it.
//
// Errors: ErrNoUser, ErrIdentity, ErrIdentityTaken, and ErrLastAdmin when no admin would
// be left who can sign in. Two processes that give the same one to two accounts at the
// same moment are not held apart; then it lets nobody in.
func (a *Accounts) SetIdentity(ctx context.Context, by, id, identity string) (User, error) {
	identity, err := foldIdentity(identity)
	if err != nil {
		return User{}, err
	}
	taken := false
	u, err := a.alter(ctx, by, id, func(r *record) {
		if taken = identity != "" && len(a.identified(identity, id)) > 0; !taken && r.Identity != identity {
			r.Identity, r.PasswordVersion = identity, 0
		}
	})
	if err == nil && taken {
		err = ErrIdentityTaken
	}
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// identified gives the ids of the known accounts with an identity, but for one.
func (a *Accounts) identified(identity, except string) (ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, k := range a.known {
		if id != except && k.Identity == identity {
			ids = append(ids, id)
		}
	}
	return ids
}

// ByIdentity gives the account that has an identity, as it is now; the caller looks
// whether it is disabled. The error is ErrNoUser when no account has it, or two have.
func (a *Accounts) ByIdentity(ctx context.Context, identity string) (User, error) {
	identity, err := foldIdentity(identity)
	if err != nil || identity == "" {
		return User{}, ErrNoUser
	}
	if err := a.Refresh(ctx); err != nil {
		return User{}, err
	}
	ids := a.identified(identity, "")
	if len(ids) != 1 {
		return User{}, ErrNoUser
	}
	r, err := a.newest(ctx, ids[0])
	if err == nil && r.Identity != identity {
		err = ErrNoUser // it was taken away just now
	}
	if err != nil {
		return User{}, err
	}
	return r.User, nil
}
