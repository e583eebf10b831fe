package account

import (
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	s := newStore(t)
	a, other := open(t, s), open(t, s)
	wang, li := add(t, a, "wang", Clerk), add(t, a, "li", Staff)
	u, err := a.SetIdentity(t.Context(), "boss", wang.ID, "  Wang@Example.COM ")
	wantErr(t, err, nil)
	// Sessions look at this number.
	if u.Identity != "wang@example.com" || u.By != "boss" || u.PasswordVersion == wang.PasswordVersion {
		t.Errorf("it is %+v", u)
	}
	again, err := a.SetIdentity(t.Context(), "boss", wang.ID, "WANG@example.com")
	wantErr(t, err, nil)
	if again != u {
		t.Errorf("the same again changed it to %+v", again)
	}
	found, err := other.ByIdentity(t.Context(), "wang@EXAMPLE.com")
	wantErr(t, err, nil)
	if found.ID != wang.ID {
		t.Errorf("it is %+v", found)
	}
	_, err = other.SetIdentity(t.Context(), "boss", li.ID, "wang@example.com")
	wantErr(t, err, ErrIdentityTaken)
	for _, nobody := range []string{"", " ", "li@example.com", "wang", "wang@example.com\n.", strings.Repeat("x", 300)} {
		_, err := a.ByIdentity(t.Context(), nobody)
		wantErr(t, err, ErrNoUser)
	}
	for _, bad := range []string{"a b", "a\x00b", "a\u202eb", "\xff", strings.Repeat("x", MaxIdentity+1)} {
		_, err := a.SetIdentity(t.Context(), "boss", li.ID, bad)
		wantErr(t, err, ErrIdentity)
	}
	// A subject is another one in another case.
	_, err = a.SetIdentity(t.Context(), "boss", li.ID, "Sub-1")
	wantErr(t, err, nil)
	_, err = a.ByIdentity(t.Context(), "sub-1")
	wantErr(t, err, ErrNoUser)
	_, err = a.SetIdentity(t.Context(), "boss", li.ID, "")
	wantErr(t, err, nil)
	_, err = other.ByIdentity(t.Context(), "Sub-1")
	wantErr(t, err, ErrNoUser)
}

// What two accounts have lets nobody in.
func TestIdentityTwice(t *testing.T) {
	s := newStore(t)
	a := open(t, s)
	for _, name := range []string{"wang", "li"} {
		u := add(t, a, name, Clerk)
		_, err := a.change(t.Context(), "test", u.ID, func(r *record) (bool, error) { r.Identity = "x@example.com"; return true, nil })
		wantErr(t, err, nil)
	}
	_, err := a.ByIdentity(t.Context(), "x@example.com")
	wantErr(t, err, ErrNoUser)
}

// An admin who signs in by a service only is one who can, and may be the last.
func TestLastAdminByIdentity(t *testing.T) {
	a := open(t, newStore(t))
	boss := add(t, a, "boss", Admin)
	second, _, err := a.Invite(t.Context(), "test", "second", "", Admin)
	wantErr(t, err, nil)
	_, err = a.SetIdentity(t.Context(), "test", second.ID, "second@example.com")
	wantErr(t, err, nil)
	_, err = a.Disable(t.Context(), "test", boss.ID)
	wantErr(t, err, nil)
	_, err = a.SetIdentity(t.Context(), "test", second.ID, "")
	wantErr(t, err, ErrLastAdmin)
}
