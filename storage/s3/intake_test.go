package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage/s3"
)

func openIntake(t *testing.T, o s3.Options) *s3.Intake {
	t.Helper()
	in, err := s3.OpenIntake(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

func testIntake(t *testing.T, o s3.Options, wakes bool) {
	in := openIntake(t, o)
	t.Run("List", func(t *testing.T) { testIntakeList(t, in, o) })
	t.Run("Read", func(t *testing.T) { testIntakeRead(t, in, o) })
	t.Run("Changed", func(t *testing.T) { testIntakeChanged(t, in, o) })
	t.Run("Wake", func(t *testing.T) { testWake(t, in, o, wakes) })
}

func intakeObjects(t *testing.T, in *s3.Intake, prefix string) []s3.Object {
	t.Helper()
	var found []s3.Object
	for o, err := range in.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, o)
	}
	return found
}

// Names of a scanner's or a person's making, and the folders that consoles make.
func testIntakeList(t *testing.T, in *s3.Intake, o s3.Options) {
	names := []string{"2022/扫描 (1)[终稿].pdf", "2022/a+b%20c&d=e.pdf", "2022/第二批/x.tif", "2023/y.pdf"}
	for i, name := range names {
		upload(t, o, name, make([]byte, i), nil)
	}
	upload(t, o, "2022/folder/", nil, nil)
	for prefix, want := range map[string][]string{"": names, "2022/": names[:3], "202": names, "2022/第": names[2:3], "none": nil} {
		var got []string
		for _, found := range intakeObjects(t, in, prefix) {
			got = append(got, found.Key)
			if i := slices.Index(names, found.Key); found.Size != int64(i) || found.ETag == "" || time.Since(found.Time).Abs() > time.Hour {
				t.Errorf("listed %+v", found)
			}
		}
		slices.Sort(got)
		if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
			t.Errorf("below %q are %q, want %q", prefix, got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range in.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("listing cancelled: error %v", err)
		}
	}
}

func testIntakeRead(t *testing.T, in *s3.Intake, o s3.Options) {
	b := make([]byte, 35<<20+17) // more than is kept
	rand.NewChaCha8([32]byte{1}).Read(b)
	upload(t, o, "read/big", b, nil)
	upload(t, o, "read/empty", nil, nil)
	upload(t, o, "read/small", b[:10_000], nil)
	for _, found := range intakeObjects(t, in, "read/") {
		f, err := in.Open(t.Context(), found)
		if err != nil {
			t.Fatal(err)
		}
		want := b[:found.Size]
		if f.Size() != found.Size {
			t.Errorf("%s has %d bytes, want %d", found.Key, f.Size(), found.Size)
		}
		if found.Size < 1<<20 {
			if err := iotest.TestReader(io.NewSectionReader(f, 0, f.Size()), want); err != nil {
				t.Errorf("%s: %v", found.Key, err)
			}
			continue
		}
		if got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size())); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s gave %d bytes that are not those put, error %v", found.Key, len(got), err)
		}
		// Here and there, from many goroutines.
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(i)))
				for range 20 {
					at := random.Int64N(found.Size)
					p := make([]byte, random.IntN(100_000))
					n, err := f.ReadAt(p, at)
					rest := want[at:]
					if n != min(len(p), len(rest)) || !bytes.Equal(p[:n], rest[:n]) || (err == io.EOF) != (n < len(p)) || err != nil && err != io.EOF {
						t.Errorf("ReadAt %d of %d bytes gave %d, error %v", at, len(p), n, err)
					}
				}
			})
		}
		wg.Wait()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.ReadAt(make([]byte, 1), 0); err == nil {
			t.Error("a closed file can be read")
		}
	}
}

// An object that is replaced while it is read gives no mixture of two.
func testIntakeChanged(t *testing.T, in *s3.Intake, o s3.Options) {
	const size = 3 << 20
	put := func(b byte) { upload(t, o, "changed/scan.pdf", bytes.Repeat([]byte{b}, size), nil) }
	put('a')
	listed := intakeObjects(t, in, "changed/")[0]
	f, err := in.Open(t.Context(), listed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := make([]byte, 100)
	if _, err := f.ReadAt(p, 0); err != nil {
		t.Fatal(err)
	}
	put('b')
	if n, err := f.ReadAt(p, size-100); !errors.Is(err, s3.ErrChanged) {
		t.Errorf("reading on in a replaced object gave %q, error %v, want ErrChanged", p[:n], err)
	}
	if _, err := in.Open(t.Context(), listed); !errors.Is(err, s3.ErrChanged) {
		t.Errorf("opening what was replaced: error %v, want ErrChanged", err)
	}
	listed = intakeObjects(t, in, "changed/")[0]
	if f, err = in.Open(t.Context(), listed); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := client(t, o).RemoveObject(t.Context(), o.Bucket, "changed/scan.pdf", minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(p, 0); !errors.Is(err, s3.ErrChanged) {
		t.Errorf("reading what was removed: error %v, want ErrChanged", err)
	}
	if _, err := in.Open(t.Context(), listed); !errors.Is(err, s3.ErrChanged) {
		t.Errorf("opening what was removed: error %v, want ErrChanged", err)
	}
}

func testWake(t *testing.T, in *s3.Intake, o s3.Options, wakes bool) {
	ctx, cancel := context.WithCancel(t.Context())
	wake := in.Wake(ctx, "wake/")
	if wakes {
		// When the server began to listen is not told, so there is one after the other.
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		limit := time.After(30 * time.Second)
		for n, woken := 0, false; !woken; {
			select {
			case <-wake:
				woken = true
			case <-tick.C:
				upload(t, o, fmt.Sprint("wake/", n), nil, nil)
				n++
			case <-limit:
				t.Fatal("no wake-up, whatever was put")
			}
		}
	}
	cancel()
	for range wake { // is closed in the end
	}
}
