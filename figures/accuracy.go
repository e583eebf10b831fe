package figures

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
)

// Kind is a kind of what the machine reads: a call.FieldType, or one of these.
type Kind string

// The kinds beside those of fields.
const (
	Seal      Kind = "seal"
	Signature Kind = "signature"
)

// Thing is one thing that the machine reads of every application of a call: a field, the
// seal or the signature of a role.
type Thing struct {
	Kind  Kind
	Key   string
	Label string // in the call's words
}

// things are those of a call: fields, seals, signatures, in the order of the profile.
func things(c *call.Call) []Thing {
	out := make([]Thing, 0, len(c.Fields)+len(c.Seals)+len(c.Signatures))
	for _, f := range c.Fields {
		out = append(out, Thing{Kind(f.Type), f.Key, f.Label})
	}
	for _, s := range c.Seals {
		out = append(out, Thing{Seal, s.Role, check.SealLabel(c, bundle.Role(s.Role))})
	}
	for _, s := range c.Signatures {
		out = append(out, Thing{Signature, s.Role, check.SignatureLabel(c, bundle.Role(s.Role))})
	}
	return out
}

// Label is what the application's call calls a thing; the key where it has no name.
func (a *Application) Label(kind Kind, key string) string {
	for _, t := range things(a.Call) {
		if t.Kind == kind && t.Key == key {
			return t.Label
		}
	}
	return key
}

// value is one value of an application.
type value struct {
	thing     int16 // its place in things
	looked    bool  // a person confirmed or corrected it
	corrected bool  // and said another value than the machine's
}

// valuesOf holds what the machine read against what people said of it. A value is
// whatever the machine said, also that something is blank, and what a person put where
// it had said nothing.
func valuesOf(c *call.Call, machine, app *bundle.Application) []value {
	var out []value
	n := int16(0)
	add := func(looked, same bool) {
		out = append(out, value{n, looked, looked && !same})
	}
	for i := range c.Fields {
		key := c.Fields[i].Key
		was, read := machine.Fields[key]
		is := app.Fields[key]
		if looked := is.Corrected != nil; read || looked {
			add(looked, plain(was.Value) == plain(is.Value))
		}
		n++
	}
	for _, want := range c.Seals {
		for i, s := range app.Seals {
			if string(s.Role) == want.Role && i < len(machine.Seals) {
				was := machine.Seals[i].Matches
				add(s.Corrected != nil, was != nil && s.Matches != nil && *was == *s.Matches)
			}
		}
		n++
	}
	for _, want := range c.Signatures {
		for i, s := range app.Signatures {
			if string(s.Role) == want.Role {
				add(s.Corrected != nil, i < len(machine.Signatures) && machine.Signatures[i].Present == s.Present)
			}
		}
		n++
	}
	return out
}

// plain is a value for comparing: blanks around it, the order of chosen labels and blank
// cells make no difference.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return strings.Join(slices.Sorted(slices.Values(v)), "\x00")
	case []map[string]string:
		var rows []string
		for _, row := range v {
			var cells []string
			for key, cell := range row {
				if cell = strings.TrimSpace(cell); cell != "" {
					cells = append(cells, key+"\x01"+cell)
				}
			}
			if slices.Sort(cells); len(cells) > 0 {
				rows = append(rows, strings.Join(cells, "\x02"))
			}
		}
		return strings.Join(rows, "\x00")
	}
	return ""
}

// Accuracy is how often the machine was right, as far as people looked.
type Accuracy struct {
	Thing         // of a kind alone, Key and Label are ""
	Values    int // what the machine read
	Looked    int // of these, what a person confirmed or corrected
	Corrected int // of these, what the person changed
}

// Right is the share of what people looked at that the machine had right, 0..1, and the
// bounds of its 95 % interval; ok is false where nobody looked at any.
func (a Accuracy) Right() (share, low, high float64, ok bool) {
	if a.Looked == 0 {
		return 0, 0, 0, false
	}
	right := a.Looked - a.Corrected
	low, high = wilson(right, a.Looked)
	return thousandth(float64(right) / float64(a.Looked)), thousandth(low), thousandth(high), true
}

// wilson is the score interval of a share of k in n > 0 at 95 % (E. B. Wilson, Probable
// Inference, the Law of Succession, and Statistical Inference, Journal of the American
// Statistical Association 22 (1927) 209–212). Unlike k/n ± 1.96 standard errors it
// stays within 0..1 and says something where k is 0 or n, and where n is small (L. D.
// Brown, T. T. Cai, A. DasGupta, Interval Estimation for a Binomial Proportion,
// Statistical Science 16 (2001) 101–133).
func wilson(k, n int) (low, high float64) {
	const z = 1.959963984540054 // of the normal distribution, 2.5 % lie above
	p, m := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (centre-half)/(1+z*z/m)), min(1, (centre+half)/(1+z*z/m))
}

// thousandth rounds a share as it is shown, to a tenth of a per cent, so that it is the
// same number wherever it stands.
func thousandth(x float64) float64 { return math.Round(x*1000) / 1000 }

// tally counts values by the things of each call.
type tally map[string]*talliedCall

type talliedCall struct {
	call   *call.Call
	things []Accuracy
}

func (t tally) add(a *Application) {
	of := entry(t, a.Call.ID)
	if of.call == nil {
		of.call = a.Call
		for _, thing := range things(a.Call) {
			of.things = append(of.things, Accuracy{Thing: thing})
		}
	}
	for _, v := range a.values {
		n := &of.things[v.thing]
		n.Values++
		if v.looked {
			n.Looked++
		}
		if v.corrected {
			n.Corrected++
		}
	}
}

// sums are the counts by thing, of those that a person looked at, the most corrected
// first, and by kind, in the order of the profiles. Things of two calls with the same
// kind and key are one, by the newer one's label.
func (t tally) sums() (fields, kinds []Accuracy) {
	calls := slices.SortedFunc(maps.Values(t), func(a, b *talliedCall) int { return newer(a.call, b.call) })
	byThing, byKind := map[Thing]int{}, map[Kind]int{}
	for _, c := range calls {
		for _, n := range c.things {
			fields = summed(fields, byThing, Thing{Kind: n.Kind, Key: n.Key}, n)
			of := n
			of.Thing = Thing{Kind: n.Kind}
			kinds = summed(kinds, byKind, n.Kind, of)
		}
	}
	fields = slices.DeleteFunc(fields, func(a Accuracy) bool { return a.Looked == 0 })
	slices.SortStableFunc(fields, func(a, b Accuracy) int {
		return cmp.Or(b.Corrected-a.Corrected, b.Looked-a.Looked)
	})
	kinds = slices.DeleteFunc(kinds, func(a Accuracy) bool { return a.Values == 0 })
	return fields, kinds
}

func summed[K comparable](list []Accuracy, at map[K]int, key K, n Accuracy) []Accuracy {
	i, ok := at[key]
	if !ok {
		at[key] = len(list)
		return append(list, n)
	}
	list[i].Values += n.Values
	list[i].Looked += n.Looked
	list[i].Corrected += n.Corrected
	return list
}
