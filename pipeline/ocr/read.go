package ocr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"sealdesk/pipeline/ocr/internal/wire"
)

// MaxTIFFPixels is the most pixels that DecodeTIFF decodes.
const MaxTIFFPixels = 100 << 20

// maxTIFFPage is the highest page number asked for; Leptonica walks the file page
// by page to get there.
const maxTIFFPage = 3000

// tiffTimeouts is how many lines' time a page may take.
const tiffTimeouts = 3

// ErrNoPage is wrapped by DecodeTIFF's error for a page behind the file's last.
var ErrNoPage = errors.New("no such page")

// ErrNoSecond is returned for crops that ask for a second reader where HasSecond says
// that there is none.
var ErrNoSecond = errors.New("there is no second reader")

// Read reads crops as Reader says. A crop that could not be read though others
// could has an empty reading that is marked Failed. When ctx ends, Read returns
// its error at once; work under way is dropped. Crops that ask for a second reader
// that is not there are ErrNoSecond.
//
// The first reader's readings that are empty, doubtful or without a Chinese character are made once
// more in another way, and the better of the two is kept: measured on form
// fields, that mends half of the mistakes for a fifth more time.
func (p *Pool) Read(ctx context.Context, crops []Crop) ([]Reading, error) {
	readings := make([]Reading, len(crops))
	jobs := make([]*job, len(crops))
	for i, c := range crops {
		if c.Second && !p.HasSecond() {
			return nil, ErrNoSecond
		}
		alphabet, err := wireAlphabet(c.Alphabet)
		if err != nil {
			return nil, err
		}
		line, ok := prepared{}, false
		if c.Second {
			line, ok = prepareSecond(c.Image)
		} else {
			line, ok = prepare(c.Image, tallLine, usualLine)
		}
		if ok {
			if jobs[i], err = p.start(ctx, look{alphabet: alphabet, second: c.Second}, line, &readings[i]); err != nil {
				return nil, err
			}
		}
	}
	again := make([]Reading, len(crops))
	seconds := make([]*job, len(crops))
	favours := make([]float64, len(crops))
	var firstErr error
	read := 0
	for i, j := range jobs {
		if j == nil {
			continue
		}
		err := p.wait(j)
		if ended := p.ended(ctx); ended != nil {
			return nil, ended
		}
		if err != nil {
			readings[i] = Reading{Failed: true}
			if firstErr == nil {
				firstErr = err
			}
			continue
		}
		read++
		if crops[i].Second {
			continue
		}
		second, favour, wanted := readings[i].secondLook(crops[i].Alphabet)
		line, ok := prepare(crops[i].Image, smallLine, smallLine)
		if !wanted || !ok {
			continue
		}
		favours[i] = favour
		if seconds[i], err = p.start(ctx, second, line, &again[i]); err != nil {
			return nil, err
		}
	}
	for i, j := range seconds {
		if j == nil {
			continue
		}
		err := p.wait(j)
		if ended := p.ended(ctx); ended != nil {
			return nil, ended
		}
		if err == nil && again[i].Confidence+favours[i] > readings[i].Confidence {
			readings[i] = again[i]
		}
	}
	if firstErr != nil && read == 0 {
		return nil, fmt.Errorf("read %d crops: %w", len(crops), firstErr)
	}
	return readings, nil
}

// ended is why no more readings come: the context's end or the pool's.
func (p *Pool) ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.ctx.Err() != nil {
		return ErrClosed
	}
	return nil
}

// start hands one crop to a worker. The answer goes to reading, which is written
// before the job is done.
func (p *Pool) start(ctx context.Context, l look, line prepared, reading *Reading) (*job, error) {
	bounds := line.pixels.Rect
	crop := wire.Crop{Alphabet: l.alphabet, Bare: l.bare, Second: l.second, W: bounds.Dx(), H: bounds.Dy(), Pix: line.pixels.Pix}
	j := &job{
		ctx:     ctx,
		kind:    wire.KindCrop,
		body:    crop.Bytes(),
		timeout: p.timeout(bounds.Dx() * bounds.Dy()),
		limit:   wire.MaxWords,
		accept: func(f wire.Frame) error {
			if f.Kind != wire.KindWords {
				return fmt.Errorf("answer of kind %d to a crop: %w", f.Kind, wire.ErrGarbage)
			}
			words, err := wire.ParseWords(f.Body, bounds)
			if err != nil {
				return err
			}
			*reading = newReading(words, line)
			return nil
		},
		done: make(chan error, 1),
	}
	return j, p.do(j)
}

func wireAlphabet(a Alphabet) (wire.Alphabet, error) {
	switch a {
	case Any:
		return wire.Any, nil
	case Digits:
		return wire.Digits, nil
	case Latin:
		return wire.Latin, nil
	}
	return 0, fmt.Errorf("there is no alphabet %q", a)
}

// timeout is the time that a picture of so many pixels may take.
func (p *Pool) timeout(pixels int) time.Duration {
	return p.options.Timeout * time.Duration(1+pixels>>21)
}

// DecodeTIFF decodes one page, counted from 0, of a TIFF file with Leptonica in a
// child: for the kinds that Go cannot read (Group 3 in two dimensions, BigTIFF,
// JPEG of either style). The picture is an image.Gray or an opaque image.RGBA,
// turned as the file's orientation tag says. Pages of more than MaxTIFFPixels and
// files of more than 512 MiB are refused. A page behind the last is ErrNoPage.
func (p *Pool) DecodeTIFF(ctx context.Context, data []byte, page int) (image.Image, error) {
	if page < 0 || page > maxTIFFPage {
		return nil, fmt.Errorf("decode tiff: page %d: %w", page, ErrNoPage)
	}
	if len(data) == 0 || len(data) > wire.MaxTIFF {
		return nil, fmt.Errorf("decode tiff: file of %d bytes; 1 to %d are allowed", len(data), wire.MaxTIFF)
	}
	var picture wire.Picture
	j := &job{
		ctx:     ctx,
		kind:    wire.KindTIFF,
		body:    wire.TIFF{Page: page, MaxPixels: MaxTIFFPixels, Data: data}.Bytes(),
		timeout: p.options.Timeout * tiffTimeouts,
		limit:   3*MaxTIFFPixels + 64,
		accept: func(f wire.Frame) (err error) {
			if f.Kind != wire.KindPicture {
				return fmt.Errorf("answer of kind %d to a tiff: %w", f.Kind, wire.ErrGarbage)
			}
			picture, err = wire.ParsePicture(f.Body, MaxTIFFPixels)
			return err
		},
		done: make(chan error, 1),
	}
	err := p.do(j)
	if err == nil {
		err = p.wait(j)
	}
	var refused *refusal
	if errors.As(err, &refused) && refused.Code == wire.FailedPage {
		err = ErrNoPage
	}
	if err != nil {
		return nil, fmt.Errorf("decode tiff: page %d: %w", page, err)
	}
	bounds := image.Rect(0, 0, picture.W, picture.H)
	if picture.Channels == 1 {
		return &image.Gray{Pix: picture.Pix, Stride: picture.W, Rect: bounds}, nil
	}
	m := image.NewRGBA(bounds)
	for i, n := 0, picture.W*picture.H; i < n; i++ {
		copy(m.Pix[4*i:4*i+3], picture.Pix[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	return m, nil
}
