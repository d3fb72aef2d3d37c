package sessionstest

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

const defaultLimit = 10

// handler works on a request that fits the fragment and was admitted. It returns what to answer or
// why not.
type handler func(s *Server, x *exchange) (any, *refusal)

// handlers has an entry for every operation of the fragment.
var handlers = map[string]handler{
	"GetHandshakePayload":            (*Server).handshakePayload,
	"GetSessionList":                 (*Server).listSessions,
	"CreateSession":                  (*Server).createSession,
	"GetSession":                     (*Server).getSession,
	"RefreshSession":                 (*Server).refreshSession,
	"RevokeSession":                  (*Server).revokeSession,
	"VerifySession":                  (*Server).verifySession,
	"CreateSessionToken":             (*Server).createToken,
	"CreateSessionTokenFromTemplate": (*Server).createToken,
}

func (s *Server) handshakePayload(x *exchange) (any, *refusal) {
	list, ok := s.browsers.take(x.request.URL.Query().Get("nonce"), x.now)
	if !ok {
		return nil, notFound("There is no such nonce, or it was used before.")
	}
	return gen.HandshakePayload{Directives: list}, nil
}

func (s *Server) listSessions(x *exchange) (any, *refusal) {
	query := x.request.URL.Query()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(query.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	f := filter{
		clientID: query.Get("client_id"),
		userID:   query.Get("user_id"),
		status:   query.Get("status"),
	}
	page, total := s.store.list(f, number("offset", 0), number("limit", defaultLimit), x.now)
	rows := make([]any, len(page))
	for i, session := range page {
		rows[i] = session.answered()
	}
	if paginated, err := strconv.ParseBool(query.Get("paginated")); err != nil || !paginated {
		return rows, nil
	}
	return struct {
		Data       []any `json:"data"`
		TotalCount int   `json:"total_count"`
	}{rows, total}, nil
}

func (s *Server) createSession(x *exchange) (any, *refusal) {
	req, refused := decode[gen.CreateSessionRequest](x)
	if refused != nil {
		return nil, refused
	}
	if !s.store.hasUser(req.UserID) {
		return nil, notFound("There is no user with this id.")
	}
	created := s.AddSession(
		Session{UserID: req.UserID, LastActiveOrganizationID: req.ActiveOrganizationID},
	)
	return created.answered(), nil
}

func (s *Server) getSession(x *exchange) (any, *refusal) {
	r, refused := s.session(x)
	if refused != nil {
		return nil, refused
	}
	return r.answered(), nil
}

func (s *Server) revokeSession(x *exchange) (any, *refusal) {
	r, ok := s.store.update(x.sessionID(), x.now, func(session *Session) {
		session.Status, session.UpdatedAt = statusRevoked, onWire(x.now)
	})
	if !ok {
		return nil, noSuchSession()
	}
	return r.answered(), nil
}

func (s *Server) verifySession(x *exchange) (any, *refusal) {
	req, refused := decode[gen.VerifySessionRequest](x)
	if refused != nil {
		return nil, refused
	}
	r, refused := s.session(x)
	if refused != nil {
		return nil, refused
	}
	if err := s.tokens.check(req.Token, r.Session, x.now); err != nil {
		return nil, badToken(err)
	}
	if r.Status != statusActive {
		return nil, notActive(http.StatusBadRequest)
	}
	return r.answered(), nil
}

func (s *Server) createToken(x *exchange) (any, *refusal) {
	req, refused := decode[gen.CreateTokenRequest](x)
	if refused != nil {
		return nil, refused
	}
	r, refused := s.session(x)
	if refused != nil {
		return nil, refused
	}
	if !r.live() {
		return nil, notActive(http.StatusBadRequest)
	}
	return gen.Token{Object: "token", JWT: s.tokens.mint(tokenRequest{
		record:   r,
		id:       s.newID("jti"),
		template: x.params["template_name"],
		lifetime: time.Duration(req.ExpiresInSeconds) * time.Second,
	}, x.now)}, nil
}

// session returns the session that a request names.
func (s *Server) session(x *exchange) (record, *refusal) {
	r, ok := s.store.get(x.sessionID(), x.now)
	if !ok {
		return record{}, noSuchSession()
	}
	return r, nil
}

func (x *exchange) sessionID() string { return x.params["session_id"] }

// decode reads the body; none at all is a zero T.
func decode[T any](x *exchange) (T, *refusal) {
	var req T
	if len(bytes.TrimSpace(x.body)) == 0 {
		return req, nil
	}
	if err := json.Unmarshal(x.body, &req); err != nil {
		return req, malformedBody()
	}
	return req, nil
}
