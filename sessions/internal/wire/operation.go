// Package wire is what a call passes through on its way out: the chain of small links between the
// generated client, which builds requests, and the http.RoundTripper, which sends them.
package wire

// Operation is what the chain has to know of an operation of the fragment.
type Operation struct {
	Name         string // the operationId
	Method       string
	PathTemplate string
	// Repeatable says that sending the operation twice does no more than sending it once. If not, it
	// is sent again only if the server has not acted on it, and a lost answer is ErrOutcomeUnknown.
	Repeatable bool
	MaxAnswer  int64 // the most bytes of a good answer, after decompression
}

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
		"GetHandshakePayload", "GET", "/clients/handshake_payload", false, maxObject,
	}

	GetSessionList     = &Operation{"GetSessionList", "GET", "/sessions", true, maxList}
	CreateSession      = &Operation{"CreateSession", "POST", "/sessions", false, maxObject}
	GetSession         = &Operation{"GetSession", "GET", path, true, maxObject}
	RefreshSession     = &Operation{"RefreshSession", "POST", path + "/refresh", false, maxObject}
	RevokeSession      = &Operation{"RevokeSession", "POST", path + "/revoke", true, maxObject}
	VerifySession      = &Operation{"VerifySession", "POST", path + "/verify", true, maxObject}
	CreateSessionToken = &Operation{"CreateSessionToken", "POST", path + "/tokens", true, maxObject}

	CreateSessionTokenFromTemplate = &Operation{
		"CreateSessionTokenFromTemplate", "POST", path + "/tokens/{template_name}", true, maxObject,
	}
)

// Operations returns every operation of the fragment, in its order.
func Operations() []*Operation {
	return []*Operation{
		GetHandshakePayload, GetSessionList, CreateSession, GetSession, RefreshSession,
		RevokeSession, VerifySession, CreateSessionToken, CreateSessionTokenFromTemplate,
	}
}
