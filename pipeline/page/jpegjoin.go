package page

import (
	"bytes"
	"encoding/binary"
)

// The marks of JPEG's segments that are told apart here (ITU-T T.81, table B.1).
const (
	jpegBaseline = 0xc0
	jpegExtended = 0xc1
	jpegRestart  = 0xd0 // the first of eight
	jpegStart    = 0xd8
	jpegEnd      = 0xd9
	jpegScan     = 0xda
	jpegInterval = 0xdd
)

// jpegStrip is a JPEG stream taken apart.
type jpegStrip struct {
	tables []byte // all segments before the scan but the frame's
	frame  []byte // the frame's segment, mark and length with it
	scan   []byte // the scan's head
	data   []byte // the scan itself, as it is packed
}

// parseJPEG takes a stream apart; false is one that is not of one plain scan.
func parseJPEG(b []byte) (s jpegStrip, ok bool) {
	if len(b) < 4 || b[0] != 0xff || b[1] != jpegStart {
		return s, false
	}
	for at := 2; at+4 <= len(b); {
		mark, n := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if b[at] != 0xff || n < 2 || at+2+n > len(b) {
			return s, false
		}
		segment := b[at : at+2+n]
		at += 2 + n
		switch mark {
		case jpegBaseline, jpegExtended:
			s.frame = segment
		case jpegInterval:
			return s, false
		case jpegScan:
			s.scan, s.data = segment, b[at:]
			if end := bytes.LastIndex(s.data, []byte{0xff, jpegEnd}); end >= 0 {
				s.data = s.data[:end]
			}
			for i := 0; i+1 < len(s.data); i++ {
				if s.data[i] == 0xff && s.data[i+1] != 0 {
					return s, false // restarts, or a second scan
				}
			}
			return s, len(s.frame) >= 11 && len(s.frame) >= 10+3*int(s.frame[9])
		default:
			if mark >= 0xc2 && mark <= 0xcf && mark != 0xc4 {
				return s, false // progressive and rarer kinds
			}
			s.tables = append(s.tables, segment...)
		}
	}
	return s, false
}

// joinJPEG makes one stream of strips of so many rows each, of which the last may have
// fewer, that together are a picture of height rows. Each strip's data stays as it is and
// becomes what stands between two restarts, where a decoder begins anew as it does at the
// beginning of a strip (ITU-T T.81, E.2.4). nil where they are not of one kind.
func joinJPEG(strips [][]byte, rows, height int) []byte {
	first, ok := parseJPEG(strips[0])
	if !ok {
		return nil
	}
	// A unit covers as much as the finest component's blocks of 8 x 8 that belong together.
	wide, high := 8, 8
	if components := int(first.frame[9]); components > 1 {
		for c := range components {
			sampling := first.frame[11+3*c]
			wide, high = max(wide, 8*int(sampling>>4)), max(high, 8*int(sampling&15))
		}
	}
	units := (int(binary.BigEndian.Uint16(first.frame[7:])) + wide - 1) / wide * (rows / high)
	if rows%high != 0 || units == 0 || units > 0xffff || height > 0xffff {
		return nil
	}
	out := append([]byte{0xff, jpegStart}, first.tables...)
	frame := bytes.Clone(first.frame)
	binary.BigEndian.PutUint16(frame[5:], uint16(height))
	out = append(out, frame...)
	out = append(out, 0xff, jpegInterval, 0, 4, byte(units>>8), byte(units))
	out = append(out, first.scan...)
	for i, b := range strips {
		s, ok := parseJPEG(b)
		if !ok || !bytes.Equal(s.tables, first.tables) || !bytes.Equal(s.scan, first.scan) ||
			!bytes.Equal(s.frame[:5], first.frame[:5]) || !bytes.Equal(s.frame[7:], first.frame[7:]) {
			return nil
		}
		if h := int(binary.BigEndian.Uint16(s.frame[5:])); h != min(rows, height-i*rows) {
			return nil
		}
		if i > 0 {
			out = append(out, 0xff, jpegRestart+byte(i-1)%8)
		}
		out = append(out, s.data...)
	}
	return append(out, 0xff, jpegEnd)
}
