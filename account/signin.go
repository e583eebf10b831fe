package account

import (
	"context"
	"errors"
	"fmt"
)

// ErrSignIn is that a name and a password do not let anybody in. It does not tell
// whether there is such a name, whether the password is wrong or the account disabled.
var ErrSignIn = errors.New("登录名或密码不对")

// SignIn finds who a name and a password belong to. It takes the same work whether there
// is such a name or not. A password whose hash has become cheap by today's cost is
// hashed again. Callers ask a [Throttle] first.
//
// The error is ErrSignIn, or one of the store or the context, when nobody knows.
func (a *Accounts) SignIn(ctx context.Context, name, password string) (User, error) {
	r, err := a.find(ctx, name)
	there := err == nil && !r.NoPassword
	// Nobody can sign in to a damaged account, and nobody is told of it here.
	if err != nil && !errors.Is(err, ErrNoUser) && !errors.Is(err, errDamaged) {
		return User{}, err
	}
	typed, err := opaque(password)
	writable := err == nil
	right, cheap, err := a.compare(ctx, r, there, typed)
	if err != nil {
		return User{}, err
	}
	if !right || !writable || r.Disabled {
		return User{}, ErrSignIn
	}
	if !cheap {
		return r.User, nil
	}
	u, err := a.rehash(ctx, r, password)
	if err != nil && !errors.Is(err, ErrSignIn) {
		return r.User, ctx.Err() // a store that is full keeps nobody out
	}
	return u, err
}

// compare holds a password against that of a record, or does the same work for nothing.
func (a *Accounts) compare(ctx context.Context, r record, there bool, typed string) (right, cheap bool, err error) {
	if err := a.hashing.enter(ctx); err != nil {
		return false, false, err
	}
	defer a.hashing.leave()
	if !there {
		newHash(typed, a.cost)
		return false, false, nil
	}
	h, err := parseHash(r.Password)
	if err != nil {
		return false, false, fmt.Errorf("sign in %s: %w", r.ID, err)
	}
	return h.fits(typed), h.cost.below(a.cost), nil
}

// rehash hashes the password of a record at today's cost, unless it was changed
// meanwhile.
func (a *Accounts) rehash(ctx context.Context, old record, password string) (User, error) {
	hashed, err := a.hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	return a.change(ctx, old.ID, old.ID, func(r *record) (bool, error) {
		if r.Password != old.Password || r.Disabled {
			return false, ErrSignIn
		}
		r.Password = hashed
		return true, nil
	})
}
