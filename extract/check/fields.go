package check

import (
	"math"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// fields applies the rules of single fields, rule by rule in form order.
func (r *run) fields() {
	dated := map[string]bool{} // these have date checks of their own
	for _, d := range r.c.Dates {
		dated[d.Field] = true
	}
	for _, f := range r.c.Fields {
		if !dated[f.Key] {
			r.present(f)
		}
	}
	for _, f := range r.c.Fields {
		r.limit(f)
	}
	for _, f := range r.c.Fields {
		if !dated[f.Key] {
			r.format(f)
		}
	}
	for _, f := range r.c.Fields {
		r.choice(f)
	}
}

// need says whether a field must be filled.
type need int

const (
	optional need = iota
	required
	unclear // it hangs on a field that was not found or is itself ambiguous
)

func (r *run) need(f call.Field) need {
	if f.Required {
		return required
	}
	if f.RequiredWhen == nil {
		return optional
	}
	on, found := r.app.Fields[f.RequiredWhen.Field]
	if !found {
		return unclear
	}
	chosen := labelsOf(on.Value)
	if chosen == nil && filled(on) {
		chosen = []string{textOf(on.Value)}
	}
	if !slices.ContainsFunc(chosen, func(s string) bool { return slices.Contains(f.RequiredWhen.In, s) }) {
		if on.Confidence < choiceSure {
			return unclear
		}
		return optional
	}
	if len(chosen) > 1 || on.Confidence < choiceSure {
		return unclear
	}
	return required
}

func (r *run) present(f call.Field) {
	id := "field." + f.Key + ".present"
	need := r.need(f)
	v, found := r.app.Fields[f.Key]
	at := spotOf(v)
	switch text := textOf(v.Value); {
	case !found && need == required:
		r.add(id, bundle.Review, at, "未能在扫描件中找到“%s”，请翻阅原件核对是否填写", f.Label)
	case !found && need == unclear:
		r.add(id, bundle.Review, at, "未能在扫描件中找到“%s”，也无法确定此项是否必填，请翻阅原件核对", f.Label)
	case !found:
		return
	case !filled(v) && need == optional:
		return
	case !filled(v) && need == unclear:
		r.add(id, bundle.Review, at, "“%s”为空，但无法确定此项是否必填，请核对", f.Label)
	case !filled(v) && decide(v.Confidence, blankSure) == bundle.Fail:
		r.add(id, bundle.Fail, at, "“%s”为必填项，未填写", f.Label)
	case !filled(v):
		r.add(id, bundle.Review, at, "“%s”似乎未填写，扫描件此处不够清楚，请核对", f.Label)
	case text != "" && onlyMarks(text):
		r.add(id, bundle.Review, at, "“%s”处只见“%s”，请核对是否已填写（没有的项目应填“无”）", f.Label, short(text))
	case text != "" && count(text) <= 2 && v.Confidence < noiseDoubt:
		r.add(id, bundle.Review, at, "“%s”处似有字迹，但难以辨认，请核对是否已填写", f.Label)
	case v.Note != "" && v.Confidence < noteDoubt:
		r.add(id, bundle.Review, at, "“%s”已填写，但识别存疑：%s", f.Label, v.Note)
	case v.Note != "":
		r.add(id, bundle.Pass, at, "“%s”已填写；%s", f.Label, v.Note)
	default:
		r.add(id, bundle.Pass, at, "“%s”已填写", f.Label)
	}
}

func (r *run) limit(f call.Field) {
	v, found := r.app.Fields[f.Key]
	if f.Limit == 0 || !found {
		return
	}
	id := "field." + f.Key + ".limit"
	at := spotOf(v)
	n := count(textOf(v.Value))
	doubt := int(math.Ceil(float64(n) * (1 - min(max(v.Confidence, 0), 1)) * countDoubt))
	switch {
	case n-doubt > f.Limit:
		r.add(id, bundle.Fail, at, "“%s”共%d字，限%d字，超出%d字", f.Label, n, f.Limit, n-f.Limit)
	case n+doubt > f.Limit:
		r.add(id, bundle.Review, at, "“%s”约%d字，限%d字，接近限额而扫描件不够清楚，请人工核对字数", f.Label, n, f.Limit)
	case v.Note != "" && v.Confidence < noteDoubt:
		r.add(id, bundle.Review, at, "“%s”读出%d字，限%d字，但识别存疑：%s", f.Label, n, f.Limit, v.Note)
	default:
		r.add(id, bundle.Pass, at, "“%s”共%d字，限%d字", f.Label, n, f.Limit)
	}
}

// choice checks how many options are chosen where one is asked for, and that
// the call offers them.
func (r *run) choice(f call.Field) {
	v, found := r.app.Fields[f.Key]
	if f.Type != call.Choice || !found {
		return
	}
	chosen := labelsOf(v.Value)
	at := spotOf(v)
	if f.Single {
		id := "field." + f.Key + ".single"
		doubtful := v.Confidence < choiceSure
		switch n := len(chosen); {
		case n == 1 && !doubtful:
			r.add(id, bundle.Pass, at, "“%s”单选“%s”", f.Label, chosen[0])
		case n == 1:
			r.add(id, bundle.Review, at, "“%s”似乎选了“%s”，勾选不够清楚，请核对", f.Label, chosen[0])
		case doubtful:
			r.add(id, bundle.Review, at, "“%s”只能选一项，似乎选了%d项，勾选不够清楚，请核对", f.Label, n)
		case n == 0:
			r.add(id, bundle.Fail, at, "“%s”必须选一项，一项也没有选", f.Label)
		default:
			r.add(id, bundle.Fail, at, "“%s”只能选一项，选了%d项：%s", f.Label, n, strings.Join(chosen, "、"))
		}
	}
	r.offered(f, v, chosen)
}

func (r *run) offered(f call.Field, v bundle.Field, chosen []string) {
	var closed, strange []string
	restricted := false
	for _, o := range f.Options {
		if o.Offered != nil && !*o.Offered {
			restricted = true
			if slices.Contains(chosen, o.Label) {
				closed = append(closed, o.Label)
			}
		}
	}
	if !restricted || len(chosen) == 0 {
		return
	}
	for _, s := range chosen {
		if !slices.ContainsFunc(f.Options, func(o call.Option) bool { return o.Label == s }) {
			strange = append(strange, s)
		}
	}
	id := "field." + f.Key + ".offered"
	at := spotOf(v)
	switch {
	case len(closed) > 0:
		r.add(id, decide(v.Confidence, choiceSure), at, "本年度不受理“%s”为“%s”的申请", f.Label, strings.Join(closed, "、"))
	case len(strange) > 0:
		r.add(id, bundle.Review, at, "“%s”处读到“%s”，不在申请书所列选项中，请核对", f.Label, short(strings.Join(strange, "、")))
	default:
		r.add(id, bundle.Pass, at, "本年度受理“%s”", strings.Join(chosen, "、"))
	}
}
