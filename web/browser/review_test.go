package browser

import (
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/bundle"
	"sealdesk/storage"
)

// oneDoubt is a desk with one application, of which one phone number is in doubt and
// nothing else.
func oneDoubt(t *testing.T) (o *office, path string) {
	a := paper{name: "2022年度申报材料.pdf", scan: "complete.pdf", change: doubtful("contact_phone", "1736646600")}
	o = open(t, filled(t, func(t *testing.T, s storage.Store) { a.put(t, s) }))
	return o, "/applications/" + applicationOf(a.sha(t), 1)
}

// TestReview: a reviewer finds an application by a word of two characters, comes to the
// marked words, corrects the field in doubt by keys alone, and sees the verdict change and
// who changed what.
func TestReview(t *testing.T) {
	o, path := oneDoubt(t)
	p := o.in(account.Reviewer)
	p.open("/review")
	p.sees("稀土永磁与节能电机国际科技合作基地")
	// By keys from here on.
	p.press("/")
	p.until("in the box of search", `document.activeElement.id === "q" && document.readyState === "complete"`)
	p.types("永磁")
	p.until("found while typing", `document.querySelector(".hit mark")?.textContent === "永磁"`)
	p.sees("1 件", "毕力图嘎市磁材研究所", "待复核")
	p.follow(".hit-name")
	p.until("at the application", `location.pathname === `+quoted(path))
	p.sees("稀土永磁与节能电机国际科技合作基地")
	if high := ask[int](p, `document.querySelector(".panel-head .badge").offsetHeight`); high > 30 {
		t.Errorf("the verdict is %d pixels high", high)
	}
	p.until("at the marked words", `(() => {
		const box = document.querySelector("#boxes .word"), image = document.getElementById("image");
		if (!box || !image || !image.naturalWidth) return false;
		const b = box.getBoundingClientRect(), v = document.getElementById("view").getBoundingClientRect();
		return b.width > 5 && b.height > 5 && b.top >= v.top && b.bottom <= v.bottom;
	})()`)

	// The point that waits: the check, then the field itself, whose box shows on its page.
	p.press("j")
	p.until("at the check", `document.activeElement.closest("[data-item]")?.dataset.target === "check:field.contact_phone.format"`)
	p.press("j")
	p.until("at the field", `document.activeElement.closest("[data-item]")?.dataset.target === "field:contact_phone"`)
	p.until("its box is on the picture", `document.querySelector('#boxes .chosen[data-of="f-contact_phone"]') && document.querySelector('.strip a[aria-current=true]').dataset.page === document.getElementById("f-contact_phone").dataset.page`)
	p.press("Enter")
	p.until("in the form", `document.activeElement.id === "e-contact_phone-is" && document.activeElement.value === "1736646600"`)
	p.sound()
	p.types("17366466002") // over what was selected
	p.press("Ctrl+Enter")
	p.sees("已保存", "17366466002", "乌云其木格")
	p.until("complete", `document.querySelector("#panel .panel-head .badge.complete")`)
	p.until("nothing on the page waits", `!document.querySelector(".strip a.doubt")`)
	if history := p.texts(".history .item"); len(history) != 1 || !contains(history[0], "乌云其木格", "1736646600", "17366466002") {
		t.Errorf("the history is %q", history)
	}
	// Nothing waits any more.
	p.open("/review")
	p.misses("稀土永磁")
	// It is found by the new value, and the old is gone.
	p.open("/search?q=17366466002")
	p.sees("1 件")
}

// TestKeys: an overlay tells the keys of the review view, and keys turn pages and leave
// forms.
func TestKeys(t *testing.T) {
	o, path := oneDoubt(t)
	p := o.in(account.Reviewer)
	p.open(path)
	p.press("?")
	p.until("the keys are told", `document.getElementById("keys").open`)
	p.sees("下一处待看", "无误，到下一处")
	p.shot("review-keys")
	p.press("Escape")
	p.until("the keys are gone", `!document.getElementById("keys").open`)
	p.press("n", "n")
	p.until("two pages on", `document.querySelector('.strip a[aria-current=true]').dataset.page === "3"`)
	p.press("p")
	p.until("one page back", `document.querySelector('.strip a[aria-current=true]').dataset.page === "2"`)
	p.press("j", "j", "Enter")
	p.until("in the form", `document.activeElement.id === "e-contact_phone-is"`)
	p.types("nothing that is kept")
	p.press("Escape")
	p.until("out of the form", `!document.querySelector("[data-editor]")`)
	p.press("c")
	// It is sure now, and no number: the doubt is gone, and the verdict is another.
	p.sees("已确认无误")
	p.until("incomplete", `document.querySelector("#panel .panel-head .badge.incomplete")`)
	p.open("/me")
	p.press("?")
	p.until("at the keys of all pages", `location.pathname === "/help"`)
	p.sees("键盘")
}

// TestTwoReviewers: of two who change one field, the second is told who was first and with
// what, and nothing is overwritten before they decide.
func TestTwoReviewers(t *testing.T) {
	o, path := oneDoubt(t)
	first, second := o.in(account.Clerk), o.in(account.Reviewer)
	for _, p := range []*person{first, second} {
		p.open(path)
		p.press("j", "j", "Enter")
		p.until("in the form", `document.activeElement.id === "e-contact_phone-is"`)
	}
	first.types("17366466002")
	first.press("Ctrl+Enter")
	first.sees("已保存")
	second.types("17366466009")
	second.press("Ctrl+Enter")
	second.until("told", `document.querySelector("[data-conflict]")`)
	second.sees("王芳", "17366466002", "您写的是“17366466009”", "仍然用我的")
	second.shot("review-conflict")
	// Theirs stands, and what was typed is not lost.
	second.until("what was typed is there", `document.getElementById("e-contact_phone-is").value === "17366466009"`)
	first.open(path)
	first.sees("17366466002")
	first.misses("17366466009")
	second.click("[data-save]")
	second.sees("已保存", "17366466009")
	first.open(path)
	first.sees("17366466009")
	if history := first.texts(".history .item"); len(history) != 2 || !contains(strings.Join(history, " "), "王芳", "乌云其木格", "17366466002", "17366466009") {
		t.Errorf("the history is %q", history)
	}
}

// TestHostile: what stands on paper, and what people call their files, is text wherever
// it is shown.
func TestHostile(t *testing.T) {
	long := strings.Repeat("内蒙古自治区国际科技合作基地", 5000/14) + "终"
	script := `<script>window.struck=1</script><img src=x onerror=window.struck=2>`
	formula := `=cmd|' /C calc'!A0`
	a := paper{name: `<script>window.struck=3</script> =cmd|x.pdf`, scan: "complete.pdf", by: account.Clerk, change: func(r *bundle.Result) {
		doubtful("direction", script+formula)(r)
		app := &r.Applications[0]
		for key, value := range map[string]string{"base_name": script + formula + long, "base_name_form": script, "host_unit_name": formula + script, "recommender_dept": script} {
			f := app.Fields[key]
			f.Value = value
			app.Fields[key] = f
		}
		f := app.Fields["partners"]
		f.Value = []map[string]string{{"country": script, "institution": formula, "agreement": long}}
		app.Fields["partners"] = f
		app.Seals[0].Text, app.Seals[0].Note = script, formula
		app.Checks = append(app.Checks, bundle.Check{ID: "document.application_form", Status: bundle.Fail, Message: script + formula})
		r.PageInfo[0].Flaws = []bundle.Flaw{{Kind: bundle.Blurred, Message: script}}
	}}
	o := open(t, filled(t, func(t *testing.T, s storage.Store) { a.put(t, s) }))
	path := "/applications/" + applicationOf(a.sha(t), 1)
	p := o.in(account.Reviewer)
	shows := func(texts ...string) {
		t.Helper()
		p.sees(texts...)
		p.until("nothing but text", `!window.struck && ![...document.scripts].some((s) => !s.src) && !document.querySelector("img[onerror]")`)
		if wide := ask[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s is %d pixels wider than the window", ask[string](p, `location.pathname`), wide)
		}
	}
	clerk := o.in(account.Clerk)
	reviewer := p
	p = clerk
	p.open("/bundles")
	shows(a.name)
	p.look("board-hostile")
	p.open("/bundles/" + a.sha(t))
	shows(a.name, script+formula)
	p.look("bundle-hostile")
	p = reviewer
	p.open("/search")
	shows("<script>window.struck=1</script>", formula)
	p.open("/search?q=window.struck")
	shows("<script>", formula)
	p.open("/search?q=%22%3E%3Cscript%3Ewindow.struck%3D4%3C%2Fscript%3E")
	shows("没有找到")
	p.open("/review")
	shows(script)
	p.look("review-queue-hostile")
	p.open(path)
	shows(script+formula, long, "<script>window.struck=3</script> =cmd|x.pdf")
	p.look("review-hostile")
	p.open(path + "?q=%3Cscript%3E")
	shows(script)
	p.open(path + "?edit=field:partners")
	shows(script)
	p.open(path + "?edit=field:direction")
	p.fill("#e-direction-is", `"><script>window.struck=5</script>`)
	p.click("[data-save]")
	p.sees("已保存")
	shows(`"><script>window.struck=5</script>`)
	if history := p.texts(".history .item"); len(history) != 1 || !contains(history[0], script+formula, `"><script>window.struck=5</script>`) {
		t.Errorf("the history is %q", history)
	}
	staff := o.in(account.Staff)
	staff.open(path)
	staff.sees(formula)
}

func contains(s string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(s, part) {
			return false
		}
	}
	return true
}
