package desk

import (
	"context"
	"io"

	"sealdesk/pipeline"
)

// WritePDF writes the searchable PDF of a bundle, as pipeline.WritePDF does, one at a time,
// since all of a bundle is in memory meanwhile. Errors are ErrUnknown or ErrUnread, a
// *bundle.Error with a sentence, or the context's.
func (d *Desk) WritePDF(ctx context.Context, sha string, cover pipeline.Cover, w io.Writer) error {
	if _, ok := d.board.get(sha); !ok {
		return ErrUnknown
	}
	if _, ok := d.Pipeline.Summary(sha); !ok {
		return ErrUnread
	}
	select {
	case d.writing <- struct{}{}:
		defer func() { <-d.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return d.Pipeline.WritePDF(ctx, sha, cover, w)
}
