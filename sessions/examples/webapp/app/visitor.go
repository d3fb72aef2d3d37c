package app

import (
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// clockSkew is how long a token still counts as good after its expiry: until the middleware
// refreshes it.
const clockSkew = 5 * time.Second

// visitor is somebody whose session token is good.
type visitor struct {
	UserID    string
	SessionID string
	Expires   time.Time
}

// visitor returns the sender of a request. The middleware has put a refreshed token into the
// request's cookies; whether that token is good is still for the service to say.
func (a *app) visitor(r *http.Request) (visitor, bool) {
	raw, _ := a.refresher.SessionToken(r)
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return visitor{}, false
	}
	var claims struct {
		jwt.Claims

		SessionID string `json:"sid"`
	}
	err = token.Claims(a.key, &claims)
	if err != nil || claims.Expiry == nil || claims.SessionID == "" {
		return visitor{}, false
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Time: a.Now()}, clockSkew); err != nil {
		return visitor{}, false
	}
	return visitor{
		UserID:    claims.Subject,
		SessionID: claims.SessionID,
		Expires:   claims.Expiry.Time(),
	}, true
}

// visitors lets a handler see only requests of somebody who is signed in. A POST is never
// refreshed: a visitor whose token has just expired is sent to the page, by a GET, which is
// refreshed, and can try again.
func (a *app) visitors(next func(http.ResponseWriter, *http.Request, visitor)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, ok := a.visitor(r)
		if !ok {
			http.Redirect(w, r, "/?again", http.StatusSeeOther)
			return
		}
		next(w, r, v)
	}
}
