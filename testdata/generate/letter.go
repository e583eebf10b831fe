package main

import (
	"image/color"
	"strings"

	"sealdesk/bundle"
)

// headings of the two guides, in order; those that begin with a space are subheadings.
var guides = map[string][]string{
	typeTransfer: {
		"指导思想与战略意义",
		"现有基础与发展优势", " 人力资源与专业能力", " 合作渠道与支撑条件", " 总体成效与典型案例", " 对现有国合基地体系的补充和提升作用",
		"发展思路与建设目标", " 总体思路与目标定位", " 近期目标与重点工作",
		"运作模式与保障措施", " 本中心国际技术转移业务的运作模式", " 当地政府为中心发展所提供的支持", " 本中心提供的保障措施",
	},
	typeDemo: {
		"本单位现有基础与优势", " 在相关领域的科研基础与优势", " 现有的国际科技合作基础", " 对相关研究领域国际科技合作的引领和示范作用", " 对现有国合基地体系的补充和提升作用",
		"发展思路、目标与规划",
		"运行机制与保障措施", " 运行机制及国际科技合作管理机制", " 吸引海外高层次人才合作研发的措施",
	},
}

// plan prints the implementation plan; size scales how much it says.
func (p *printer) plan(size length) {
	p.folio = 0
	p.turn(bundle.ImplementationPlan)
	x0, x1 := p.inner()
	x0, x1 = x0+40, x1-40
	y := p.top + 120
	title := p.app.text("base_name_form")
	for _, s := range []string{title, "《" + p.app.plan + "实施方案》"} {
		for _, l := range p.title.wrap(s, pt(17), x1-x0, true) {
			p.cur.text(p.title, pt(17), (paperWidth-p.title.width(l, pt(17)))/2, y, l, black)
			y += pt(17) * 1.7
		}
	}
	y += 60
	write := func(f *typeface, size, x float64, ls []string, lead float64) {
		for _, l := range ls {
			if y > paperHeight-p.bottom-40 {
				p.folioLine()
				p.turn(bundle.ImplementationPlan)
				y = p.top + 40
			}
			p.cur.text(f, size, x, y, l, black)
			y += size * lead
		}
	}
	body := func() {
		text := p.app.words.prose(p.rng, "plan", int(float64(90+p.rng.IntN(160))*float64(size))+30, true)
		write(p.value, p.textSize, x0, p.paragraphs(p.value, p.textSize, x1-x0, text), p.lead)
	}
	main, sub := 0, 0
	list := guides[p.app.plan]
	for i, h := range list {
		if i+1 == p.app.faults.planLacks {
			if !strings.HasPrefix(h, " ") {
				main++
				sub = 0
			}
			continue
		}
		small, isSub := strings.CutPrefix(h, " ")
		if isSub {
			sub++
			mark := [...]string{". ", "．", "、"}[p.marks]
			write(p.bold, p.textSize*1.03, x0+p.textSize*2, p.bold.wrap(string(rune('0'+sub))+mark+small, p.textSize*1.03, x1-x0-p.textSize*2, true), 1.7)
			body()
			continue
		}
		y += 20
		write(p.bold, p.textSize*1.15, x0, []string{string([]rune("一二三四五")[main]) + "、" + h}, 1.8)
		main++
		sub = 0
		if i+1 == len(list) || !strings.HasPrefix(list[i+1], " ") {
			body()
		}
	}
	p.folioLine()
}

// letter prints the recommendation letter, on paper with a red head.
func (p *printer) letter() {
	p.turn(bundle.RecommendationLetter)
	red := color.RGBA{214, 24, 30, 255}
	x0, x1 := p.inner()
	x0, x1 = x0+60, x1-60
	from := p.app.recommender
	head := from + pick(p.rng, []string{"文件", "文件", "", "函"})
	size := pt(34)
	for p.title.width(head, size) > x1-x0 {
		size *= 0.96
	}
	y := p.top + 330
	p.cur.text(p.title, size, (paperWidth-p.title.width(head, size))/2, y, head, red)
	y += 170
	p.cur.text(p.label, pt(14), (paperWidth-p.label.width(p.app.letterNo, pt(14)))/2, y, p.app.letterNo, black)
	y += 60
	p.cur.bar(rect{x0 - 40, y, x1 + 40, y + 9}, red)
	if p.rng.IntN(2) == 0 {
		p.cur.bar(rect{x0 - 40, y + 17, x1 + 40, y + 20}, red)
	}
	y += 220
	base := p.app.text("base_name_form")
	titles := []string{"关于推荐" + base + "的函", "关于报送" + base + "申报材料的函", "关于推荐申报2022年度自治区国际科技合作基地的函"}
	for _, l := range p.title.wrap(pick(p.rng, titles), pt(19), x1-x0, true) {
		p.cur.text(p.title, pt(19), (paperWidth-p.title.width(l, pt(19)))/2, y, l, black)
		y += pt(19) * 1.6
	}
	y += 80
	size = pt(15)
	texts := []string{
		department + "：",
		pick(p.rng, []string{"　　按照贵厅内科合字〔2022〕9号通知要求，我们对本地区申报材料进行了认真审查。", "　　现将我单位组织审核的国际科技合作基地申请材料报上。"}),
		"　　" + p.app.words.unit + pick(p.rng, []string{"申报的“" + base + "”条件具备，材料齐全，同意推荐，请予审定。", "提交的“" + base + "”申请书及附件经核对无误，特此推荐。"}),
		pick(p.rng, []string{"　　附件：申请书、实施方案各一份", "　　特此函达。"}),
	}
	for _, t := range texts {
		for _, l := range p.label.wrap(t, size, x1-x0, true) {
			p.cur.text(p.label, size, x0, y, l, black)
			y += size * 1.9
		}
	}
	y += 260 + 200*p.rng.Float64()
	date := day(p.app.letterDate, p.rng.IntN(3))
	cx := x1 - size*9
	w := p.label.width(from, size)
	cx = min(cx, x1-w/2)
	p.cur.text(p.label, size, cx-w/2, y, from, black)
	p.cur.text(p.label, size, cx-p.label.width(date, size)/2, y+size*2, date, black)
	if !p.app.faults.noLetterSeal {
		text := from
		if p.app.faults.foreignLetterSeal {
			text = p.app.foreign
		}
		sx, sy := cx+p.rng.NormFloat64()*50, y+size+p.rng.NormFloat64()*40
		if p.fresh {
			sx = cx - w/2 - 280
		}
		p.seal(bundle.Letter, text, text == from, sx, sy)
	}
}

// attachment prints one of the papers that applicants add.
func (p *printer) attachment(kind string) {
	p.turn(bundle.Attachment)
	x0, x1 := p.inner()
	x0, x1 = x0+60, x1-60
	partner := p.app.words.partners[0]
	var title string
	var texts []string
	switch kind {
	case "agreement":
		title = "国际科技合作协议"
		texts = []string{
			"Memorandum of Cooperation", "甲方：" + p.app.words.unit, "乙方：" + partner.name + "（" + partner.latin + "）",
			"一、双方同意在" + pick(p.rng, p.app.words.domain.skills) + "方面开展合作。",
			"1. The Parties shall cooperate in research, testing and training of young researchers.",
			"二、试验数据由双方共有，未经同意不得公开发表。",
			"2. Data obtained in common belong to both Parties and are published by consent only.",
			"三、本协议一式四份，自签字之日起生效，有效期三年。",
			"3. This Memorandum is valid for three years from the date of signature.",
			"甲方（Party A）：                    乙方（Party B）：",
		}
	case "licence":
		title = "营业执照"
		texts = []string{
			"（副本）", "统一社会信用代码：91150" + strings.Repeat("2", 2) + p.digits(9) + "X", "名称：" + p.app.words.unit, "类型：其他", "法定代表人：" + p.app.words.leader,
			"注册资本：" + p.digits(4) + "万元整", "成立日期：2009年06月18日", "住所：" + p.app.text("address"),
			"经营范围：技术开发、技术咨询、技术服务；" + p.app.words.domain.name + "相关产品的研制与销售。", "登记机关",
		}
	default:
		title = "授权发明专利清单"
		for i := range 6 {
			texts = append(texts, string(rune('1'+i))+". 一种"+pick(p.rng, p.app.words.domain.skills)+"方法，专利号 ZL2019"+p.digits(8)+"."+p.digits(1))
		}
	}
	y := p.top + 200
	p.cur.text(p.title, pt(22), (paperWidth-p.title.width(title, pt(22)))/2, y, title, black)
	y += 220
	for _, t := range texts {
		for _, l := range p.label.wrap(t, pt(14), x1-x0, true) {
			p.cur.text(p.label, pt(14), x0, y, l, black)
			y += pt(14) * 1.9
		}
		y += 20
	}
}

func (p *printer) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + p.rng.IntN(10)))
	}
	return b.String()
}

// separator prints a sheet that stands between two applications.
func separator(fs faces, number int, which int) *sheet {
	s := &sheet{canvas: newCanvas(paperWidth, paperHeight), kind: bundle.Separator, app: -1}
	text := [...]string{"申报材料（第" + string(rune('0'+number)) + "份）", "分 隔 页", "第" + string([]rune("一二三四")[number-1]) + "份申请材料"}[which]
	f, size := fs["hei"], pt(40)
	s.text(f, size, (paperWidth-f.width(text, size))/2, paperHeight*0.42, text, black)
	return s
}

// blankSheet is the empty back of a sheet.
func blankSheet() *sheet {
	return &sheet{canvas: newCanvas(paperWidth, paperHeight), kind: bundle.Blank, app: -1}
}
