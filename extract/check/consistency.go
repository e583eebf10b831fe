package check

import (
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// consistency asks that fields agree, and that no seal belies them. It cannot
// be asked of a field that was left blank.
func (r *run) consistency() {
	for _, rule := range r.c.Consistency {
		r.agree(rule)
	}
}

func (r *run) agree(rule call.Consistency) {
	id := "consistency." + rule.ID
	first, found := r.app.Fields[rule.Fields[0]]
	missing := !found
	worst, other := same, first
	for _, key := range rule.Fields[1:] {
		f, found := r.app.Fields[key]
		missing = missing || !found
		if found && !filled(f) {
			return
		}
		if l := compare(textOf(first.Value), textOf(f.Value), min(first.Confidence, f.Confidence)); l > worst {
			worst, other = l, f
		}
	}
	if found && !filled(first) || missing && len(r.app.Fields) == 0 {
		return
	}
	at := spotOf(other)
	places := make([]string, len(rule.Fields))
	for i, key := range rule.Fields {
		if f := r.c.Field(key); f != nil {
			places[i] = f.Label
		}
	}
	where := strings.Join(places, "与")
	switch a, b := short(textOf(first.Value)), short(textOf(other.Value)); {
	case missing:
		r.add(id, bundle.Review, spot{}, "%s未能全部找到，无法比对，请翻阅原件核对", where)
	case worst == different:
		r.add(id, bundle.Fail, at, "%s不一致：“%s”与“%s”", where, a, b)
	case worst == unsure:
		r.add(id, bundle.Review, at, "%s读出的文字略有出入：“%s”与“%s”，可能是识别有误，请核对", where, a, b)
	default:
		r.agreeSeal(id, rule, where, a)
	}
}

// agreeSeal ends a comparison whose fields agree: a seal of the rule's role
// must not be another's.
func (r *run) agreeSeal(id string, rule call.Consistency, where, value string) {
	var seals []bundle.Seal
	for _, s := range r.app.Seals {
		if rule.Seal != "" && string(s.Role) == rule.Seal {
			seals = append(seals, s)
		}
	}
	if len(seals) > 0 {
		if s := bestSeal(seals); s.Matches != nil && !*s.Matches {
			r.add(id, decide(s.Confidence, sealTextSure), boxed(s.Page, s.Box),
				"%s均为“%s”，公章却为“%s”", where, value, short(s.Text))
			return
		}
	}
	r.add(id, bundle.Pass, spotOf(r.app.Fields[rule.Fields[0]]), "%s一致：“%s”", where, value)
}
