package wire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// closer counts how often a body was closed, and how much of it was read.
type closer struct {
	io.Reader
	read   int64
	closed int
}

func (c *closer) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

func (c *closer) Close() error {
	c.closed++
	return nil
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	of := func(size int64) io.Reader { return io.LimitReader(endless{}, size) }
	broken := errors.New("broken")
	for _, row := range []struct {
		name   string
		op     *Operation
		status int
		body   io.Reader
		err    error
		read   int64 // bytes that are read at most; 0 = do not look
		lost   bool
	}{
		{"nothing", GetSession, 200, strings.NewReader(""), nil, 0, false},
		{"an object of the largest size", GetSession, 200, of(1 << 20), nil, 0, false},
		{"an object one byte over it", GetSession, 200, of(1<<20 + 1), ErrTooLarge, 1<<20 + 1, false},
		{"an object without end", GetSession, 200, endless{}, ErrTooLarge, 1<<20 + 1, false},
		{"a list of the largest size", GetSessionList, 200, of(10 << 20), nil, 0, false},
		{"a list one byte over it", GetSessionList, 200, of(10<<20 + 1), ErrTooLarge, 10<<20 + 1, false},
		{"an error of the largest size", GetSession, 404, of(64 << 10), nil, 0, false},
		{"an error one byte over it", GetSession, 404, of(64<<10 + 1), ErrTooLarge, 64<<10 + 1, false},
		{"an error without end, to a list", GetSessionList, 503, endless{}, ErrTooLarge, 64<<10 + 1, false},
		{"another success than 200", GetSessionList, 201, of(64<<10 + 1), ErrTooLarge, 64<<10 + 1, false},
		{"a redirect", GetSession, 302, endless{}, ErrTooLarge, 64<<10 + 1, false},
		{"a switch of protocols has no body", GetSession, 101, failingReader{broken}, nil, 0, false},
		{"one that breaks off", GetSession, 200, io.MultiReader(of(10), failingReader{broken}), broken, 0, true},
		{"one that breaks off at the limit", GetSession, 404, io.MultiReader(of(64<<10), failingReader{broken}), broken, 0, true},
		{"one that breaks off past the limit", GetSession, 404, io.MultiReader(of(64<<10+1), failingReader{broken}), ErrTooLarge, 64<<10 + 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			source := &closer{Reader: row.body}
			body := readBody(&http.Response{StatusCode: row.status, Body: source}, row.op)
			defer body.Close()
			if !errors.Is(body.Err(), row.err) || body.Lost() != row.lost {
				t.Errorf("error %v, lost %v; want %v, %v", body.Err(), body.Lost(), row.err, row.lost)
			}
			if row.read != 0 && source.read > row.read {
				t.Errorf("%d bytes were read, want %d at most", source.read, row.read)
			}
			if source.closed != 1 {
				t.Errorf("the answer's body was closed %d times, want once", source.closed)
			}
			all, err := io.ReadAll(body)
			if !errors.Is(err, row.err) {
				t.Errorf("reading it ends with %v, want %v", err, row.err)
			}
			if row.status >= 200 && int64(len(all)) != source.read {
				t.Errorf("%d bytes of %d can be read", len(all), source.read)
			}
		})
	}
}

// A buffer from the pool shows nothing of the answer it held before, and big ones do not stay.
func TestBodiesArePooled(t *testing.T) {
	t.Parallel()
	read := func(text string, status int) *Body {
		return readBody(&http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(text))}, GetSession)
	}
	for i := range 1000 {
		var body *Body
		switch i % 3 {
		case 0:
			body = read(strings.Repeat("a", i), 200)
		case 1:
			body = readBody(&http.Response{StatusCode: 200, Body: io.NopCloser(failingReader{io.ErrUnexpectedEOF})}, GetSession)
		case 2:
			body = read("", 101)
		}
		want, err := bytes.Repeat([]byte("a"), i), error(nil)
		switch i % 3 {
		case 1:
			want, err = nil, io.ErrUnexpectedEOF
		case 2:
			want = nil
		}
		if !bytes.Equal(body.Bytes(), want) || body.Err() != err { //nolint:errorlint // Read must return io.EOF itself
			t.Fatalf("answer %d: %d bytes, error %v; want %d, %v", i, len(body.Bytes()), body.Err(), len(want), err)
		}
		body.Close()
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for range 50 {
				want := strings.Repeat(string(rune('a'+i%26)), 1000+i)
				body := read(want, 200)
				if got := string(body.Bytes()); got != want {
					t.Errorf("an answer changed: it starts with %q, want %q", got[:10], want[:10])
				}
				body.Close()
			}
		})
	}
	wg.Wait()
}
