package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"
)

// The errors of the first start. Their texts are for people.
var (
	ErrSetup     = errors.New("设置链接不对，或已经用过、过期。请重新启动 sealdesk serve，使用新的链接")
	ErrSetupDone = errors.New("已经有管理员账号，不需要再设置")
)

// setupLife is how long a token can be used.
const setupLife = 24 * time.Hour

// setup is the token with which the first admin is added. Only its hash is kept, and
// only in memory.
type setup struct {
	turn gate // held by whoever reads or changes what follows
	sum  [sha256.Size]byte
	end  time.Time // zero when there is no token
}

// Setup makes a token with which the first admin can be added, once and within 24
// hours, and which makes an earlier one worthless. It is for whoever started the
// program: print it, and keep it nowhere. The error is ErrSetupDone when there is an
// admin who is not disabled.
func (a *Accounts) Setup(ctx context.Context) (token string, err error) {
	if err := a.setup.turn.enter(ctx); err != nil {
		return "", err
	}
	defer a.setup.turn.leave()
	if err := a.checkSetup(ctx); err != nil {
		return "", err
	}
	token = rand.Text()
	a.setup.sum, a.setup.end = sha256.Sum256([]byte(token)), a.now().Add(setupLife)
	return token, nil
}

// UseSetup adds the first admin. The token is used up when that succeeds, not when the
// name or the password is refused. Errors: ErrSetup for a token that is wrong, used or
// too old, ErrSetupDone, and those of [Accounts.Add].
func (a *Accounts) UseSetup(ctx context.Context, token, name, display, password string) (User, error) {
	if err := a.setup.turn.enter(ctx); err != nil {
		return User{}, err
	}
	defer a.setup.turn.leave()
	sum := sha256.Sum256([]byte(token))
	if !a.now().Before(a.setup.end) || subtle.ConstantTimeCompare(sum[:], a.setup.sum[:]) != 1 {
		return User{}, ErrSetup
	}
	if err := a.checkSetup(ctx); err != nil {
		return User{}, err
	}
	u, err := a.Add(ctx, "setup", name, display, Admin, password)
	if err == nil {
		a.setup.end = time.Time{}
	}
	return u, err
}

// checkSetup says whether there is an admin already.
func (a *Accounts) checkSetup(ctx context.Context) error {
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	if a.otherAdmin("") {
		return ErrSetupDone
	}
	return nil
}
