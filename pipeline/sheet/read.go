package sheet

import (
	"errors"
	"image"
	"math"
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
// A page without a code costs some 10 ms: the page is looked at in small first, and
// decoded only around what looks like the three corners of a code.
//
// Of several codes on a page the first of ours counts.
func Read(page *image.Gray) (Code, bool, error) {
	if page == nil || page.Rect.Dx() < leastSide || page.Rect.Dy() < leastSide {
		return Code{}, false, nil
	}
	small := sketchOf(page)
	var damaged error
	for _, c := range findCodes(small) {
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

// plenty is how many pixels wide a module is at most when it is decoded. More of them
// tell nothing, and cost time and room.
const plenty = 10

// decode gives what the code c of the sketch says, if anything. The page as small as
// the sketch is tried first, its pixels averaged, for so it has the least noise; then
// in finer steps, for their pixels are the smallest.
func decode(page *image.Gray, small *sketch, c code) (string, bool) {
	part, ok := page.SubImage(small.onPage(c.box, page.Rect)).(*image.Gray)
	if !ok || part.Rect.Empty() {
		return "", false
	}
	k := small.factor
	module := (c.a.module + c.b.module + c.c.module) / 3 * float64(k)
	least := max(int(math.Ceil(module/plenty)), 1)
	for _, factor := range slices.Compact([]int{max(k, least), max(k/2, least), least}) {
		w, h := part.Rect.Dx()/factor, part.Rect.Dy()/factor
		pix := shrink(part, factor, factor)
		for _, pix := range [][]uint8{pix, blurred(pix, w, h)} {
			if text, ok := decodePicture(pix, w, h); ok {
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
