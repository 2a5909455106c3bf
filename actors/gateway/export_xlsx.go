package gateway

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// writeXLSX writes a workbook with the cells of the CSV: texts are texts, never formulas, numbers are numbers. The lines go through
// a file in Config.TempDir, so a long one takes no more memory than a short one; the archive is then sent as it is packed.
func writeXLSX(c *call, t *table, to io.Writer, told func() error) error {
	f := excelize.NewFile(excelize.Options{TmpDir: c.g.cfg.TempDir})
	defer f.Close()
	name, _, _ := strings.Cut(t.name, "-")
	// Who fetched it stands in the file as well.
	err := f.SetDocProps(&excelize.DocProperties{
		Creator: "Switchyard", LastModifiedBy: string(c.caller.Account), Title: string(c.site) + " " + t.name, Created: c.g.engine.Now().UTC().Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	tenth := "0.0"
	rate, err := f.NewStyle(&excelize.Style{CustomNumFmt: &tenth})
	if err != nil {
		return err
	}
	var sheet *excelize.StreamWriter
	sheets, row := 0, 0
	begin := func() (err error) {
		sheets++
		title := name
		if sheets > 1 {
			title = fmt.Sprint(name, " ", sheets)
			_, err = f.NewSheet(title)
		} else {
			err = f.SetSheetName("Sheet1", title)
		}
		if err != nil {
			return err
		}
		if sheet, err = f.NewStreamWriter(title); err != nil {
			return err
		}
		if err = sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
			return err
		}
		titles := make([]any, len(t.columns))
		for i, k := range t.columns {
			titles[i] = excelize.Cell{StyleID: bold, Value: k.title}
		}
		row = 1
		return sheet.SetRow("A1", titles)
	}
	values := make([]any, len(t.columns))
	err = t.lines(func(cells []cell) error {
		switch {
		case sheets == 0:
			return begin() // these are the titles
		case row == excelize.TotalRows: // a sheet has no more
			if err := sheet.Flush(); err != nil {
				return err
			}
			if err := begin(); err != nil {
				return err
			}
		}
		for i, x := range cells {
			switch {
			case x.kind == cellNumber && x.decimals == 1:
				values[i] = excelize.Cell{StyleID: rate, Value: float64(x.number) / 10}
			case x.kind == cellNumber:
				values[i] = x.number
			default:
				values[i] = c.fileText(x)
			}
		}
		row++
		return sheet.SetRow(fmt.Sprint("A", row), values)
	})
	if err != nil {
		return err
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	if err := told(); err != nil {
		return err
	}
	// The library would collect the archive in memory; its writer may be another one.
	b := bufio.NewWriterSize(to, exportPiece)
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(b) })
	if _, err := f.WriteTo(io.Discard); err != nil {
		return err
	}
	return b.Flush()
}
