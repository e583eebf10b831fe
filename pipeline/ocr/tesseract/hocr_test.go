package tesseract

import (
	"image"
	"reflect"
	"testing"

	"sealdesk/pipeline/ocr/internal/wire"
)

var page = image.Rect(0, 0, 300, 60)

// sample is what Tesseract 5.3 writes, shortened.
const sample = `  <div class='ocr_page' id='page_1' title='image "unknown"; bbox 0 0 300 60; ppageno 0; scan_res 300 300'>
   <div class='ocr_carea' id='block_1_1' title="bbox 12 22 270 57">
    <p class='ocr_par' id='par_1_1' lang='chi_sim' title="bbox 12 22 270 57">
     <span class='ocr_line' id='line_1_1' title="bbox 12 22 270 57; baseline 0 -11; x_size 44; x_descenders 10; x_ascenders 11">
      <span class='ocrx_word' id='word_1_1' title='bbox 12 22 50 57; x_wconf 89'>
       <span class='ocrx_cinfo' title='x_bboxes 12 25 36 56; x_conf 98.987953'>草</span>
       <span class='ocrx_cinfo' title='x_bboxes 39 44 50 46; x_conf 5'>&lt;</span>
      </span>
      <span class='ocrx_word' id='word_1_2' title='bbox 170 22 270 57; x_wconf 54'>
       <span class='ocrx_cinfo' title='x_bboxes 170 34 188 56; x_conf 99.426147'>&#39;</span>
      </span>
     </span>
    </p>
   </div>
  </div>
`

func TestParseHOCR(t *testing.T) {
	want := []wire.Word{
		{Chars: []wire.Char{
			{Text: "草", Box: image.Rect(12, 25, 36, 56), Confidence: 98.987953},
			{Text: "<", Box: image.Rect(39, 44, 50, 46), Confidence: 5},
		}},
		{Chars: []wire.Char{{Text: "'", Box: image.Rect(170, 34, 188, 56), Confidence: 99.426147}}},
	}
	if got := parseHOCR(sample, page); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, not %+v", got, want)
	}
}

func TestParseHOCRDropsJunk(t *testing.T) {
	for name, char := range map[string]string{
		"no text":         `<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf 90'></span>`,
		"blank":           `<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf 90'> </span>`,
		"control":         "<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf 90'>\x01</span>",
		"no UTF-8":        "<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf 90'>\xe8\x8d</span>",
		"no box":          `<span class='ocrx_cinfo' title='x_conf 90'>x</span>`,
		"no title":        `<span class='ocrx_cinfo'>x</span>`,
		"box of no size":  `<span class='ocrx_cinfo' title='x_bboxes 9 9 9 9; x_conf 90'>x</span>`,
		"box inside out":  `<span class='ocrx_cinfo' title='x_bboxes 9 9 1 1; x_conf 90'>x</span>`,
		"box outside":     `<span class='ocrx_cinfo' title='x_bboxes 400 9 410 20; x_conf 90'>x</span>`,
		"box of words":    `<span class='ocrx_cinfo' title='x_bboxes a b c d; x_conf 90'>x</span>`,
		"box of garbage":  `<span class='ocrx_cinfo' title='x_bboxes 99999999999999999999 0 5 5; x_conf 90'>x</span>`,
		"not a number":    `<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf nan'>x</span>`,
		"tag not closed":  `<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf 90'`,
		"quote not ended": `<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf 90>x</span>`,
	} {
		if got := parseHOCR("<span class='ocrx_word' title='bbox 0 0 9 9'>"+char, page); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestParseHOCRCutsBoxesToThePicture(t *testing.T) {
	got := parseHOCR(`<span class="ocrx_cinfo" title="x_bboxes -5 -5 310 20; x_conf 250">x</span>`, page)
	want := []wire.Word{{Chars: []wire.Char{{Text: "x", Box: image.Rect(0, 0, 300, 20), Confidence: 100}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, not %+v", got, want)
	}
}

// FuzzParseHOCR checks that whatever is found can be sent and read.
func FuzzParseHOCR(f *testing.F) {
	f.Add(sample)
	f.Add("<span class='ocrx_cinfo' title='x_bboxes 1 1 9 9; x_conf -inf'>&amp;&#x110000;</span>")
	f.Fuzz(func(t *testing.T, s string) {
		words := parseHOCR(s, page)
		got, err := wire.ParseWords(wire.WordsBytes(words), page)
		if err != nil || len(got) != len(words) {
			t.Errorf("%+v: %v", words, err)
		}
	})
}
