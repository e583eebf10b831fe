package extract

import (
	"image"
	"testing"

	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

func TestMerge(t *testing.T) {
	// A character of the second reading is followed by its confidence in tenths where
	// that is below one.
	second := func(s string) (out []ocr.Char) {
		for _, r := range s {
			if n := len(out); r >= '0' && r <= '9' && n > 0 {
				out[n-1].Confidence = float64(r-'0') / 10
			} else {
				out = append(out, ocr.Char{Text: string(r), Confidence: 1})
			}
		}
		return out
	}
	for _, c := range []struct {
		name, first, second, want string
		least, most               float64
	}{
		{"both alike", "同意推荐。", "同意推荐。", "同意推荐。", 0.99, 1},
		{"the second is sure", "罚意推荐", "同意推荐", "同意推荐", 0.85, 0.95},
		{"the second is fairly sure", "罚意推荐", "同6意推荐", "同意推荐", 0.4, 0.6},
		{"neither is sure", "罚意推荐", "问2意推荐", "罚意推荐", 0.4, 0.6},
		{"the form's own marks", "同意，推荐。", "同意,推荐.", "同意，推荐。", 0.99, 1},
		{"a comma read as a stroke", "人员，经费、场地", "人员、经费丶场地", "人员，经费、场地", 0.99, 1},
		{"left out by the second", "同意推荐", "同推荐", "同意推荐", 0.4, 0.6},
		{"left out by the first", "同推荐", "同意推荐", "同意推荐", 0.85, 0.95},
		{"invented by the second", "同推荐", "同意2推荐", "同推荐", 0.85, 0.95},
		{"the first reads nothing", "", "同意", "同意", 0.85, 0.95},
		{"nothing at all", "", "", "", 1, 1},
	} {
		got, conf := merge(c.first, second(c.second))
		if got != c.want || conf < c.least || conf > c.most {
			t.Errorf("%s: %q at %.3f, want %q at %.2f to %.2f", c.name, got, conf, c.want, c.least, c.most)
		}
	}
}

func TestLatinWords(t *testing.T) {
	for text, want := range map[string]string{
		"Akmo1a Agrotechnica1 Co1lege":        "Akmola Agrotechnical College",
		"Environmenta1AnalysisCo.":            "EnvironmentalAnalysisCo.",
		"Tisza Hydraulic |nstitute":           "Tisza Hydraulic Institute",
		"N2019-607, 2018HZ131, KJXM-1, PM2.5": "N2019-607, 2018HZ131, KJXM-1, PM2.5",
		"Type1 v1 H1N1 21min":                 "Type1 v1 H1N1 21min",
		"长期有效|许可使用":                           "长期有效|许可使用",
	} {
		if got := latinWords(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestOpinionText: what stands far right beneath an opinion, where it is signed and
// stamped, is no part of it, however near it is.
func TestOpinionText(t *testing.T) {
	line := func(x, y int, text string) row {
		return row{box: image.Rect(x, y, x+len([]rune(text))*30, y+30), text: text, conf: 0.9}
	}
	rows := []row{
		line(160, 0, "材料属实，未涉及国家秘密，同意推荐申报。以上填报内容已逐项核实"),
		line(100, 45, "，准确无误，同意上报。"),
		line(700, 85, "位公章）"),
	}
	v := &visit{Sheet: &Sheet{Layout: &layout.Page{DPI: 200}}}
	if got := v.opinionText(rows); len(got) != 2 {
		t.Errorf("%d lines, want the first two of %v", len(got), rows)
	}
}
