package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	// partSize is the size of all parts but the last. S3 takes at least 5 MiB, and
	// at most maxParts of them.
	partSize = 8 << 20
	maxParts = 10_000
	// inMemory is how much of an object a Put holds in memory; a larger one is
	// spooled.
	inMemory = partSize
	// maxPiece is the most that S3 takes in one piece.
	maxPiece = 5 << 30

	// unfinishedFor is how long after its start an upload counts as given up.
	unfinishedFor = 24 * time.Hour
	// abortTime bounds the removal of parts after the context of a Put has ended.
	abortTime = 10 * time.Second
)

// body is an object that was read to its end: its bytes, in memory or in a file
// without a name, and their hashes.
type body struct {
	io.ReaderAt
	file  *os.File // nil when in memory
	size  int64
	sum   [sha256.Size]byte
	whole digest
	parts []digest
}

// digest holds the hashes of bytes as requests carry them.
type digest struct {
	size   int64
	sha256 string // in hexadecimal
	check  string // the other checksum, in base64
}

func (b *body) close() {
	if b.file != nil {
		// It has no name, and was only read since.
		_ = b.file.Close()
	}
}

// read reads r to its end.
func (s *Store) read(r io.Reader) (_ *body, err error) {
	h := s.newHasher()
	var start bytes.Buffer
	_, err = io.CopyN(io.MultiWriter(&start, h), r, inMemory)
	if err == io.EOF {
		b := h.body()
		b.ReaderAt = bytes.NewReader(start.Bytes())
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(s.spool, "sealdesk-upload-")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", full(err))
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	// Without a name, it goes when the process does, however that ends.
	if err := os.Remove(f.Name()); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if _, err := start.WriteTo(f); err != nil {
		return nil, fmt.Errorf("spool: %w", full(err))
	}
	if _, err := io.Copy(io.MultiWriter(f, h), r); err != nil {
		return nil, full(err)
	}
	b := h.body()
	b.ReaderAt, b.file = f, f
	return b, nil
}

// hasher computes the hashes of all that is written to it, and of its parts.
type hasher struct {
	store       *Store
	whole, part sums
	parts       []digest
}

type sums struct {
	size          int64
	sha256, check hash.Hash
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *Store) newSums() sums {
	if s.md5 {
		return sums{sha256: sha256.New(), check: md5.New()}
	}
	return sums{sha256: sha256.New(), check: crc32.New(castagnoli)}
}

func (s *sums) write(p []byte) {
	s.size += int64(len(p))
	s.sha256.Write(p)
	s.check.Write(p)
}

func (s *sums) digest() digest {
	return digest{s.size, hex.EncodeToString(s.sha256.Sum(nil)), base64.StdEncoding.EncodeToString(s.check.Sum(nil))}
}

func (s *Store) newHasher() *hasher {
	return &hasher{store: s, whole: s.newSums(), part: s.newSums()}
}

func (h *hasher) Write(p []byte) (int, error) {
	h.whole.write(p)
	for rest := p; len(rest) > 0; {
		n := min(int64(len(rest)), partSize-h.part.size)
		h.part.write(rest[:n])
		rest = rest[n:]
		if h.part.size == partSize {
			h.endPart()
		}
	}
	return len(p), nil
}

func (h *hasher) endPart() {
	h.parts = append(h.parts, h.part.digest())
	h.part = h.store.newSums()
}

func (h *hasher) body() *body {
	if h.part.size > 0 || len(h.parts) == 0 {
		h.endPart()
	}
	b := &body{size: h.whole.size, whole: h.whole.digest(), parts: h.parts}
	h.whole.sha256.Sum(b.sum[:0])
	return b
}

// upload sends the object once. Its error is the service's own: refused and
// conflict tell whether the key is taken.
func (s *Store) upload(ctx context.Context, key string, b *body) error {
	name, hashed := nameOf(s.prefix, key)
	headers := metadata(b)
	if hashed {
		headers[keyHeader] = keyCoding.EncodeToString([]byte(key))
	}
	if len(b.parts) > 1 && s.parts {
		return s.uploadParts(ctx, name, headers, b)
	}
	return s.uploadWhole(ctx, name, headers, b)
}

// metadata are the headers that go with every object.
func metadata(b *body) map[string]string { return map[string]string{sumHeader: b.whole.sha256} }

// uploadWhole sends the object in one request.
func (s *Store) uploadWhole(ctx context.Context, name string, headers map[string]string, b *body) error {
	if b.size > maxPiece {
		return fmt.Errorf("it has %d bytes, more than the %d that fit into one request, and the service does not join parts under a condition", b.size, maxPiece)
	}
	opts := minio.PutObjectOptions{UserMetadata: headers, DisableContentSha256: true}
	opts.SetMatchETagExcept("*")
	md5 := ""
	if s.md5 {
		md5 = b.whole.check
	} else {
		headers[minio.ChecksumCRC32C.Key()] = b.whole.check
	}
	_, err := s.bucket.core.PutObject(ctx, s.bucket.name, name, io.NewSectionReader(b, 0, b.size), b.size, md5, b.whole.sha256, opts)
	return err
}

// uploadParts sends the object in parts and has them joined under the condition.
func (s *Store) uploadParts(ctx context.Context, name string, headers map[string]string, b *body) (err error) {
	if len(b.parts) > maxParts {
		return fmt.Errorf("it has %d bytes, more than fit into %d parts", b.size, maxParts)
	}
	opts := minio.PutObjectOptions{UserMetadata: headers, DisableContentSha256: true}
	if !s.md5 {
		headers["X-Amz-Checksum-Algorithm"] = minio.ChecksumCRC32C.String()
	}
	id, err := s.bucket.core.NewMultipartUpload(ctx, s.bucket.name, name, opts)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			if left := s.abort(ctx, name, id); left != nil {
				err = errors.Join(err, left)
			}
		}
	}()
	parts := make([]minio.CompletePart, len(b.parts))
	var at int64
	for i, d := range b.parts {
		if parts[i], err = s.uploadPart(ctx, name, id, i+1, io.NewSectionReader(b, at, d.size), d); err != nil {
			return err
		}
		at += d.size
	}
	return s.join(ctx, name, id, parts)
}

func (s *Store) uploadPart(ctx context.Context, name, id string, number int, r io.Reader, d digest) (minio.CompletePart, error) {
	opts := minio.PutObjectPartOptions{Sha256Hex: d.sha256, DisableContentSha256: true}
	part := minio.CompletePart{PartNumber: number}
	if s.md5 {
		opts.Md5Base64 = d.check
	} else {
		opts.CustomHeader = http.Header{}
		opts.CustomHeader.Set(minio.ChecksumCRC32C.Key(), d.check)
		part.ChecksumCRC32C = d.check
	}
	sent, err := s.bucket.core.PutObjectPart(ctx, s.bucket.name, name, id, number, r, d.size, opts)
	part.ETag = sent.ETag
	return part, err
}

// join makes the object of its parts, if there is none of its name.
func (s *Store) join(ctx context.Context, name, id string, parts []minio.CompletePart) error {
	var opts minio.PutObjectOptions
	opts.SetMatchETagExcept("*")
	_, err := s.bucket.core.CompleteMultipartUpload(ctx, s.bucket.name, name, id, parts, opts)
	return err
}

// abort removes the parts of an upload, also when ctx has ended. Parts that are
// gone already are no error.
func (s *Store) abort(ctx context.Context, name, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	err := s.bucket.core.AbortMultipartUpload(ctx, s.bucket.name, name, id)
	if err == nil || answerOf(err).Code == minio.NoSuchUpload {
		return nil
	}
	return fmt.Errorf("remove the parts: %w", s.bucket.explain(ctx, err))
}

// sweep removes the uploads below the prefix that began before the given time,
// which no one is going to finish: the first thousand of them. MinIO does not
// tell of its own, but removes them after a day.
func (s *Store) sweep(ctx context.Context, before time.Time) error {
	found, err := s.bucket.core.ListMultipartUploads(ctx, s.bucket.name, s.prefix, "", "", "", 1000)
	if unsupported(err) || answerOf(err).Code == minio.AccessDenied {
		return nil // housekeeping that the service or administrator keeps to himself
	}
	if err != nil {
		return s.bucket.explain(ctx, err)
	}
	for _, u := range found.Uploads {
		if u.Initiated.IsZero() || !u.Initiated.Before(before) {
			continue
		}
		if err := s.abort(ctx, u.Key, u.UploadID); err != nil {
			return err
		}
	}
	return nil
}
