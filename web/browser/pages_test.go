package browser

import (
	"net/http"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// named is an application of another name than the one that was read, of another unit.
func named(base, unit, recommender string, more ...func(*bundle.Result)) func(*bundle.Result) {
	return func(r *bundle.Result) {
		a := &r.Applications[0]
		for key, value := range map[string]string{
			"base_name": base, "base_name_form": base, "host_unit": unit, "host_unit_name": unit,
			"recommending_dept": recommender, "recommender_dept": recommender,
		} {
			f := a.Fields[key]
			f.Value = value
			a.Fields[key] = f
		}
		for _, change := range more {
			change(r)
		}
	}
}

// blurred makes a page one that has to be scanned again.
func blurred(page int) func(*bundle.Result) {
	return func(r *bundle.Result) {
		r.PageInfo[page-1].Flaws = append(r.PageInfo[page-1].Flaws, bundle.Flaw{Kind: bundle.Blurred, Message: "字迹模糊，可能读错。请擦净扫描仪的玻璃、放平纸张，重新扫描此页。"})
	}
}

// reworded has the first text of another's with some words of its own.
func reworded(r *bundle.Result) {
	f := r.Applications[0].Fields["overview"]
	text, _ := f.Value.(string)
	runes := []rune(text)
	f.Value = "我公司多年来" + string(runes[:len(runes)/3]) + "（见附件三），在此基础上" + string(runes[len(runes)/3+6:])
	r.Applications[0].Fields["overview"] = f
}

// season is what lies on the desk in a busy week: bundles in every state, names of every
// length.
var season = []paper{
	{name: "锡林浩特草原生态与畜牧业信息化研究中心.pdf", by: account.Clerk, change: named("草原生态监测与畜牧业信息化国际科技合作基地", "锡林浩特草原生态与畜牧业信息化研究中心", "锡林郭勒盟科学技术局")},
	{name: "0042.pdf", by: account.Clerk, change: named("蒙古高原沙尘源区综合治理与荒漠化防治关键技术研发示范及中蒙俄跨境生态屏障建设国际科技合作基地", "内蒙古自治区荒漠化防治与草原生态修复工程技术研究院（蒙古高原生态安全协同创新中心）", "内蒙古自治区林业和草原局", doubtful("leader_phone", "0471-65O1"), blurred(4))},
	{name: "包头稀土.pdf", by: account.Reviewer, change: named("稀土功能材料国际科技合作基地", "包头稀土研究院", "包头市科学技术局")},
	{name: "通辽玉米育种.pdf", by: account.Clerk, change: named("玉米抗旱育种与智能制种国际科技合作基地", "通辽市农牧科学研究所", "通辽市科学技术局", doubtful("staff_doctor", "l2"))},
	{name: "陶森扎拉农林大学（二次补交）.pdf", scan: "no-seal.pdf", by: account.Clerk},
	{name: "联合申报.tif", scan: "two-applications.tif", by: account.Clerk},
	{name: "乌海煤化工.pdf", by: account.Clerk, change: named("煤基新材料与碳减排国际科技合作基地", "乌海市新材料产业研究院有限责任公司", "乌海市科学技术局", reworded)},
	{name: "磁材研究所2022.pdf", by: account.Clerk, change: doubtful("contact_phone", "1736646600")},
	{name: "磁材研究所（旧版，已作废）.pdf", by: account.Clerk, unread: true},
	{name: "手机拍照材料.pdf", by: account.Clerk, unread: true},
}

// ended are the events of what was not read, by place in season.
var ended = map[int]map[string]any{
	8: {"kind": "cancelled", "by": "clerk"},
	9: {"kind": "failed", "attempts": 3, "error": bundle.Error{Code: bundle.CodeTimeout, Message: "读取用的时间太长，多次都没有完成。请重试，或重新扫描后上传。"}},
}

// fillSeason puts the season into a store.
func fillSeason(t *testing.T, s storage.Store) {
	t.Helper()
	for i := range season {
		a := &season[i]
		if a.scan == "" {
			a.scan, a.copy = "complete.pdf", i+1
		}
		a.came = time.Date(2022, 4, 12, 16, 40, 0, 0, time.Local).Add(-time.Duration(i) * 37 * time.Minute)
		a.put(t, s)
		if e := ended[i]; e != nil {
			e["seq"], e["time"] = 1, a.came.Add(time.Minute).UTC()
			if err := pipeline.Append(t.Context(), s, a.sha(t), pipeline.Events, 1, e); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestPages opens every page with as much on it as in a busy week, and every page that
// has nothing to show.
func TestPages(t *testing.T) {
	o := open(t, filled(t, fillSeason))
	bundleOf := func(i int) string { return "/bundles/" + season[i].sha(t) }
	p := o.in(account.Clerk)
	see := func(name, path string, texts ...string) {
		t.Helper()
		p.open(path)
		p.sees(texts...)
		if wide := ask[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s is %d pixels wider than the window", path, wide)
		}
		if name != "" {
			p.shot(name)
		}
	}
	see("board", "/bundles", "0042.pdf", "已取消", "失败", "不齐全")
	see("", "/bundles?state=failed", "手机拍照材料.pdf")
	see("board-none", "/bundles?q=没有这份", "没有符合的材料")
	see("bundle-doubt", bundleOf(1), "要人看", "字迹模糊")
	see("bundle-incomplete", bundleOf(4), "缺什么", "未盖")
	see("arrange", bundleOf(5)+"/arrange", "第 1 份申报", "第 2 份申报")
	see("bundle-failed", bundleOf(9), "没有读成", "重试")

	p = o.in(account.Reviewer)
	see("review-queue", "/review", "从第一件开始", "蒙古高原沙尘源区")
	see("search", "/search?q=国际科技合作&verdict=incomplete&verdict=review", "件", "通辽市科学技术局")
	see("search-first", "/search", "检索")
	see("search-none", "/search?q=没有这样的词", "没有找到")
	see("review", "/applications/"+applicationOf(season[7].sha(t), 1), "1736646600", "读得不准")
	p.press("j", "j", "Enter")
	p.until("in the form", `document.activeElement.id === "e-contact_phone-is"`)
	p.shot("review-edit")
	like := "/applications/" + applicationOf(season[7].sha(t), 1) + "/like"
	p.until("texts compared", `fetch(`+quoted(like)+`).then((r) => r.text()).then((s) => document.body.dataset.like = s.includes("`+applicationOf(season[6].sha(t), 1)+`")) && document.body.dataset.like === "true"`)
	see("like", like, "乌海市新材料产业研究院", "由您判断")
	see("like-pair", like+"/overview?in=overview&with="+applicationOf(season[6].sha(t), 1), "两份文字对照", "我公司多年来")
	see("me", "/me", "乌云其木格")
	see("help", "/help", "谁可以做什么")
	p.mayRefuse(http.StatusNotFound, http.StatusForbidden)
	see("not-found", "/no-such-page", "404")
	see("forbidden", "/accounts", "您没有权限")
	p.mayRefuse()

	p = o.in(account.Staff)
	see("review-masked", "/applications/"+applicationOf(season[7].sha(t), 1), "稀土永磁")
	p.misses("1736646600")
	see("reports", "/reports", "报表")
	p = o.in(account.Admin)
	see("", "/accounts", "邀请一个人", "乌云其木格")

	none := open(t, filled(t))
	p = none.in(account.Reviewer)
	see("review-queue-empty", "/review", "没有待复核的申报")
}

// TestPrint: on paper there is what was looked at, and none of what is for a screen.
func TestPrint(t *testing.T) {
	o, path := oneDoubt(t)
	p := o.in(account.Reviewer)
	for _, page := range []string{"/review", path, "/help"} {
		p.open(page)
		p.media("print")
		p.until("without the bar and buttons", `getComputedStyle(document.querySelector(".top")).display === "none" && [...document.querySelectorAll("button")].every((b) => b.offsetHeight === 0)`)
		p.misses("English", "乌云其木格 审核员")
		p.media("")
	}
}
