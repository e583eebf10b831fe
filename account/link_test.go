package account

import (
	"strings"
	"testing"
	"time"

	"sealdesk/storage"
)

// invited is somebody who has a link and no password.
func invited(t *testing.T, a *Accounts, role Role) (User, string) {
	t.Helper()
	u, token, err := a.Invite(t.Context(), "test", "wang", "王芳", role)
	if err != nil {
		t.Fatal(err)
	}
	return u, token
}

func TestInvite(t *testing.T) {
	s := newStore(t)
	a := open(t, s)
	u, token := invited(t, a, Clerk)
	if !u.NoPassword || u.Role != Clerk || u.Display != "王芳" {
		t.Errorf("invited %+v", u)
	}
	for _, password := range []string{"", secret, token} {
		_, err := a.SignIn(t.Context(), "wang", password)
		wantErr(t, err, ErrSignIn)
	}
	// Another process knows the link, too, and the store has nothing that is one.
	other := open(t, s)
	who, err := other.Linked(t.Context(), token)
	wantErr(t, err, nil)
	if who.ID != u.ID {
		t.Errorf("the link is for %+v", who)
	}
	b, err := storage.ReadAll(t.Context(), s, versionKey(u.ID, 1))
	if err != nil || strings.Contains(string(b), token[len(u.ID)+1:]) {
		t.Errorf("%s has the link's secret, error %v", b, err)
	}
	_, err = other.UseLink(t.Context(), token, "short")
	wantErr(t, err, ErrPasswordShort)
	used, err := other.UseLink(t.Context(), token, secret)
	wantErr(t, err, nil)
	if used.NoPassword || used.PasswordVersion != used.Version || used.By != u.ID {
		t.Errorf("afterwards it is %+v", used)
	}
	_, err = a.SignIn(t.Context(), "wang", secret)
	wantErr(t, err, nil)
	_, err = a.UseLink(t.Context(), token, "another good one")
	wantErr(t, err, ErrLink)
	_, _, err = a.Invite(t.Context(), "test", "WANG", "", Clerk)
	wantErr(t, err, ErrTaken)
	_, _, err = a.Invite(t.Context(), "test", "li", "", "boss")
	wantErr(t, err, ErrRole)
}

func TestReset(t *testing.T) {
	a := open(t, newStore(t))
	u := add(t, a, "wang", Reviewer)
	_, first, err := a.Reset(t.Context(), "boss", u.ID)
	wantErr(t, err, nil)
	reset, second, err := a.Reset(t.Context(), "boss", u.ID)
	wantErr(t, err, nil)
	// Sessions look at this number.
	if reset.PasswordVersion == u.PasswordVersion || reset.By != "boss" {
		t.Errorf("reset %+v", reset)
	}
	_, err = a.SignIn(t.Context(), "wang", secret)
	wantErr(t, err, ErrSignIn)
	_, err = a.UseLink(t.Context(), first, secret)
	wantErr(t, err, ErrLink)
	_, err = a.UseLink(t.Context(), second, secret)
	wantErr(t, err, nil)
	_, _, err = a.Reset(t.Context(), "boss", strings.Repeat("0", 32))
	wantErr(t, err, ErrNoUser)
}

// A link that must not work any more does not, whatever it looks like.
func TestLinkRefused(t *testing.T) {
	c := newClock()
	a := open(t, newStore(t), WithClock(c.now))
	u, token := invited(t, a, Clerk)
	other := add(t, a, "li", Clerk)
	secretOf := token[len(u.ID)+1:]
	for _, wrong := range []string{"", "-", u.ID, u.ID + "-", token + "x", strings.ToLower(token), other.ID + "-" + secretOf, "../" + token, strings.Repeat("f", 32) + "-" + secretOf} {
		_, err := a.Linked(t.Context(), wrong)
		wantErr(t, err, ErrLink)
		_, err = a.UseLink(t.Context(), wrong, secret)
		wantErr(t, err, ErrLink)
	}
	if _, err := a.Disable(t.Context(), "boss", u.ID); err != nil {
		t.Fatal(err)
	}
	_, err := a.UseLink(t.Context(), token, secret)
	wantErr(t, err, ErrLink)
	if _, err := a.Enable(t.Context(), "boss", u.ID); err != nil {
		t.Fatal(err)
	}
	c.pass(LinkLife - time.Second)
	_, err = a.Linked(t.Context(), token)
	wantErr(t, err, nil)
	c.pass(time.Second)
	_, err = a.UseLink(t.Context(), token, secret)
	wantErr(t, err, ErrLink)
	// A password given by an admin makes the link worthless as well.
	_, token, err = a.Reset(t.Context(), "boss", u.ID)
	wantErr(t, err, nil)
	_, err = a.SetPassword(t.Context(), "boss", u.ID, secret)
	wantErr(t, err, nil)
	_, err = a.UseLink(t.Context(), token, secret)
	wantErr(t, err, ErrLink)
}

// Somebody who cannot sign in yet is no admin who is left.
func TestLastAdminWhoCanSignIn(t *testing.T) {
	a := open(t, newStore(t))
	boss := add(t, a, "boss", Admin)
	_, token := invited(t, a, Admin)
	for _, change := range []func() error{
		func() error { _, err := a.Disable(t.Context(), "test", boss.ID); return err },
		func() error { _, err := a.SetRole(t.Context(), "test", boss.ID, Clerk); return err },
		func() error { _, _, err := a.Reset(t.Context(), "test", boss.ID); return err },
	} {
		wantErr(t, change(), ErrLastAdmin)
	}
	_, err := a.SignIn(t.Context(), "boss", secret)
	wantErr(t, err, nil)
	if _, err := a.UseLink(t.Context(), token, secret); err != nil {
		t.Fatal(err)
	}
	_, _, err = a.Reset(t.Context(), "test", boss.ID)
	wantErr(t, err, nil)
}
