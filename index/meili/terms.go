package meili

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"sealdesk/index"
)

// window is how many tokens one entry of the text index holds. Words of up to
// so many tokens are found by the server alone; a longer window makes the index
// larger in proportion.
const window = 8

// longestWord is the length in bytes up to which a word of letters or a number
// stands in an entry as it is; of longer ones the hash does.
const longestWord = 20

// afterAll comes after every character of an entry, so that the entries from p
// to p+afterAll are those that begin with p.
const afterAll = "~"

// gapMark stands in an entry for the blank between two tokens.
const gapMark = "-"

// alphabet is base 32 in lower-case letters and digits, in the order of the
// bytes it stands for. Meilisearch folds the values that it filters and sorts
// by (case, compatibility forms, blanks around them) and leaves these alone.
var alphabet = base32.HexEncoding.WithPadding(base32.NoPadding)

func encode(s string) string { return strings.ToLower(alphabet.EncodeToString([]byte(s))) }

func decode(s string) (string, error) {
	b, err := alphabet.DecodeString(strings.ToUpper(s))
	return string(b), err
}

// gap is what stands before a token.
type gap int8

const (
	joined gap = iota // nothing
	apart             // a blank
	either            // a blank or nothing (in a query only)
)

// token is one Han character, one word of letters or one number of a folded
// text. Its code is not the beginning of any other token's code.
type token struct {
	code string
	han  bool
	gap  gap
}

// tokens cuts one line of folded text.
func tokens(line string) []token {
	var out []token
	before := joined
	for part := range strings.SplitSeq(line, " ") {
		for run, han := range index.Runs(part) {
			if !han {
				out = append(out, token{code: wordCode(run), gap: before})
				before = joined
				continue
			}
			for _, r := range run {
				out = append(out, token{code: hanCode(r), han: true, gap: before})
				before = joined
			}
		}
		before = apart
	}
	return out
}

// hanCode gives four characters, for 20 bits: more than any Han character has.
func hanCode(r rune) string {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	return string([]byte{digits[r>>15&31], digits[r>>10&31], digits[r>>5&31], digits[r&31]})
}

// wordCode begins with a letter that hanCode does not use and ends with a dot,
// as words match whole.
func wordCode(word string) string {
	if len(word) <= longestWord {
		return "w" + encode(word) + "."
	}
	sum := sha256.Sum256([]byte(word))
	return "x" + hex.EncodeToString(sum[:16]) + "."
}

// entries gives what is indexed of a folded text of one or more lines: for each
// token the tokens from there on, at most window of them, in one string. A word
// of the query stands in the text where an entry begins with it.
func entries(folded string) []string {
	var out []string
	seen := map[string]bool{}
	var b strings.Builder
	for line := range strings.Lines(folded) {
		list := tokens(strings.TrimSuffix(line, "\n"))
		for i := range list {
			b.Reset()
			for j, t := range list[i:min(i+window, len(list))] {
				if j > 0 && t.gap == apart {
					b.WriteString(gapMark)
				}
				b.WriteString(t.code)
			}
			if entry := b.String(); !seen[entry] {
				seen[entry] = true
				out = append(out, entry)
			}
		}
	}
	return out
}

// leafTokens gives the tokens of a leaf. Between two pieces a text may have a
// blank or not, but two words of letters or two numbers never touch.
func leafTokens(leaf index.Leaf) []token {
	var out []token
	last := ""
	for i, piece := range leaf.Pieces {
		list := tokens(piece)
		if i > 0 && len(list) > 0 {
			list[0].gap = either
			if touchNot(last, piece) {
				list[0].gap = apart
			}
		}
		out = append(out, list...)
		last = piece
	}
	return out
}

// touchNot says whether two pieces, written without a blank, would be cut
// elsewhere than between them.
func touchNot(left, right string) bool {
	r, _ := utf8.DecodeLastRuneInString(left)
	s, _ := utf8.DecodeRuneInString(right)
	n := 0
	for _, han := range index.Runs(string(r) + string(s)) {
		if han {
			return false
		}
		n++
	}
	return n == 1
}

// mostSpellings bounds the number of optional blanks of which all combinations
// are asked for at once, as its power of two.
const mostSpellings = 3

// prefixes gives the beginnings of entries of which a text must have one of each
// list for the leaf to stand in it. exact says that such a text has the leaf.
func prefixes(leaf index.Leaf) (lists [][]string, exact bool) {
	list := leafTokens(leaf)
	open := 0
	for _, t := range list {
		if t.gap == either {
			open++
		}
	}
	if len(list) <= window && open <= mostSpellings {
		return [][]string{spellings(list)}, true
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].gap != either {
			n++
		}
		part := list[:n]
		for i := 0; i < n; i += window {
			at := min(i, max(n-window, 0))
			lists = append(lists, spellings(part[at:min(at+window, n)]))
		}
		list = list[n:]
	}
	return lists, false
}

// spellings writes tokens in all ways that their gaps allow. What stands before
// the first does not count.
func spellings(list []token) []string {
	out := []string{""}
	for i, t := range list {
		n := len(out)
		if i > 0 && t.gap == either {
			for _, s := range out[:n] {
				out = append(out, s+gapMark+t.code)
			}
		}
		for k := range out[:n] {
			if i > 0 && t.gap == apart {
				out[k] += gapMark
			}
			out[k] += t.code
		}
	}
	return out
}
