package report

import (
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/check"
	"sealdesk/figures"
)

// What the defects and dates of a report select, beside what they are of.
var (
	failed        = figures.Selection{Status: bundle.Fail}
	doubtful      = figures.Selection{Status: bundle.Review}
	datedLate     = figures.Selection{Rule: figures.DeadlineRule, Status: bundle.Fail}
	datedDoubtful = figures.Selection{Rule: figures.DeadlineRule, Status: bundle.Review}
)

// verdictOf is how many applications have a verdict.
type verdictOf struct {
	verdict bundle.Verdict
	n       int
}

// verdictsOf are those of a row, in the order of their columns.
func verdictsOf(c figures.Completeness) []verdictOf {
	return []verdictOf{{bundle.Complete, c.Complete}, {bundle.Incomplete, c.Incomplete}, {bundle.NeedsReview, c.Review}}
}

// figureWords are the words of reports of figures, in a language.
type figureWords struct {
	title                                        string
	allYears, ofYear, allRecommenders            string
	unread, sum, none                            string
	completenessTitle, defectsTitle, quotasTitle string
	deadlinesTitle, kindsTitle, fieldsTitle      string
	noDefects, noQuotas, noDeadlines, noFields   string
	accuracyNote, definitionsTitle, page         string
	made                                         func(time.Time) string
	heads                                        figureHeads
	rules                                        map[string]string // by check.Rule.Kind; %s is the label
	kindNames                                    map[figures.Kind]string
	definitions                                  []Definition
}

// figureHeads are the heads of columns.
type figureHeads struct {
	year, recommender, received, complete, incomplete, review, share string
	defect, rule, failed, failedShare, doubtful                      string
	kind, limit, claimed, counted, over                              string
	call, deadline, inTime, late, unknown, datedLate, datedDoubt     string
	thing, field, values, looked, corrected, right, low, high        string
}

// rule says what is wrong with an application that does not pass a rule.
func (w *figureWords) rule(r check.Rule) string {
	format, ok := w.rules[r.Kind]
	if !ok {
		return r.ID
	}
	return strings.ReplaceAll(format, "%s", r.Label)
}

func (w *figureWords) kindName(k figures.Kind) string {
	if name, ok := w.kindNames[k]; ok {
		return name
	}
	return string(k)
}

var chineseFigures = figureWords{
	title: "申报材料报表", allYears: "全部年度", ofYear: "%d年度", allRecommenders: "全部推荐部门",
	unread: "（未能读出）", sum: "合计", none: "没有符合条件的申请。",
	completenessTitle: "齐全情况", defectsTitle: "最常见的问题", quotasTitle: "推荐名额", deadlinesTitle: "截止日期",
	kindsTitle: "识读正确率（按种类）", fieldsTitle: "识读正确率（按项目）",
	noDefects: "没有不符合的，也没有待核对的。", noQuotas: "没有受名额限制的申请。", noDeadlines: "没有规定截止日期的通知。",
	noFields:         "还没有人确认或更正过内容。",
	accuracyNote:     "人先看机器拿不准的，所以没有人看过的内容，正确率一般比这里高。",
	definitionsTitle: "口径", page: "第 %d 页，共 %d 页",
	made: func(t time.Time) string { return "统计时间：" + t.Format("2006年1月2日 15:04") },
	heads: figureHeads{
		year: "年度", recommender: "推荐部门", received: "收到", complete: "齐全", incomplete: "不齐全", review: "待复核", share: "齐全率",
		defect: "问题", rule: "规则", failed: "不符合", failedShare: "占收到的", doubtful: "另有待核对",
		kind: "名额类别", limit: "名额", claimed: "申请", counted: "计入名额", over: "超出",
		call: "通知", deadline: "截止日期", inTime: "按期", late: "逾期", unknown: "时间不明", datedLate: "推荐意见逾期", datedDoubt: "推荐意见待核对",
		thing: "种类", field: "项目", values: "识读", looked: "人看过", corrected: "更正", right: "正确率", low: "下限", high: "上限",
	},
	rules: map[string]string{
		"document": "缺少%s", "plan.type": "实施方案与所申请的类型不符", "plan.sections": "实施方案缺少规定的标题",
		"field.present": "“%s”未填写", "field.limit": "“%s”超过字数", "field.format": "“%s”格式不对",
		"field.single": "“%s”没有只选一项", "field.offered": "“%s”选了本年度不受理的",
		"seal.present": "没有%s", "seal.matches": "%s与单位不符", "signature.present": "没有%s",
		"date.present": "%s未填写或不是日期", "date.deadline": "%s晚于截止日期",
		"consistency": "%s前后不一致", "quota": "推荐数超过名额", "duplicate": "疑似重复申请",
		"sheet.call": "分隔页不是这次申报的", "sheet.recommender": "推荐单位与分隔页不一致",
		"page.readable": "有页面无法识别", "page.gap": "可能缺页",
	},
	kindNames: map[figures.Kind]string{
		"text": "文字", "person": "人名", "unit": "单位名称", "phone": "电话", "date": "日期", "integer": "数字", "postcode": "邮编",
		"email": "邮箱", "website": "网站", "choice": "勾选", "longtext": "长文", "table": "表格",
		figures.Seal: "印章", figures.Signature: "签字",
	},
	definitions: []Definition{
		{"收到", "在已读完的材料里找到的申请；同一份申请送来两次，计两份。还没有读完的和读不了的材料不在内。"},
		{"齐全", "通知要求的各项检查全部通过，或者由人核对后判为通过。人所作的更正和判定都已算入。"},
		{"不齐全", "至少有一项检查不通过。"},
		{"待复核", "没有不通过的检查，但至少有一项要由人来看，还没有人判定。"},
		{"齐全率", "齐全 ÷ 收到。"},
		{"推荐部门", "名称只差空格、标点、全角半角、大小写或易混字的，算同一个部门；识别差得更多的，更正以后才归到一起。"},
		{"不符合", "这项检查不通过的申请数；一份申请里同一项只计一次。“占收到的”是它 ÷ 收到。"},
		{"计入名额", "受名额限制的申请；通知据以识别申请的各项都相同的，只计一次。超出 = 计入名额 − 名额。不受限制的单位不在内。"},
		{"按期", "材料在截止日期当天或以前送到，以本机的日历为准；推荐意见所署日期另计。"},
		{"人看过", "被人确认或更正过的内容，撤销了的不算；更正包括机器没有读出、由人补上的。"},
		{"正确率", "1 − 更正 ÷ 人看过；下限和上限是它的 95% 置信区间（Wilson, 1927）。"},
	},
}

var englishFigures = figureWords{
	title: "Report on applications", allYears: "All years", ofYear: "%d", allRecommenders: "All recommenders",
	unread: "(could not be read)", sum: "Total", none: "No application fits.",
	completenessTitle: "Completeness", defectsTitle: "Most frequent defects", quotasTitle: "Quotas", deadlinesTitle: "Deadline",
	kindsTitle: "Accuracy by kind", fieldsTitle: "Accuracy by field",
	noDefects: "Nothing fails, and nothing waits for a decision.", noQuotas: "No application is bound by a quota.", noDeadlines: "No call has a last day.",
	noFields:         "Nobody has confirmed or corrected anything yet.",
	accuracyNote:     "People look first at what the machine doubts, so what nobody looked at is mostly better than this.",
	definitionsTitle: "Definitions", page: "Page %d of %d",
	made: func(t time.Time) string { return "Made on " + t.Format("2 January 2006, 15:04") },
	heads: figureHeads{
		year: "Year", recommender: "Recommender", received: "Received", complete: "Complete", incomplete: "Incomplete", review: "In review", share: "Complete %",
		defect: "Defect", rule: "Rule", failed: "Fails", failedShare: "Of received", doubtful: "In doubt",
		kind: "Kind of quota", limit: "Quota", claimed: "Applications", counted: "Counted", over: "Over",
		call: "Call", deadline: "Last day", inTime: "In time", late: "Late", unknown: "Not known", datedLate: "Dated late", datedDoubt: "Date in doubt",
		thing: "Kind", field: "Field", values: "Read", looked: "Looked at", corrected: "Corrected", right: "Right", low: "From", high: "To",
	},
	rules: map[string]string{
		"document": "%s is missing", "plan.type": "The plan is not for the type applied for", "plan.sections": "The plan lacks headings",
		"field.present": "“%s” is not filled in", "field.limit": "“%s” is too long", "field.format": "“%s” has a wrong form",
		"field.single": "“%s” does not have exactly one choice", "field.offered": "“%s” has a choice that is not offered",
		"seal.present": "%s is missing", "seal.matches": "%s is not the unit's", "signature.present": "%s is missing",
		"date.present": "%s is not filled in, or no date", "date.deadline": "%s is after the last day",
		"consistency": "%s differs between places", "quota": "More than the quota", "duplicate": "May be the same application again",
		"sheet.call": "The separator sheet is of another call", "sheet.recommender": "The separator sheet names another recommender",
		"page.readable": "A page could not be read", "page.gap": "Pages may be missing",
	},
	kindNames: map[figures.Kind]string{
		"text": "Text", "person": "Name of a person", "unit": "Name of a unit", "phone": "Phone", "date": "Date", "integer": "Number", "postcode": "Postcode",
		"email": "E-mail", "website": "Website", "choice": "Check boxes", "longtext": "Long text", "table": "Table",
		figures.Seal: "Seal", figures.Signature: "Signature",
	},
	definitions: []Definition{
		{"Received", "Applications found in bundles that were read; one that was sent twice counts twice. Bundles not read yet, or that cannot be read, are not in it."},
		{"Complete", "Every check that the call asks for passes, or a person decided that it does. Corrections and decisions are applied."},
		{"Incomplete", "At least one check fails."},
		{"In review", "No check fails, but at least one is left to a person, and nobody has decided."},
		{"Complete %", "Complete ÷ received."},
		{"Recommender", "Names that differ only in blanks, marks, width, case or characters easily confused are one; those read worse come together when they are corrected."},
		{"Fails", "Applications that fail the check, each once. “Of received” is that number ÷ received."},
		{"Counted", "Applications that the quota binds; those that agree in all by which the call knows an application count once. Over = counted − quota. Exempt units are not in it."},
		{"In time", "The bundle came on the last day or before, by this machine's calendar; the date of the recommender's opinion is counted by itself."},
		{"Looked at", "What a person confirmed or corrected, unless taken back; corrected includes what the machine had not found."},
		{"Right", "1 − corrected ÷ looked at; from and to are its 95 % interval (Wilson, 1927)."},
	},
}

// RuleWords say what is wrong with an application that does not pass a rule.
func RuleWords(language Language, r check.Rule) string { return oneLine(wordsIn(language).rule(r)) }

// KindWords name a kind of what the machine reads.
func KindWords(language Language, k figures.Kind) string { return wordsIn(language).kindName(k) }

func wordsIn(language Language) *figureWords {
	if language == English {
		return &englishFigures
	}
	return &chineseFigures
}
