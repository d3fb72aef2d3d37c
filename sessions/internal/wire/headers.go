package wire

import (
	"maps"
	"net/http"
)

// The newest of Clerk's listed API versions that has VerifySession, and the first without it.
const (
	lastVersionWithVerify = "2024-10-01"
	verifyGoneSince       = "2025-04-10"
)

// headers is the link that says who sends a request, with which key, to which version of the API.
type headers struct {
	next   Link
	values http.Header // made once and copied into each request's own
}

// Send adds the headers to those that the generated client has set.
func (h *headers) Send(call *Call, req *http.Request) *Answer {
	maps.Copy(req.Header, h.values)
	if call.Op == VerifySession && h.values.Get("Clerk-Api-Version") >= verifyGoneSince {
		req.Header.Set("Clerk-Api-Version", lastVersionWithVerify)
	}
	return h.next.Send(call, req)
}
