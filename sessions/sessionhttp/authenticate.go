package sessionhttp

import (
	"context"
	"errors"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// decision is what is to become of a request.
type decision struct {
	auth      Auth
	cookieSet        // for the browser, and for the request that goes on
	location  string // where the browser is redirected; "" = the request goes on
}

// authenticate decides who sends a request, by the rules of the official SDK's authenticateRequest.
// The first that applies: a token in the Authorization header; a handshake's answer; cookies.
func (a *Authenticator) authenticate(ctx context.Context, v *visit) decision {
	switch {
	case v.header.text != "":
		return a.byToken(ctx, v, &v.header)
	case a.handshake && v.isPage:
		if answer, found := a.findAnswer(v); found {
			return a.byAnswer(ctx, v, answer)
		}
	}
	return a.byCookies(ctx, v)
}

// byAnswer takes a handshake's answer. If that fails, the cookies decide as if it were not there;
// they are not touched.
func (a *Authenticator) byAnswer(ctx context.Context, v *visit, answer answer) decision {
	take := a.takeToken
	if answer.name == answerNonce {
		take = a.takeNonce
	}
	set, p := take(ctx, answer.text)
	if p == nil {
		t := decodeJWT(set.token)
		p = a.shared.signedOut(a.shared.digest("session", t.claim("sid"))) // just before
	}
	if p == nil {
		d := a.accept(set)
		if answer.inQuery {
			d.location = a.cleanURL(v)
		}
		return d
	}
	d := a.byCookies(ctx, v)
	if p.temporary && !d.auth.SignedIn && !d.auth.Pending {
		return notSignedIn("handshake-payload-"+p.reason, p)
	}
	d.auth.Err = errors.Join(d.auth.Err, p)
	return d
}

// byCookies looks at whether the cookies agree with each other, and then at their session token.
func (a *Authenticator) byCookies(ctx context.Context, v *visit) decision {
	if !a.instance.production {
		if _, inQuery := v.parameter(devBrowser); inQuery {
			return a.askBrowser(v, "dev-browser-sync", nil)
		}
		if v.devBrowser() == "" {
			return a.askBrowser(v, "dev-browser-missing", nil)
		}
	}
	t := &v.token
	iat, hasIAT := t.claims["iat"]
	switch {
	case t.text == "" && v.uat == 0:
		return notSignedIn("session-token-and-uat-missing", nil)
	case v.uat == 0:
		return a.askBrowser(v, "session-token-but-no-client-uat", nil)
	case t.text == "":
		return a.askBrowser(v, "client-uat-but-no-session-token", nil)
	case !t.readable:
		return notSignedIn(reasonUnreadable, nil)
	case t.isForeign():
		return notSignedIn(reasonForeign, nil)
	case hasIAT && toNumber(iat) < v.uat:
		return a.askBrowser(v, "session-token-iat-before-client-uat", nil)
	}
	return a.byToken(ctx, v, t)
}

// byToken verifies a token, and renews one that has expired.
func (a *Authenticator) byToken(ctx context.Context, v *visit, t *jwt) decision {
	p := a.verify(ctx, t)
	switch {
	case p == nil:
		return decision{auth: a.authOf(t)}
	case p.reason == reasonExpired:
		return a.byRefresh(ctx, v, t)
	case p.reason == reasonEarly, p.reason == reasonFuture:
		return a.askBrowser(v, p.reason, p)
	}
	return notSignedIn(p.reason, p)
}

// byRefresh refreshes the session of a token that has expired, if the request may. Else the browser
// is sent through the handshake; but trouble with Clerk changes nothing for anybody.
func (a *Authenticator) byRefresh(ctx context.Context, v *visit, t *jwt) decision {
	set, p := a.refresh(ctx, v)
	if p == nil {
		d := a.accept(set)
		d.auth.Refreshed = d.auth.SignedIn || d.auth.Pending
		return d
	}
	reason := "session-token-expired-refresh-" + p.reason
	isPast := toDate(toNumber(t.claims["exp"])) <= float64(a.now().Add(-a.grace).UnixMilli())
	switch {
	case a.grace > 0 && !isPast && a.shared.isOutage(p, t):
		auth := a.authOf(t)
		auth.Reason, auth.Err = reason, p
		return decision{auth: auth}
	case p.temporary, p.reason == reasonSignedOut: // the handshake might bring the session back
		return notSignedIn(reason, p)
	}
	return a.askBrowser(v, reason, p)
}

// accept hands cookies of Clerk's to the browser, and to the request.
func (a *Authenticator) accept(set cookieSet) decision {
	if set.token == "" {
		return decision{cookieSet: set, auth: Auth{Reason: "session-token-missing"}}
	}
	t := decodeJWT(set.token) // again: each request gets claims of its own
	return decision{cookieSet: set, auth: a.authOf(&t)}
}

// authOf returns who a verified token stands for.
func (a *Authenticator) authOf(t *jwt) Auth {
	auth := Auth{
		SignedIn:  true,
		UserID:    t.claim("sub"),
		SessionID: t.claim("sid"),
		Token:     sessions.Token{JWT: t.text},
		Claims:    t.claims,
	}
	if t.claim("sts") == "pending" {
		auth.Pending, auth.SignedIn, auth.Reason = true, a.pending, "session-pending"
	}
	return auth
}

// notSignedIn signs a request out, unless it is only that Clerk could not be asked.
func notSignedIn(reason string, p *problem) (d decision) {
	d.auth.Reason = reason
	if p != nil {
		d.auth.Err, d.auth.Temporary = p, p.temporary
	}
	return d
}
