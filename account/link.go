package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// ErrLink is that a link lets nobody choose a password. Its text is for people.
var ErrLink = errors.New("链接不对，或已经用过、过期。请管理员再给您一个")

// LinkLife is how long a link can be used by which somebody chooses a password.
const LinkLife = 72 * time.Hour

// Invite adds an account without a password, and gives the token of a link by which its
// owner chooses one, once and within [LinkLife]. by is who does it. The token is kept
// nowhere, only its hash is: hand it to the owner. Errors: those of [Accounts.Add] but for
// passwords.
func (a *Accounts) Invite(ctx context.Context, by, name, display string, role Role) (u User, token string, err error) {
	name, display, err = cleanUser(name, display, role)
	if err != nil {
		return User{}, "", err
	}
	r := record{User: User{Name: name, Display: display, Role: role, NoPassword: true}}
	secret := a.link(&r)
	if u, err = a.begin(ctx, by, r); err != nil {
		return User{}, "", err
	}
	return u, u.ID + linkMark + secret, nil
}

// Reset takes an account's password away, which ends its sessions, and gives the token of
// a link as [Accounts.Invite] does; an earlier link is worthless. by is who does it.
// Errors: ErrNoUser, and ErrLastAdmin when no admin would be left who can sign in.
func (a *Accounts) Reset(ctx context.Context, by, id string) (u User, token string, err error) {
	var secret string
	u, err = a.alter(ctx, by, id, func(r *record) {
		r.setPassword("")
		secret = a.link(r)
	})
	if err != nil {
		return User{}, "", err
	}
	return u, u.ID + linkMark + secret, nil
}

// linkMark stands in a token between the account's id and the secret.
const linkMark = "-"

// link puts the hash of a new secret into a version that is to be written.
func (a *Accounts) link(r *record) (secret string) {
	secret = rand.Text()
	r.Link, r.LinkEnds = linkSum(secret), a.time().Add(LinkLife)
	return secret
}

func linkSum(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Linked gives whose the link with a token is. The error is ErrLink when it is wrong, used
// or too old, or the account is disabled.
func (a *Accounts) Linked(ctx context.Context, token string) (User, error) {
	id, secret, _ := strings.Cut(token, linkMark)
	r, err := a.newest(ctx, id)
	switch {
	case errors.Is(err, ErrNoUser), errors.Is(err, errDamaged):
		return User{}, ErrLink
	case err != nil:
		return User{}, err
	}
	if err := a.fits(r, linkSum(secret)); err != nil {
		return User{}, err
	}
	return r.User, nil
}

// fits says whether the link with a hash can be used for an account as it is.
func (a *Accounts) fits(r record, sum string) error {
	if r.Disabled || r.Link == "" || !a.now().Before(r.LinkEnds) || subtle.ConstantTimeCompare([]byte(r.Link), []byte(sum)) != 1 {
		return ErrLink
	}
	return nil
}

// UseLink gives the account that a link is for a password. The link is used up when that
// succeeds, not when the password is refused. Errors: ErrLink, and those that wrap
// ErrWeakPassword.
func (a *Accounts) UseLink(ctx context.Context, token, password string) (User, error) {
	u, err := a.Linked(ctx, token)
	if err != nil {
		return User{}, err
	}
	hashed, err := a.checked(ctx, u, password)
	if err != nil {
		return User{}, err
	}
	_, secret, _ := strings.Cut(token, linkMark)
	sum := linkSum(secret)
	return a.change(ctx, u.ID, u.ID, func(r *record) (bool, error) {
		if err := a.fits(*r, sum); err != nil {
			return false, err
		}
		r.setPassword(hashed)
		return true, nil
	})
}
