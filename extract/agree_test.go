package extract

import (
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// TestAgreeing: a name that was hardly read in one place is mended by another place only
// where the readings spell it; another name on paper stays what it is.
func TestAgreeing(t *testing.T) {
	c := &call.Call{
		Consistency: []call.Consistency{{ID: "name", Fields: []string{"cover", "form"}}},
		Seals:       []call.Seal{{Role: "dept", Owner: "dept", Alternatives: []string{"cover_dept"}}},
	}
	const name = "那仁乌素低温建材与寒区工程基地"
	for _, tc := range []struct {
		what        string
		key, other  string
		value       string
		conf        float64
		readings    [2]string
		otherValue  string
		otherConf   float64
		want        string
		least, most float64
		noted       bool
	}{
		{"both readings together spell it", "form", "cover", "那仁乌素低温建材与寒区程基地", 0.2,
			[2]string{"四全乌素低轴建材与齐区工程基地", "那仁乌素低温建材与寒区程基地"}, name, 0.94, name, 0.7, 0.8, true},
		{"another name, read twice alike", "form", "cover", "那仁乌素高温建材与寒区工程基地", 0.9,
			[2]string{"那仁乌素高温建材与寒区工程基地", "那仁乌素高温建材与寒区工程基地"}, name, 0.94, "那仁乌素高温建材与寒区工程基地", 0.9, 0.9, false},
		{"another name, surely read by one of the readers", "form", "cover", "那仁乌素高温建材与寒区工程基地", 0.94,
			[2]string{name, "那仁乌素高温建材与寒区工程基地"}, name, 0.975, "那仁乌素高温建材与寒区工程基地", 0.94, 0.94, false},
		{"a character that neither reads", "form", "cover", "那仁乌素低轴建材与寒区工程基地", 0.2,
			[2]string{"四全乌素低轴建材与寒区工程基地", "那仁乌素高轴建材与寒区工程基地"}, name, 0.94, "那仁乌素低轴建材与寒区工程基地", 0.2, 0.2, false},
		{"the other place is doubtful itself", "form", "cover", "那仁乌素低温建材与寒区程基地", 0.2,
			[2]string{"四全乌素低轴建材与齐区工程基地", "那仁乌素低温建材与寒区程基地"}, name, 0.3, "那仁乌素低温建材与寒区程基地", 0.2, 0.2, false},
		{"alike in both places", "form", "cover", name, 0.75, [2]string{}, name, 0.94, name, 0.95, 1, false},
		{"alike, but doubtful here", "form", "cover", name, 0.2, [2]string{}, name, 0.94, name, 0.7, 0.8, false},
		{"a seal's owner", "dept", "cover_dept", "那乌素市科技局", 0.25,
			[2]string{"趾仁乌索市科技喇", "那乌素市科技局"}, "那仁乌素市科技局", 0.9, "那仁乌素市科技局", 0.7, 0.8, true},
		{"no readings that differ", "form", "cover", "那仁乌素低温建材", 0.4, [2]string{}, name, 0.94, "那仁乌素低温建材", 0.4, 0.4, false},
	} {
		fields := map[string]bundle.Field{
			tc.key:   {Value: tc.value, Confidence: tc.conf, Page: 3},
			tc.other: {Value: tc.otherValue, Confidence: tc.otherConf, Page: 1},
		}
		agreeing(c, fields, map[string][2]string{tc.key: tc.readings})
		f := fields[tc.key]
		if f.Value != tc.want || f.Confidence < tc.least || f.Confidence > tc.most || (f.Note != "") != tc.noted {
			t.Errorf("%s: %v at %.3f, note %q; want %q at %.2f to %.2f", tc.what, f.Value, f.Confidence, f.Note, tc.want, tc.least, tc.most)
		}
	}
}

func TestDecide(t *testing.T) {
	for _, tc := range []struct {
		what        string
		first       reading
		second      reading
		want        string
		least, most float64
	}{
		{"alike", reading{text: "莫日根", conf: 0.6}, reading{text: "莫日根", conf: 0.9}, "莫日根", 0.98, 1},
		{"the second is sure", reading{text: "莉事长", conf: 0.6}, reading{text: "董事长", conf: 0.995}, "董事长", 0.9, 0.95},
		{"a letter among Chinese characters", reading{text: "莫日根", conf: 0.9}, reading{text: "莫H根", conf: 0.995}, "莫日根", 0.5, 0.6},
		{"a letter that both read", reading{text: "乙T局", conf: 0.9}, reading{text: "甲T局", conf: 0.995}, "甲T局", 0.9, 0.95},
		{"neither is sure", reading{text: "建筑材糙", conf: 0.6}, reading{text: "继筑材料", conf: 0.3, joined: "建筑材料"}, "建筑材料", 0, 0.2},
	} {
		if got, conf, _ := decide(tc.first, tc.second); got != tc.want || conf < tc.least || conf > tc.most {
			t.Errorf("%s: %q at %.3f, want %q at %.2f to %.2f", tc.what, got, conf, tc.want, tc.least, tc.most)
		}
	}
}

func TestVoted(t *testing.T) {
	for _, tc := range [][4]string{
		{"15983124539", "15983124589", "16983124539", "15983124539"},
		{"0481-3239944", "0481-8229044", "0481-3239044", "0481-3239044"},
		{"135", "138", "133", ""},
		{"135", "1385", "135", ""},
	} {
		if got := voted(tc[0], tc[1], tc[2]); got != tc[3] {
			t.Errorf("%v: %q", tc[:3], got)
		}
	}
}

func TestHost(t *testing.T) {
	for text, want := range map[string]string{
		"wiw.zoyuna.com.cn":  "www.zoyuna.com.cn",
		"uuu.naruyu.org.cn":  "www.naruyu.org.cn",
		"http://vww.a.cn":    "http://www.a.cn",
		"www.a.cn":           "www.a.cn",
		"wiki.a.cn":          "wiki.a.cn",
		"uiv.cn":             "uiv.cn",
		"en.wwv.example.com": "en.wwv.example.com",
	} {
		if got := host(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestLonelyBracket(t *testing.T) {
	for text, want := range map[string]string{
		"《技术许可合同":  "技术许可合同",
		"技术许可合同》":  "技术许可合同",
		"《技术许可合同》": "《技术许可合同》",
		"基地（筹）":    "基地（筹）",
		"研究（2018)": "研究（2018)",
		"基地（":      "基地",
		"）基地":      "基地",
		"基地（筹":     "基地（筹",
	} {
		if got := trimNoise(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
