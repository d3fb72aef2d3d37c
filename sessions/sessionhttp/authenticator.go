package sessionhttp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// Backend is the part of Clerk's Backend API that an Authenticator needs: a *sessions.Client, a
// Fleet of package sessionfleet, or a stand-in for a test. It must be safe for concurrent use.
type Backend interface {
	// RefreshCookies trades an expired session token for new cookies,
	// POST /sessions/{session_id}/refresh.
	RefreshCookies(
		ctx context.Context, sessionID string, p sessions.RefreshParams,
	) (*sessions.Cookies, error)
	// HandshakeCookies returns the cookies of a handshake's answer, GET /clients/handshake_payload.
	HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error)
	// Revoke ends a session, POST /sessions/{session_id}/revoke.
	Revoke(ctx context.Context, sessionID string) (*sessions.Session, error)
}

// Authenticator finds out who sends the requests that a service gets. New makes one. Keep one for
// each Clerk instance: an Authenticator remembers what Clerk answered, is safe for concurrent use
// and keeps no goroutine.
type Authenticator struct {
	config
	backend  Backend
	instance instance
	shared   *shared
}

// New returns an Authenticator for the Clerk instance with a publishable key, "pk_live_…" or
// "pk_test_…". The error names everything that is wrong with b, the key and the options. Nothing is
// sent.
func New(b Backend, publishableKey string, opts ...Option) (*Authenticator, error) {
	var errs []error
	if v := reflect.ValueOf(b); b == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		errs = append(errs, errors.New("clerk: New needs a client, as sessions.NewClient makes it"))
	}
	instance, err := parsePublishableKey(publishableKey)
	cfg, optErr := newConfig(opts)
	if err := errors.Join(append(errs, err, optErr)...); err != nil {
		return nil, err
	}
	if cfg.frontendAPI == "" {
		cfg.frontendAPI = "https://" + instance.frontendAPI
	}
	if len(cfg.checks) == 0 {
		cfg.checks = []signatureCheck{newKeySet(cfg).check}
	}
	return &Authenticator{config: *cfg, backend: b, instance: instance, shared: newShared(cfg)}, nil
}

// Token returns the session token of a request: that of the Authorization header or, without one,
// that of the cookies; "" if there is neither. The token is not verified: behind the Middleware,
// take the Token of [Auth], which is. Token fits clerkhttp.AuthorizationJWTExtractor of Clerk's Go
// SDK.
func (a *Authenticator) Token(req *http.Request) string {
	v := a.read(req)
	return cmp.Or(v.header.text, v.token.text)
}

// SignOut ends the session of a request that came through the Middleware, and deletes the session's
// cookies. Call it before anything is written to w, and for POST, not for GET: any page can make a
// browser send a GET. The session token may have expired. Without a session token there is nothing
// to do, and no error.
//
// The cookies are deleted even if the session could not be revoked: it may then go on in other
// places. The error is one of the Backend's Revoke, or says that the session token was no good.
// Only the error of a request that did not come through the Middleware means that nothing was done.
//
// POST /sessions/{session_id}/revoke
func (a *Authenticator) SignOut(w http.ResponseWriter, req *http.Request) error {
	auth, ok := FromContext(req.Context())
	if !ok {
		return errors.New("clerk: SignOut: the request did not come through the Middleware")
	}
	origin, _ := a.Origin(req)
	a.deleteCookies(w.Header(), origin)
	ctx, cancel := a.wait(&visit{req: req, start: time.Now()})
	defer cancel()
	sessionID := auth.SessionID
	if sessionID == "" {
		t := decodeJWT(a.Token(req))
		if t.text == "" {
			return nil
		}
		p := a.verifySignature(ctx, &t) //nolint:contextcheck // it outlasts a visitor
		if sessionID = t.claim("sid"); p == nil && sessionID == "" {
			p = refuse(reasonClaims, "the token names no session")
		}
		if p != nil {
			return fmt.Errorf("clerk: SignOut: no session was revoked: %w", p)
		}
	}
	a.shared.end(sessionID)
	_, err := a.backend.Revoke(ctx, sessionID) //nolint:contextcheck // it outlasts a visitor
	return err
}

// deleteCookies makes the browser at an origin forget its session.
func (a *Authenticator) deleteCookies(h http.Header, origin string) {
	forbidCaching(h)
	domain := registrableDomain(origin)
	if domain != "" {
		domain = "Domain=" + domain + "; "
	}
	for _, suffix := range []string{"", a.instance.suffix} {
		h.Add("Set-Cookie", sessionCookie+suffix+"=; Path=/; Max-Age=0")
		h.Add("Set-Cookie", refreshCookie+suffix+"=; Path=/; Max-Age=0; HttpOnly")
		uat := clientUATCookie + suffix + "=0; "
		if domain != "" { // Clerk's is the domain's: one of the host alone would count beside it
			h.Add("Set-Cookie", uat+"Path=/; SameSite=Lax; Max-Age=0")
		}
		h.Add("Set-Cookie", uat+domain+"Path=/; SameSite=Lax; Max-Age=315360000")
	}
	for _, name := range []string{answerToken, answerNonce} {
		h.Add("Set-Cookie", name+"=; Path=/; Max-Age=0")
		if domain != "" {
			h.Add("Set-Cookie", name+"=; "+domain+"Path=/; Max-Age=0")
		}
	}
}

// registrableDomain returns the domain of an origin that Clerk sets its shared cookies for; "" for
// an address, or a name of one part.
func registrableDomain(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	name := (&url.URL{Host: host}).Hostname()
	_, noAddress := netip.ParseAddr(name)
	if noAddress == nil || strings.ContainsAny(name, ";,") { // as no cookie may hold
		return ""
	}
	domain, _ := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	return domain
}
