package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
)

// TestTokens: people make tokens for themselves, see each once, and end them.
func TestTokens(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	b.want(b.get("/me"), http.StatusOK, `href="/me/tokens"`)
	b.want(b.get("/me/tokens"), http.StatusOK, "还没有令牌")
	form := url.Values{"for": {"夜间<b>上传"}, "days": {"30"}, "right": {"intake", "view"}, "current": {password}}
	a := b.post("/me/tokens", form)
	b.want(a, http.StatusOK, "夜间&lt;b&gt;上传", "只显示这一次")
	text := regexp.MustCompile(`sealdesk_[A-Z2-7]{52}`).FindString(a.text)
	token, who, err := d.accounts.UseToken(t.Context(), text)
	if err != nil || who.ID != d.users[account.Clerk].ID || !slices.Equal(token.Rights, []account.Right{account.Intake, account.View}) ||
		token.Expires.Sub(token.Created) != 30*24*time.Hour {
		t.Errorf("made %+v, error %v", token, err)
	}
	a = b.get("/me/tokens")
	b.want(a, http.StatusOK, token.ID, "可用")
	if strings.Contains(a.text, text) {
		t.Error("the token is shown again")
	}
	// Nobody ends another's.
	other := d.in(t, account.Reviewer)
	other.want(other.post("/me/tokens/"+token.ID+"/revoke", nil), http.StatusNotFound)
	other.want(other.get("/me/tokens"), http.StatusOK, "还没有令牌")
	b.leads(b.post("/me/tokens/"+token.ID+"/revoke", nil), "/me/tokens")
	b.want(b.get("/me/tokens"), http.StatusOK, "已撤销")
	d.pass(2 * time.Second)
	if _, _, err := d.accounts.UseToken(t.Context(), text); err == nil {
		t.Error("it can still be used")
	}
	for action, want := range map[string]string{audit.TokenAdd: "token=" + token.ID, audit.TokenRevoke: "token=" + token.ID} {
		if got := d.entries(t, action); len(got) != 1 || got[0].Detail != want || got[0].Object != who.ID {
			t.Errorf("the trail has of %s %+v", action, got)
		}
	}
}

func TestTokensRefused(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	for _, tc := range []struct {
		change url.Values
		status int
		says   string
	}{
		{url.Values{"current": {"wrong"}}, http.StatusUnprocessableEntity, "现在的密码不对"},
		{url.Values{"for": {" "}}, http.StatusUnprocessableEntity, "请写明用途"},
		{url.Values{"days": {"0"}}, http.StatusUnprocessableEntity, "有效期"},
		{url.Values{"days": {"x"}}, http.StatusBadRequest, ""},
		{url.Values{"right": {"reports"}}, http.StatusBadRequest, ""},
	} {
		form := url.Values{"for": {"x"}, "days": {"30"}, "current": {password}}
		for k, v := range tc.change {
			form[k] = v
		}
		b.want(b.post("/me/tokens", form), tc.status, tc.says)
	}
	if list, err := d.accounts.Tokens(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("there are %+v, error %v", list, err)
	}
}
