package wire

import (
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

// Config says how a chain sends.
type Config struct {
	Key        string // the secret key
	APIVersion string
	UserAgent  string
	Transport  http.RoundTripper
	DropIdle   func()        // closes the transport's idle connections; nil for a transport of others
	Timeout    time.Duration // of one attempt, the answer's body included
	Retry      RetryPolicy
	Limiter    Limiter      // nil for none
	Gate       *gate.Gate   // shared by a client and its copies, while host and transport are the same
	Budget     *Budget      // likewise
	Logger     *slog.Logger // nil for none
}

// Link is one step on the way out. It sends the request of a call, or hands it to the next link,
// and returns what became of it, which is never nil. The request's context is the call's.
type Link interface {
	Send(call *Call, req *http.Request) *Answer
}

// Chain is the way out of a client.
type Chain struct{ first Link }

// NewChain puts the links together: headers, retry, gate, attempt, and then the transport.
func NewChain(cfg Config) *Chain {
	return &Chain{&headers{&retry{cfg, &gated{cfg, newAttempt(cfg)}}, http.Header{
		"Authorization":     {"Bearer " + cfg.Key},
		"Clerk-Api-Version": {cfg.APIVersion},
		"Accept":            {"application/json"},
		"User-Agent":        {cfg.UserAgent},
	}}}
}

// Send sends the request of a call, as often as it takes, and returns what became of the call.
func (c *Chain) Send(call *Call, req *http.Request) *Answer {
	call.ctx = req.Context()
	return c.first.Send(call, req)
}

// headers is the link that says who sends a request, with which key, to which version of the API.
type headers struct {
	next   Link
	values http.Header // made once and copied into each request's own
}

// The newest of Clerk's listed API versions that has VerifySession, and the first without it.
const (
	lastVersionWithVerify = "2024-10-01"
	verifyGoneSince       = "2025-04-10"
)

// Send adds the headers to those that the generated client has set.
func (h *headers) Send(call *Call, req *http.Request) *Answer {
	maps.Copy(req.Header, h.values)
	if call.Op == VerifySession && h.values.Get("Clerk-Api-Version") >= verifyGoneSince {
		req.Header.Set("Clerk-Api-Version", lastVersionWithVerify)
	}
	return h.next.Send(call, req)
}
