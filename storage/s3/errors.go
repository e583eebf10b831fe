package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage"
)

// ErrBucket means that the bucket does not exist.
var ErrBucket = errors.New("no such bucket")

// answerOf is what the service answered, if it is that what err is about.
func answerOf(err error) (answer minio.ErrorResponse) {
	errors.As(err, &answer)
	return answer
}

// fullCodes are the error codes by which services say that there is no room, in
// their own sources: MinIO's for the disk and for a quota, versitygw's likewise.
var fullCodes = []string{"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage", "QuotaExceeded"}

// explain gives an error of the service the meaning that callers look for.
func (b *bucket) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	// How a request ends when its context does is told in many ways.
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	answer := answerOf(err)
	switch {
	case answer.Code == minio.NoSuchBucket:
		return fmt.Errorf("%w: %q", ErrBucket, b.name)
	case answer.Code == minio.NoSuchKey:
		return storage.ErrNotExist
	case answer.StatusCode == http.StatusInsufficientStorage || slices.Contains(fullCodes, answer.Code):
		return fmt.Errorf("%w: %w", storage.ErrFull, err)
	case answer.Code != "" && answer.StatusCode != 0:
		return fmt.Errorf("%s: %w", answer.Code, err)
	}
	return full(err)
}

// full adds ErrFull to the system's errors that mean it, for the disk that
// objects are spooled to.
func full(err error) error {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, no) {
			return fmt.Errorf("%w: %w", storage.ErrFull, err)
		}
	}
	return err
}

// refused says that the service refused a write because of its condition.
func refused(err error) bool {
	return answerOf(err).StatusCode == http.StatusPreconditionFailed
}

// conflict says that a write met another of the same name, and may be repeated.
func conflict(err error) bool {
	answer := answerOf(err)
	return answer.StatusCode == http.StatusConflict &&
		slices.Contains([]string{"ConditionalRequestConflict", "OperationAborted"}, answer.Code)
}

// unsupported says that the service does not know the request.
func unsupported(err error) bool {
	answer := answerOf(err)
	return answer.StatusCode == http.StatusNotImplemented || answer.StatusCode == http.StatusMethodNotAllowed ||
		slices.Contains([]string{"NotImplemented", "MethodNotAllowed", "APINotSupported"}, answer.Code)
}
