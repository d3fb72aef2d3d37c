package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// http2Conn returns a connection that speaks HTTP/2, as far as its TLS handshake says so.
func http2Conn(t *testing.T) net.Conn {
	t.Helper()
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	certified.Close()
	near, far := net.Pipe()
	t.Cleanup(func() { far.Close(); near.Close() })
	server := tls.Server(far, &tls.Config{
		Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}, SessionTicketsDisabled: true,
	})
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	conn := tls.Client(near, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err := errors.Join(conn.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return conn
}

// How often, and when, net/http may write a request in one attempt. Each step is a connection that it gets.
func TestSends(t *testing.T) {
	t.Parallel()
	conn := http2Conn(t)
	full := func(trace *httptrace.ClientTrace) { trace.GotConn(httptrace.GotConnInfo{Conn: conn, Reused: true}) }
	sentBack := func(info httptrace.GotConnInfo) func(*httptrace.ClientTrace) {
		return func(trace *httptrace.ClientTrace) {
			trace.GotConn(info)
			trace.WroteHeaders()
		}
	}
	first := sentBack(httptrace.GotConnInfo{Conn: conn})
	after := sentBack(httptrace.GotConnInfo{Conn: conn, Reused: true, WasIdle: true, IdleTime: time.Second})
	soonAfter := sentBack(httptrace.GotConnInfo{Conn: conn, Reused: true, WasIdle: true, IdleTime: 1})
	beside := sentBack(httptrace.GotConnInfo{Conn: conn, Reused: true})
	overHTTP1 := sentBack(httptrace.GotConnInfo{Conn: &net.TCPConn{}, Reused: true})
	type steps []func(*httptrace.ClientTrace)
	const ms = time.Millisecond
	for _, row := range []struct {
		name        string
		steps       steps  // before the answer
		stopped     string // "" = it comes to an answer
		least, most time.Duration
	}{
		{"sent once", steps{first}, "", 0, 0},
		{"sent once, beside others", steps{beside}, "", 0, 0},
		{
			"sent once, after ten connections without a stream to spare",
			append(slices.Repeat(steps{full}, 10), after), "", 0, 0,
		},
		{"sent back twice, by new connections", steps{first, first, first}, "", 0, 0},
		{"sent back twice, by connections that have served", steps{after, after, after}, "", 0, 0},
		{"sent back three times", steps{first, after, first, first}, "the server sent the request back 3 times", 0, 0},
		{"sent back once beside others", steps{beside, beside}, "", 100 * ms, 200 * ms},
		{"sent back once beside others, then alone", steps{beside, after}, "", 0, 0},
		{"sent back once, soon after others", steps{soonAfter, soonAfter}, "", 100 * ms, 200 * ms},
		{"sent back nine times soon after others", slices.Repeat(steps{soonAfter}, 10), "", 900 * ms, 1800 * ms},
		{"sent back nine times beside others", slices.Repeat(steps{beside}, 10), "", 900 * ms, 1800 * ms},
		{
			"sent back ten times beside others",
			slices.Repeat(steps{beside}, 11), "the server sent the request back 10 times", 900 * ms, 1800 * ms,
		},
		{"sent back three times, of which once beside others", steps{beside, first, after, first}, "", 0, 0},
		{
			"sent back once, then two connections without a stream to spare",
			steps{first, full, full, after},
			"", 200 * ms, 400 * ms,
		},
		{"HTTP/1.1: ten dead connections", slices.Repeat(steps{overHTTP1}, 10), "", 0, 0},
	} {
		for _, op := range []*Operation{GetSession, CreateSession} {
			t.Run(row.name+"/"+op.Name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					answer := sendIn(t.Context(), t, newAttempt(defaults(transport(
						func(req *http.Request) (*http.Response, error) {
							for _, step := range row.steps {
								step(httptrace.ContextClientTrace(req.Context()))
							}
							if err := req.Context().Err(); err != nil {
								return nil, err
							}
							return answered(200, "{}")(req)
						}))), op)
					stopped := ""
					if answer.Err != nil {
						stopped = answer.Err.Error()
					}
					if stopped != row.stopped || answer.Whole() == (stopped != "") {
						t.Errorf("got %d, %q, want %q", answer.Status(), stopped, row.stopped)
					}
					if answer.Took < row.least || answer.Took > row.most {
						t.Errorf("it took %v, want %v to %v", answer.Took, row.least, row.most)
					}
				})
			})
		}
	}
}

// A wait between two sends ends with the call.
func TestWaitBetweenSendsEnds(t *testing.T) {
	t.Parallel()
	conn := http2Conn(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		answer := sendIn(ctx, t, newAttempt(defaults(transport(func(req *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(req.Context())
			beside := httptrace.GotConnInfo{Conn: conn, Reused: true}
			trace.GotConn(beside)
			trace.WroteHeaders()
			trace.GotConn(beside)
			return nil, req.Context().Err()
		}))), GetSession)
		if !errors.Is(answer.Err, context.DeadlineExceeded) || answer.Took != 10*time.Millisecond {
			t.Errorf("got %v after %v", answer.Err, answer.Took)
		}
	})
}

// When a kept connection of HTTP/1.1 says nothing until a deadline, the idle ones are closed as well.
func TestIdleConnectionsAreDropped(t *testing.T) {
	t.Parallel()
	encrypted := http2Conn(t)
	got := func(conn net.Conn, kept bool, then act) act {
		return func(req *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(req.Context()).GotConn(httptrace.GotConnInfo{Conn: conn, Reused: kept})
			return then(req)
		}
	}
	onKept := func(then act) act { return got(&net.TCPConn{}, true, then) }
	for _, row := range []struct {
		name     string
		act      act
		deadline time.Duration // the call's; 0 = none
		canceled bool          // at that time, instead
		want     int           // how often they are dropped
	}{
		{"no byte on a kept connection", onKept(stalled), 0, false, 1},
		{"no byte within the call's deadline", onKept(stalled), 3 * time.Second, false, 1},
		{"a deadline that may be too short for an answer", onKept(stalled), 999 * time.Millisecond, false, 0},
		{"canceled", onKept(stalled), 3 * time.Second, true, 0},
		{"the end is missing", onKept(slowly), 0, false, 0},
		{"reset", onKept(failed(io.EOF)), 0, false, 0},
		{"an answer", onKept(answered(200, "{}")), 0, false, 0},
		{"a new connection", got(&net.TCPConn{}, false, stalled), 0, false, 0},
		{"a new connection after a kept one", onKept(got(&net.TCPConn{}, false, stalled)), 0, false, 0},
		{"HTTP/2, which has pings", got(encrypted, true, stalled), 0, false, 0},
		{"a transport without hooks", stalled, 0, false, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if row.deadline > 0 {
					limited, cancel := context.WithTimeout(ctx, row.deadline)
					if row.canceled {
						limited, cancel = context.WithCancel(ctx)
						time.AfterFunc(row.deadline, cancel)
					}
					defer cancel()
					ctx = limited
				}
				dropped := 0
				cfg := defaults(transport(row.act))
				cfg.DropIdle = func() { dropped++ }
				sendIn(ctx, t, newAttempt(cfg), GetSession)
				if dropped != row.want {
					t.Errorf("idle connections were dropped %d times, want %d", dropped, row.want)
				}
				cfg.DropIdle = nil // a transport that may serve others
				sendIn(ctx, t, newAttempt(cfg), GetSession)
			})
		})
	}
}
