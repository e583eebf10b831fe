//go:build cgo && !notesseract

package tesseract

/*
#cgo LDFLAGS: -lleptonica
#cgo freebsd CFLAGS: -I/usr/local/include
#include <stdlib.h>
#include <leptonica/allheaders.h>

// sealdesk_rgb copies a 32-bit picture's red, green and blue bytes.
static void sealdesk_rgb(PIX *p, unsigned char *to) {
	l_int32 w = pixGetWidth(p), h = pixGetHeight(p), wpl = pixGetWpl(p);
	l_uint32 *line = pixGetData(p);
	for (l_int32 y = 0; y < h; y++, line += wpl) {
		for (l_int32 x = 0; x < w; x++) {
			*to++ = line[x] >> 24;
			*to++ = line[x] >> 16;
			*to++ = line[x] >> 8;
		}
	}
}

// sealdesk_gray copies an 8-bit picture's bytes.
static void sealdesk_gray(PIX *p, unsigned char *to) {
	l_int32 w = pixGetWidth(p), h = pixGetHeight(p), wpl = pixGetWpl(p);
	l_uint32 *line = pixGetData(p);
	for (l_int32 y = 0; y < h; y++, line += wpl) {
		for (l_int32 x = 0; x < w; x++) {
			*to++ = GET_DATA_BYTE(line, x);
		}
	}
}
*/
import "C"

import (
	"fmt"
	"strings"
	"unsafe"

	"sealdesk/pipeline/ocr/internal/wire"
)

func leptonicaVersion() string {
	v := C.getLeptonicaVersion()
	defer C.lept_free(unsafe.Pointer(v))
	return strings.TrimPrefix(C.GoString(v), "leptonica-")
}

// picture decodes one page. Its size is read off the header and checked before
// any pixel is.
func (l *library) picture(t wire.TIFF) (wire.Picture, error) {
	data := (*C.l_uint8)(unsafe.Pointer(&t.Data[0]))
	size := C.size_t(len(t.Data))
	var w, h, bps, spp C.l_int32
	if C.readHeaderMemTiff(data, size, C.l_int32(t.Page), &w, &h, &bps, &spp, nil, nil, nil) != 0 {
		if t.Page > 0 && C.readHeaderMemTiff(data, size, 0, &w, &h, &bps, &spp, nil, nil, nil) == 0 {
			return wire.Picture{}, failure{Code: wire.FailedPage, Text: fmt.Sprintf("the file has no page %d", t.Page)}
		}
		return wire.Picture{}, failure{Code: wire.FailedInput, Text: "not a TIFF that Leptonica reads"}
	}
	if w <= 0 || h <= 0 || int(w) > t.MaxPixels/int(h) {
		return wire.Picture{}, failure{Code: wire.FailedInput, Text: fmt.Sprintf("page of %dx%d pixels; %d are allowed", w, h, t.MaxPixels)}
	}
	pix := C.pixReadMemTiff(data, size, C.l_int32(t.Page))
	if pix == nil {
		return wire.Picture{}, failure{Code: wire.FailedInput, Text: "the page cannot be decoded"}
	}
	defer C.pixDestroy(&pix)
	if plain := C.pixRemoveColormap(pix, C.REMOVE_CMAP_BASED_ON_SRC); plain != nil {
		C.pixDestroy(&pix)
		pix = plain
	}
	p := wire.Picture{W: int(C.pixGetWidth(pix)), H: int(C.pixGetHeight(pix)), Channels: 3}
	if C.pixGetDepth(pix) != 32 {
		p.Channels = 1
		gray := C.pixConvertTo8(pix, 0)
		if gray == nil {
			return wire.Picture{}, failure{Code: wire.FailedInput, Text: "the page cannot be made gray"}
		}
		C.pixDestroy(&pix)
		pix = gray
	}
	p.Pix = make([]byte, p.W*p.H*p.Channels)
	to := (*C.uchar)(unsafe.Pointer(&p.Pix[0]))
	if p.Channels == 1 {
		C.sealdesk_gray(pix, to)
	} else {
		C.sealdesk_rgb(pix, to)
	}
	return p, nil
}
