package page

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The TIFF tags this package reads (TIFF 6.0, Adobe 1992).
const (
	tagSubfileType     = 254
	tagWidth           = 256
	tagHeight          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripCounts     = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanarConfig    = 284
	tagT4Options       = 292
	tagT6Options       = 293
	tagResolutionUnit  = 296
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileCounts      = 325
	tagJPEGTables      = 347
)

// maxTagValues bounds one tag's values: a strip for each row of a tall page.
const maxTagValues = 1 << 17

var errTIFF = errors.New("malformed TIFF")

// tiffWalker reads the directories of a TIFF or BigTIFF file.
type tiffWalker struct {
	file  *io.SectionReader
	order binary.ByteOrder
	big   bool
	first int64
}

// tiffDir is one directory: the tags this package knows, as unsigned values.
// Rationals are pairs. JPEG tables are kept as bytes.
type tiffDir struct {
	offset int64
	index  int
	values map[uint16][]uint64
	tables []byte
}

func newTIFFWalker(file *io.SectionReader) (*tiffWalker, error) {
	var head [16]byte
	n, err := file.ReadAt(head[:], 0)
	if n < 8 {
		return nil, fmt.Errorf("%w: header: %w", errTIFF, err)
	}
	w := &tiffWalker{file: file}
	switch string(head[:2]) {
	case "II":
		w.order = binary.LittleEndian
	case "MM":
		w.order = binary.BigEndian
	default:
		return nil, errTIFF
	}
	switch w.order.Uint16(head[2:]) {
	case 42:
		w.first = int64(w.order.Uint32(head[4:]))
	case 43:
		if n < 16 {
			return nil, errTIFF
		}
		w.big = true
		w.first = int64(w.order.Uint64(head[8:]))
	default:
		return nil, errTIFF
	}
	return w, nil
}

// directory reads the directory at offset and where the next one is, 0 at the end.
func (w *tiffWalker) directory(offset int64) (*tiffDir, int64, error) {
	countLen, entryLen, nextLen := 2, 12, 4
	if w.big {
		countLen, entryLen, nextLen = 8, 20, 8
	}
	if offset < 8 || offset >= w.file.Size() {
		return nil, 0, fmt.Errorf("%w: directory at %d", errTIFF, offset)
	}
	buf := make([]byte, 8)
	if _, err := w.file.ReadAt(buf[:countLen], offset); err != nil {
		return nil, 0, fmt.Errorf("%w: directory: %w", errTIFF, err)
	}
	n := uint64(w.order.Uint16(buf))
	if w.big {
		n = w.order.Uint64(buf)
	}
	if n == 0 || n > 4096 {
		return nil, 0, fmt.Errorf("%w: %d entries", errTIFF, n)
	}
	entries := make([]byte, int(n)*entryLen)
	if _, err := w.file.ReadAt(entries, offset+int64(countLen)); err != nil {
		return nil, 0, fmt.Errorf("%w: entries: %w", errTIFF, err)
	}
	dir := &tiffDir{offset: offset, values: map[uint16][]uint64{}}
	for i := 0; i < len(entries); i += entryLen {
		if err := w.entry(dir, entries[i:i+entryLen]); err != nil {
			return nil, 0, err
		}
	}
	clear(buf)
	// A file that ends with its last directory, without the closing zero, is
	// common enough to be let pass.
	if _, err := w.file.ReadAt(buf[:nextLen], offset+int64(countLen+len(entries))); err != nil {
		return dir, 0, nil
	}
	if w.big {
		return dir, int64(w.order.Uint64(buf)), nil
	}
	return dir, int64(w.order.Uint32(buf)), nil
}

func known(tag uint16) bool {
	switch tag {
	case tagSubfileType, tagWidth, tagHeight, tagBitsPerSample, tagCompression, tagPhotometric,
		tagFillOrder, tagStripOffsets, tagOrientation, tagSamplesPerPixel, tagRowsPerStrip,
		tagStripCounts, tagXResolution, tagYResolution, tagPlanarConfig, tagT4Options, tagT6Options, tagResolutionUnit,
		tagTileWidth, tagTileHeight, tagTileOffsets, tagTileCounts, tagJPEGTables:
		return true
	}
	return false
}

func (w *tiffWalker) entry(dir *tiffDir, e []byte) error {
	tag, typ := w.order.Uint16(e), w.order.Uint16(e[2:])
	if !known(tag) {
		return nil
	}
	count, inline := uint64(w.order.Uint32(e[4:])), e[8:12]
	if w.big {
		count, inline = w.order.Uint64(e[4:]), e[12:20]
	}
	size := map[uint16]uint64{1: 1, 3: 2, 4: 4, 5: 8, 7: 1, 13: 4, 16: 8, 18: 8}[typ]
	if size == 0 || count == 0 || count > maxTagValues {
		return fmt.Errorf("%w: tag %d of type %d, %d values", errTIFF, tag, typ, count)
	}
	data := inline
	if n := size * count; n > uint64(len(inline)) {
		at := int64(w.order.Uint32(inline))
		if w.big {
			at = int64(w.order.Uint64(inline))
		}
		if at < 0 || at > w.file.Size()-int64(n) {
			return fmt.Errorf("%w: tag %d lies outside the file", errTIFF, tag)
		}
		data = make([]byte, n)
		if _, err := w.file.ReadAt(data, at); err != nil {
			return fmt.Errorf("%w: tag %d: %w", errTIFF, tag, err)
		}
	}
	if tag == tagJPEGTables {
		dir.tables = data[:count]
		return nil
	}
	vals := make([]uint64, 0, count)
	for i := range count {
		d := data[i*size:]
		switch typ {
		case 1, 7:
			vals = append(vals, uint64(d[0]))
		case 3:
			vals = append(vals, uint64(w.order.Uint16(d)))
		case 4, 13:
			vals = append(vals, uint64(w.order.Uint32(d)))
		case 5:
			vals = append(vals, uint64(w.order.Uint32(d)), uint64(w.order.Uint32(d[4:])))
		default:
			vals = append(vals, w.order.Uint64(d))
		}
	}
	dir.values[tag] = vals
	return nil
}

// first is the tag's first value, or def when it is missing.
func (d *tiffDir) first(tag uint16, def uint64) uint64 {
	if v := d.values[tag]; len(v) > 0 {
		return v[0]
	}
	return def
}

// size is the declared width and height, 0 when they are missing or absurd.
func (d *tiffDir) size() (w, h int) {
	const most = 1 << 24
	w64, h64 := d.first(tagWidth, 0), d.first(tagHeight, 0)
	if w64 > most || h64 > most {
		return most, most
	}
	return int(w64), int(h64)
}

// resolution is in dots per inch, 0 when it is not given.
func (d *tiffDir) resolution() (x, y float64) {
	get := func(tag uint16) float64 {
		if v := d.values[tag]; len(v) == 2 && v[1] > 0 {
			return float64(v[0]) / float64(v[1])
		}
		return 0
	}
	x, y = get(tagXResolution), get(tagYResolution)
	switch d.first(tagResolutionUnit, 2) {
	case 2:
		return x, y
	case 3:
		return x * 2.54, y * 2.54
	}
	return 0, 0
}
