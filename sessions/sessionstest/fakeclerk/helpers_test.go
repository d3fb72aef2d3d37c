package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// asProgram makes the test binary be the program.
const asProgram = "BE_FAKECLERK"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// program is a running fakeclerk.
type program struct {
	environment map[string]string
	log         *lines
	stop        func() int // ends it and returns its exit status
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// startProgram runs fakeclerk on a port of the system's choice and reads its environment.
func startProgram(t *testing.T, args ...string) program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, out := io.Pipe()
	p := program{environment: map[string]string{}, log: &lines{}}
	done := make(chan int, 1)
	go func() {
		status := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), out, p.log)
		out.CloseWithError(io.EOF)
		done <- status
	}()
	p.stop = sync.OnceValue(func() int {
		cancel()
		return <-done
	})
	t.Cleanup(func() { p.stop() })

	var printed strings.Builder
	for buf := make([]byte, 4096); !strings.Contains(printed.String(), "CLERK_REFRESH_TOKEN="); {
		n, err := stdout.Read(buf)
		if err != nil {
			t.Fatalf("it ended with %d: %s", p.stop(), p.log)
		}
		printed.Write(buf[:n])
	}
	for _, m := range regexp.MustCompile(`(?s)export (\w+)='([^']*)'\n`).FindAllStringSubmatch(printed.String(), -1) {
		p.environment[m[1]] = m[2]
	}
	return p
}

func (p program) get(t *testing.T, path, key string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.environment["CLERK_BASE_URL"]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}
