// Package group4 packs pages of two levels as fax Group 4 (ITU-T T.6). Unpacking is
// golang.org/x/image/ccitt's.
package group4

import (
	"bytes"
	"strings"
)

// The run-length codes of ITU-T T.4, tables 2 and 3: runs of 0 to 63, then 64
// to 2560 by 64.
var (
	whiteCodes = strings.Fields(`
00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011
110100 110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000
0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011
00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101
00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100 00100101
01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100 11011
10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100
011001101 011010010 011010011 011010100 011010101 011010110 011010111 011011000 011011001
011011010 011011011 010011000 010011001 010011010 011000 010011011 00000001000
00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110
000000010111 000000011100 000000011101 000000011110 000000011111`)

	blackCodes = strings.Fields(`
0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100
00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100
00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100
000011001101 000001101000 000001101001 000001101010 000001101011 000011010010
000011010011 000011010100 000011010101 000011010110 000011010111 000001101100
000001101101 000011011010 000011011011 000001010100 000001010101 000001010110
000001010111 000001100100 000001100101 000001010010 000001010011 000000100100
000000110111 000000111000 000000100111 000000101000 000001011000 000001011001
000000101011 000000101100 000001011010 000001100110 000001100111 0000001111 000011001000
000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100
0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010
0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 0000001010010
0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100
0000001100101 00000001000 00000001100 00000001101 000000010010 000000010011 000000010100
000000010101 000000010110 000000010111 000000011100 000000011101 000000011110
000000011111`)
)

// The codes of ITU-T T.6, table 1, for vertical modes -3 (left) to 3 (right).
var verticalCodes = [...]string{"0000010", "000010", "010", "1", "011", "000011", "0000011"}

const (
	passCode       = "0001"
	horizontalCode = "001"
	endOfLine      = "000000000001"
)

// bitWriter packs codes, the first bit highest.
type bitWriter struct {
	buf  bytes.Buffer
	last byte
	n    int
}

func (b *bitWriter) put(code string) {
	for _, c := range []byte(code) {
		b.last = b.last<<1 | (c - '0')
		if b.n++; b.n == 8 {
			b.buf.WriteByte(b.last)
			b.last, b.n = 0, 0
		}
	}
}

// run writes the length of a run of one colour.
func (b *bitWriter) run(codes []string, n int) {
	for n >= 2560+64 {
		b.put(codes[len(codes)-1])
		n -= 2560
	}
	if n >= 64 {
		b.put(codes[63+n/64])
		n %= 64
	}
	b.put(codes[n])
}

// Encode packs a page of h rows, each of as many pixels as the first: 0 is white, 1 is
// black, and black bits are 1. It ends with the mark for the end of the page.
func Encode(h int, row func(y int) []uint8) []byte {
	var above []uint8
	var b bitWriter
	for y := range h {
		line := row(y)
		if above == nil {
			above = make([]uint8, len(line))
		}
		b.line(line, above)
		above = line
	}
	b.put(endOfLine + endOfLine)
	for b.n != 0 {
		b.put("0")
	}
	return b.buf.Bytes()
}

// line packs a row by the one above it.
func (b *bitWriter) line(line, above []uint8) {
	w := len(line)
	// next is the first changing element of a row right of a, seen from colour c.
	next := func(row []uint8, a int, c uint8) int {
		for a < w && row[a] == c {
			a++
		}
		return a
	}
	a0, colour := -1, uint8(0)
	for a0 < w {
		at := max(a0, 0)
		a1 := next(line, at, colour)
		// b1 is the first change above, right of a0, to the other colour.
		b1 := a0 + 1
		for b1 < w && !(above[b1] != colour && (b1 == 0 && colour == 0 || b1 > 0 && above[b1-1] == colour)) {
			b1++
		}
		b2 := next(above, b1, 1-colour)
		switch d := a1 - b1; {
		case b2 < a1:
			b.put(passCode)
			a0 = b2
		case d >= -3 && d <= 3:
			b.put(verticalCodes[d+3])
			a0, colour = a1, 1-colour
		default:
			a2 := next(line, a1, 1-colour)
			b.put(horizontalCode)
			first, second := whiteCodes, blackCodes
			if colour == 1 {
				first, second = second, first
			}
			b.run(first, a1-at)
			b.run(second, a2-a1)
			a0 = a2
		}
	}
}
