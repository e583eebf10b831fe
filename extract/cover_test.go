package extract_test

import (
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// TestWhatIsACover: some of the cover's labels stand on other papers too.
func TestWhatIsACover(t *testing.T) {
	for _, tc := range []struct {
		name string
		call *call.Call
		draw func(p *paper)
		want bundle.Kind
	}{
		{"a receipt with both labels of a short cover", invented(t), func(p *paper) {
			p.write("仪器名称：场发射电子显微镜", "申请单位：青禾师范学院", "验收结论：合格")
		}, bundle.Attachment},
		{"a short cover", invented(t), func(p *paper) { p.cover(inventedValues()) }, bundle.ApplicationForm},
		{"a letter that lists what the cover does", builtIn(t), func(p *paper) {
			p.write("关于推荐云岭草业研究院申报内蒙古自治区国际科技合作基地的函", "科学技术厅：", "经审核，现予以推荐。",
				"基地名称：草原生态联合研究基地", "基地负责人：林青山", "依托单位：云岭草业研究院", "联系电话：04715550123")
		}, bundle.RecommendationLetter},
		{"a certificate that lists what the cover does", builtIn(t), func(p *paper) {
			p.write("基地名称：草原生态联合研究基地", "依托单位：云岭草业研究院", "联系电话：04715550123", "备注：无")
		}, bundle.Attachment},
		{"a cover with half of its title and two labels lost", builtIn(t), func(p *paper) {
			p.failed = []string{"申请书"}
			p.misread = map[string]string{"联系电话": "耳糸申舌", "基地名称": "其池各你"}
			p.cover(builtInValues())
		}, bundle.ApplicationForm},
		{"a table of contacts", builtIn(t), func(p *paper) {
			p.table()
			p.row([]int{1, 1, 1, 1}, []string{"联系人", "何秋月", "电话", "04715550199"})
			p.row([]int{1, 3}, []string{"合同名称", "设备采购合同"})
		}, bundle.Attachment},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, tc.call)
			tc.draw(p)
			_, infos := read(t, tc.call, p)
			if infos[0].Kind != tc.want {
				t.Errorf("page is %q, want %q", infos[0].Kind, tc.want)
			}
		})
	}
}
