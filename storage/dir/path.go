package dir

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"sealdesk/storage"
)

// How keys become paths. Each segment of a key is escaped to a name that no
// file system changes or confuses with another: a-z, 0-9, "-", "_", "." (not
// at an end) and the common Han characters (U+4E00 to U+9FFF, which have
// neither case nor other composed forms) stand for themselves, every other byte
// is %xx. A name longer than maxName is cut into pieces, each a folder within
// the one before. The last character of a name tells what it is:
//
//	name    folder: the segments that follow the next slash
//	name+   piece: the segment goes on within
//	name@   object
//
// None of +, @ and % stands for itself, so the mapping is one to one.
const (
	pieceMark  = "+"
	objectMark = "@"

	// maxName leaves room for a mark below 143 bytes, the longest name on
	// encrypted shares (eCryptfs); other file systems allow 255.
	maxName = 140

	// maxPieces is more than the longest key has: each piece but the last is
	// full but for one escaped character.
	maxPieces = 3*storage.MaxKey/(maxName-12) + 1
)

// objectPath gives the names that lead from the root to the object under key,
// which must be valid.
func objectPath(key string) []string {
	names := folderPath(key)
	names[len(names)-1] += objectMark
	return names
}

// folderPath gives the names that lead to the folder of keys that begin with
// folder + "/".
func folderPath(folder string) []string {
	var names []string
	for seg := range strings.SplitSeq(folder, "/") {
		names = append(names, escape(seg)...)
	}
	return names
}

// escape turns one segment into its names: pieces and one last, unmarked name.
func escape(seg string) []string {
	const hex = "0123456789abcdef"
	var names []string
	var b strings.Builder
	for i, r := range seg {
		plain := 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_' ||
			r == '.' && i > 0 && i < len(seg)-1 || 0x4E00 <= r && r <= 0x9FFF
		n := utf8.RuneLen(r)
		token := seg[i : i+n]
		if !plain {
			var esc []byte
			for _, c := range []byte(token) {
				esc = append(esc, '%', hex[c>>4], hex[c&15])
			}
			token = string(esc)
		}
		if b.Len()+len(token) > maxName {
			names = append(names, b.String()+pieceMark)
			b.Reset()
		}
		b.WriteString(token)
	}
	return append(names, b.String())
}

// segment is the way back: it turns the names of one segment, the last one with
// the mark of an object or without, into the segment. It reports false for
// names that escape does not make.
func segment(names []string) (seg string, object, ok bool) {
	last := len(names) - 1
	names = slices.Clone(names)
	names[last], object = strings.CutSuffix(names[last], objectMark)
	var b strings.Builder
	for i, name := range names {
		if i < last {
			name = strings.TrimSuffix(name, pieceMark)
		}
		if !unescape(&b, name) {
			return "", false, false
		}
	}
	seg = b.String()
	return seg, object, utf8.ValidString(seg) && slices.Equal(escape(seg), names)
}

// unescape appends to b what the name stands for.
func unescape(b *strings.Builder, name string) bool {
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		if i+2 >= len(name) {
			return false
		}
		hi, lo := unhex(name[i+1]), unhex(name[i+2])
		if hi < 0 || lo < 0 {
			return false
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	return true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// extension gives the file name extension that lets people open an object's
// file with a click, or "" when the key has no plain one.
func extension(key string) string {
	ext := strings.ToLower(path.Ext(key))
	if len(ext) < 2 || len(ext) > 9 {
		return ""
	}
	for _, c := range []byte(ext[1:]) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return ""
		}
	}
	return ext
}
