package extract_test

import (
	"strings"

	"sealdesk/extract/call"
)

// letter draws a recommendation letter.
func (p *paper) letter(v values) {
	dept, _ := v["recommending_dept"].(string)
	unit, _ := v["host_unit"].(string)
	name, _ := v["base_name"].(string)
	p.title(dept + "文件")
	p.write("关于推荐"+unit+"申报基地的函", "")
	p.write("科学技术厅：", "\u3000\u3000"+unit+"申报的"+name+"，经审核材料齐全，", "符合条件，现予以推荐。", "")
	p.write(strings.Repeat("\u3000", 22)+dept, strings.Repeat("\u3000", 22)+"2022年4月2日")
}

// plan draws a page of an implementation plan: its title where first is true,
// and some of its headings with text below each.
func (p *paper) plan(g call.Plan, first bool, headings ...string) {
	if first {
		p.title(g.Title)
	}
	for _, h := range headings {
		p.write(h, "\u3000\u3000"+strings.Repeat("按照总体部署稳步推进各项工作", 3)+"。")
	}
}

// prose draws a page of text with no heading at all.
func (p *paper) prose(lines int) {
	for range lines {
		p.write(strings.Repeat("按照总体部署稳步推进各项工作", 3))
	}
}

// attachment draws a paper of another kind: titled, no part of any form.
func (p *paper) attachment() {
	p.title("营业执照")
	p.write("名称：云岭草业研究院", "类型：事业单位法人", "住所：云岭市青松路18号", "登记机关：云岭市行政审批局")
}

// separator draws a sheet between applications.
func (p *paper) separator(text string) {
	p.y = 800
	p.line(center-100, p.y, -1, text)
}
