package browser

import (
	"testing"

	"sealdesk/account"
)

// TestLanguage: the switch changes the language of the page at hand, and of those that
// follow.
func TestLanguage(t *testing.T) {
	o := open(t, filled(t))
	p := o.in(account.Reviewer)
	p.open("/search?q=永磁")
	p.sees("检索", "没有找到")
	p.click(`form[action="/language"] button`)
	p.until("in English", `document.documentElement.lang === "en"`)
	p.sees("Nothing found", "Reviewer")
	if at := ask[string](p, `location.pathname + decodeURIComponent(location.search)`); at != "/search?q=永磁" {
		t.Errorf("the switch leads to %s", at)
	}
	for _, path := range []string{"/review", "/me", "/help"} {
		p.open(path)
	}
	p.sees("Who may do what")
	p.click(`form[action="/language"] button`)
	p.until("in Chinese", `document.documentElement.lang === "zh-CN"`)
	p.sees("帮助")
}
