package report

import (
	"fmt"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// words are a receipt's own words in one language.
type words struct {
	title, further                         string
	number, received, by, file, amount     string
	name, unit, recommender                string
	documents, faults, doubts, gaps, scans string
	none, nothing, note                    string
	files, unread, unreadable, stale       string
	clerk, applicant, day                  string
	checksum, verdict                      string
	kinds                                  map[bundle.Kind]string
	verdicts                               map[bundle.Verdict]string

	time         func(time.Time) string
	amountOf     func(files int) string
	pages        func(n int) string
	applications func(n int) string
	application  func(n int) string
	on           func(pages string) string
	after        func(page int) string
	counted      func(head string, n int) string
	conclusion   func(v bundle.Verdict, faults, doubts int) string
	leaf         func(n, of int) string
	and          string // between numbers of pages
}

var chinese = words{
	title: "材料接收回执", further: "材料接收回执（续）",
	number: "回执编号", received: "接收时间", by: "接收人", file: "文件名称", amount: "材料",
	name: "申报名称", unit: "申报单位", recommender: "推荐部门",
	documents: "收到的材料", faults: "缺少或不符合要求", doubts: "需工作人员核对", gaps: "可能缺页", scans: "扫描质量",
	none: "（未能读出）", nothing: "没有找到申报材料，请核对是否送错了文件。",
	files: "收到的文件", unread: "材料已经收到，还没有读完。检查结果在读完以后给出，请届时换取新的回执。",
	unreadable: "材料已经收到，但是没有读出来：", stale: "页面经过人工整理，还没有重新检查完。以下是整理以前的检查结果。",
	note:  "本回执只说明收到了哪些材料和自动检查的结果，不代表评审结论。",
	clerk: "接收人（签字）", applicant: "送交人（签字）", day: "日期",
	checksum: "文件校验", verdict: "结论：",
	kinds: map[bundle.Kind]string{
		bundle.ApplicationForm: "申请书", bundle.ImplementationPlan: "实施方案",
		bundle.RecommendationLetter: "推荐文件", bundle.Attachment: "附件",
	},
	verdicts: map[bundle.Verdict]string{
		bundle.Complete: "齐全", bundle.Incomplete: "不齐全", bundle.NeedsReview: "待复核",
	},
	time:         func(t time.Time) string { return t.Format("2006年1月2日 15:04") },
	amountOf:     func(n int) string { return fmt.Sprintf("%d 个文件", n) },
	pages:        func(n int) string { return fmt.Sprintf("共 %d 页", n) },
	applications: func(n int) string { return fmt.Sprintf("，%d 份申报", n) },
	application:  func(n int) string { return fmt.Sprintf("第 %d 份申报", n) },
	on:           func(pages string) string { return "第 " + pages + " 页" },
	after:        func(page int) string { return fmt.Sprintf("第 %d 页之后", page) },
	counted:      func(head string, n int) string { return fmt.Sprintf("%s（%d 项）", head, n) },
	conclusion: func(v bundle.Verdict, faults, doubts int) string {
		switch v {
		case bundle.Complete:
			return "材料齐全，自动检查没有发现问题。"
		case bundle.Incomplete:
			s := fmt.Sprintf("有 %d 项缺少或不符合要求，请补正后再送交。", faults)
			if doubts > 0 {
				s += fmt.Sprintf("另有 %d 项由工作人员核对。", doubts)
			}
			return s
		default:
			return fmt.Sprintf("没有发现缺少的材料，有 %d 项由工作人员核对后确定。", doubts)
		}
	},
	leaf: func(n, of int) string { return fmt.Sprintf("第 %d 页，共 %d 页", n, of) },
	and:  "、",
}

var english = words{
	title: "Receipt for an application", further: "Receipt for an application (continued)",
	number: "Receipt no.", received: "Received", by: "Received by", file: "File", amount: "Contents",
	name: "Name", unit: "Applicant", recommender: "Recommended by",
	documents: "Documents received", faults: "Missing or not as required", doubts: "To be looked at by staff", gaps: "Pages may be missing", scans: "Quality of the scan",
	none: "(could not be read)", nothing: "No application was found. Please see whether this is the right file.",
	files: "Files received", unread: "The papers were received and are not read to the end yet. What the checks find is told afterwards, on a new receipt.",
	unreadable: "The papers were received and could not be read: ", stale: "The pages were arranged by hand and are not checked again yet. This is what was found before.",
	note:  "This receipt says only what was received and what automatic checks found. It is no decision on the application.",
	clerk: "Received by (signature)", applicant: "Handed in by (signature)", day: "Date",
	checksum: "File checksum", verdict: "Outcome: ",
	kinds: map[bundle.Kind]string{
		bundle.ApplicationForm: "Application form", bundle.ImplementationPlan: "Implementation plan",
		bundle.RecommendationLetter: "Recommendation letter", bundle.Attachment: "Attachment",
	},
	verdicts: map[bundle.Verdict]string{
		bundle.Complete: "Complete", bundle.Incomplete: "Incomplete", bundle.NeedsReview: "Needs a person",
	},
	time:         func(t time.Time) string { return t.Format("2 January 2006, 15:04") },
	amountOf:     func(n int) string { return number(n, "file") },
	pages:        func(n int) string { return number(n, "page") },
	applications: func(n int) string { return ", " + number(n, "application") },
	application:  func(n int) string { return fmt.Sprintf("Application %d", n) },
	on: func(pages string) string {
		if strings.ContainsAny(pages, "-,") {
			return "pages " + pages
		}
		return "page " + pages
	},
	after:   func(page int) string { return fmt.Sprintf("after page %d", page) },
	counted: func(head string, n int) string { return fmt.Sprintf("%s (%d)", head, n) },
	conclusion: func(v bundle.Verdict, faults, doubts int) string {
		switch v {
		case bundle.Complete:
			return "All documents are there; automatic checks found nothing wrong."
		case bundle.Incomplete:
			s := number(faults, "point") + " missing or not as required; please put right and hand in again."
			if doubts > 0 {
				s += " Staff will look at " + number(doubts, "more point") + "."
			}
			return s
		default:
			return "Nothing was found missing; staff will look at " + number(doubts, "point") + " and decide."
		}
	},
	leaf: func(n, of int) string { return fmt.Sprintf("Page %d of %d", n, of) },
	and:  ", ",
}

// Verdict is a verdict in Chinese, for people.
func Verdict(v bundle.Verdict) string { return chinese.verdicts[v] }

// Kind is a kind of document in Chinese, for people: as the call names it, else as all do.
func Kind(c *call.Call, kind bundle.Kind) string { return chinese.kind(c, kind) }

func (w *words) kind(c *call.Call, kind bundle.Kind) string {
	if w == &chinese { // the call's own names are
		for _, d := range c.Documents {
			if bundle.Kind(d.Kind) == kind && d.Label != "" {
				return d.Label
			}
		}
	}
	if word := w.kinds[kind]; word != "" {
		return word
	}
	return string(kind)
}

// number is a count with its noun.
func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// PageRanges writes the pages 1, 2, 3, 5 as 1-3 and 5, with and between them.
func PageRanges(pages []int, and string) string {
	var parts []string
	for i := 0; i < len(pages); {
		k := i
		for k+1 < len(pages) && pages[k+1] == pages[k]+1 {
			k++
		}
		part := fmt.Sprint(pages[i])
		if k > i {
			part += fmt.Sprintf("-%d", pages[k])
		}
		parts = append(parts, part)
		i = k + 1
	}
	return strings.Join(parts, and)
}
