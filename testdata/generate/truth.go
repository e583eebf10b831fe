package main

import (
	"fmt"
	"regexp"
	"strings"

	"sealdesk/bundle"
)

// truth is what a perfect reader says of a bundle.
type truth struct {
	File         string             `json:"file"`
	Pages        int                `json:"pages"`
	PageInfo     []bundle.PageInfo  `json:"page_info"`
	Applications []truthApplication `json:"applications"`
}

type truthApplication struct {
	Call       string                  `json:"call"`
	Year       int                     `json:"year"`
	Documents  []bundle.Document       `json:"documents"`
	Fields     map[string]bundle.Field `json:"fields"`
	Seals      []bundle.Seal           `json:"seals"`
	Signatures []bundle.Signature      `json:"signatures"`
	Checks     []bundle.Check          `json:"checks"`
	Verdict    bundle.Verdict          `json:"verdict"`
}

// tell writes the truth of a bundle: its sheets as they lie in the file and
// the applications in it.
func (w *world) tell(file string, sheets []*sheet, lays []*laid, apps []*application) truth {
	t := truth{File: file, Pages: len(sheets)}
	for i, s := range sheets {
		t.PageInfo = append(t.PageInfo, bundle.PageInfo{
			Page: i + 1, Rotation: lays[i].rotation, Skew: float64(int(lays[i].skew*100+100000.5)-100000) / 100,
			Blank: s.kind == bundle.Blank, Kind: s.kind,
		})
	}
	for n, a := range apps {
		ta := truthApplication{Call: "nmg-iscb-2022", Year: 2022, Fields: map[string]bundle.Field{}}
		docs := map[bundle.Kind]int{}
		for i, s := range sheets {
			if s.app != n {
				continue
			}
			at, ok := docs[s.kind]
			if !ok {
				at = len(ta.Documents)
				docs[s.kind] = at
				ta.Documents = append(ta.Documents, bundle.Document{Kind: s.kind})
			}
			ta.Documents[at].Pages = append(ta.Documents[at].Pages, i+1)
			for key, r := range s.boxes {
				if f, ok := ta.Fields[key]; ok && sheetOrder(sheets, f.Page) <= s.order {
					continue
				}
				ta.Fields[key] = bundle.Field{Value: value(a.fields[key]), Confidence: 1, Page: i + 1, Box: lays[i].upright(r)}
			}
			for _, st := range s.seals {
				m := st.matches
				ta.Seals = append(ta.Seals, bundle.Seal{Role: st.role, Page: i + 1, Box: lays[i].upright(st.box), Text: st.text, Confidence: 1, Matches: &m})
			}
			for _, m := range s.signs {
				ta.Signatures = append(ta.Signatures, bundle.Signature{Role: m.role, Present: m.present, Page: i + 1, Box: lays[i].upright(m.box), Confidence: 1})
			}
		}
		ta.Checks = w.checks(a, docs)
		ta.Verdict = verdict(ta.Checks)
		t.Applications = append(t.Applications, ta)
	}
	return t
}

func sheetOrder(sheets []*sheet, page int) int { return sheets[page-1].order }

// value is a field's value without nil lists.
func value(v any) any {
	switch v := v.(type) {
	case nil:
		return ""
	case []string:
		if v == nil {
			return []string{}
		}
	case []row:
		if v == nil {
			return []row{}
		}
	}
	return v
}

func verdict(checks []bundle.Check) bundle.Verdict {
	v := bundle.Complete
	for _, c := range checks {
		switch {
		case c.Status == bundle.Fail:
			return bundle.Incomplete
		case c.Status == bundle.Review:
			v = bundle.NeedsReview
		}
	}
	return v
}

var (
	requiredKeys = strings.Fields(`base_name base_leader host_unit recommending_dept contact_phone filing_date
		host_unit_name host_unit_type staff_doctor staff_master staff_bachelor staff_senior staff_intermediate staff_junior
		cooperation_staff has_cooperation_office base_name_form base_type leader_name leader_title leader_phone
		manager1_name manager1_title manager1_phone address postcode email field discipline direction overview achievements
		projects talent goals demonstration cooperation_modes partners partner_strengths partner_investment host_opinion
		recommender_dept recommender_contact recommender_phone support_measures recommender_opinion`)
	optionalKeys = strings.Fields("fax website manager2_name manager2_title manager2_phone")
	phoneKeys    = strings.Fields("contact_phone leader_phone manager1_phone manager2_phone recommender_phone fax")
	numberKeys   = strings.Fields("staff_doctor staff_master staff_bachelor staff_senior staff_intermediate staff_junior cooperation_staff")
	limitKeys    = strings.Fields("overview achievements talent goals demonstration partner_strengths partner_investment support_measures")

	phoneForm = regexp.MustCompile(`^(1\d{10}|0\d{2,3}-\d{7,8})(\s*[/、]\s*(1\d{10}|0\d{2,3}-\d{7,8}))*$`)
	mailForm  = regexp.MustCompile(`^[\w.-]+@[\w-]+(\.[\w-]+)+$`)
	codeForm  = regexp.MustCompile(`^\d{6}$`)
)

// deadline is the last day for the recommender's date.
const deadline = "2022-04-13"

func empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []row:
		return len(v) == 0
	}
	return false
}

// checks says how every check that the paper decides must come out. What
// cannot be decided is left out.
func (w *world) checks(a *application, docs map[bundle.Kind]int) []bundle.Check {
	var out []bundle.Check
	say := func(id string, ok bool) {
		c := bundle.Check{ID: id, Status: bundle.Pass}
		if !ok {
			c.Status = bundle.Fail
		}
		out = append(out, c)
	}
	doubt := func(id string, ok bool) {
		c := bundle.Check{ID: id, Status: bundle.Pass}
		if !ok {
			c.Status = bundle.Review
		}
		out = append(out, c)
	}
	has := func(k bundle.Kind) bool { _, ok := docs[k]; return ok }
	f := a.faults
	bases, _ := a.fields["base_type"].([]string)

	for _, k := range []bundle.Kind{bundle.ApplicationForm, bundle.ImplementationPlan, bundle.RecommendationLetter} {
		say("document."+string(k), has(k))
	}
	if has(bundle.ImplementationPlan) && len(bases) == 1 && bases[0] != typePark {
		say("plan.type", a.plan == bases[0])
	}
	if has(bundle.ImplementationPlan) && !f.wrongPlan && !f.parkType {
		say("plan.sections", f.planLacks == 0)
	}
	for _, key := range requiredKeys {
		say("field."+key+".present", !empty(a.fields[key]))
	}
	for _, key := range optionalKeys {
		if !empty(a.fields[key]) {
			say("field."+key+".present", true)
		}
	}
	if only(bases, typeDemo) {
		say("field.rd_type.present", !empty(a.fields["rd_type"]))
	}
	for _, key := range limitKeys {
		if !empty(a.fields[key]) {
			say("field."+key+".limit", characters(a.text(key)) <= limits[key])
		}
	}
	form := func(key string, ok bool) {
		if s := a.text(key); s != "" && s != "无" {
			say("field."+key+".format", ok)
		}
	}
	for _, key := range phoneKeys {
		form(key, phoneForm.MatchString(a.text(key)))
	}
	form("postcode", codeForm.MatchString(a.text("postcode")))
	form("email", mailForm.MatchString(a.text("email")))
	form("filing_date", true)
	for _, key := range numberKeys {
		if _, ok := a.fields[key].(int); ok {
			say("field."+key+".format", true)
		}
	}
	if len(bases) > 0 {
		say("field.base_type.single", len(bases) == 1)
	}
	if len(bases) == 1 {
		say("field.base_type.offered", bases[0] != typePark)
	}
	stamped := func(role string, missing, foreign bool) {
		say("seal."+role+".present", !missing)
		if !missing {
			say("seal."+role+".matches", !foreign)
		}
	}
	stamped("host_unit", f.noHostSeal, f.foreignHostSeal)
	say("signature.host_unit.present", !f.noHostSign)
	say("date.host_unit.present", !f.noHostDate)
	stamped("recommending_dept", f.noDeptSeal, f.foreignDeptSeal)
	say("signature.recommending_dept.present", !f.noDeptSign)
	say("date.recommending_dept.present", !f.noDeptDate)
	if has(bundle.RecommendationLetter) {
		stamped("letter", f.noLetterSeal, f.foreignLetterSeal)
	}
	if !f.noDeptDate {
		say("date.deadline", a.text("recommender_opinion_date") <= deadline)
	}
	if !f.foreignHostSeal {
		say("consistency.host_unit", a.text("host_unit") == a.text("host_unit_name"))
	}
	say("consistency.base_name", a.text("base_name") == a.text("base_name_form"))
	say("consistency.leader", a.text("base_leader") == a.text("leader_name"))
	if !f.duplicate {
		doubt("quota.recommending_dept", w.withinQuota(a))
	}
	doubt("duplicate.application", !f.duplicate)
	return out
}

// withinQuota counts an application to its recommender and says whether the
// recommender keeps its quota with it.
func (w *world) withinQuota(a *application) bool {
	w.onFile[a.recommender]++
	quota := 3
	switch {
	case a.recommender == a.words.unit:
		quota = 1
	case strings.HasPrefix(a.recommender, "内蒙古自治区"):
		quota = 2
	}
	return w.onFile[a.recommender] <= quota
}

// summary is one line about a bundle, for the terminal.
func (t truth) summary() string {
	var parts []string
	for _, a := range t.Applications {
		var bad []string
		for _, c := range a.Checks {
			if c.Status != bundle.Pass {
				bad = append(bad, c.ID)
			}
		}
		parts = append(parts, fmt.Sprintf("%s %v", a.Verdict, bad))
	}
	return fmt.Sprintf("%s: %d pages, %s", t.File, t.Pages, strings.Join(parts, "; "))
}
