package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How keys become the names of objects in the bucket, after the prefix. A plain
// key is its own name. Others, the odd ones, stand in a folder, where their order
// is not that of the keys, so that a listing sorts them in memory; they are few.
//
//	_sealdesk/b64/<the key in base64url>  pieces of 200 characters, each but the
//	                                      last followed by "=/"
//	_sealdesk/sha256/<hash of the key>    longer keys; the metadata hold them
//	_sealdesk/probe                       the object on which the service is tried
const (
	oddFolder = "_sealdesk/"
	oddBase64 = oddFolder + "b64/"
	oddHash   = oddFolder + "sha256/"
	probeName = oddFolder + "probe"

	// maxSegment is less than the 255 bytes of a file's name, as services that
	// keep objects as files name other files after them.
	maxSegment = 200
	pieceMark  = "=/"
	// maxName is the limit of S3.
	maxName = 1024
)

// keyCoding is strict, so that no two names are of one key.
var keyCoding = base64.RawURLEncoding.Strict()

// special are the characters that S3's guide to names advises against, and those
// that Windows refuses in a file's name.
const special = `\{}^%` + "`" + `[]"<>~#|:*?`

// plain says whether all services take the key as it is.
func plain(key string) bool {
	if strings.HasPrefix(key+"/", oddFolder) || !utf8.ValidString(key) {
		return false
	}
	for _, r := range key {
		if strings.ContainsRune(special, r) || !unicode.IsGraphic(r) {
			return false
		}
	}
	for seg := range strings.SplitSeq(key, "/") {
		if seg == "" || len(seg) > maxSegment || strings.TrimFunc(seg, losable) != seg {
			return false
		}
	}
	return true
}

// losable are the characters that are lost at the ends of a segment where files
// are kept on Windows, or where a client trims what it is given.
func losable(r rune) bool { return r == '.' || unicode.IsSpace(r) }

// nameOf gives the name of the key's object, and whether the key itself has to
// go into the metadata.
func nameOf(prefix, key string) (name string, hashed bool) {
	if plain(key) && len(prefix)+len(key) <= maxName {
		return prefix + key, false
	}
	text := keyCoding.EncodeToString([]byte(key))
	var b strings.Builder
	b.WriteString(prefix + oddBase64)
	for len(text) > maxSegment {
		b.WriteString(text[:maxSegment] + pieceMark)
		text = text[maxSegment:]
	}
	b.WriteString(text)
	if b.Len() <= maxName {
		return b.String(), false
	}
	sum := sha256.Sum256([]byte(key))
	return prefix + oddHash + hex.EncodeToString(sum[:]), true
}

// keyOf is the way back for a name whose key is not hashed. It is not ok when
// nameOf gives the name to no key.
func keyOf(prefix, name string) (key string, ok bool) {
	key, ok = strings.CutPrefix(name, prefix)
	if !ok {
		return "", false
	}
	if text, found := strings.CutPrefix(key, oddBase64); found {
		b, err := keyCoding.DecodeString(strings.ReplaceAll(text, pieceMark, ""))
		if err != nil {
			return "", false
		}
		key = string(b)
	}
	if again, _ := nameOf(prefix, key); again != name {
		return "", false
	}
	return key, true
}

// listable cuts a prefix of keys down to what can be asked of every service; the
// rest is for the caller to filter. It is not ok when no plain key begins so.
func listable(prefix string) (asked string, ok bool) {
	// The last character may be cut in two.
	for i := 0; i < utf8.UTFMax && len(prefix) > 0; i++ {
		if r, size := utf8.DecodeLastRuneInString(prefix); r != utf8.RuneError || size > 1 {
			break
		}
		prefix = prefix[:len(prefix)-1]
	}
	if len(prefix) > maxName || !utf8.ValidString(prefix) {
		return "", false
	}
	whole, last := "", prefix
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		whole, last = prefix[:i], prefix[i+1:]
		if !plain(whole) {
			return "", false
		}
		whole += "/"
	}
	if strings.TrimFunc(last, losable) != last {
		last = "" // may go on to a plain segment
	}
	if last != "" && whole+last+"/" != oddFolder && !plain(last) {
		return "", false
	}
	return whole + last, true
}
