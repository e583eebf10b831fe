package account

import "context"

// SetRole gives an account another role. by is who does it. Errors: ErrNoUser, ErrRole,
// and ErrLastAdmin when no admin would be left.
func (a *Accounts) SetRole(ctx context.Context, by, id string, role Role) (User, error) {
	if !role.Valid() {
		return User{}, ErrRole
	}
	return a.alter(ctx, by, id, func(r *record) { r.Role = role })
}

// Disable shuts an account out; it is kept, and its name stays taken. by is who does it.
// Errors: ErrNoUser, and ErrLastAdmin when no admin would be left.
func (a *Accounts) Disable(ctx context.Context, by, id string) (User, error) {
	return a.alter(ctx, by, id, func(r *record) {
		if !r.Disabled {
			r.Disabled, r.DisabledVersion = true, r.Version+1
		}
	})
}

// Enable lets an account in again. by is who does it. The error is ErrNoUser when there
// is none.
func (a *Accounts) Enable(ctx context.Context, by, id string) (User, error) {
	return a.alter(ctx, by, id, func(r *record) { r.Disabled = false })
}

// alter changes an account unless that leaves no admin. Two processes that each take
// away another's admin at the same moment are not held apart; a new set-up link or
// `sealdesk user add` helps then.
func (a *Accounts) alter(ctx context.Context, by, id string, to func(*record)) (User, error) {
	if err := a.changing.enter(ctx); err != nil {
		return User{}, err
	}
	defer a.changing.leave()
	if err := a.Refresh(ctx); err != nil {
		return User{}, err
	}
	return a.change(ctx, by, id, func(r *record) (bool, error) {
		was := *r
		to(r)
		if was.admin() && !r.admin() && !a.otherAdmin(id) {
			return false, ErrLastAdmin
		}
		return *r != was, nil
	})
}

// admin says whether somebody can administer accounts now.
func (u User) admin() bool {
	return u.Role.May(AdministerAccounts) && !u.Disabled && (!u.NoPassword || u.Identity != "")
}

// otherAdmin says whether somebody else than id can administer accounts.
func (a *Accounts) otherAdmin(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for other, k := range a.known {
		if other != id && k.admin() {
			return true
		}
	}
	return false
}
