package extract

import (
	"fmt"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Where one name stands in several places of an application, its readings bear each
// other out. twice is how often a name is right that was read alike in two places, at
// least one of them fairly sure; mended is how sure a name is that was put together of
// two readings of one place by what another place says.
const (
	twice  = 0.975
	mended = 0.75
	fairly = 0.7
)

// agreeing holds against each other the fields that by the call name the same thing:
// those that it wants to agree, and those that name a seal's owner. readings are what
// two readers made of a field, where they differ.
func agreeing(c *call.Call, fields map[string]bundle.Field, readings map[string][2]string) {
	var groups [][]string
	for _, rule := range c.Consistency {
		groups = append(groups, rule.Fields)
	}
	for _, s := range c.Seals {
		groups = append(groups, append([]string{s.Owner}, s.Alternatives...))
	}
	for _, keys := range groups {
		for _, k := range keys {
			for _, o := range keys {
				f, there := fields[k]
				if other := fields[o]; k != o && there && other.Confidence >= fairly {
					fields[k] = upheld(f, other, readings[k])
				}
			}
		}
	}
}

// upheld is a field as another, that names the same thing, upholds it. A value is
// exchanged for the other's only where it is in doubt and each character of that was read
// here too, by one of two readers who disagree: what is really printed otherwise stays so.
func upheld(f, other bundle.Field, readings [2]string) bundle.Field {
	value, is := f.Value.(string)
	wanted, too := other.Value.(string)
	if !is || !too || value == "" || wanted == "" {
		return f
	}
	switch {
	case value == wanted:
		if f.Confidence >= fairly {
			f.Confidence = max(f.Confidence, twice)
		} else {
			f.Confidence = max(f.Confidence, min(other.Confidence, mended))
		}
	case f.Confidence < min(fairly, other.Confidence) && spelled(wanted, readings):
		f.Note = fmt.Sprintf("两次识别不一致（%s / %s），按第%d页的同一名称取“%s”", readings[0], readings[1], other.Page, wanted)
		f.Value, f.Confidence = wanted, max(f.Confidence, min(other.Confidence, mended))
	}
	return f
}

// spelled says whether each character of a name stands at its place in one of two
// readings, and neither has more than one that the name has not.
func spelled(name string, readings [2]string) bool {
	want := fold(name)
	read := make([]bool, len(want))
	for _, reading := range readings {
		got := fold(reading)
		if len(got) == 0 || abs(len(got)-len(want)) > 1 {
			return false
		}
		for _, m := range matches(want, got) {
			read[m[0]] = true
		}
	}
	for _, ok := range read {
		if !ok {
			return false
		}
	}
	return len(want) > 0
}
