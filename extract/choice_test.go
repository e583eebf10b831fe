package extract_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// chosenOn reads a choice of the first section with options printed as given.
func chosenOn(t *testing.T, c *call.Call, v values, key, printed string, damage func(p *paper)) bundle.Field {
	t.Helper()
	p := newPaper(t, c)
	if damage != nil {
		damage(p)
	}
	// A string is written as it is.
	p.form(v.with(key, printed), 0)
	apps, _ := read(t, c, p)
	f, ok := apps[0].Fields[key]
	if !ok {
		t.Fatalf("field %s was not found", key)
	}
	return f
}

// TestTicks: every way in which forms and people tick a box.
func TestTicks(t *testing.T) {
	built, other := builtIn(t), invented(t)
	for _, mark := range []rune{tickedBox, smallTick, filledBox, bareTick, wideTick, crossedBox, overTick} {
		for _, tc := range []struct {
			call   *call.Call
			values values
			key    string
			chosen []string
		}{
			{built, builtInValues(), "host_unit_type", []string{"科研院所"}},
			{built, builtInValues(), "host_unit_type", []string{"企业", "其他"}},
			{built, builtInValues(), "host_unit_type", []string{}},
			{built, builtInValues(), "base_type", []string{"国际技术转移中心"}},
			{built, builtInValues(), "has_cooperation_office", []string{"否"}},
			{built, builtInValues(), "rd_type", []string{"基础研究", "应用研究", "产业化"}},
			{other, inventedValues(), "mode", []string{"租赁"}},
			{other, inventedValues(), "mode", []string{"校内共享", "对外开放"}},
		} {
			t.Run(fmt.Sprintf("%c %s %s", mark, tc.key, strings.Join(tc.chosen, "、")), func(t *testing.T) {
				f := chosenOn(t, tc.call, tc.values, tc.key, options(tc.call.Field(tc.key), tc.chosen, mark), nil)
				if !sameValue(f.Value, tc.chosen) {
					t.Errorf("chosen %v, want %v", f.Value, tc.chosen)
				}
				if f.Confidence < 0.5 {
					t.Errorf("confidence %g", f.Confidence)
				}
			})
		}
	}
}

// TestCloseOptions: options with less than half a character between them.
func TestCloseOptions(t *testing.T) {
	c := builtIn(t)
	for _, key := range []string{"rd_type", "base_type", "has_cooperation_office"} {
		f := c.Field(key)
		for _, mark := range []rune{tickedBox, filledBox, crossedBox, smallTick} {
			for k := range f.Options {
				chosen := []string{f.Options[k].Label}
				printed := strings.ReplaceAll(options(f, chosen, mark), "\u3000", string(thin))
				got := chosenOn(t, c, builtInValues(), key, printed, nil)
				if !sameValue(got.Value, chosen) && got.Confidence > 0.6 {
					t.Errorf("%s: %c%s is read as %v with confidence %g", key, mark, chosen[0], got.Value, got.Confidence)
				}
				if mark == tickedBox && (!sameValue(got.Value, chosen) || got.Confidence < 0.9) {
					t.Errorf("%s: %c%s is read as %v with confidence %g", key, mark, chosen[0], got.Value, got.Confidence)
				}
			}
		}
	}
}

// TestOptionLabels: a box is judged by its ink even where its label is read badly.
func TestOptionLabels(t *testing.T) {
	c := builtIn(t)
	f := c.Field("host_unit_type")
	chosen := []string{"科技园区", "其他"}
	for _, tc := range []struct {
		name   string
		damage func(p *paper)
		doubt  bool // the result must not be taken for sure
	}{
		{"read well", nil, false},
		{"boxes read as characters", func(p *paper) { p.misread = map[string]string{"高等": "口等"} }, false},
		{"one character of each wrong", func(p *paper) {
			p.misread = map[string]string{"科研院所": "料研院所", "高等院校": "高等院枚", "科技园区": "科技因区", "企业": "企亚", "其他": "其池"}
		}, false},
		{"the first half of a label lost", func(p *paper) { p.misread = map[string]string{"科技园区": "、、园区"} }, true},
		{"one label not like itself", func(p *paper) { p.misread = map[string]string{"企业": "众止"} }, true},
		{"none read", func(p *paper) { p.unread = []string{"科研院所"} }, true},
		{"the reader failed", func(p *paper) { p.failed = []string{"科研院所"} }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := chosenOn(t, c, builtInValues(), "host_unit_type", options(f, chosen, tickedBox), tc.damage)
			if tc.doubt && got.Confidence > 0.6 {
				t.Errorf("%v with confidence %g, want doubt", got.Value, got.Confidence)
			}
			if !tc.doubt && (!sameValue(got.Value, chosen) || got.Confidence < 0.5) {
				t.Errorf("%v with confidence %g, want %v", got.Value, got.Confidence, chosen)
			}
		})
	}
}

// TestLastLabelUnread: a tick drawn over the last label hides it; where it stands is
// known from the one before.
func TestLastLabelUnread(t *testing.T) {
	c := builtIn(t)
	for _, chosen := range []string{"有", "否"} {
		printed := options(c.Field("has_cooperation_office"), []string{chosen}, tickedBox)
		f := chosenOn(t, c, builtInValues(), "has_cooperation_office", printed, func(p *paper) { p.misread = map[string]string{"否": "E"} })
		if !sameValue(f.Value, []string{chosen}) || f.Confidence < 0.7 {
			t.Errorf("%s is read as %v with confidence %g", chosen, f.Value, f.Confidence)
		}
	}
}

// TestOptionsWithoutBoxes: where no boxes are printed nothing is chosen for sure.
func TestOptionsWithoutBoxes(t *testing.T) {
	c := builtIn(t)
	f := chosenOn(t, c, builtInValues(), "has_cooperation_office", "有\u3000否", nil)
	if !sameValue(f.Value, []string{}) || f.Confidence > 0.5 {
		t.Errorf("%v with confidence %g, want nothing, with doubt", f.Value, f.Confidence)
	}
}

// TestChoiceSection: choices in a box of their own, over several lines.
func TestChoiceSection(t *testing.T) {
	c := builtIn(t)
	at := slices.IndexFunc(c.Form.Sections, func(s call.Section) bool { return s.Kind == call.ChoiceSection })
	all := []string{}
	for _, o := range c.Field("cooperation_modes").Options {
		all = append(all, o.Label)
	}
	for _, chosen := range [][]string{{}, {"人员交流互访"}, {"联合培养人才", "设立联合研发机构/平台/网络"}, {"其他"}, all} {
		v := builtInValues().with("cooperation_modes", chosen)
		p := newPaper(t, c)
		p.form(v, at)
		apps, _ := read(t, c, p)
		wantValues(t, apps[0], values{"cooperation_modes": chosen})
	}
}

// TestTicksUnderNoise: the grain of a scan neither ticks a box nor hides a tick.
func TestTicksUnderNoise(t *testing.T) {
	c := builtIn(t)
	chosen := []string{"高等院校", "科技中介机构"}
	p := newPaper(t, c)
	p.form(builtInValues().with("host_unit_type", chosen), 0)
	rnd := rand.New(rand.NewPCG(3, 4))
	for i, v := range p.pix {
		if v > 64 {
			p.pix[i] = uint8(min(max(int(v)+rnd.IntN(41)-30, 66), 255))
		}
	}
	apps, _ := read(t, c, p)
	wantValues(t, apps[0], values{"host_unit_type": chosen})
}

// TestTicksOnAScreen: a moiré over part of the page darkens boxes and paper alike.
func TestTicksOnAScreen(t *testing.T) {
	c := builtIn(t)
	for _, chosen := range [][]string{{}, {"应用研究"}, {"产业化"}} {
		p := newPaper(t, c)
		p.form(builtInValues().with("rd_type", chosen), 0)
		for i, v := range p.pix {
			if x, y := i%pageW, i/pageW; v == 255 && x > center && (x+y)%4 < 2 {
				p.pix[i] = 160
			}
		}
		apps, _ := read(t, c, p)
		if f := apps[0].Fields["rd_type"]; !sameValue(f.Value, chosen) && f.Confidence > 0.6 || f.Confidence < 0.3 {
			t.Errorf("chosen %v with confidence %g, want %v", f.Value, f.Confidence, chosen)
		}
	}
}
