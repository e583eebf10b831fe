package extract

import (
	"testing"

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
