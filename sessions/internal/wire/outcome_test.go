package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
)

func (o outcome) String() string { return []string{"final", "not done", "unclear"}[o] }

func TestOutcomeOfStatus(t *testing.T) {
	t.Parallel()
	want := map[int]outcome{429: notDone, 500: unclear, 502: unclear, 503: unclear, 504: unclear}
	for status := 100; status < 1000; status++ {
		if got := outcomeOf(&Answer{Response: &http.Response{StatusCode: status}}); got != want[status] {
			t.Errorf("%d: %v, want %v", status, got, want[status])
		}
	}
}

func TestOutcomeOfBody(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		err    error
		want   outcome
	}{
		{"a whole 200", 200, nil, final},
		{"a 200 that broke off", 200, io.ErrUnexpectedEOF, unclear},
		{
			"a 200 that was reset", 200,
			&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, unclear,
		},
		{"a 200 that took too long", 200, context.DeadlineExceeded, unclear},
		{"a 200 that is too large", 200, ErrTooLarge, final},
		{"a 200 that is not gzip", 200, gzip.ErrHeader, final},
		{"a 200 with a wrong checksum", 200, gzip.ErrChecksum, final},
		{"a 404 that broke off", 404, io.ErrUnexpectedEOF, final},
		{"a 302 that broke off", 302, io.ErrUnexpectedEOF, final},
		{"a 429 that broke off", 429, io.ErrUnexpectedEOF, notDone},
		{"a 500 that broke off", 500, io.ErrUnexpectedEOF, unclear},
		{"a 503 that is too large", 503, ErrTooLarge, unclear},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := outcomeOf(&Answer{
				Response: &http.Response{StatusCode: row.status},
				Err:      row.err,
			}); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}

func TestOutcomeOfError(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		err  error
		want outcome // of a request that was not written
	}{
		{"a refused connection", dialed(os.NewSyscallError("connect", syscall.ECONNREFUSED)), notDone},
		{"no route to the host", dialed(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), notDone},
		{"a connection that takes too long", dialed(os.ErrDeadlineExceeded), notDone},
		{
			"a DNS server that fails",
			dialed(&net.DNSError{Err: "server misbehaving", Name: "api.clerk.com", IsTemporary: true}), notDone,
		},
		{
			"a DNS server that does not answer",
			dialed(&net.DNSError{Err: "i/o timeout", Name: "api.clerk.com", IsTimeout: true}), notDone,
		},
		{"NXDOMAIN", dialed(&net.DNSError{Err: "no such host", Name: "api.clerk.com", IsNotFound: true}), final},
		{
			"NXDOMAIN, wrapped by a tracing transport",
			fmt.Errorf("traced: %w", &url.Error{Op: "Get", Err: dialed(&net.DNSError{IsNotFound: true})}), final,
		},
		{"a handshake that breaks off", io.EOF, notDone},
		{
			"a handshake that is reset",
			&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, notDone,
		},
		{"a certificate that does not verify", &tls.CertificateVerificationError{Err: errors.New("expired")}, final},
		{"a certificate nobody knows", x509.UnknownAuthorityError{}, final},
		{
			"a certificate of another host",
			x509.HostnameError{Certificate: &x509.Certificate{}, Host: "api.clerk.com"},
			final,
		},
		{"an expired certificate", x509.CertificateInvalidError{Reason: x509.Expired}, final},
		{
			"a server that does not speak TLS",
			tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
			final,
		},
		{
			"a header that makes no sense, as one that broke off does",
			textproto.ProtocolError("malformed MIME header"), notDone,
		},
		{"anything else", errors.New("something happened"), notDone},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := outcomeOf(&Answer{Err: row.err, Unsent: true}); got != row.want {
				t.Errorf("before it was written: %v, want %v", got, row.want)
			}
			want := row.want
			if want == notDone {
				want = unclear
			}
			if got := outcomeOf(&Answer{Err: row.err}); got != want {
				t.Errorf("after it was written: %v, want %v", got, want)
			}
		})
	}
}

// What net/http really says, and what that is taken for. A request of an operation that cannot be repeated is followed
// by httptrace, any other is not: whether it is unsent matters to none of these.
func TestOutcomeOfRealErrors(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write([]byte(strings.Repeat(`{"object":"session"}`, 50)))
	zip.Close()
	gzipped := func(edit func([]byte) []byte) string {
		body := edit(bytes.Clone(zipped.Bytes()))
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	names := nameServer(t)
	for _, row := range []struct {
		name string
		url  func(t *testing.T) string
		tls  *tls.Config // the client's
		get  outcome     // of a call that can be repeated
		post outcome     // of one that cannot
	}{
		{"nobody listens", nobody, nil, notDone, notDone},
		{"a host that does not exist", func(*testing.T) string { return "http://nxdomain.test." }, nil, final, final},
		{"a name server that fails", func(*testing.T) string { return "http://servfail.test." }, nil, notDone, notDone},
		{
			"a name server that refuses", func(*testing.T) string {
				return "http://refused.test."
			}, nil, notDone, notDone,
		},
		{"closed before the answer", says(""), nil, unclear, unclear},
		{"closed in the status line", says("HTTP/1.1 2"), nil, unclear, unclear},
		{"closed in a header's value", says("HTTP/1.1 200 OK\r\nContent-Type: app"), nil, unclear, unclear},
		{"closed in a header's name", says("HTTP/1.1 200 OK\r\nContent-"), nil, unclear, unclear},
		{"closed in the body", says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), nil, unclear, unclear},
		{
			"closed in a chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc"), nil,
			unclear, unclear,
		},
		{
			"closed between chunks", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), nil,
			unclear, unclear,
		},
		{"a whole answer", says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), nil, final, final},
		{"an answer that ends with the connection", says("HTTP/1.1 200 OK\r\n\r\nabc"), nil, final, final},
		{"whole gzip", says(gzipped(func(b []byte) []byte { return b })), nil, final, final},
		{
			"gzip that is none", says(gzipped(func(b []byte) []byte { return []byte("plain text, and enough of it") })),
			nil, final, final,
		},
		{
			"gzip with a wrong checksum", says(gzipped(func(b []byte) []byte { b[len(b)-8]++; return b })), nil,
			final, final,
		},
		{
			"gzip with a wrong length", says(gzipped(func(b []byte) []byte { b[len(b)-1]++; return b })), nil,
			final, final,
		},
		{
			"gzip with nonsense inside",
			says(gzipped(func(b []byte) []byte { return append(b[:10], bytes.Repeat([]byte{0xff}, 50)...) })),
			nil, final, final,
		},
		{
			"gzip that stops in the middle", says(gzipped(func(b []byte) []byte { return b[:len(b)/2] })), nil,
			unclear, unclear,
		},
		{"plain HTTP where TLS is spoken", func(t *testing.T) string {
			return strings.Replace(says("HTTP/1.1 400 Bad Request\r\n\r\n")(t), "http://", "https://", 1)
		}, nil, final, final},
		{
			"a handshake that is cut", func(t *testing.T) string {
				return strings.Replace(hangsUp(t), "http://", "https://", 1)
			}, nil, unclear, notDone,
		},
		{"a certificate nobody knows", tlsServer(nil), nil, final, final},
		{
			"a server that wants a newer TLS", tlsServer(&tls.Config{MinVersion: tls.VersionTLS13}),
			&tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}, final, final,
		},
		{
			"a server that wants a certificate, with TLS 1.2",
			tlsServer(&tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}),
			&tls.Config{InsecureSkipVerify: true}, final, final,
		},
	} {
		for op, want := range map[*Operation]outcome{GetSession: row.get, CreateSession: row.post} {
			t.Run(row.name+"/"+op.Name, func(t *testing.T) {
				t.Parallel()
				dialer := &net.Dialer{Resolver: &net.Resolver{
					PreferGo: true,
					Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
						return net.Dial("udp", names)
					},
				}}
				rt := &http.Transport{TLSClientConfig: row.tls, DialContext: dialer.DialContext}
				t.Cleanup(rt.CloseIdleConnections)
				req, err := http.NewRequestWithContext(t.Context(), op.Method, row.url(t)+"/v1",
					strings.NewReader("body"))
				if err != nil {
					t.Fatal(err)
				}
				answer := newAttempt(defaults(rt)).Send(newCall(op, req), req)
				if got := outcomeOf(answer); got != want {
					t.Errorf("%v, want %v: error %v", got, want, answer.Err)
				}
			})
		}
	}
}

// says returns the URL of a server that reads a request, answers with raw bytes and closes the connection.
func says(raw string) func(t *testing.T) string {
	return func(t *testing.T) string {
		return listen(t, func(conn net.Conn) {
			buf := make([]byte, 4096)
			for n := 0; !bytes.HasSuffix(buf[:n], []byte("body")) && !bytes.HasPrefix(buf[:n], []byte{0x16}); {
				m, err := conn.Read(buf[n:])
				if err != nil {
					return
				}
				n += m
			}
			_, _ = io.WriteString(conn, raw)
			_ = conn.(*net.TCPConn).CloseWrite()
			// until the client has read it all: closing earlier would reset the connection
			_, _ = io.Copy(io.Discard, conn)
		})
	}
}

// hangsUp returns the URL of a server that closes every connection when the first bytes come.
func hangsUp(t *testing.T) string {
	return listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
}

// nobody returns a URL where nothing listens. The port is that of a connection: nobody else can be given it while the
// test runs.
func nobody(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return "http://" + conn.LocalAddr().String()
}

func tlsServer(cfg *tls.Config) func(t *testing.T) string {
	return func(t *testing.T) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.TLS = cfg.Clone()
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
}

// listen serves each connection with a function and returns the URL.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

// nameServer answers every question with the failure that its name stands for.
func nameServer(t *testing.T) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 1024)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			const noError, serverFailure, nameError, refused = 0, 2, 3, 5
			code := byte(noError)
			for name, c := range map[string]byte{"servfail": serverFailure, "nxdomain": nameError, "refused": refused} {
				if bytes.Contains(packet[:n], []byte(name)) {
					code = c
				}
			}
			packet[2] |= 0x80 // an answer
			packet[3] = 0x80 | code
			_, _ = conn.WriteTo(packet[:n], from)
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}
