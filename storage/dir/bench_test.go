package dir

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
)

var benchSizes = []struct {
	name string
	n    int
}{{"2KB", 2 << 10}, {"5MB", 5 << 20}}

func BenchmarkPut(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			s := openAt(b, b.TempDir())
			data := make([]byte, size.n)
			b.SetBytes(int64(size.n))
			for i := 0; b.Loop(); i++ {
				if err := s.Put(b.Context(), fmt.Sprintf("bundles/%d/%d", i/5, i), bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPutTogether puts objects from many goroutines, whose waits for the
// disk are shared.
func BenchmarkPutTogether(b *testing.B) {
	s := openAt(b, b.TempDir())
	data := make([]byte, 2<<10)
	var n atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if err := s.Put(b.Context(), fmt.Sprintf("bundles/%d/%d", i/5, i), bytes.NewReader(data)); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			s := openAt(b, b.TempDir())
			if err := s.Put(b.Context(), "bundles/1/scan.pdf", bytes.NewReader(make([]byte, size.n))); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size.n))
			for b.Loop() {
				r, err := s.Get(b.Context(), "bundles/1/scan.pdf")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}

func BenchmarkList(b *testing.B) {
	s := openAt(b, b.TempDir())
	const objects = 500
	for i := range objects {
		if err := s.Put(b.Context(), fmt.Sprintf("bundles/%d/%d", i/5, i), bytes.NewReader(nil)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for _, err := range s.List(b.Context(), "") {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*objects), "ns/object")
}
