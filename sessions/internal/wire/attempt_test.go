package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An attempt is the last link alone.
type attempt struct{ *links }

func newAttempt(cfg Config) attempt { return attempt{NewChain(cfg).links} }

func (a attempt) Send(call *Call, req *http.Request) *Answer { return a.attempt(call, req) }

// slowly is an answer whose body never comes.
func slowly(req *http.Request) (*http.Response, error) {
	resp, _ := answered(200, "")(req)
	resp.Body = io.NopCloser(waitingReader{req.Context()})
	return resp, nil
}

type waitingReader struct{ ctx context.Context }

func (r waitingReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, context.Cause(r.ctx)
}

// What ends an attempt that takes too long, and what can be seen of it.
func TestAttemptEnds(t *testing.T) {
	t.Parallel()
	reason := errors.New("the user went away")
	for _, row := range []struct {
		name  string
		act   act
		after time.Duration // the caller's context ends; 0 = never
		why   error         // its cause; nil = its deadline
		ends  time.Duration
		match []error
		not   []error
		text  string
	}{
		{
			"no answer", stalled, 0, nil, 10 * time.Second,
			[]error{context.DeadlineExceeded},
			[]error{context.Canceled},
			"no complete answer within the 10s of one attempt: context deadline exceeded",
		},
		{
			"no body", slowly, 0, nil, 10 * time.Second,
			[]error{context.DeadlineExceeded},
			[]error{context.Canceled},
			"no complete answer within the 10s of one attempt: context deadline exceeded",
		},
		{
			"the caller's deadline comes first", stalled, time.Second, nil, time.Second,
			[]error{context.DeadlineExceeded},
			[]error{context.Canceled},
			"context deadline exceeded",
		},
		{
			"the caller's deadline comes first, in the body", slowly, time.Second, nil, time.Second,
			[]error{context.DeadlineExceeded},
			[]error{context.Canceled},
			"context deadline exceeded",
		},
		{
			"the caller cancels", stalled, time.Second, reason, time.Second,
			[]error{context.Canceled, reason},
			[]error{context.DeadlineExceeded},
			"context canceled: the user went away",
		},
		{
			"the caller cancels, in the body", slowly, time.Second, reason, time.Second,
			[]error{context.Canceled, reason},
			[]error{context.DeadlineExceeded},
			"context canceled: the user went away",
		},
		{
			"the caller cancels without a reason", stalled, time.Second, context.Canceled, time.Second,
			[]error{context.Canceled},
			[]error{context.DeadlineExceeded},
			"context canceled",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				switch {
				case row.after != 0 && row.why == nil:
					var stop context.CancelFunc
					ctx, stop = context.WithTimeout(ctx, row.after)
					defer stop()
				case row.after != 0:
					time.AfterFunc(row.after, func() { cancel(row.why) })
				}
				start := time.Now()
				answer := sendIn(ctx, t, newAttempt(defaults(transport(row.act))), GetSession)
				err := answer.Err
				if took := time.Since(start); took != row.ends {
					t.Errorf("it took %v, want %v", took, row.ends)
				}
				for _, match := range row.match {
					if !errors.Is(err, match) {
						t.Errorf("%v does not match %v", err, match)
					}
				}
				for _, not := range row.not {
					if errors.Is(err, not) {
						t.Errorf("%v matches %v", err, not)
					}
				}
				if err.Error() != row.text {
					t.Errorf("its text is %q, want %q", err, row.text)
				}
				if answer.Attempts != 1 || answer.Took != row.ends {
					t.Errorf("%d attempts in %v are counted, want 1 in %v", answer.Attempts, answer.Took, row.ends)
				}
			})
		})
	}
}

// The timeout of an attempt is its own: neither the wait at the gate nor the attempt before takes of it.
func TestEachAttemptHasItsWholeTimeout(t *testing.T) {
	t.Parallel()
	const almost = 10*time.Second - 1
	late := func(status int, header ...string) act {
		return func(req *http.Request) (*http.Response, error) {
			select {
			case <-time.After(almost):
				return answered(status, "{}", header...)(req)
			case <-req.Context().Done():
				return nil, context.Cause(req.Context())
			}
		}
	}
	another := func(t *testing.T, chain *Chain) { // is refused, and cannot wait
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sendIn(ctx, t, chain, GetSession)
	}
	for _, row := range []struct {
		name   string
		acts   []act
		before func(*testing.T, *Chain)
		took   time.Duration
	}{
		{"nothing before it", []act{late(200)}, nil, almost},
		{
			"a wait at the gate before it",
			[]act{answered(429, "", "Retry-After: 9"), late(200)},
			another,
			9*time.Second + almost,
		},
		{
			"a wait at the gate that is shorter than the timeout",
			[]act{answered(429, "", "Retry-After: 5"), late(200)},
			another, 5*time.Second + almost,
		},
		{"a 429 before it", []act{answered(429, "", "Retry-After: 9"), late(200)}, nil, 9*time.Second + almost},
		{"a late 429 before it", []act{late(429, "Retry-After: 9"), late(200)}, nil, almost + 9*time.Second + almost},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				chain := NewChain(defaults(&script{acts: row.acts}))
				if row.before != nil {
					row.before(t, chain)
				}
				start := time.Now()
				answer := send(t, chain, GetSession)
				if took := time.Since(start); answer.Status() != 200 || took != row.took {
					t.Errorf("got %d, %v after %v, want 200 after %v", answer.Status(), answer.Err, took, row.took)
				}
			})
		})
	}
}

// A transport may still be at a request when it has returned, as one is that runs another in a goroutine. The body that
// it reads is its own.
func TestAttemptsShareNoRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []*http.Request
		bodies := make(chan string, 3)
		chain := NewChain(defaults(transport(func(req *http.Request) (*http.Response, error) {
			sent = append(sent, req)
			go func() {
				time.Sleep(time.Minute) // the call is over
				body, err := io.ReadAll(req.Body)
				if err != nil {
					t.Error(err)
				}
				req.Body.Close()
				bodies <- string(body)
			}()
			go func() {
				for range 1000 {
					_, _ = req.URL, req.Body == nil // for the race detector
					time.Sleep(time.Millisecond)
				}
			}()
			return nil, errors.New("given up")
		})))
		send(t, chain, CreateSessionToken)
		time.Sleep(time.Hour)
		for i, req := range sent {
			if slices.Index(sent, req) != i {
				t.Errorf("request %d is one of those before", i+1)
			}
			if body := <-bodies; body != "the body of CreateSessionToken" {
				t.Errorf("a body is %q", body)
			}
		}
		if len(sent) != 3 {
			t.Errorf("%d requests, want 3", len(sent))
		}
	})
}

// A transport that writes into the request it was given changes nothing of a later attempt's.
func TestRequestsAreTheTransportsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var urls []string
		var headers []http.Header
		send(t, NewChain(defaults(transport(func(req *http.Request) (*http.Response, error) {
			urls, headers = append(urls, req.URL.String()), append(headers, req.Header.Clone())
			req.URL.Host, req.URL.Path = "elsewhere.example.com", "/"
			req.Header.Set("Authorization", "none")
			req.Header["Accept"][0] = "text/html"
			req.Header.Add("X-Traced", "1")
			return answered(503, "")(req)
		}))), GetSession)
		if len(urls) != 3 {
			t.Fatalf("%d attempts, want 3", len(urls))
		}
		for i := range urls {
			if urls[i] != urls[0] {
				t.Errorf("attempt %d goes to %s, the first went to %s", i+1, urls[i], urls[0])
			}
			if diff := cmp.Diff(headers[0], headers[i]); diff != "" {
				t.Errorf("the headers of attempt %d: first (-), got (+):\n%s", i+1, diff)
			}
		}
	})
}

// When an attempt is over, so is its context. Each has its own duration in the log, without the waits before.
func TestAttemptsEndTheirContexts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []context.Context
		var text strings.Builder
		cfg := defaults(transport(func(req *http.Request) (*http.Response, error) {
			for i, ctx := range sent {
				if ctx.Err() == nil {
					t.Errorf("attempt %d begins before the context of attempt %d has ended", len(sent)+1, i+1)
				}
			}
			sent = append(sent, req.Context())
			time.Sleep(time.Duration(len(sent)) * time.Second)
			return nil, io.EOF
		}))
		cfg.Logger = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		send(t, NewChain(cfg), GetSession)
		for i, ctx := range sent {
			if ctx.Err() == nil {
				t.Errorf("the call is over and the context of attempt %d has not ended", i+1)
			}
			if want := fmt.Sprintf("duration=%ds", i+1); !strings.Contains(text.String(), want) {
				t.Errorf("the log has no %s:\n%s", want, text.String())
			}
		}
		if len(sent) != 3 {
			t.Errorf("%d attempts, want 3", len(sent))
		}
	})
}

// The caller's own hooks see every attempt.
func TestCallersTrace(t *testing.T) {
	t.Parallel()
	for _, op := range []*Operation{GetSession, CreateSession} {
		synctest.Test(t, func(t *testing.T) {
			var seen int
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GetConn: func(string) { seen++ }})
			sendIn(ctx, t, NewChain(defaults(transport(failed(dialed(io.EOF))))), op)
			if seen != 3 {
				t.Errorf("%s: the hooks saw %d attempts, want 3", op.Name, seen)
			}
		})
	}
}

func TestTimeoutIsATimeout(t *testing.T) {
	t.Parallel()
	var timeout net.Error
	if err := errCallTooLong; !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v is no net.Error that is a timeout", err)
	}
}

// A call whose context is done sends nothing.
func TestDoneContextSendsNothing(t *testing.T) {
	t.Parallel()
	for _, op := range Operations() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		server := &script{acts: []act{answered(200, "")}}
		answer := sendIn(ctx, t, NewChain(defaults(server)), op)
		if !answer.Unsent || !errors.Is(answer.Err, context.Canceled) {
			t.Errorf("%s: got %v, want an unsent answer that matches context.Canceled", op.Name, answer.Err)
		}
		if server.requests() != 0 || answer.Attempts != 0 {
			t.Errorf("%s: %d requests and %d attempts, want none", op.Name, server.requests(), answer.Attempts)
		}
	}
}

// Whether a server can have acted on a request, for operations where that matters.
func TestUnsent(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, row := range []struct {
		name string
		act  act
		want bool
	}{
		{"no connection", failed(dialed(broken)), true},
		{
			"no connection, says a transport without hooks", func(*http.Request) (*http.Response, error) {
				return nil, dialed(broken)
			}, true,
		},
		{
			"something else, says a transport without hooks", func(*http.Request) (*http.Response, error) {
				return nil, broken
			}, false,
		},
		{"a connection that was not written to", failed(broken), true},
		{"a connection that was written to", lost(broken), false},
		{"no answer at all", lost(nil), false},
		{"the read failed", lost(&net.OpError{Op: "read", Err: broken}), false},
	} {
		for _, op := range []*Operation{CreateSession, RefreshSession} {
			cfg := defaults(transport(row.act))
			cfg.Retry.MaxAttempts = 1
			answer := send(t, NewChain(cfg), op)
			if answer.Response != nil || answer.Unsent != row.want {
				t.Errorf("%s, %s: got %v, want unsent %v", row.name, op.Name, answer.Err, row.want)
			}
		}
	}
}

// What a RoundTripper of somebody else's may do, http.Client forgives. So does the chain.
func TestOddTransports(t *testing.T) {
	t.Parallel()
	t.Run("an answer without a body", func(t *testing.T) {
		t.Parallel()
		bare := transport(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 404}, nil })
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("it panics: %v", r)
			}
		}()
		if answer := send(t, NewChain(defaults(bare)), GetSession); answer.Status() != 404 || !answer.Whole() {
			t.Errorf("got %d, %v, want 404", answer.Status(), answer.Err)
		}
	})
	t.Run("an answer and an error", func(t *testing.T) {
		t.Parallel()
		both := transport(func(req *http.Request) (*http.Response, error) {
			resp, _ := answered(200, "{}")(req)
			return resp, errors.New("broken")
		})
		cfg := defaults(both)
		cfg.Retry.MaxAttempts = 1
		if send(t, NewChain(cfg), GetSession).Err == nil {
			t.Error("the error is gone")
		}
	})
}
