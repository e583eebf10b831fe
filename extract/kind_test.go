package extract

import "testing"

// TestBeginsParts: a heading for which the guide gives a whole sentence is found in the
// ways in which units shorten it, and in no other sentence.
func TestBeginsParts(t *testing.T) {
	heading := foldParts("2. 地方政府…提供的…支持")
	for text, found := range map[string]bool{
		"2. 地方政府提供的支持":             true,
		"2、地方政府为本站发展所提供的支持":        true,
		"2. 地方政府（所在园区）提供的资金等方面的支持": true,
		"2. 地方政府的管理办法":             false,
		"2. 合作单位提供的设备":             false,
		"地方":                       false,
		"":                         false,
	} {
		if score := beginsParts(heading, fold(text)); score >= headingFound != found {
			t.Errorf("%q: likeness %.2f", text, score)
		}
	}
}
