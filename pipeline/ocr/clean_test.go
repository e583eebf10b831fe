package ocr

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"", ""},
		{"  \n", ""},
		{"申 报 书", "申报书"},
		{"申\u3000报\n书\n", "申报书"},
		{"联系 电话: 15066014218 / 0482-5214327", "联系电话：15066014218 / 0482-5214327"},
		{"15066014218/0482-5214327", "15066014218/0482-5214327"},
		{"１５０６６０１４２１８ ／ ０４８２－５２１４３２７", "15066014218 / 0482-5214327"},
		{"项目负责人:李春晖(副教授),女", "项目负责人：李春晖（副教授），女"},
		{"单位名称 （ 盖 章 ）", "单位名称（盖章）"},
		{"申报书(2018022726)", "申报书（2018022726）"},
		{"(2018022726)", "(2018022726)"},
		{"（2018022726）", "(2018022726)"},
		{"「（2018022726）」", "「（2018022726）」"},
		{"(一) 基本情况", "（一）基本情况"},
		{"经费(万元) : 36.58", "经费（万元）：36.58"},
		{"(0482) 5214327", "(0482) 5214327"},
		{"2018 年 3 月 12 日", "2018年3月12日"},
		{"《草地 资源》 、 《土壤 学》", "《草地资源》、《土壤学》"},
		{"共 3,000 元,其中 1,500 元", "共3,000元，其中1,500元"},
		{"职工 76,博士 42;硕士 131", "职工76，博士42；硕士131"},
		{"是否合格?合格!", "是否合格？合格！"},
		{"E-mail: zhang.wei@example.edu.cn", "E-mail: zhang.wei@example.edu.cn"},
		{"邮箱:zhang@example.cn", "邮箱：zhang@example.cn"},
		{"Beijing  Forestry University (China), Dept.", "Beijing Forestry University (China), Dept."},
		{"与 University of Iowa 合作", "与University of Iowa合作"},
		{"ＡＢＣ％＋＝", "ABC%+="},
		{"Q3：2018", "Q3:2018"},
		{"年龄:", "年龄："},
		{":年龄", ":年龄"},
		{"(未完", "（未完"},
		{"完)", "完）"},
		{"a) b)", "a) b)"},
		{"①②㎡Ⅱ", "①②㎡Ⅱ"},
		{"末未己已", "末未己已"},
		{"一\u200b二\u0000三\ufffd", "一二三\ufffd"},
		{"有  □ 无 ☑", "有□无☑"},
	} {
		got := Clean(c.raw)
		if got != c.want {
			t.Errorf("Clean(%q) is %q, not %q", c.raw, got, c.want)
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean(%q) is %q, and cleaned again %q", c.raw, got, again)
		}
	}
}

// FuzzClean checks what holds for any text: nothing visible changes but for its
// width, and the result is one line of valid text.
func FuzzClean(f *testing.F) {
	f.Add("申 报 书(２０１８): a,b")
	f.Add("((:))) 一，\xff")
	f.Fuzz(func(t *testing.T, raw string) {
		got := Clean(raw)
		if !utf8.ValidString(got) {
			t.Errorf("%q becomes %q", raw, got)
		}
		if squash(got) != squash(raw) {
			t.Errorf("%q becomes %q", raw, got)
		}
	})
}

// squash is a text without blanks, marks of no ink and differences of width.
func squash(s string) string {
	var kept []rune
	for _, r := range s {
		if p := cleanRunes([]rune{r}); len(p) == 1 {
			kept = append(kept, p[0].r)
		}
	}
	return norm.NFKC.String(string(kept))
}
