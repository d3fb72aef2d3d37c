package sessionstest

import (
	"net/http"
	"time"
)

// SignIn is what a browser holds after a sign-in. All of it is made up and opens nothing but its
// Server.
type SignIn struct {
	SessionID    string
	SessionToken string // the JWT, good for the server's token lifetime
	RefreshToken string // trades the token for a new one while the session lasts
	// Cookies are the browser's: the session token and the time of the sign-in under plain and
	// suffixed names, and the refresh token. They have no Domain and are not Secure, so that a cookie
	// jar sends them to a service under test on loopback.
	Cookies []*http.Cookie
}

// SignIn starts a session for the user, who exists from then on, and returns what the user's
// browser would hold. An empty userID makes a new user.
func (s *Server) SignIn(userID string) SignIn {
	r := record{Session: s.complete(Session{UserID: userID}), refreshToken: s.newID("rt")}
	s.store.put(r)
	now := s.Now()
	out := SignIn{
		SessionID:    r.ID,
		SessionToken: s.tokens.mint(tokenRequest{session: r.Session, id: s.newID("jti")}, now),
		RefreshToken: r.refreshToken,
	}
	out.Cookies = append(sessionCookies(r.Session, out.SessionToken, "", true, now),
		&http.Cookie{ //nolint:gosec // a cookie jar has to keep it on loopback without TLS
			Name:     refreshCookie + cookieSuffix(publishableKey),
			Value:    r.refreshToken,
			Path:     "/",
			Expires:  r.ExpireAt.Truncate(time.Second),
			MaxAge:   int(r.ExpireAt.Sub(now).Seconds()),
			HttpOnly: true,
			SameSite: http.SameSiteLaxMode,
		})
	return out
}
