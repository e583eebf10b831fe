package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The base types of the form.
const (
	typePark     = "国际创新园"
	typeTransfer = "国际技术转移中心"
	typeDemo     = "示范型国际科技合作基地"
)

// The options of the form's check boxes, in print order.
var options = map[string][]string{
	"host_unit_type":         {"科研院所", "高等院校", "科技园区", "企业", "科技中介机构", "其他"},
	"has_cooperation_office": {"有", "否"},
	"base_type":              {typePark, typeTransfer, typeDemo},
	"rd_type":                {"基础研究", "应用研究", "产业化"},
	"cooperation_modes":      {"人员交流互访", "引进国外人才", "联合培养人才", "技术转移", "信息资料交流", "合作研发", "设立联合研发机构/平台/网络", "其他"},
}

// limits are the greatest numbers of characters of the long texts.
var limits = map[string]int{
	"overview": 800, "achievements": 800, "talent": 200, "goals": 400, "demonstration": 400,
	"partner_strengths": 400, "partner_investment": 400, "support_measures": 200,
}

// row is one row of a table, by column.
type row map[string]string

// faults are what is wrong with an application on purpose.
type faults struct {
	noHostSeal, noDeptSeal, noLetterSeal                bool
	foreignHostSeal, foreignDeptSeal, foreignLetterSeal bool
	noHostSign, noDeptSign                              bool
	noHostDate, noDeptDate, late                        bool
	noLetter, noPlan, wrongPlan, noOffice               bool
	twoTypes, parkType, noType                          bool
	planLacks                                           int // number of the heading left out, from 1
	badEmail, badPhone, badPostcode                     bool
	coverBaseName, coverLeader, coverUnit               bool // the cover says something else than the table
	over                                                string
	blank                                               []string
	none                                                bool // 无 in optional fields and in tables
	duplicate                                           bool
	quota                                               bool
	selfRecommended                                     bool
}

// application is one applicant's submission, before it is printed.
type application struct {
	fields      map[string]any // by key, as in the result: string, int, []string or []row
	words       words
	faults      faults
	place       string
	recommender string
	foreign     string // the unit whose seal stands where another's should
	plan        string // the base type whose guide the plan follows
	attachments []string
	letterNo    string
	letterDate  string
}

// text is a field's value as a string.
func (a *application) text(key string) string {
	s, _ := a.fields[key].(string)
	return s
}

// chosen says whether a check box's option is ticked.
func (a *application) chosen(key, label string) bool {
	list, _ := a.fields[key].([]string)
	for _, l := range list {
		if l == label {
			return true
		}
	}
	return false
}

// world invents applicants. used keeps names apart; onFile counts, by
// recommender, what a reader that was given the bundles in order has on file.
type world struct {
	rng    *rand.Rand
	used   map[string]bool
	onFile map[string]int
}

func newWorld(seed uint64) *world {
	return &world{rng: rand.New(rand.NewPCG(seed, 0x5ea1)), used: map[string]bool{}, onFile: map[string]int{}}
}

// league is a recommender with its telephone area and postcode.
type league struct{ place, name, area, postcode string }

func (w *world) league() league {
	p := w.placeName()
	l := league{area: fmt.Sprintf("04%d", 70+w.rng.IntN(14)), postcode: fmt.Sprintf("0%05d", 10000+100*w.rng.IntN(180))}
	switch w.rng.IntN(5) {
	case 0:
		l.place, l.name = p+"市", p+"市科技局"
	case 1:
		l.place, l.name = p+"市", p+"市科学技术局"
	case 2:
		l.place, l.name = p+"市", p+"市工业和科技创新局"
	default:
		l.place, l.name = p+"盟", p+"盟科学技术局"
	}
	return l
}

func (w *world) unit(place string, d domain, transfer bool) (name, kind string) {
	if transfer {
		return pick(w.rng, []string{place + d.trade + "促进中心", place + d.trade + "有限公司", d.trade[:6] + place + "协作中心"}),
			pick(w.rng, []string{"科技中介机构", "科技中介机构", "企业"})
	}
	short := strings.TrimSuffix(strings.TrimSuffix(place, "盟"), "市")
	switch w.rng.IntN(5) {
	case 0:
		return short + d.trade + "研究院", "科研院所"
	case 1:
		return place + d.trade + "研究所", "科研院所"
	case 2:
		return "内蒙古" + short + pick(w.rng, []string{"农林大学", "理工大学", "医科大学", "科技学院"}), "高等院校"
	case 3:
		return "内蒙古" + short + d.trade + "股份有限公司", "企业"
	default:
		return short + d.trade + "有限责任公司", "企业"
	}
}

// length is how much an applicant writes: 1 is about what the form allows.
type length float64

// apply invents an application with the given faults, recommended by l (the
// zero league: any).
func (w *world) apply(l league, f faults, size length) *application {
	rng := w.rng
	if l.name == "" {
		l = w.league()
	}
	transfer := rng.IntN(4) == 0 && !f.twoTypes
	d := pick(rng, domains)
	if transfer {
		d = pick(rng, services)
	}
	unit, kind := w.unit(l.place, d, transfer)
	for w.used[unit] {
		unit, kind = w.unit(w.placeName()+"旗", d, transfer)
	}
	w.used[unit] = true
	a := &application{faults: f, place: l.place, recommender: l.name}
	if f.selfRecommended {
		a.recommender = unit
	} else if rng.IntN(6) == 0 && !f.quota {
		if dep := pick(rng, bureaus); w.onFile[dep] < 2 {
			a.recommender = dep
		}
	}
	leader := w.person()
	a.words = words{unit, leader, d, pickSome(rng, partnersAbroad, 1+rng.IntN(6), false)}
	base := d.name + "国际科技合作基地"
	bases := []string{typeDemo}
	if transfer {
		base, bases = d.name+"中心", []string{typeTransfer}
	}
	if rng.IntN(2) == 0 {
		base = strings.TrimSuffix(strings.TrimSuffix(l.place, "盟"), "市") + base
	}
	a.plan = bases[0]
	switch {
	case f.twoTypes:
		bases = []string{typeTransfer, typeDemo}
	case f.parkType:
		bases = []string{typePark}
	case f.noType:
		bases = []string{}
	}
	if f.wrongPlan {
		a.plan = map[string]string{typeDemo: typeTransfer, typeTransfer: typeDemo}[a.plan]
	}
	web := w.latinName()
	mail := web + pick(rng, []string{"@163.com", "@126.com", "_gh@sina.com", "@qq.com", "kj@" + web + ".com", ".office@" + web + ".org.cn"})
	phone := func() string {
		s := w.mobile()
		if rng.IntN(2) == 0 {
			s += pick(rng, []string{" / ", "/", "、"}) + w.landline(l.area)
		}
		return s
	}
	a.fields = map[string]any{
		"base_name": base, "base_leader": leader, "host_unit": unit, "recommending_dept": a.recommender,
		"contact_phone": pick(rng, []string{w.mobile(), w.landline(l.area)}),
		"filing_date":   fmt.Sprintf("2022-%02d-%02d", 3, 26+rng.IntN(6)),

		"host_unit_name": unit, "host_unit_type": []string{kind},
		"staff_doctor": rng.IntN(60), "staff_master": 5 + rng.IntN(180), "staff_bachelor": 10 + rng.IntN(400),
		"staff_senior": 3 + rng.IntN(90), "staff_intermediate": 8 + rng.IntN(200), "staff_junior": rng.IntN(120),
		"has_cooperation_office": []string{pick(rng, []string{"有", "有", "否"})},
		"cooperation_staff":      1 + rng.IntN(24),
		"base_name_form":         base, "base_type": bases,
		"leader_name": leader, "leader_title": pick(rng, titles), "leader_phone": phone(),
		"manager1_name": w.person(), "manager1_title": pick(rng, staffRoles), "manager1_phone": phone(),
		"manager2_name": w.person(), "manager2_title": pick(rng, staffRoles), "manager2_phone": phone(),
		"address":  "内蒙古" + l.place + pick(rng, streets) + fmt.Sprint(1+rng.IntN(299)) + "号",
		"postcode": l.postcode, "email": mail, "fax": w.landline(l.area), "website": "www." + web + pick(rng, []string{".com", ".cn", ".org.cn", ".com.cn"}),
		"field": d.field, "discipline": d.discipline, "direction": d.direction,
		"rd_type":           pickSome(rng, options["rd_type"], 1+rng.IntN(2), true),
		"cooperation_modes": pickSome(rng, options["cooperation_modes"], 2+rng.IntN(5), true),

		"recommender_dept": a.recommender, "recommender_contact": w.person(), "recommender_phone": w.landline(l.area),
	}
	if !only(bases, typeDemo) && rng.IntN(3) > 0 {
		a.fields["rd_type"] = []string{}
	}
	for key, limit := range inOrder(limits) {
		n := int(float64(limit) * float64(size) * (0.35 + 0.6*rng.Float64()))
		if f.over == key {
			n = limit + limit/5 + rng.IntN(limit/5)
		}
		a.fields[key] = a.words.prose(rng, key, max(n, 40), size > 0.5)
	}
	a.fields["host_opinion"] = a.words.prose(rng, "host_opinion", 30+rng.IntN(90), false)
	a.fields["recommender_opinion"] = a.words.prose(rng, "recommender_opinion", 30+rng.IntN(70), false)
	a.tables(rng, size)
	a.dates(rng)
	a.spoil(w)
	return a
}

// only says whether want is the one type chosen.
func only(bases []string, want string) bool {
	return len(bases) == 1 && bases[0] == want
}

// tables fills 四 and 九.
func (a *application) tables(rng *rand.Rand, size length) {
	most := 7
	if size < 0.5 {
		most = 2
	}
	var projects, partners []row
	for range 1 + rng.IntN(most) {
		two := rng.Perm(len(a.words.domain.skills))
		p := pick(rng, a.words.partners)
		from := 2014 + rng.IntN(5)
		projects = append(projects, row{
			"name": a.words.domain.skills[two[0]] + pick(rng, []string{"合作研究", "关键技术引进", "中试与应用", "联合攻关"}) +
				fmt.Sprintf(pick(rng, []string{"（20%[1]dHZ%03[2]d）", "（KJXM-%[1]d%03[2]d）", "（N20%[1]d-%03[2]d）"}), 15+rng.IntN(6), rng.IntN(1000)),
			"partner":    p.country + " " + p.name,
			"funding":    fmt.Sprintf("%d/%d", 20+5*rng.IntN(90), 5*rng.IntN(30)),
			"undertaker": a.words.unit,
			"approver":   pick(rng, []string{"科技部", "自治区科技厅", "自治区外专局", "国家自然科学基金委", a.place + "科技局"}),
			"period":     fmt.Sprintf("%d.%02d/%d.%02d", from, 1+rng.IntN(12), from+1+rng.IntN(3), 1+rng.IntN(12)),
			"results": pick(rng, []string{"论文", "专利", "标准", "新产品"}) + fmt.Sprintf("%d项，", 1+rng.IntN(9)) +
				fmt.Sprintf(pick(rng, a.words.domain.gains), 2+rng.IntN(20)),
		})
	}
	for i, p := range a.words.partners {
		if size < 0.5 && i == 2 {
			break
		}
		year := 2015 + rng.IntN(6)
		partners = append(partners, row{
			"country": p.country, "institution": p.name + " " + p.latin,
			"agreement": pick(rng, []string{
				"未签署协议",
				fmt.Sprintf("《%s联合研究协议》，%d年%d月，有效期%d年，共享试验数据", pick(rng, a.words.domain.skills), year, 1+rng.IntN(12), 2+rng.IntN(4)),
				fmt.Sprintf("《合作谅解备忘录》，%d.%02d签订，至%d.%02d，互派专家、联合培训", year, 1+rng.IntN(12), year+3, 1+rng.IntN(12)),
				fmt.Sprintf("《技术许可合同》，%d年%d月，长期有效，许可使用%s", year, 1+rng.IntN(12), pick(rng, a.words.domain.skills)),
			}),
		})
	}
	a.fields["projects"], a.fields["partners"] = projects, partners
}

// dates sets the days of the two opinions and of the letter.
func (a *application) dates(rng *rand.Rand) {
	host := 1 + rng.IntN(6)
	dept := host + 1 + rng.IntN(6)
	if a.faults.late {
		dept = 14 + rng.IntN(12)
	}
	a.fields["host_opinion_date"] = fmt.Sprintf("2022-04-%02d", host)
	a.fields["recommender_opinion_date"] = fmt.Sprintf("2022-04-%02d", dept)
	a.letterDate = a.text("recommender_opinion_date")
	short := []rune(a.recommender)
	a.letterNo = string(short[:2]) + pick(rng, []string{"科函", "科字", "科发", "函"}) + fmt.Sprintf("〔2022〕%d号", 2+rng.IntN(90))
}

// spoil works the faults into the values.
func (a *application) spoil(w *world) {
	f, rng := a.faults, w.rng
	if f.none {
		for _, key := range []string{"manager2_name", "manager2_title", "manager2_phone", "fax", "website"} {
			a.fields[key] = "无"
		}
		if rng.IntN(2) == 0 {
			none := row{}
			for _, c := range projectColumns {
				none[c.key] = "无"
			}
			a.fields["projects"] = []row{none}
		}
	}
	if f.badEmail {
		a.fields["email"] = pick(rng, []string{strings.Replace(a.text("email"), "@", "", 1), strings.ReplaceAll(a.text("email"), ".", ""), "www." + w.latinName() + ".com"})
	}
	if f.badPhone {
		a.fields["manager1_phone"] = w.mobile()[:9]
	}
	if f.badPostcode {
		a.fields["postcode"] = a.text("postcode")[:5]
	}
	if f.coverBaseName {
		a.fields["base_name"] = pick(rng, []string{pick(rng, domains).name + "联合研究基地", "高原特色产业国际科技合作基地"})
	}
	if f.coverLeader {
		a.fields["base_leader"] = w.person()
	}
	if f.coverUnit {
		a.fields["host_unit"], _ = w.unit(w.placeName()+"市", pick(rng, domains), false)
	}
	if f.foreignHostSeal || f.foreignDeptSeal || f.foreignLetterSeal {
		a.foreign, _ = w.unit(w.placeName()+"市", pick(rng, domains), false)
	}
	if f.noHostDate {
		a.fields["host_opinion_date"] = ""
	}
	if f.noDeptDate {
		a.fields["recommender_opinion_date"] = ""
	}
	if f.noOffice {
		a.fields["has_cooperation_office"] = []string{}
	}
	for _, key := range f.blank {
		switch a.fields[key].(type) {
		case []string:
			a.fields[key] = []string{}
		case []row:
			a.fields[key] = []row{}
		default:
			a.fields[key] = ""
		}
	}
}
