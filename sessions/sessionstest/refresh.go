package sessionstest

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// refreshSession trades an expired token for a new one. Whatever is wrong with the tokens or the
// session's state is a 401, which sends the browser through the handshake.
func (s *Server) refreshSession(x *exchange) (any, *refusal) {
	req, refused := decode[gen.RefreshSessionRequest](x)
	if refused != nil {
		return nil, refused
	}
	r, refused := s.session(x)
	if refused != nil {
		return nil, refused
	}
	err := s.tokens.check(req.ExpiredToken, r.Session, x.now)
	if err != nil && !errors.Is(err, errExpiredToken) {
		return nil, badToken(err)
	}
	if r.refreshToken == "" ||
		subtle.ConstantTimeCompare([]byte(req.RefreshToken), []byte(r.refreshToken)) != 1 {
		return nil, refuse(http.StatusUnauthorized, "refresh_token_invalid",
			"refresh token is invalid", "The refresh token is not the session's.")
	}
	r, _ = s.store.update(r.ID, x.now, func(session *Session) {
		session.LastActiveAt, session.UpdatedAt = onWire(x.now), onWire(x.now)
	})
	if !r.live() {
		return nil, notActive(http.StatusUnauthorized)
	}
	minted := tokenRequest{record: r, id: s.newID("jti"), origin: req.RequestOrigin}
	token := s.tokens.mint(minted, x.now)
	if req.Format != "cookie" {
		return gen.Token{Object: "token", JWT: token}, nil
	}
	suffixed, err := strconv.ParseBool(x.request.URL.Query().Get("suffixed_cookies"))
	cookies := s.cookiesFor(req.RequestOrigin)
	signedIn := cookies.signedIn(r.Session, token, suffixed && err == nil, x.now)
	return gen.Cookies{Object: "cookies", Cookies: directives(signedIn)}, nil
}
