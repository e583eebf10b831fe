package account

import (
	"strings"
	"testing"
	"time"

	"sealdesk/storage"
)

const month = 30 * 24 * time.Hour

func addToken(t *testing.T, a *Accounts, u User, rights ...Right) (Token, string) {
	t.Helper()
	token, text, err := a.AddToken(t.Context(), "test", u.ID, " 夜间上传 ", rights, month)
	if err != nil {
		t.Fatal(err)
	}
	return token, text
}

func TestToken(t *testing.T) {
	s, c := newStore(t), newClock()
	a := open(t, s, WithClock(c.now))
	u := add(t, a, "wang", Clerk)
	token, text := addToken(t, a, u)
	if !strings.HasPrefix(text, "sealdesk_") || token.Name != "夜间上传" || token.User != u.ID || token.Expires.Sub(token.Created) != month {
		t.Errorf("made %+v", token)
	}
	// Another process takes it, too, and nothing in the store is enough to use it.
	other := open(t, s, WithClock(c.now))
	got, who, err := other.UseToken(t.Context(), text)
	wantErr(t, err, nil)
	if got.ID != token.ID || who.ID != u.ID || got.Used != c.now().Local().Format(time.DateOnly) {
		t.Errorf("it is %+v of %+v", got, who)
	}
	for info, err := range s.List(t.Context(), "tokens/") {
		if err != nil {
			t.Fatal(err)
		}
		b, err := storage.ReadAll(t.Context(), s, info.Key)
		if err != nil || strings.Contains(info.Key+string(b), strings.TrimPrefix(text, "sealdesk_")) {
			t.Errorf("%s gives the token away, or error %v", info.Key, err)
		}
	}
	for _, right := range []Right{Intake, Search} {
		if !got.May(who, right) {
			t.Errorf("the token may not %s", right)
		}
	}
	if got.May(who, Reports) {
		t.Error("the token may what its account may not")
	}
	for _, wrong := range []string{"", "sealdesk_", text + "A", text[:len(text)-1], strings.ToLower(text), "sealdesk_" + strings.Repeat("A", 52), "sealdesk_" + strings.Repeat("/", 52)} {
		_, _, err := a.UseToken(t.Context(), wrong)
		wantErr(t, err, ErrToken)
	}
	list, err := a.Tokens(t.Context(), u.ID)
	if err != nil || len(list) != 1 || list[0].ID != token.ID || list[0].Used == "" {
		t.Errorf("listed %+v, error %v", list, err)
	}
}

// A token with fewer rights has these alone, and never more than its account has now.
func TestTokenRights(t *testing.T) {
	c := newClock()
	a := open(t, newStore(t), WithClock(c.now))
	u := add(t, a, "wang", Clerk)
	_, text := addToken(t, a, u, Search, View)
	got, who, err := a.UseToken(t.Context(), text)
	wantErr(t, err, nil)
	if !got.May(who, Search) || got.May(who, Intake) {
		t.Errorf("%+v may other things", got)
	}
	if _, err := a.SetRole(t.Context(), "test", u.ID, Admin); err != nil {
		t.Fatal(err)
	}
	got, who, err = a.UseToken(t.Context(), text)
	wantErr(t, err, nil)
	if got.May(who, Search) || got.May(who, Audit) {
		t.Error("the token may what its account, or it itself, may not")
	}
}

func TestTokenEnds(t *testing.T) {
	s, c := newStore(t), newClock()
	a, other := open(t, s, WithClock(c.now)), open(t, s, WithClock(c.now))
	u := add(t, a, "wang", Clerk)
	use := func(text string, want error) {
		t.Helper()
		for _, at := range []*Accounts{a, other} {
			_, _, err := at.UseToken(t.Context(), text)
			wantErr(t, err, want)
		}
	}
	first, revoked := addToken(t, a, u)
	_, text := addToken(t, a, u)
	use(revoked, nil)
	use(text, nil)
	_, err := other.RevokeToken(t.Context(), "test", strings.Repeat("0", 32), first.ID)
	wantErr(t, err, ErrNoToken)
	for _, id := range []string{"", "../x", strings.Repeat("0", 16), first.ID + "0"} {
		_, err := other.RevokeToken(t.Context(), "test", "", id)
		wantErr(t, err, ErrNoToken)
	}
	for range 2 {
		end, err := other.RevokeToken(t.Context(), "test", u.ID, first.ID)
		wantErr(t, err, nil)
		if end.Revoked.IsZero() {
			t.Error("it is not said to be revoked")
		}
	}
	c.pass(fresh)
	use(revoked, ErrTokenRevoked)
	use(text, nil)
	if _, err := a.Disable(t.Context(), "test", u.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = a.AddToken(t.Context(), "test", u.ID, "x", nil, month)
	wantErr(t, err, ErrTokenUser)
	c.pass(fresh)
	use(text, ErrTokenUser)
	// Whoever is let in again makes new ones.
	if _, err := a.Enable(t.Context(), "test", u.ID); err != nil {
		t.Fatal(err)
	}
	c.pass(fresh)
	use(text, ErrTokenUser)
	_, text = addToken(t, a, u)
	c.pass(month - time.Second)
	use(text, nil)
	c.pass(time.Second)
	use(text, ErrTokenExpired)
}

func TestTokenRefused(t *testing.T) {
	a := open(t, newStore(t))
	u := add(t, a, "wang", Clerk)
	for _, tc := range []struct {
		user, name string
		rights     []Right
		life       time.Duration
		want       error
	}{
		{strings.Repeat("0", 32), "x", nil, month, ErrNoUser},
		{u.ID, " ", nil, month, ErrTokenName},
		{u.ID, "a\x00b", nil, month, ErrTokenName},
		{u.ID, strings.Repeat("长", MaxDisplay+1), nil, month, ErrTokenName},
		{u.ID, "x", []Right{Search, Reports}, month, ErrTokenRight},
		{u.ID, "x", []Right{"no-such"}, month, ErrTokenRight},
		{u.ID, "x", nil, MinTokenLife - 1, ErrTokenLife},
		{u.ID, "x", nil, MaxTokenLife + 1, ErrTokenLife},
	} {
		_, _, err := a.AddToken(t.Context(), "test", tc.user, tc.name, tc.rights, tc.life)
		wantErr(t, err, tc.want)
	}
	if list, err := a.Tokens(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("there are %+v, error %v", list, err)
	}
}
