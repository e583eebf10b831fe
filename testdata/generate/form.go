package main

import (
	"fmt"

	"sealdesk/bundle"
)

const (
	formTitle  = "内蒙古自治区国际科技合作基地"
	department = "内蒙古自治区科学技术厅"
)

var coverLines = [...][2]string{
	{"基地名称", "base_name"}, {"基地负责人", "base_leader"}, {"依托单位", "host_unit"},
	{"组织推荐部门", "recommending_dept"}, {"联系电话", "contact_phone"}, {"填报日期", "filing_date"},
}

// instructions is the form's page 填报说明, as the call prints it.
var instructions = [...]string{
	"申请书各项内容应实事求是，文字表述明确。外来语要同时用原文和中文表达，第一次出现的缩略词，须注明全称；",
	"申请国合基地类别一栏只能单选，各类基地需提供不同的实施方案作为附加材料；",
	"表中所涉及的国际科技合作经费、项目、人才、成果等请列明时间；",
	"表中所涉及经费（或资金）均指人民币；",
	"科技合作协议是指申报单位签订的对外科技合作与交流协议（含院校间、企业间、企业与院校间签订的对外科技合作与交流协议）；",
	"各项内容要求如实填报，若无该项内容可直接填无；",
	"未尽事宜请参照《内蒙古自治区国际科技合作基地管理办法》；",
	"项目申请书需打印一份（A4幅面，双面印刷，简装），加盖本单位公章并由组织推荐部门出具推荐意见盖章后，报送内蒙古自治区科技厅科技合作处。",
}

// day writes an ISO date as people do.
func day(iso string, how int) string {
	var y, m, d int
	if _, err := fmt.Sscanf(iso, "%d-%d-%d", &y, &m, &d); err != nil {
		return ""
	}
	switch how {
	case 0:
		return fmt.Sprintf("%d年%d月%d日", y, m, d)
	case 1:
		return fmt.Sprintf("%d 年 %d 月 %d 日", y, m, d)
	case 2:
		return fmt.Sprintf("%d年%02d月%02d日", y, m, d)
	default:
		return fmt.Sprintf("%d.%d.%d", y, m, d)
	}
}

// spread sets letters apart so that a label is as wide as width.
func (p *printer) spread(f *typeface, size, x, y float64, s string, width float64) {
	rs := []rune(s)
	gap := (width - f.width(s, size)) / float64(max(len(rs)-1, 1))
	for _, r := range rs {
		x = p.cur.text(f, size, x, y, string(r), black) + gap
	}
}

func (p *printer) cover() {
	p.turn(bundle.ApplicationForm)
	centre := func(f *typeface, size, y float64, s string) {
		p.cur.text(f, size, (paperWidth-f.width(s, size))/2, y, s, black)
	}
	p.cur.text(p.label, pt(14), p.left, 300, "附件2", black)
	y := 720 + 140*p.rng.Float64()
	centre(p.title, pt(24+4*p.rng.Float64()), y, formTitle)
	centre(p.title, pt(30+6*p.rng.Float64()), y+190, "申 请 书")
	size, step := pt(14+2*p.rng.Float64()), 140+30*p.rng.Float64()
	x := p.left + 130 + 80*p.rng.Float64()
	labelWidth := p.label.width("组织推荐部门", size)
	x1 := paperWidth - p.right - 130
	y += 620
	dateForm := p.rng.IntN(4)
	for _, l := range coverLines {
		p.spread(p.label, size, x, y, l[0], labelWidth)
		x0 := x + labelWidth + 50
		value := p.app.text(l[1])
		if l[1] == "filing_date" {
			value = day(value, dateForm)
		}
		f, vs := p.value, size
		if p.handFilled {
			f = p.pen
		}
		for f.width(value, vs) > x1-x0-30 {
			vs *= 0.95
		}
		at := x0 + 20
		if p.centred {
			at = x0 + (x1-x0-f.width(value, vs))/2
		}
		p.lines(f, vs, at, y-6, []string{value}, 0, false, true)
		if p.dotted {
			for dx := x0; dx < x1; dx += 16 {
				p.cur.bar(rect{dx, y + 16, dx + 8, y + 20}, black)
			}
		} else {
			p.cur.bar(rect{x0, y + 16, x1, y + 16 + p.line}, black)
		}
		p.box(l[1], rect{x0, y + 16 - step*0.62, x1, y + 16 + p.line})
		y += step
	}
	centre(p.label, pt(16), 2800, department)
	centre(p.label, pt(16), 2900, "二〇二二年")
}

func (p *printer) explain() {
	p.turn(bundle.ApplicationForm)
	size := pt(18)
	p.cur.text(p.title, size, (paperWidth-p.title.width("填 报 说 明", size))/2, p.top+220, "填 报 说 明", black)
	size = pt(13)
	x0, x1 := p.inner()
	y := p.top + 400
	for i, s := range instructions {
		ls := p.label.wrap(fmt.Sprintf("　　%d. %s", i+1, s), size, x1-x0-120, true)
		lead := p.lead
		p.lead = 1.9
		y = p.lines(p.label, size, x0+60, y, ls, 0, false, false) + 24
		p.lead = lead
	}
}

// basic is 一、基本信息.
func (p *printer) basic() {
	p.turn(bundle.ApplicationForm)
	x0, x1 := p.inner()
	w := x1 - x0
	j := func(v float64) float64 { return x0 + w*(v+p.rng.NormFloat64()*0.006) }
	xs := []float64{x0, j(0.095), j(0.235), j(0.35), j(0.46), j(0.56), j(0.70), j(0.80), x1}
	text := p.app.text
	num := func(key string) string {
		if s, ok := p.app.fields[key].(string); ok {
			return s
		}
		return fmt.Sprint(p.app.fields[key])
	}
	label := func(from, to int, s string) cell { return cell{from: from, to: to, label: s} }
	value := func(from, to int, key string) cell {
		if _, ok := p.app.fields[key].(int); ok {
			return cell{from: from, to: to, key: key, value: num(key)}
		}
		return cell{from: from, to: to, key: key, value: text(key)}
	}
	boxes := func(from, to int, key string) cell {
		return cell{from: from, to: to, key: key, boxes: options[key]}
	}
	person := func(title, key string) band {
		return band{cells: []cell{label(0, 2, title), value(2, 4, key+"_name"), label(4, 5, "职务"), value(5, 6, key+"_title"), label(6, 7, "手机和固话"), value(7, 8, key+"_phone")}}
	}
	bands := []band{
		{cells: []cell{{from: 0, to: 8, label: "一、基本信息", bold: true}}},
		{cells: []cell{label(0, 2, "依托单位名称"), value(2, 8, "host_unit_name")}},
		{cells: []cell{label(0, 2, "依托单位类型"), boxes(2, 8, "host_unit_type")}},
		{cells: []cell{{from: 0, to: 1, rows: 2, label: "人员结构"}, label(1, 2, "按学历分"), label(2, 3, "博士"), value(3, 4, "staff_doctor"), label(4, 5, "硕士"), value(5, 6, "staff_master"), label(6, 7, "学士"), value(7, 8, "staff_bachelor")}},
		{cells: []cell{label(1, 2, "按职称分"), label(2, 3, "高级"), value(3, 4, "staff_senior"), label(4, 5, "中级"), value(5, 6, "staff_intermediate"), label(6, 7, "初级"), value(7, 8, "staff_junior")}},
		{cells: []cell{label(0, 4, "是否有专门对外合作机构/部门"), label(4, 8, "专职从事国际科技合作人数")}},
		{cells: []cell{boxes(0, 4, "has_cooperation_office"), value(4, 8, "cooperation_staff")}},
		{cells: []cell{label(0, 2, "基地名称"), value(2, 8, "base_name_form")}},
		{cells: []cell{label(0, 2, "申请基地类型"), boxes(2, 8, "base_type")}},
		person("基地负责人", "leader"), person("基地专职管理人员（一）", "manager1"), person("基地专职管理人员（二）", "manager2"),
		{cells: []cell{label(0, 2, "通讯地址"), value(2, 6, "address"), label(6, 7, "邮编"), value(7, 8, "postcode")}},
		{cells: []cell{label(0, 2, "电子邮箱"), value(2, 6, "email"), label(6, 7, "传真"), value(7, 8, "fax")}},
		{cells: []cell{label(0, 2, "网站"), value(2, 8, "website")}},
		{cells: []cell{label(0, 2, "所属专业领域"), value(2, 4, "field"), label(4, 5, "学科"), value(5, 6, "discipline"), label(6, 7, "方向"), value(7, 8, "direction")}},
		{cells: []cell{label(0, 2, "研发类型（示范型基地填写）"), boxes(2, 8, "rd_type")}},
	}
	if p.headAbove && p.rng.IntN(2) == 0 {
		p.heading("一、基本信息", true)
		bands = bands[1:]
	}
	p.table(xs, bands)
	p.folioLine()
}

// heading prints a section's heading above its box.
func (p *printer) heading(s string, centred bool) {
	x0, x1 := p.inner()
	ls := p.bold.wrap(s, p.labelSize*1.08, x1-x0, true)
	p.y = p.lines(p.bold, p.labelSize*1.08, x0, p.y+p.labelSize*1.1, ls, x1-x0, centred && len(ls) == 1, false) - p.labelSize*p.lead + p.labelSize*0.7
}

// headings of the sections that flow after 一.
var headings = map[string]string{
	"overview":           "二、机构情况简介（包括研究领域/业务领域、研究实力、成果影响等，限800字）",
	"achievements":       "三、2017年以来取得的主要国际科技合作成果（并评述合作成果的重要价值和意义，限800字）",
	"projects":           "四、国际科技合作项目情况（承担过的国家、自治区、盟市级国际科技合作项目和其他资金渠道的国际科技合作项目，以及其他国家和自治区科技计划项目情况）",
	"talent":             "五、人才及创新团队引进方面的主要工作（2017年以来，限200字）",
	"goals":              "六、简述国际科技合作的目标与管理方式（限400字）",
	"demonstration":      "七、简述在所属专业领域和区域国际科技合作方面发挥的引领示范作用（限400字）",
	"modes":              "八、主要合作方式",
	"partners":           "九、国外主要合作伙伴",
	"partner_strengths":  "十、国外合作伙伴的技术特点和优势（限400字，分行撰写）",
	"partner_investment": "十一、国外合作伙伴的投入及合作机制（限400字，分行撰写）",
}

const talentNote = "【备注：申请国际技术转移中心的机构本栏填写“机构从事国际技术转移工作的主要情况”】"

// form prints the whole application form.
func (p *printer) form() {
	p.cover()
	p.explain()
	p.basic()
	for _, g := range p.groups {
		switch {
		case g[0] == "host":
			p.opinions(len(g) == 2)
		case g[0] == "dept":
			p.recommender(false)
		case g[len(g)-1] == "host":
			p.flow(g[:len(g)-1], 0.5)
			p.hostOpinion(0)
			p.folioLine()
		default:
			p.flow(g, 1)
			p.folioLine()
		}
	}
}

// tableBands makes the rows of a table: its head, its rows and empty ones.
func tableBands(cols []column, rows []row, least float64, blanks int) (head band, body []band) {
	for i, c := range cols {
		head.cells = append(head.cells, cell{from: i, to: i + 1, label: c.label})
	}
	for _, r := range rows {
		b := band{least: least}
		for i, c := range cols {
			b.cells = append(b.cells, cell{from: i, to: i + 1, value: r[c.key]})
		}
		body = append(body, b)
	}
	for range blanks {
		b := band{least: least * 0.7}
		for i := range cols {
			b.cells = append(b.cells, cell{from: i, to: i + 1})
		}
		body = append(body, b)
	}
	return head, body
}

func (p *printer) edges(cols []column) []float64 {
	x0, x1 := p.inner()
	xs := []float64{x0}
	at := 0.0
	for _, c := range cols[:len(cols)-1] {
		at += c.share
		xs = append(xs, x0+(x1-x0)*at)
	}
	return append(xs, x1)
}

// rowsOf gives a table's rows.
func (a *application) rowsOf(key string) []row {
	rs, _ := a.fields[key].([]row)
	return rs
}

// sectionNote is the remark that the form prints under a section's heading.
func sectionNote(key string) string {
	if key == "talent" {
		return talentNote
	}
	return ""
}
