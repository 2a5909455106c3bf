package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	lineBytesMax = 64 << 10
	// complaintsMax bounds what a file that is no trace at all can say about itself.
	complaintsMax = 20
)

// Open reads a trace file, plain or gzip. The content decides which, not the name.
func Open(path string) ([]Row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f)
}

// Read reads a trace, plain or gzip: a header line, then rows. Every malformed
// row is reported with its line number; a trace with one is not used at all.
func Read(r io.Reader) ([]Row, error) {
	buffered := bufio.NewReader(r)
	plain := io.Reader(buffered)
	if magic, err := buffered.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
		plain = unpacked
	}
	lines := bufio.NewScanner(plain)
	lines.Buffer(nil, lineBytesMax)
	var rows []Row
	var complaints []error
	number := 0
	for lines.Scan() && len(complaints) < complaintsMax {
		number++
		line := strings.TrimRight(lines.Text(), "\r")
		if number == 1 {
			if err := checkHeader(line); err != nil {
				return nil, err
			}
			continue
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		row, err := parseRow(number, line)
		if err != nil {
			complaints = append(complaints, fmt.Errorf("trace line %d: %w", number, err))
			continue
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		complaints = append(complaints, fmt.Errorf("trace line %d: %w", number+1, err))
	}
	if number == 0 && len(complaints) == 0 {
		return nil, errors.New("trace: the file is empty")
	}
	return rows, errors.Join(complaints...)
}

// checkHeader wants the columns in their order; a file with other columns is another format.
func checkHeader(line string) error {
	cells := strings.Split(strings.TrimPrefix(line, "\ufeff"), "\t")
	for i, want := range columnNames {
		if i >= len(cells) || strings.TrimSpace(cells[i]) != want {
			return fmt.Errorf("trace line 1: the header wants %q in column %d", want, i+1)
		}
	}
	return nil
}
