package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
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

// inTrouble are the statuses of a server, or of a network in front of it, that may be well again
// when it is asked the next time.
var inTrouble = []int{
	http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
	http.StatusGatewayTimeout,
}

// outcomeOf returns how an attempt ended.
func outcomeOf(answer *Answer) outcome {
	status := answer.Status()
	switch {
	case status == http.StatusTooManyRequests:
		return notDone
	case status == http.StatusOK && answer.Lost(), slices.Contains(inTrouble, status):
		return unclear
	case answer.Response != nil, isPermanent(answer.Err):
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
	dns, failed := errors.AsType[*net.DNSError](err)
	op, alerted := errors.AsType[*net.OpError](err)
	return failed && dns.IsNotFound || alerted && op.Op == "remote error" || // a TLS alert
		isA[*tls.CertificateVerificationError](err) || isA[x509.UnknownAuthorityError](err) ||
		isA[x509.HostnameError](err) || isA[x509.CertificateInvalidError](err) ||
		isA[tls.RecordHeaderError](err)
}

func isA[T error](err error) bool { return errors.As(err, new(T)) }
