package gateway

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	"switchyard/protocol"
)

// Images of strangers. What an upload is, its first bytes say, not its name nor its header; its size is read before
// its pixels are; and what is kept is a copy drawn anew, so that metadata, and whatever else travelled in the
// file, stays behind.

const (
	fileBytesMax  = 2 << 20    // of an upload, and of the copy
	imagePixels   = 25_000_000 // width times height
	imageSideMax  = 16_384
	jpegScansMax  = 64  // a progressive JPEG of a camera has about ten; each costs a pass over all pixels
	jpegQuality   = 90  // of the copy
	jpegQualityLo = 70  // where it would be larger than an upload may be
	exifEntries   = 128 // entries of the first directory that are looked at for the orientation
)

var (
	errNotImage   = protocol.RejectField(protocol.UnsupportedType, "", "must be a JPEG or PNG image")
	errFileLarge  = protocol.RejectField(protocol.TooLarge, "", "must have at most 2,097,152 bytes")
	errPixels     = protocol.RejectField(protocol.TooLarge, "", "must have at most 25,000,000 pixels")
	errImageQueue = &protocol.Rejection{Code: protocol.Unavailable, Text: "too many uploads at the same time", RetryAfter: 1e9}
)

// picture is an image that was drawn anew.
type picture struct {
	content       []byte
	kind          string // image/jpeg or image/png
	width, height int
}

// studio draws for a bounded number of callers at a time: each may take a hundred megabytes and a second of a core.
type studio struct {
	slots  chan struct{} // drawing
	places chan struct{} // drawing, waiting, or still being read
}

func newStudio(cfg *Config) *studio {
	return &studio{slots: make(chan struct{}, cfg.ImageWorkers), places: make(chan struct{}, cfg.ImageWorkers+cfg.ImageQueue)}
}

// enter takes a place for an upload, before anything of it is read. Whoever got one calls leave.
func (s *studio) enter() *protocol.Rejection {
	select {
	case s.places <- struct{}{}:
		return nil
	default:
		return errImageQueue
	}
}

func (s *studio) leave() { <-s.places }

// draw waits for its turn.
func (s *studio) draw(ctx context.Context, content []byte) (*picture, *protocol.Rejection) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, errImageQueue
	}
	defer func() { <-s.slots }()
	return redraw(content)
}

// redraw makes the copy that is kept. unsupported_type: no JPEG or PNG, or a damaged one; too_large: too many bytes or pixels.
func redraw(content []byte) (*picture, *protocol.Rejection) {
	if len(content) > fileBytesMax {
		return nil, errFileLarge
	}
	decode, config := png.Decode, png.DecodeConfig
	turn := 1
	p := &picture{kind: "image/png"}
	switch {
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		p.kind, decode, config = "image/jpeg", jpeg.Decode, jpeg.DecodeConfig
		var scans int
		if scans, turn = surveyJPEG(content); scans > jpegScansMax {
			return nil, errNotImage
		}
	default:
		return nil, errNotImage
	}
	c, err := config(bytes.NewReader(content))
	if err != nil || c.Width < 1 || c.Height < 1 {
		return nil, errNotImage
	}
	if c.Width > imageSideMax || c.Height > imageSideMax || c.Width*c.Height > imagePixels {
		return nil, errPixels
	}
	m, err := decode(bytes.NewReader(content))
	if err != nil {
		return nil, errNotImage
	}
	m = upright(m, turn)
	p.width, p.height = m.Bounds().Dx(), m.Bounds().Dy()
	if p.content = encodeImage(m, p.kind); p.content == nil {
		return nil, errFileLarge
	}
	return p, nil
}

// encodeImage writes the copy; nil if it cannot be made as small as an upload must be.
func encodeImage(m image.Image, kind string) []byte {
	for _, q := range []int{jpegQuality, jpegQualityLo} {
		var out bytes.Buffer
		var err error
		if kind == "image/png" {
			level := png.DefaultCompression
			if q == jpegQualityLo {
				level = png.BestCompression
			}
			err = (&png.Encoder{CompressionLevel: level}).Encode(&out, m)
		} else {
			err = jpeg.Encode(&out, m, &jpeg.Options{Quality: q})
		}
		if err == nil && out.Len() <= fileBytesMax {
			return out.Bytes()
		}
	}
	return nil
}

// surveyJPEG walks over the segments of a JPEG without decoding: it counts the scans, and finds the camera's
// orientation (1 to 8; 1 = upright), which would be lost with the metadata.
func surveyJPEG(b []byte) (scans, turn int) {
	turn = 1
	for at := 2; at+4 <= len(b); {
		if b[at] != 0xff { // the data of a scan: on to the next marker
			next := bytes.IndexByte(b[at:], 0xff)
			if next < 0 {
				return scans, turn
			}
			at += next
			continue
		}
		marker := b[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 { // escaped, or alone
			at += 2
			continue
		}
		if marker == 0xd9 { // end
			return scans, turn
		}
		size := int(binary.BigEndian.Uint16(b[at+2:]))
		end := min(at+2+max(size, 2), len(b))
		switch {
		case marker == 0xda:
			scans++
		case marker == 0xe1 && bytes.HasPrefix(b[at+4:end], []byte("Exif\x00\x00")):
			turn = orientation(b[at+10 : end])
		}
		at = end
	}
	return scans, turn
}

// orientation reads tag 0x0112 of the first directory of a TIFF header; 1 for everything that cannot be read.
func orientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if t[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return 1
	}
	n := int(order.Uint16(t[at:]))
	for i, e := 0, at+2; i < min(n, exifEntries) && e+12 <= uint64(len(t)); i, e = i+1, e+12 {
		if order.Uint16(t[e:]) == 0x0112 {
			if v := int(order.Uint16(t[e+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// upright turns the image as its orientation says.
func upright(m image.Image, turn int) image.Image {
	if turn == 1 {
		return m
	}
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	src := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(src, src.Bounds(), m, b.Min, draw.Src)
	size := image.Rect(0, 0, w, h)
	if turn >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	dst := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := x, y
			switch turn {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}
