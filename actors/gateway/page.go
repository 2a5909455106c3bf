package gateway

import "switchyard/protocol"

// listScan bounds how many rows one page looks at: a narrow filter over many rows gives a
// short page and a cursor, not a long request.
const listScan = 5000

// rowReader reads at most limit rows behind a key, in the order of their keys.
type rowReader[R any] func(after []byte, limit int, each func(key []byte, r R) error) error

// pageOf reads the rows behind a key until limit of them are taken, listScan were looked at, or there are no more: then
// end is true. A row that take does not take costs no place. last is the key of the last row that was looked at: the
// cursor of the next page.
func pageOf[R any](limit int, after []byte, read rowReader[R], take func(key []byte, r R) bool) (last []byte, end bool, rej *protocol.Rejection) {
	n, seen := 0, 0
	for n < limit && seen < listScan && !end {
		got := 0
		err := read(after, listMaximum, func(key []byte, r R) error {
			if n == limit {
				return errEnough
			}
			got++
			after = append(after[:0:0], key...)
			if take(key, r) {
				n++
			}
			return nil
		})
		if err != nil && err != errEnough {
			return nil, false, unreadable
		}
		seen += got
		end = got < listMaximum && n < limit
	}
	return after, end, nil
}

// every gives all rows of a reader. What is read in one go is kept until it was given: whoever takes the rows may be
// slow, and an open iterator keeps old tables on the disk.
func every[R any](c *call, read rowReader[R], each func(key []byte, r R) error) error {
	type row struct {
		key []byte
		r   R
	}
	var after []byte
	var rows []row
	for {
		rows = rows[:0]
		err := read(after, rowsPage, func(key []byte, r R) error {
			rows = append(rows, row{append([]byte(nil), key...), r})
			return nil
		})
		for i := 0; err == nil && i < len(rows); i++ {
			err = each(rows[i].key, rows[i].r)
		}
		if err != nil || len(rows) < rowsPage {
			return err
		}
		after = rows[len(rows)-1].key
		if err := c.context().Err(); err != nil {
			return err
		}
	}
}

// rowsPage is how many rows are read in one go.
const rowsPage = 2000
