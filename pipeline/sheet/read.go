package sheet

import (
	"errors"
	"image"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Code is a sheet's code on a page. Box is about where it stands, with its quiet
// zone, in the page's pixels.
type Code struct {
	Sheet
	Box image.Rectangle
}

// Read finds the code of a separator sheet on a scanned page: gray or of two
// levels, 100 to 600 dpi, at any angle. It gives false without an error where
// there is no code, where there is a foreign one, and where one cannot be read;
// the error wraps ErrDamaged where a code begins like ours and is not whole.
// A page without a code costs little: the page is looked at in small first, and
// decoded only around what looks like the three corners of a code.
//
// Of several codes on a page the first of ours counts.
func Read(page *image.Gray) (Code, bool, error) {
	if page == nil || page.Rect.Dx() < leastSide || page.Rect.Dy() < leastSide {
		return Code{}, false, nil
	}
	small := shrink(page, (max(page.Rect.Dx(), page.Rect.Dy())+sketchSide/2)/sketchSide)
	var damaged error
	for _, c := range findCodes(small.blurred()) {
		text, ok := decode(page, small, c)
		if !ok {
			continue
		}
		s, err := Parse(text)
		if err == nil {
			return Code{s, small.onPage(c.box, page.Rect)}, true, nil
		}
		if !errors.Is(err, ErrForeign) {
			damaged = err
		}
	}
	return Code{}, false, damaged
}

// decode gives what the code c of the sketch says, if anything. The sketch,
// its pixels averaged, is tried first, for it has the least noise; then the page
// itself, for its pixels are the smallest.
func decode(page *image.Gray, small *sketch, c code) (string, bool) {
	k := small.factor
	part, ok := page.SubImage(small.onPage(c.box, page.Rect)).(*image.Gray)
	if !ok || part.Rect.Empty() {
		return "", false
	}
	for _, factor := range slices.Compact([]int{k, max(k/2, 1), 1}) {
		img := shrink(part, factor)
		for _, pix := range [][]uint8{img.pix, img.blurred().pix} {
			if text, ok := decodePicture(pix, img.w, img.h); ok {
				return text, true
			}
		}
	}
	return "", false
}

// decodePicture reads the code on a picture that holds little else. What gozxing
// does with outside pixels is not ours to vouch for, so its panics count as a
// code that cannot be read.
func decodePicture(pix []uint8, w, h int) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	source := gozxing.NewLuminanceSourceFromImage(&image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)})
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER:    true,
		gozxing.DecodeHintType_CHARACTER_SET: "UTF-8", // else it is guessed, and guessed wrong for some names
	}
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue
		}
		if result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
			return result.GetText(), true
		}
	}
	return "", false
}
