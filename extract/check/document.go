package check

import (
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// document gives the application's first document of the kind that has pages,
// nil when there is none.
func (r *run) document(kind bundle.Kind) *bundle.Document {
	for i, d := range r.app.Documents {
		if d.Kind == kind && len(d.Pages) > 0 {
			return &r.app.Documents[i]
		}
	}
	return nil
}

func (r *run) documents() {
	for _, want := range r.c.Documents {
		if !want.Required {
			continue
		}
		id := "document." + want.Kind
		switch d := r.document(bundle.Kind(want.Kind)); {
		case d != nil:
			r.add(id, bundle.Pass, spot{page: d.Pages[0]}, "有%s，共%d页", want.Label, len(d.Pages))
		case r.hidden:
			r.add(id, bundle.Review, spot{}, "未找到%s，但有页面无法识别，请翻阅原件核对", want.Label)
		default:
			r.add(id, bundle.Fail, spot{}, "缺少%s", want.Label)
		}
	}
}

// plan checks that the plan follows the guide that the application's choice
// asks for and has the guide's headings.
func (r *run) plan() {
	d := r.document(bundle.ImplementationPlan)
	if len(r.c.Plans) == 0 || d == nil {
		return
	}
	p := r.app.Plan
	if p == nil {
		p = &bundle.Plan{}
	}
	at := boxed(p.Page, p.Box)
	if at.page == 0 {
		at.page = d.Pages[0]
	}
	if r.planType(p, at) != bundle.Fail {
		r.planSections(p, at)
	}
}

// guide gives the call's plan with this id, nil when there is none.
func (r *run) guide(id string) *call.Plan {
	i := slices.IndexFunc(r.c.Plans, func(p call.Plan) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &r.c.Plans[i]
}

// planType gives the status that it adds, "" when it cannot be asked: when
// nothing, or more than one thing, is chosen, or no guide is meant for it.
func (r *run) planType(p *bundle.Plan, at spot) bundle.Status {
	const id = "plan.type"
	var want *call.Plan
	sure := 1.0
	for i := range r.c.Plans {
		g := &r.c.Plans[i]
		f, found := r.app.Fields[g.Field]
		if !found {
			r.add(id, bundle.Review, at, "未能读出所申请的类型，无法判断实施方案是否对应，请核对")
			return bundle.Review
		}
		chosen := labelsOf(f.Value)
		if len(chosen) == 1 && slices.Contains(g.For, chosen[0]) {
			want, sure = g, f.Confidence
		}
	}
	if want == nil {
		return ""
	}
	got := r.guide(p.Guide)
	status, message := bundle.Review, ""
	switch {
	case got == nil:
		message = "无法判断实施方案按哪个编制指南撰写，应为《" + want.Title + "》，请核对"
	case got == want && p.Confidence >= planSure && sure >= choiceSure:
		status, message = bundle.Pass, "实施方案与所申请的类型对应：《"+want.Title+"》"
	case got == want:
		message = "实施方案似为《" + want.Title + "》，把握不大，请核对"
	case p.Confidence >= planSure && sure >= choiceSure:
		status, message = bundle.Fail, "实施方案与所申请的类型不符：应为《"+want.Title+"》，所附为《"+got.Title+"》"
	default:
		message = "实施方案似与所申请的类型不符：应为《" + want.Title + "》，所附似为《" + got.Title + "》，请核对"
	}
	r.add(id, status, at, "%s", message)
	return status
}

// planSections holds the plan against the guide that it follows.
func (r *run) planSections(p *bundle.Plan, at spot) {
	const id = "plan.sections"
	g := r.guide(p.Guide)
	if g == nil {
		r.add(id, bundle.Review, at, "无法判断实施方案按哪个编制指南撰写，请人工核对各级标题")
		return
	}
	var missing, doubtful []string
	for _, want := range g.Headings {
		i := slices.IndexFunc(p.Headings, func(h bundle.Heading) bool { return h.Text == want })
		switch {
		case i < 0:
			doubtful = append(doubtful, want)
		case !p.Headings[i].Found && p.Headings[i].Confidence >= headingSure:
			missing = append(missing, want)
		case !p.Headings[i].Found || p.Headings[i].Confidence < headingDoubt:
			doubtful = append(doubtful, want)
		}
	}
	quote := func(list []string) string { return "“" + strings.Join(list, "”“") + "”" }
	switch {
	case len(missing) > 0 && r.hidden:
		r.add(id, bundle.Review, at, "实施方案中未找到%s，但有页面无法识别，请核对", quote(slices.Concat(missing, doubtful)))
	case len(missing) > 0:
		r.add(id, bundle.Fail, at, "实施方案缺少编制指南要求的标题：%s", quote(missing))
	case len(doubtful) > 0:
		r.add(id, bundle.Review, at, "实施方案中未能确认标题：%s，请核对", quote(doubtful))
	default:
		r.add(id, bundle.Pass, at, "实施方案的%d个标题齐全", len(g.Headings))
	}
}
