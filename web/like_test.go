package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/storage"
)

const likeText = "依托国际科技合作基地，联合攻关荒漠化草原的退化机理，引进耐旱牧草品种十二个，建成试验站点三处，" +
	"培养青年科研人员二十余名，成果已在周边旗县推广应用，联系电话13987654321，得到农牧民的普遍欢迎。"

// Texts much like those of another application are listed, and stand side by side with
// what both have marked. Nothing is said to be wrong.
func TestLike(t *testing.T) {
	set := func(text string) func(*bundle.Result) {
		return func(r *bundle.Result) {
			f := r.Applications[0].Fields["overview"]
			f.Value = text
			r.Applications[0].Fields["overview"] = f
		}
	}
	d := newDesk(t, func(s storage.Store) {
		stored(t, s, "complete", set(likeText))
		stored(t, s, "no-seal", set("今年以来，"+strings.Replace(likeText, "十二个", "<b>八</b>个", 1)))
	})
	ours, theirs := applicationOf(t, "complete", 1), applicationOf(t, "no-seal", 1)
	path := "/applications/" + ours + "/like"
	b := d.in(t, account.Reviewer)
	b.want(b.get(reviewed(t)), http.StatusOK, `hx-get="`+path+`"`)
	list := b.get(path)
	pair := path + "/overview?" + url.Values{"with": {theirs}, "in": {"overview"}}.Encode()
	b.want(list, http.StatusOK, "相似 9", strings.ReplaceAll(pair, "&", "&amp;"), "由您判断")
	a := b.get(pair)
	b.want(a, http.StatusOK, "<mark>依托国际科技合作基地，联合攻关荒漠化草原的退化机理，引进耐旱牧草品种</mark>十二", "今年以来，<mark>依托", "&lt;b&gt;八&lt;/b&gt;", "13987654321")
	var seen []string
	for _, e := range d.entries(t, audit.View) {
		seen = append(seen, e.Object)
	}
	if got := strings.Join(seen, " "); !strings.HasSuffix(got, ours+" "+theirs) {
		t.Errorf("the trail has %s", got)
	}
	staff := d.in(t, account.Staff)
	s := staff.get(pair)
	staff.want(s, http.StatusOK, "<mark>依托国际科技合作基地")
	staff.lacks(s, "13987654321")
	for _, bad := range []string{
		path + "/overview?with=" + theirs + "&in=contact_phone_x", path + "/nothing?with=" + theirs + "&in=overview", path + "/overview?in=overview",
		path + "/overview?with=" + strings.Repeat("0", 16) + "-1&in=overview", "/applications/x/like",
	} {
		b.want(b.get(bad), http.StatusNotFound)
	}
	staff.want(staff.get(path+"/contact_phone?with="+theirs+"&in=contact_phone"), http.StatusNotFound)
}
