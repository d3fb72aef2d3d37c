// Package wire is what a call passes through on its way out: the chain of small links between the
// generated client, which builds requests, and the http.RoundTripper, which sends them.
package wire

// Operation is what the chain has to know of an operation of the fragment.
type Operation struct {
	Name         string // the operationId
	Method       string
	PathTemplate string
	Retry        Outcome // after which outcomes it is sent again
	MaxAnswer    int64   // the most bytes of a good answer, after decompression
}

// Repeatable reports whether sending the operation twice does no more than sending it once.
func (op *Operation) Repeatable() bool { return op.Retry&Lost != 0 }

// After which outcomes an operation is sent again: one that can be repeated after all of them, one
// that cannot only where it is certain that nothing has happened.
const (
	always    = Unsent | RateLimited | Internal | Unavailable | Lost
	ifNotDone = Unsent | RateLimited
)

const (
	maxObject = 1 << 20
	maxList   = 10 << 20
	maxError  = 64 << 10
)

// path is the path of a session, below the base URL.
const path = "/sessions/{session_id}"

// The operations of the fragment, in its order.
var (
	GetHandshakePayload = &Operation{
		"GetHandshakePayload", "GET", "/clients/handshake_payload", ifNotDone, maxObject,
	}

	GetSessionList     = &Operation{"GetSessionList", "GET", "/sessions", always, maxList}
	CreateSession      = &Operation{"CreateSession", "POST", "/sessions", ifNotDone, maxObject}
	GetSession         = &Operation{"GetSession", "GET", path, always, maxObject}
	RefreshSession     = &Operation{"RefreshSession", "POST", path + "/refresh", ifNotDone, maxObject}
	RevokeSession      = &Operation{"RevokeSession", "POST", path + "/revoke", always, maxObject}
	VerifySession      = &Operation{"VerifySession", "POST", path + "/verify", always, maxObject}
	CreateSessionToken = &Operation{"CreateSessionToken", "POST", path + "/tokens", always, maxObject}

	CreateSessionTokenFromTemplate = &Operation{
		"CreateSessionTokenFromTemplate", "POST", path + "/tokens/{template_name}", always, maxObject,
	}
)

// Operations returns every operation of the fragment, in its order.
func Operations() []*Operation {
	return []*Operation{
		GetHandshakePayload, GetSessionList, CreateSession, GetSession, RefreshSession,
		RevokeSession, VerifySession, CreateSessionToken, CreateSessionTokenFromTemplate,
	}
}
