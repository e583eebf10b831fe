package index

// Change is what becomes of one bundle: its applications from now on, none when it is
// removed.
type Change struct {
	Bundle    string
	Documents []Document
}

// Changes cleans docs and groups them by bundle, in their order. The error is that of
// [Document.Clean].
func Changes(docs []Document) ([]Change, error) {
	var out []Change
	at := map[string]int{}
	for _, d := range docs {
		d, err := d.Clean()
		if err != nil {
			return nil, err
		}
		i, ok := at[d.Bundle]
		if !ok {
			i = len(out)
			at[d.Bundle] = i
			out = append(out, Change{Bundle: d.Bundle})
		}
		out[i].Documents = append(out[i].Documents, d)
	}
	return out, nil
}
