package wire

import (
	"compress/flate"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// Outcome is how an attempt ended, as far as sending again is concerned. Outcomes combine to a set.
type Outcome uint8

// The outcomes after which some operation is sent again.
const (
	Unsent      Outcome = 1 << iota // the request never left
	RateLimited                     // 429
	Internal                        // 500
	Unavailable                     // 502, 503, 504
	Lost                            // the request left, and no whole answer came
	Final       Outcome = 0         // anything else: the next attempt would end the same way
)

// outcomeOf returns how an attempt ended.
func outcomeOf(answer *Answer) Outcome {
	switch answer.Status() {
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusInternalServerError:
		return Internal
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Unavailable
	case http.StatusOK:
		if answer.Lost() {
			return Lost
		}
	}
	switch {
	case answer.Response != nil || isPermanent(answer.Err):
		return Final
	case answer.Unsent:
		return Unsent
	}
	return Lost
}

// isPermanent reports whether a request failed for a reason that will still be there next time: a
// host that does not exist, a certificate that is not trusted, a server that does not speak our
// TLS.
func isPermanent(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" { // a TLS alert
		return true
	}
	return isA[*tls.CertificateVerificationError](err) || isA[x509.UnknownAuthorityError](err) ||
		isA[x509.HostnameError](err) || isA[x509.CertificateInvalidError](err) ||
		isA[tls.RecordHeaderError](err)
}

// isCorrupt reports whether a body was read to where its compression makes no sense: a bad answer,
// not a lost one.
func isCorrupt(err error) bool {
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) ||
		isA[flate.CorruptInputError](err)
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
