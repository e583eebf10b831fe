package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/config"
	"sealdesk/extract/call"
	pdf "sealdesk/report"
)

// report tells people what became of each bundle.
type report struct {
	*printer
	*options
	call *call.Call

	files, unread int
	verdicts      map[bundle.Verdict]int
}

var verdictWords = map[bundle.Verdict]painted{
	bundle.Complete:    {pdf.Verdict(bundle.Complete), green},
	bundle.Incomplete:  {pdf.Verdict(bundle.Incomplete), red},
	bundle.NeedsReview: {pdf.Verdict(bundle.NeedsReview), yellow},
}

// verdictOrder is the order in which verdicts are counted up.
var verdictOrder = []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview}

// bundle implements output.
func (r *report) bundle(name string, res *bundle.Result, broken *bundle.Error) error {
	r.files++
	if broken != nil {
		r.unread++
		r.printf("%s  %s（%s）\n    %s\n\n", painted{name, bold}, painted{"未能读取", red}, broken.Code, broken.Message)
		return r.err
	}
	r.printf("%s（%d 页）\n", painted{name, bold}, res.Pages)
	if len(res.Applications) == 0 {
		r.printf("  %s\n", painted{"没有找到申报材料", yellow})
		for _, p := range res.PageInfo {
			if p.Error != nil {
				r.printf("    第 %d 页：%s\n", p.Page, p.Error.Message)
			}
		}
	}
	for _, a := range res.Applications {
		r.application(a)
	}
	r.printf("\n")
	return r.err
}

func (r *report) application(a bundle.Application) {
	if r.verdicts == nil {
		r.verdicts = map[bundle.Verdict]int{}
	}
	r.verdicts[a.Verdict]++
	title := strings.Join(slices.DeleteFunc([]string{
		a.FirstText(r.call.Search.Unit), a.FirstText(r.call.Search.Name),
	}, func(s string) bool { return s == "" }), " · ")
	if title == "" {
		title = "（未能读出单位和名称）"
	}
	r.printf("  %s  %s\n", verdictWords[a.Verdict], title)
	r.printf("    %s\n", r.documents(a.Documents))
	if a.Receipt != "" {
		r.printf("    回执号 %s\n", a.Receipt)
	}
	for _, s := range []struct {
		status bundle.Status
		mark   painted
	}{
		{bundle.Fail, painted{"不符合", red}},
		{bundle.Review, painted{"待核对", yellow}},
	} {
		for _, c := range a.Checks {
			if c.Status == s.status {
				r.printf("    %s  %s\n", s.mark, withPage(c))
			}
		}
	}
}

// withPage is a check's message with its page, where it has one.
func withPage(c bundle.Check) string {
	if c.Page == 0 || strings.Contains(c.Message, fmt.Sprintf("第%d页", c.Page)) {
		return c.Message
	}
	return fmt.Sprintf("%s（第%d页）", c.Message, c.Page)
}

// documents says which pages hold what.
func (r *report) documents(docs []bundle.Document) string {
	if len(docs) == 0 {
		return "没有可用的页面"
	}
	var parts []string
	for _, d := range docs {
		parts = append(parts, pdf.Kind(r.call, d.Kind)+"：第 "+pdf.PageRanges(d.Pages, "、")+" 页")
	}
	return strings.Join(parts, "，")
}

// end implements output: the sum of it, and what to do next.
func (r *report) end() error {
	all := 0
	var counts []string
	for _, v := range verdictOrder {
		all += r.verdicts[v]
		counts = append(counts, fmt.Sprintf("%s %d", verdictWords[v].text, r.verdicts[v]))
	}
	r.printf("共 %d 个文件，%d 份申报：%s", r.files, all, strings.Join(counts, "，"))
	if r.unread > 0 {
		r.printf("；%s", painted{fmt.Sprintf("%d 个文件未能读取", r.unread), red})
	}
	self := os.Args[0]
	if r.file != "" {
		self += " --config " + quoted(r.file)
	}
	if r.Origin("data").Layer == config.Flag {
		self += " --data " + quoted(r.Data)
	}
	r.printf("。\n\n接着可以：\n")
	r.printf("  %s search 关键词          在已读的材料中检索\n", self)
	r.printf("  %s process --json 文件    输出全部字段、印章、签字和位置\n", self)
	return r.err
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " '\"\\$&;|<>()*?[]#~`!{}\t\n") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
