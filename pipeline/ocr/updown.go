package ocr

import (
	"context"
	"fmt"
	"image"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// judgeEnough is the number of telling characters from which the share of
	// good ones is taken at its word.
	judgeEnough = 8
	// Measured on form pages, 95 % of upright characters have a confidence
	// above 0.97 and 75 % of upside-down ones lie below 0.93.
	judgeBad  = 0.88
	judgeGood = 0.97
	// judgeSure is the difference in goodness, 0..1, that leaves no doubt.
	judgeSure = 0.5
	// judgeLatin is what a letter or digit tells beside a Chinese character. Upside
	// down, a number is read as letters (18611614171 as /TLOVOTOBT), many of them with
	// confidence: a telephone number must not decide against a line of text.
	judgeLatin = 0.25
)

// turnable are Chinese characters that look like themselves or like another one
// when upside down; they say nothing.
const turnable = "一二三十口日田王中工由甲申回目士土八"

// UpDown tells which of two sets of line crops is the right way up, by reading
// them: upright lines are read with many confident characters, lines that are
// upside down or on their side with few. Above 0 means upright, below 0
// inverted; the magnitude is how sure it is, 0..1, and 0 means that nothing could
// be told, as when a set is empty. It reads a line of each set at a time, and no more than it needs.
// The error is the reader's.
func UpDown(ctx context.Context, r Reader, upright, inverted []*image.Gray) (float64, error) {
	if len(upright) == 0 || len(inverted) == 0 {
		return 0, nil
	}
	var up, down evidence
	for i := 0; i < max(len(upright), len(inverted)); i++ {
		first, second := line(upright, i), line(inverted, i)
		readings, err := r.Read(ctx, append(first, second...))
		if err != nil {
			return 0, fmt.Errorf("judge which way is up: %w", err)
		}
		if len(readings) != len(first)+len(second) {
			return 0, fmt.Errorf("judge which way is up: %d readings of %d lines", len(readings), len(first)+len(second))
		}
		up.add(readings[:len(first)])
		down.add(readings[len(first):])
		if v := verdict(up, down); v >= 1 || v <= -1 {
			return v, nil
		}
	}
	return verdict(up, down), nil
}

// line is the line i of a set as crops: one, or none behind the end.
func line(set []*image.Gray, i int) []Crop {
	if i >= len(set) {
		return nil
	}
	return []Crop{{Image: set[i]}}
}

// evidence is the number of telling characters, each by what it tells, and the sum
// of their goodness, each 0..1.
type evidence struct{ count, good float64 }

func (e *evidence) add(readings []Reading) {
	for _, r := range readings {
		for _, c := range r.Chars {
			first, _ := utf8.DecodeRuneInString(c.Text)
			if !unicode.IsLetter(first) && !unicode.IsDigit(first) || strings.ContainsRune(turnable, first) {
				continue
			}
			weight := 1.0
			if !isChinese(first) {
				weight = judgeLatin
			}
			e.count += weight
			e.good += weight * min(1, max(0, (c.Confidence-judgeBad)/(judgeGood-judgeBad)))
		}
	}
}

// verdict is how much better the first set reads, -1..1. A set that gives fewer
// characters than the other is not the better for it.
func verdict(up, down evidence) float64 {
	n := max(up.count, down.count)
	if n == 0 {
		return 0
	}
	v := (up.good - down.good) / n / judgeSure * min(1, n/judgeEnough)
	return min(1, max(-1, v))
}
