package page

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
)

// jbig2 is the page of group4 as an embedded JBIG2 stream (ITU-T T.88): a page and one
// generic region, whose coding may be Group 4's.
func jbig2() []byte {
	be := binary.BigEndian
	segment := func(out []byte, number uint32, kind byte, data []byte) []byte {
		out = append(be.AppendUint32(out, number), kind, 0, 1)
		return append(be.AppendUint32(out, uint32(len(data))), data...)
	}
	numbers := func(v ...uint32) (out []byte) {
		for _, n := range v {
			out = be.AppendUint32(out, n)
		}
		return out
	}
	out := segment(nil, 0, 48, append(numbers(16, 16, 0, 0), 0, 0, 0))
	region := append(numbers(16, 16, 0, 0), 0, 1) // combined by OR, coded as Group 4
	return segment(out, 1, 39, append(region, fourGroup()...))
}

// jpeg2000 is quadrants(60, 84) as a JPEG 2000 file, which Go has no encoder for.
func jpeg2000(t *testing.T) []byte {
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(`
AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAVAAAADwAAQcHAAAAAAAPY2
9scgEAAAAAABEAAAEwanAyY/9P/1EAKQAAAAAAPAAAAFQAAAAAAAAAAAAAADwAAABUAAAAAAAAAAAAAQcBAf9SAAwA
AAABAAUEBAAB/1wAE0BASEhQSEhQSEhQSEhQSEhQ/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS
4w/5AACgAAAAAArwAB/5PPtBwISdDNn0dfw+oGj7QYCVYoGHV/C2oTX+MNw+oGh9QQFyymAwRfBxg7DnkXZY/D6g2P
tCwhbc1I6A1+WAAAABRfOoMR833KHBrH6OfB85eH1Cg2nixZ/0gYadvAAAAAvZBRSFIrbr5vr4qthtyl7gInUABkHS
Ew4KvhwyV/wfOPh9QaWdmVs/tZdIsSAAAADCQf0oj6apY1E9AAAMJCX//Z`), ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
