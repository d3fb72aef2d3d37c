package wire

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The operations that do no more when they are sent twice. Every other one may be sent again only if nothing can have
// happened.
var repeatable = []string{
	"GetSessionList", "GetSession", "RevokeSession", "VerifySession", "CreateSessionToken",
	"CreateSessionTokenFromTemplate",
}

// After which outcome an operation is sent again, walked over every operation.
func TestRetryTable(t *testing.T) {
	t.Parallel()
	var (
		yes     = true
		no      = false
		refused = os.NewSyscallError("connect", syscall.ECONNREFUSED)
		reset   = &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	)
	for _, row := range []struct {
		name       string
		act        act
		repeatable bool // sent again, by an operation that can be repeated
		once       bool // and by one that cannot
	}{
		{"unsent: the connection is refused", failed(dialed(refused)), yes, yes},
		{"unsent: connecting takes too long", failed(dialed(os.ErrDeadlineExceeded)), yes, yes},
		{
			"unsent: DNS fails for now",
			failed(dialed(&net.DNSError{Err: "server misbehaving", IsTemporary: true})), yes, yes,
		},
		{"unsent: DNS does not answer", failed(dialed(&net.DNSError{Err: "i/o timeout", IsTimeout: true})), yes, yes},
		{"unsent: the proxy refuses", failed(&net.OpError{Op: "proxyconnect", Err: refused}), yes, yes},
		{"unsent: the handshake breaks off", failed(io.EOF), yes, yes},
		{"unsent: the handshake is reset", failed(reset), yes, yes},
		{"unsent: nothing was written", failed(errors.New("http: server closed idle connection")), yes, yes},
		{"unsent: no connection within the attempt's time", func() act {
			wait := failed(nil)
			return func(req *http.Request) (*http.Response, error) {
				_, _ = wait(req)
				return stalled(req)
			}
		}(), yes, yes},
		{"429", written(answered(429, "")), yes, yes},
		{"429 with a body that broke off", written(cutOff(429, io.ErrUnexpectedEOF)), yes, yes},
		{"500", written(answered(500, "")), yes, no},
		{"502", written(answered(502, "")), yes, no},
		{"503", written(answered(503, "")), yes, no},
		{"504", written(answered(504, "")), yes, no},
		{"503 with a body that broke off", written(cutOff(503, io.ErrUnexpectedEOF)), yes, no},
		{"lost: reset before the answer", lost(reset), yes, no},
		{"lost: closed before the answer", lost(io.EOF), yes, no},
		{"lost: no answer within the attempt's time", written(stalled), yes, no},
		{"lost: the body breaks off", written(cutOff(200, io.ErrUnexpectedEOF)), yes, no},
		{"lost: the body is reset", written(cutOff(200, reset)), yes, no},
		{"lost: the body takes too long", written(slowly), yes, no},
		{"lost: for a reason nobody knows", lost(errors.New("something happened")), yes, no},
		{"final: 200", written(answered(200, "{}")), no, no},
		{"final: 200 that is too large", written(answered(200, strings.Repeat("x", maxList+1))), no, no},
		{"final: 200 that is not gzip", written(cutOff(200, gzip.ErrHeader)), no, no},
		{"final: 200 with a wrong checksum", written(cutOff(200, gzip.ErrChecksum)), no, no},
		{"final: 101", written(answered(101, "")), no, no},
		{"final: 201", written(answered(201, "{}")), no, no},
		{"final: 204", written(answered(204, "")), no, no},
		{"final: 301", written(answered(301, "", "Location: /elsewhere")), no, no},
		{"final: 307", written(answered(307, "", "Location: /elsewhere")), no, no},
		{"final: 400", written(answered(400, "")), no, no},
		{"final: 401", written(answered(401, "")), no, no},
		{"final: 401 with Retry-After", written(answered(401, "", "Retry-After: 1")), no, no},
		{"final: 403", written(answered(403, "")), no, no},
		{"final: 404", written(answered(404, "")), no, no},
		{"final: 404 with a body that broke off", written(cutOff(404, io.ErrUnexpectedEOF)), no, no},
		{"final: 408", written(answered(408, "")), no, no},
		{"final: 409", written(answered(409, "")), no, no},
		{"final: 410", written(answered(410, "")), no, no},
		{"final: 422", written(answered(422, "")), no, no},
		{"final: 425", written(answered(425, "")), no, no},
		{"final: 501", written(answered(501, "")), no, no},
		{"final: 505", written(answered(505, "")), no, no},
		{"final: 520", written(answered(520, "")), no, no},
		{"final: 600", written(answered(600, "")), no, no},
		{"final: NXDOMAIN", failed(dialed(&net.DNSError{Err: "no such host", IsNotFound: true})), no, no},
		{"final: a certificate", failed(&tls.CertificateVerificationError{Err: errors.New("expired")}), no, no},
		{
			"final: no TLS", failed(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}),
			no, no,
		},
	} {
		for _, op := range Operations() {
			t.Run(row.name+"/"+op.Name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					again := row.once
					if slices.Contains(repeatable, op.Name) {
						again = row.repeatable
					}
					server := &script{acts: []act{row.act, written(answered(200, "{}"))}}
					answer := send(t, NewChain(defaults(server)), op)
					want := 1
					if again {
						want = 2
						if answer.Status() != 200 || answer.Err != nil {
							t.Errorf("the second attempt's answer is not the result: %d, %v",
								answer.Status(), answer.Err)
						}
					}
					if server.requests() != want || answer.Attempts != want {
						t.Errorf("%d requests and %d attempts, want %d", server.requests(), answer.Attempts, want)
					}
					for _, body := range server.bodies[1:] {
						if body != server.bodies[0] {
							t.Errorf("the second body is %q, the first was %q", body, server.bodies[0])
						}
					}
					if op.Method == "POST" && server.bodies[0] != "the body of "+op.Name {
						t.Errorf("the body is %q", server.bodies[0])
					}
					for _, header := range server.header {
						if _, ok := header["Idempotency-Key"]; ok {
							t.Error("the request has an Idempotency-Key")
						}
					}
				})
			})
		}
	}
	if len(repeatable) != len(Operations())-3 {
		t.Error("an operation is not in the table")
	}
}

// A lost request of an operation that cannot be repeated says whether it was sent at all.
func TestAnswersSayWhetherTheRequestWasSent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		acts   []act
		unsent bool
	}{
		{"never connected", []act{failed(dialed(io.EOF))}, true},
		{"connected in the end, and lost", []act{failed(dialed(io.EOF)), lost(io.EOF)}, false},
		{"never written, by a timeout", []act{failed(context.DeadlineExceeded)}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answer := send(t, NewChain(defaults(&script{acts: row.acts})), CreateSession)
				if answer.Response != nil || answer.Unsent != row.unsent {
					t.Errorf("got %#v, want unsent %v", answer, row.unsent)
				}
			})
		})
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, acts := range map[string]act{
		"503": answered(503, ""), "429": answered(429, "", "Retry-After: 1"),
		"no connection": failed(dialed(io.EOF)),
	} {
		for most := 1; most <= 5; most++ {
			synctest.Test(t, func(t *testing.T) {
				server := &script{acts: []act{acts}}
				cfg := defaults(server)
				cfg.Retry.MaxAttempts = most
				answer := send(t, NewChain(cfg), GetSession)
				if server.requests() != most || answer.Attempts != most {
					t.Errorf("%d requests and %d attempts, want %d", server.requests(), answer.Attempts, most)
				}
			})
		}
	}
}

// How long a request waits before it is sent again: from the least to the most, each of many times.
func TestWaits(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	defaultPolicy := RetryPolicy{
		MaxAttempts: 4, BaseDelay: 200 * ms, MaxDelay: 5 * time.Second,
		MaxRetryAfter: 30 * time.Second,
	}
	for _, row := range []struct {
		name   string
		act    act
		policy RetryPolicy
		least  []time.Duration
		most   []time.Duration
	}{
		{
			"full jitter, up to a limit that doubles", answered(503, ""), defaultPolicy,
			[]time.Duration{0, 0, 0},
			[]time.Duration{200 * ms, 400 * ms, 800 * ms},
		},
		{
			"after a lost answer too", lost(io.EOF), defaultPolicy,
			[]time.Duration{0, 0, 0},
			[]time.Duration{200 * ms, 400 * ms, 800 * ms},
		},
		{
			"never longer than MaxDelay", answered(503, ""),
			RetryPolicy{4, 200 * ms, 300 * ms, 30 * time.Second},
			[]time.Duration{0, 0, 0},
			[]time.Duration{200 * ms, 300 * ms, 300 * ms},
		},
		{
			"MaxDelay below BaseDelay", answered(503, ""),
			RetryPolicy{4, 200 * ms, 50 * ms, 30 * time.Second},
			[]time.Duration{0, 0, 0},
			[]time.Duration{50 * ms, 50 * ms, 50 * ms},
		},
		{
			"never sooner than Retry-After", answered(503, "", "Retry-After: 2"), defaultPolicy,
			[]time.Duration{2 * time.Second, 2 * time.Second, 2 * time.Second},
			[]time.Duration{2200 * ms, 2400 * ms, 2800 * ms},
		},
		{
			"Retry-After: 0", answered(503, "", "Retry-After: 0"), defaultPolicy,
			[]time.Duration{0, 0, 0},
			[]time.Duration{200 * ms, 400 * ms, 800 * ms},
		},
		{
			"junk", answered(503, "", "Retry-After: soon"), defaultPolicy,
			[]time.Duration{0, 0, 0},
			[]time.Duration{200 * ms, 400 * ms, 800 * ms},
		},
		{
			"429: exactly the silence", answered(429, "", "Retry-After: 2"), defaultPolicy,
			[]time.Duration{2 * time.Second, 2 * time.Second, 2 * time.Second},
			[]time.Duration{2 * time.Second, 2 * time.Second, 2 * time.Second},
		},
		{
			"429 without Retry-After: a second", answered(429, ""), defaultPolicy,
			[]time.Duration{time.Second, time.Second, time.Second},
			[]time.Duration{time.Second, time.Second, time.Second},
		},
		{
			"429 with junk: a second", answered(429, "", "Retry-After: -5"), defaultPolicy,
			[]time.Duration{time.Second, time.Second, time.Second},
			[]time.Duration{time.Second, time.Second, time.Second},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			longest := make([]time.Duration, len(row.most))
			shortest := slices.Clone(row.most)
			for range 200 {
				synctest.Test(t, func(t *testing.T) {
					server := &script{acts: []act{row.act}}
					cfg := defaults(server)
					cfg.Retry = row.policy
					send(t, NewChain(cfg), GetSession)
					waits := server.waits()
					if len(waits) != len(row.most) {
						t.Fatalf("%d waits, want %d", len(waits), len(row.most))
					}
					for i, wait := range waits {
						if wait < row.least[i] || wait > row.most[i] {
							t.Errorf("wait %d took %v, want %v to %v", i+1, wait, row.least[i], row.most[i])
						}
						longest[i], shortest[i] = max(longest[i], wait), min(shortest[i], wait)
					}
				})
			}
			for i := range row.most { // full jitter: the whole range is used
				if spread := row.most[i] - row.least[i]; spread > 0 && (longest[i]-shortest[i] < spread*8/10) {
					t.Errorf("wait %d was %v to %v in 200 calls, of a range from %v to %v", i+1, shortest[i],
						longest[i], row.least[i], row.most[i])
				}
			}
		})
	}
}

func TestJitterOfExtremePolicies(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		policy RetryPolicy
		n      int
		most   time.Duration
	}{
		{"no delay at all", RetryPolicy{}, 1, 1},
		{"no delay, at the 1000th attempt", RetryPolicy{}, 1000, 1},
		{"a nanosecond", RetryPolicy{BaseDelay: 1, MaxDelay: 1}, 50, 1},
		{
			"the 1000th attempt",
			RetryPolicy{BaseDelay: time.Millisecond, MaxDelay: 5 * time.Second},
			1000,
			5 * time.Second,
		},
		{
			"the longest delay there is",
			RetryPolicy{BaseDelay: time.Second, MaxDelay: math.MaxInt64},
			1000, math.MaxInt64,
		},
		{
			"the longest first delay there is",
			RetryPolicy{BaseDelay: math.MaxInt64, MaxDelay: math.MaxInt64},
			2, math.MaxInt64,
		},
	} {
		r := &links{Config: Config{Retry: row.policy}}
		for range 100 {
			if got := r.jitter(row.n); got < 0 || got >= row.most {
				t.Errorf("%s: got %v, want 0 up to %v", row.name, got, row.most)
			}
		}
	}
}

// A wait that nobody limits stays a wait: it does not overflow into none.
func TestLongestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"Retry-After: 9223372036", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"} {
		for _, status := range []int{503, 429} {
			t.Run(strconv.Itoa(status)+" with "+header, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := &script{acts: []act{answered(status, "", header)}}
					cfg := defaults(server)
					cfg.Retry.MaxRetryAfter = math.MaxInt64
					cfg.Retry.MaxDelay, cfg.Retry.BaseDelay = time.Minute, time.Minute
					ctx, cancel := context.WithCancel(t.Context())
					time.AfterFunc(time.Hour, cancel)
					sendIn(ctx, t, NewChain(cfg), GetSession)
					if n := server.requests(); n != 1 {
						t.Errorf("%d requests within the hour, want 1", n)
					}
				})
			})
		}
	}
}

// What is not waited for comes back at once.
func TestWaitsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		act      act
		deadline time.Duration // 0 = none
		requests int
	}{
		{"429: as long as MaxRetryAfter", answered(429, "", "Retry-After: 10"), 0, 3},
		{"429: longer than MaxRetryAfter", answered(429, "", "Retry-After: 11"), 0, 1},
		{"429: an hour", answered(429, "", "Retry-After: 3600"), 0, 1},
		{"429: shorter than the deadline", answered(429, "", "Retry-After: 1"), 2500 * time.Millisecond, 3},
		{"429: as long as the deadline", answered(429, "", "Retry-After: 2"), 1999 * time.Millisecond, 1},
		{"429: longer than the deadline", answered(429, "", "Retry-After: 20"), 10 * time.Second, 1},
		{"429 without Retry-After: longer than the deadline", answered(429, ""), 900 * time.Millisecond, 1},
		{"503: as long as MaxRetryAfter", answered(503, "", "Retry-After: 10"), 0, 3},
		{"503: longer than MaxRetryAfter", answered(503, "", "Retry-After: 11"), 0, 1},
		{"503: longer than the deadline", answered(503, "", "Retry-After: 20"), 10 * time.Second, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &script{acts: []act{row.act}}
				ctx := t.Context()
				if row.deadline != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				start := time.Now()
				answer := sendIn(ctx, t, NewChain(defaults(server)), CreateSessionToken)
				if !answer.Whole() {
					t.Errorf("got %d, %v, want the answer", answer.Status(), answer.Err)
				}
				if n := server.requests(); n != row.requests {
					t.Errorf("%d requests, want %d", n, row.requests)
				}
				if took := time.Since(start); row.requests == 1 && took != 0 {
					t.Errorf("it took %v to give up", took)
				}
			})
		})
	}
}

// Nothing is sent again once the call's context has ended, whatever the answer.
func TestEndedCallsAreNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]act{
		"200": answered(200, "{}"), "429": answered(429, ""), "500": answered(500, ""), "503": answered(503, ""),
		"unsent": failed(dialed(io.EOF)), "lost": lost(io.EOF),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				server := &script{acts: []act{func(req *http.Request) (*http.Response, error) {
					cancel()
					return after(req)
				}}}
				sendIn(ctx, t, NewChain(defaults(server)), GetSession)
				if n := server.requests(); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		})
	}
}
