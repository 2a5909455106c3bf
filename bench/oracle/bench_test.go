package oracle

import "testing"

// BenchmarkArrival is what one arrival costs through the queue mind and through the bare simulator (PERF-7).
func BenchmarkArrival(b *testing.B) {
	s, err := BuiltIn("a")
	if err != nil {
		b.Fatal(err)
	}
	row := s.Rows[6] // n=50 a=48 θ=0.5
	b.Run("real", func(b *testing.B) {
		b.ReportAllocs()
		if _, err := runReal(&row, 1, max(b.N, 1000), false); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		runBare(&row, 1, max(b.N, 1000))
	})
}
