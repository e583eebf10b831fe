package check

import (
	"slices"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// stamps checks seals, signatures and dates, role by role in the order in
// which the call's form has them, the letter last.
func (r *run) stamps() {
	for _, s := range r.c.Form.Sections {
		if s.Kind == call.OpinionSection {
			r.role(s.Role)
		}
	}
	r.role(string(bundle.Letter))
}

func (r *run) role(role string) {
	at, found := r.place(role)
	if !found && r.absent(role) {
		return // the document's own check says that it is missing
	}
	for _, s := range r.c.Seals {
		if s.Role == role {
			r.seal(s, at, found)
		}
	}
	for _, s := range r.c.Signatures {
		if s.Role == role {
			r.signature(s, at, found)
		}
	}
	for _, d := range r.c.Dates {
		if d.Role == role {
			r.date(d)
		}
	}
}

// place finds the page on which the role's stamps should stand, by anything
// that extraction found of it.
func (r *run) place(role string) (spot, bool) {
	if role == string(bundle.Letter) {
		if d := r.document(bundle.RecommendationLetter); d != nil {
			return spot{page: d.Pages[len(d.Pages)-1]}, true
		}
	}
	for _, s := range r.c.Form.Sections {
		if s.Kind != call.OpinionSection || s.Role != role {
			continue
		}
		for _, key := range []string{s.Date, s.Field} {
			if f, ok := r.app.Fields[key]; ok && f.Page > 0 {
				return spot{page: f.Page}, true
			}
		}
	}
	for _, s := range r.app.Signatures {
		if string(s.Role) == role && s.Page > 0 {
			return spot{page: s.Page}, true
		}
	}
	for _, s := range r.app.Seals {
		if string(s.Role) == role && s.Page > 0 {
			return spot{page: s.Page}, true
		}
	}
	return spot{}, false
}

// absent says whether the document that carries the role's stamps is missing.
func (r *run) absent(role string) bool {
	if role == string(bundle.Letter) {
		return r.document(bundle.RecommendationLetter) == nil
	}
	return r.document(bundle.ApplicationForm) == nil
}

func (r *run) seal(want call.Seal, at spot, found bool) {
	id := "seal." + want.Role + "."
	var seals []bundle.Seal
	var stray *bundle.Seal // on the right page, but of no known role
	for i, s := range r.app.Seals {
		switch {
		case string(s.Role) == want.Role:
			seals = append(seals, s)
		case s.Role == bundle.Unknown && s.Page == at.page:
			stray = &r.app.Seals[i]
		}
	}
	switch {
	case len(seals) > 0:
		at = boxed(seals[0].Page, seals[0].Box)
		r.add(id+"present", bundle.Pass, at, "有%s", want.Label)
		r.sealMatches(id+"matches", want, bestSeal(seals))
	case !found:
		r.add(id+"present", bundle.Review, at, "未找到应盖%s的页面，无法核对，请翻阅原件", want.Label)
	case stray != nil:
		at = boxed(stray.Page, stray.Box)
		r.add(id+"present", bundle.Review, at, "此页有一枚印章，但无法确认是%s，请核对", want.Label)
	case r.hidden && want.Role == string(bundle.Letter):
		r.add(id+"present", bundle.Review, at, "未见%s，但有页面无法识别，请翻阅原件核对", want.Label)
	default:
		r.add(id+"present", bundle.Fail, at, "未盖%s", want.Label)
	}
}

// bestSeal gives the seal that speaks most for the applicant, as a page may
// carry others as well: one that matches, else one that could not be read.
func bestSeal(seals []bundle.Seal) bundle.Seal {
	rank := func(s bundle.Seal) int {
		switch {
		case s.Matches == nil:
			return 1
		case *s.Matches:
			return 0
		}
		return 2
	}
	return slices.MinFunc(seals, func(a, b bundle.Seal) int { return rank(a) - rank(b) })
}

func (r *run) sealMatches(id string, want call.Seal, best bundle.Seal) {
	at := boxed(best.Page, best.Box)
	owner := "应盖章的单位"
	if name := r.text(append([]string{want.Owner}, want.Alternatives...)...); name != "" {
		owner = "“" + short(name) + "”"
	}
	note := ""
	if best.Note != "" {
		note = "（" + best.Note + "）"
	}
	switch {
	case best.Matches == nil && best.Text == "":
		r.add(id, bundle.Review, at, "%s的文字无法辨认，请核对是否为%s%s", want.Label, owner, note)
	case best.Matches == nil:
		r.add(id, bundle.Review, at, "%s读作“%s”，无法确认是否为%s，请核对%s", want.Label, short(best.Text), owner, note)
	case *best.Matches:
		r.add(id, bundle.Pass, at, "%s与%s一致", want.Label, owner)
	case decide(best.Confidence, sealTextSure) == bundle.Fail:
		r.add(id, bundle.Fail, at, "%s为“%s”，应为%s", want.Label, short(best.Text), owner)
	default:
		r.add(id, bundle.Review, at, "%s似为“%s”，应为%s，印文不够清楚，请核对%s", want.Label, short(best.Text), owner, note)
	}
}

// text gives the first of the fields that is filled.
func (r *run) text(keys ...string) string {
	for _, k := range keys {
		if s := textOf(r.app.Fields[k].Value); s != "" {
			return s
		}
	}
	return ""
}

func (r *run) signature(want call.Signature, at spot, found bool) {
	id := "signature." + want.Role + ".present"
	var best *bundle.Signature
	for i, s := range r.app.Signatures {
		if string(s.Role) == want.Role && (best == nil || s.Present && !best.Present) {
			best = &r.app.Signatures[i]
		}
	}
	if best != nil {
		at = boxed(best.Page, best.Box)
	}
	switch {
	case best == nil && !found:
		r.add(id, bundle.Review, at, "未找到应有%s的页面，无法核对，请翻阅原件", want.Label)
	case best == nil:
		r.add(id, bundle.Review, at, "未能确定%s的位置，请核对是否已签", want.Label)
	case best.Confidence < signatureSure && best.Present:
		r.add(id, bundle.Review, at, "%s处似有字迹，不能确定，请核对是否已签", want.Label)
	case best.Present:
		r.add(id, bundle.Pass, at, "有%s", want.Label)
	case best.Confidence < signatureSure:
		r.add(id, bundle.Review, at, "%s处似乎空白，不能确定，请核对是否已签", want.Label)
	default:
		r.add(id, bundle.Fail, at, "缺少%s", want.Label)
	}
}

func (r *run) date(rule call.DateRule) {
	id := "date." + rule.Role + ".present"
	v, found := r.app.Fields[rule.Field]
	at := spotOf(v)
	switch text := textOf(v.Value); {
	case !found:
		r.add(id, bundle.Review, at, "未能在扫描件中找到%s，请翻阅原件核对", rule.Label)
	case text == "" && decide(v.Confidence, blankSure) == bundle.Fail:
		r.add(id, bundle.Fail, at, "%s未填写", rule.Label)
	case text == "":
		r.add(id, bundle.Review, at, "%s似乎未填写，扫描件此处不够清楚，请核对", rule.Label)
	case goodDate(text):
		r.add(id, bundle.Pass, at, "%s：%s", rule.Label, text)
	case decide(v.Confidence, malformedSure) == bundle.Fail:
		r.add(id, bundle.Fail, at, "%s填写为“%s”，不是完整、真实的日期", rule.Label, short(text))
	default:
		r.add(id, bundle.Review, at, "%s读作“%s”，不是完整、真实的日期，可能是识别有误，请核对", rule.Label, short(text))
	}
}

// deadline holds the recommender's date against the call's last day. It cannot
// be asked when the date was left blank.
func (r *run) deadline() {
	const id = "date.deadline"
	for _, rule := range r.c.Dates {
		v, found := r.app.Fields[rule.Field]
		text := textOf(v.Value)
		if !rule.Deadline || text == "" && (found || r.absent(rule.Role)) {
			continue
		}
		at := spotOf(v)
		switch d, err := call.ParseDate(text); {
		case err != nil:
			r.add(id, bundle.Review, at, "未能读出%s，无法判断是否逾期，请核对", rule.Label)
		case v.Confidence < dateSure:
			r.add(id, bundle.Review, at, "%s读作%s，不够清楚，请核对是否逾期（截止%s）", rule.Label, text, r.c.Deadline)
		case d.Compare(r.c.Deadline) > 0:
			r.add(id, bundle.Fail, at, "%s为%s，晚于截止日期%s", rule.Label, text, r.c.Deadline)
		case d.Year < r.c.Year:
			r.add(id, bundle.Review, at, "%s读作%s，早于%d年度，请核对", rule.Label, text, r.c.Year)
		default:
			r.add(id, bundle.Pass, at, "%s为%s，未超过截止日期%s", rule.Label, text, r.c.Deadline)
		}
	}
}
