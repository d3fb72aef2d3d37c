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

// outcome is how an attempt ended, as far as sending again is concerned.
type outcome int

const (
	final   outcome = iota // the next attempt would end the same way
	notDone                // the server has not done what was asked for, and may do it next time
	unclear                // it may have
)

// allows reports whether an operation is sent again: after an unclear outcome only an operation
// that does no more when it is sent twice.
func (o outcome) allows(op *Operation) bool { return o == notDone || o == unclear && op.Repeatable }

// outcomeOf returns how an attempt ended.
func outcomeOf(answer *Answer) outcome {
	switch answer.Status() {
	case http.StatusTooManyRequests:
		return notDone
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return unclear
	case http.StatusOK:
		if answer.Lost() {
			return unclear
		}
	}
	switch {
	case answer.Response != nil || isPermanent(answer.Err):
		return final
	case answer.Unsent:
		return notDone
	}
	return unclear
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
