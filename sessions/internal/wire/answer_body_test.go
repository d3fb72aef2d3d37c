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
		{
			"one that breaks off at the limit", GetSession, 404, io.MultiReader(of(64<<10), failingReader{broken}),
			broken, 0, true,
		},
		{
			"one that breaks off past the limit", GetSession, 404, io.MultiReader(of(64<<10+1), failingReader{broken}),
			ErrTooLarge, 64<<10 + 1, false,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			source := &closer{Reader: row.body}
			answer := &Answer{Response: &http.Response{StatusCode: row.status, Body: source}}
			answer.readBody(row.op)
			defer answer.Release()
			if !errors.Is(answer.Err, row.err) || answer.Lost() != row.lost {
				t.Errorf("error %v, lost %v; want %v, %v", answer.Err, answer.Lost(), row.err, row.lost)
			}
			if row.read != 0 && source.read > row.read {
				t.Errorf("%d bytes were read, want %d at most", source.read, row.read)
			}
			if source.closed != 1 {
				t.Errorf("the answer's body was closed %d times, want once", source.closed)
			}
			if row.status >= 200 && int64(len(answer.Body)) != source.read {
				t.Errorf("%d bytes of %d are there", len(answer.Body), source.read)
			}
		})
	}
}

// A buffer from the pool shows nothing of the answer it held before, and big ones do not stay.
func TestBodiesArePooled(t *testing.T) {
	t.Parallel()
	read := func(status int, body io.Reader) *Answer {
		answer := &Answer{Response: &http.Response{StatusCode: status, Body: io.NopCloser(body)}}
		answer.readBody(GetSession)
		return answer
	}
	for i := range 1000 {
		var answer *Answer
		var want []byte
		var err error
		switch i % 3 {
		case 0:
			want = bytes.Repeat([]byte("a"), i)
			answer = read(200, bytes.NewReader(want))
		case 1:
			err = io.ErrUnexpectedEOF
			answer = read(200, failingReader{err})
		case 2:
			answer = read(101, strings.NewReader("what is not HTTP"))
		}
		if !bytes.Equal(answer.Body, want) || !errors.Is(answer.Err, err) {
			t.Fatalf("answer %d: %d bytes, error %v; want %d, %v", i, len(answer.Body), answer.Err, len(want), err)
		}
		answer.Release()
		answer.Release() // a second time changes nothing
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for range 50 {
				want := strings.Repeat(string(rune('a'+i%26)), 1000+i)
				answer := read(200, strings.NewReader(want))
				if got := string(answer.Body); got != want {
					t.Errorf("an answer changed: it starts with %q, want %q", got[:10], want[:10])
				}
				answer.Release()
			}
		})
	}
	wg.Wait()
}
