package browser

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"sealdesk/account"
)

// excerpt is some pages of a bundle of testdata.
func excerpt(t *testing.T, name string, pages ...string) []byte {
	t.Helper()
	api.DisableConfigDir()
	var b bytes.Buffer
	if err := api.Trim(bytes.NewReader(scan(t, name, 0)), &b, pages, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file is a file of a name, whatever that is.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// row is the row of the board whose name has a text.
func row(name string) string {
	return `[...document.querySelectorAll("#rows tr")].find((tr) => tr.querySelector(".bundle-name")?.textContent.includes(` + quoted(name) + `))`
}

// TestUpload: a clerk brings a bundle and sees it read, page by page, and its verdict, on
// the board and on the page of the bundle, without loading either again; then a reviewer
// finds what was read.
func TestUpload(t *testing.T) {
	o := open(t, filled(t))
	p := o.in(account.Clerk)
	p.open("/bundles")
	p.sees("还没有收到材料")
	p.shot("board-empty")
	ask[bool](p, `window.kept = true`)

	broken, name := "扫描件0003.pdf", "毕力图嘎市磁材研究所申报材料.pdf"
	p.upload(file(t, broken, []byte("%PDF-1.4\nnothing of use")), file(t, name, scan(t, "complete.pdf", 0)))
	p.until("both answered", `document.querySelectorAll("[data-outcome]").length === 2`)
	p.sees(broken, "没有接收", "已收下")
	other := o.in(account.Clerk)
	other.open("/bundles")
	other.follow(`#rows .bundle-name`)
	other.until("at the bundle", `/^\/bundles\/[0-9a-f]{64}$/.test(location.pathname)`)
	other.sees(name)
	ask[bool](other, `window.kept = true`)
	p.within(reading, "page by page", `/已读 [1-9]\d* \/ 10 页/.test(`+row(name)+`.innerText)`)
	p.shot("board-reading")
	other.shot("bundle-reading")
	p.within(reading, "read", row(name)+`.querySelector(".verdicts .badge")`)
	p.sees("齐全", "读完")
	other.within(reading, "read", `document.querySelector(".glance")`)
	other.sees("没有发现缺少的材料", "稀土永磁与节能电机国际科技合作基地")
	for _, q := range []*person{p, other} {
		q.until("never loaded again", `window.kept`)
	}
	other.shot("bundle-complete")

	r := o.in(account.Reviewer)
	r.open("/search?q=永磁")
	r.sees("1 件", "稀土永磁")
	r.follow(".hit-name")
	r.until("at the marked words", `document.querySelector("#boxes .word")?.getBoundingClientRect().width > 5`)
	r.sees("毕力图嘎市磁材研究所")
	r.shot("review-marked")
}

// TestKilled: when the program is killed while it reads, and started again, what was
// brought is read all the same, and the open board goes on.
func TestKilled(t *testing.T) {
	o := open(t, filled(t))
	p := o.in(account.Clerk)
	p.open("/bundles")
	ask[bool](p, `window.kept = true`)
	hostile := `<img src=x onerror=window.struck=1>=cmd.pdf`
	p.upload(file(t, hostile, []byte("%PDF-1.4\nnothing of use")))
	p.sees(hostile, "没有接收")
	p.upload(file(t, "四页.pdf", excerpt(t, "complete.pdf", "1", "3", "8", "10")))
	p.within(reading, "page by page", `/已读 [1-3] \/ 4 页/.test(`+row("四页")+`?.innerText)`)
	receipt := strings.Fields(ask[string](p, row("四页")+`.innerText`))[0]
	p.mayLose(true)
	o.kill()
	p.until("told that the connection is lost", `!document.getElementById("lost").hidden`)
	p.sees("与服务器的连接断了", receipt)
	o.again()
	p.until("connected again", `document.getElementById("lost").hidden`)
	p.within(reading, "read", row("四页")+`.querySelector(".verdicts .badge")`)
	p.mayLose(false)
	p.sees("不齐全", receipt)
	p.until("never loaded again, and nothing but text", `window.kept && !window.struck`)
	// Whoever had signed in still is.
	p.follow(`#rows .bundle-name`)
	p.sees("缺什么", receipt)

	// A page is dropped by hand, by keys; what is missing then is said when it is computed.
	p.misses("缺少推荐文件")
	link := ask[string](p, `location.pathname`)
	p.open(link + "/arrange")
	p.sees("整理页面", "还没有改动")
	ask[bool](p, `(document.querySelector('.tile[data-page="4"]').focus(), true)`)
	p.press("d") // what has the focus is selected
	p.sees("去掉第 4 页")
	p.click("#save-it")
	p.until("at the bundle", `location.pathname === `+quoted(link))
	p.within(reading, "computed again", `(`+shownText+`).includes("缺少推荐文件")`)
	p.sound()
}
