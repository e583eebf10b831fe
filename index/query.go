package index

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxQueryLength is the greatest number of characters of a query's text.
const MaxQueryLength = 1000

// ErrQueryTooLong says that a query's text is longer than MaxQueryLength. Its
// text is for the person who typed it.
var ErrQueryTooLong = errors.New("检索内容过长，请缩短到 1000 字以内")

// maxDepth bounds nested brackets; deeper ones are taken as blanks.
const maxDepth = 32

// Node is one part of a parsed query: an [And], [Or], [Not] or [Leaf]. A nil
// Node matches all. An engine rewrites each Leaf where it stands, so that what
// NOT excludes stays excluded.
type Node interface {
	// String gives the query in its fullest form, which parses to the same tree.
	String() string
}

// And matches where all of its two or more parts match.
type And []Node

// Or matches where one of its two or more parts matches.
type Or []Node

// Not matches where its part does not; the part is never a Not.
type Not struct{ Node Node }

// Leaf is one word or phrase. Pieces are its folded text, cut where
// punctuation (or a blank between two words in letters) stood; at least one,
// none empty. They must follow each other in the text, with or without
// punctuation between them.
type Leaf struct{ Pieces []string }

func (n And) String() string  { return join(n, " AND ") }
func (n Or) String() string   { return join(n, " OR ") }
func (n Not) String() string  { return "NOT " + n.Node.String() }
func (n Leaf) String() string { return `"` + strings.Join(n.Pieces, ",") + `"` }

func join(nodes []Node, op string) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = n.String()
	}
	return "(" + strings.Join(parts, op) + ")"
}

// ParseQuery reads what a person typed:
//
//	草原 生态            both words, anywhere in the application
//	"open science"       the words one after the other
//	草原 -荒漠           草原, but not 荒漠; also 草原 NOT 荒漠
//	草原 OR 荒漠         at least one; binds less than words side by side
//	(草原 OR 荒漠) 治理  brackets group
//
// AND, OR and NOT are in capitals. Full-width brackets, Chinese quotation
// marks and full-width letters work as well. Han text needs no quotes: a word
// or sentence of Han characters is always looked for as it stands. Whatever
// does not fit the grammar (an open quote or bracket, an operator without a
// word, punctuation alone) is passed over. The only error is ErrQueryTooLong.
// The Node is nil when there is no word to look for.
func ParseQuery(text string) (Node, error) {
	if utf8.RuneCountInString(text) > MaxQueryLength {
		return nil, ErrQueryTooLong
	}
	p := parser{tokens: lex(strings.ToValidUTF8(text, "\uFFFD"))}
	return p.or(), nil
}

type tokenKind int8

const (
	word tokenKind = iota
	opAnd
	opOr
	opNot
	open
	shut
)

type token struct {
	kind tokenKind
	text string
}

const quotes = `"“”„‟＂「」『』`

// lex gives tokens whose brackets never close more than was opened.
func lex(s string) []token {
	var out []token
	depth := 0
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsSpace(r):
			s = s[n:]
		case r == '(' || r == '（':
			if depth++; depth <= maxDepth {
				out = append(out, token{kind: open})
			}
			s = s[n:]
		case r == ')' || r == '）':
			if depth > 0 && depth <= maxDepth {
				out = append(out, token{kind: shut})
			}
			depth = max(depth-1, 0)
			s = s[n:]
		case strings.ContainsRune(quotes, r):
			s = s[n:]
			end := strings.IndexAny(s, quotes)
			if end < 0 {
				end = len(s)
			}
			out = append(out, token{word, s[:end]})
			_, n = utf8.DecodeRuneInString(s[end:])
			s = s[end+n:]
		case r == '-' || r == '－':
			out = append(out, token{kind: opNot})
			s = strings.TrimLeft(s, "-－")
			// A dash that stands alone is punctuation.
			if next, _ := utf8.DecodeRuneInString(s); s == "" || unicode.IsSpace(next) {
				out = out[:len(out)-1]
			}
		default:
			end := strings.IndexFunc(s, func(r rune) bool {
				return unicode.IsSpace(r) || strings.ContainsRune("()（）"+quotes, r)
			})
			if end < 0 {
				end = len(s)
			}
			out = append(out, wordToken(s[:end]))
			s = s[end:]
		}
	}
	return out
}

func wordToken(s string) token {
	switch norm.NFKC.String(s) {
	case "AND":
		return token{kind: opAnd}
	case "OR":
		return token{kind: opOr}
	case "NOT":
		return token{kind: opNot}
	}
	return token{word, s}
}

// parser is a recursive descent over the tokens; brackets bound its depth.
type parser struct{ tokens []token }

func (p *parser) next(k tokenKind) bool {
	if len(p.tokens) > 0 && p.tokens[0].kind == k {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

// or reads up to a closing bracket or the end.
func (p *parser) or() Node {
	var kids Or
	for {
		switch n := p.and().(type) {
		case nil:
		case Or:
			kids = append(kids, n...)
		default:
			kids = append(kids, n)
		}
		if !p.next(opOr) {
			break
		}
	}
	switch len(kids) {
	case 0:
		return nil
	case 1:
		return kids[0]
	}
	return kids
}

func (p *parser) and() Node {
	var kids []Node
	for len(p.tokens) > 0 && p.tokens[0].kind != shut && p.tokens[0].kind != opOr {
		if n := p.not(); n != nil {
			kids = append(kids, n)
		}
	}
	return and(kids)
}

// and joins nodes, none of them nil.
func and(nodes []Node) Node {
	var kids And
	for _, n := range nodes {
		if a, ok := n.(And); ok {
			kids = append(kids, a...)
		} else {
			kids = append(kids, n)
		}
	}
	switch len(kids) {
	case 0:
		return nil
	case 1:
		return kids[0]
	}
	return kids
}

func (p *parser) not() Node {
	negate := false
	for {
		if p.next(opNot) {
			negate = !negate
		} else if !p.next(opAnd) {
			break
		}
	}
	n := p.primary()
	if !negate || n == nil {
		return n
	}
	if inner, ok := n.(Not); ok {
		return inner.Node
	}
	return Not{n}
}

func (p *parser) primary() Node {
	if len(p.tokens) == 0 || p.tokens[0].kind == shut || p.tokens[0].kind == opOr {
		return nil
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	if t.kind == open {
		n := p.or()
		p.next(shut)
		return n
	}
	pieces := strings.Fields(Fold(t.text))
	if len(pieces) == 0 {
		return nil
	}
	return Leaf{Pieces: pieces}
}
