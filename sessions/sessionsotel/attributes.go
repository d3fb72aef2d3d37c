package sessionsotel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// The attributes that the semantic conventions do not have.
const (
	operationKey attribute.Key = "clerk.operation" // the operationId, as in "GetSession"
	traceIDKey   attribute.Key = "clerk.trace_id"
	lookupKey    attribute.Key = "clerk.token_cache.result"
	decisionKey  attribute.Key = "clerk.auth.decision"
	reasonKey    attribute.Key = "clerk.auth.reason"
)

// attributesOf returns what is known of a request before it is sent.
func attributesOf(req *http.Request, op sessions.Operation) []attribute.KeyValue {
	port, err := strconv.Atoi(req.URL.Port())
	if err != nil {
		port = map[string]int{"https": 443, "http": 80}[req.URL.Scheme]
	}
	return []attribute.KeyValue{
		operationKey.String(op.Name),
		semconv.HTTPRequestMethodKey.String(op.Method),
		semconv.URLTemplate(op.PathTemplate),
		semconv.ServerAddress(req.URL.Hostname()),
		semconv.ServerPort(port),
	}
}

// traceIDLike is what a trace id looks like: hexadecimal digits, and behind those of the network's
// an airport. No key, no id of Clerk's and no JWT does: what a server sends back of a request stays
// out of the span.
var traceIDLike = regexp.MustCompile(`^[0-9a-f-]{8,40}(-[A-Z]{3})?$`)

// traceID returns the name that Clerk, or the network in front of Clerk, gave to a request; "" if
// there is none.
func traceID(h http.Header) string {
	return traceIDLike.FindString(cmp.Or(h.Get("Clerk-Trace-Id"), h.Get("Cf-Ray")))
}

// errorType returns what an error of a transport is called in error.type.
func errorType(err error) string {
	network, isNetwork := errors.AsType[*net.OpError](err)
	_, isCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout():
		return "timeout"
	case isCertificate:
		return "server_certificate_invalid"
	case isNetwork && network.Op == "dial":
		return "not_connected"
	case isNetwork || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "connection_lost"
	}
	return semconv.ErrorTypeOther.Value.AsString()
}
