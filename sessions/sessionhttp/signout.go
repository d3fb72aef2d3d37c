package sessionhttp

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// SignOut ends the session of a request that came through the Middleware, and deletes its cookies:
// those with the instance's suffix and those without. The handler calls it before it writes. The
// cookies are deleted even if the session could not be revoked, which the error tells; the browser
// is signed out then, and other holders of the session are not.
//
// Call it for POST, not for GET: any page can make a browser send a GET.
//
// POST /sessions/{session_id}/revoke
func (a *Authenticator) SignOut(w http.ResponseWriter, req *http.Request) error {
	auth, ok := FromContext(req.Context())
	if !ok {
		return errors.New("clerk: SignOut: the request did not come through the Middleware")
	}
	a.deleteCookies(w.Header(), req.Host)
	if auth.SessionID == "" {
		return nil
	}
	ctx, cancel := a.wait(&visit{req: req, start: time.Now()})
	defer cancel()
	_, err := a.backend.Revoke(ctx, auth.SessionID) //nolint:contextcheck // it outlasts a visitor
	return err
}

// deleteCookies makes a browser forget its session.
func (a *Authenticator) deleteCookies(h http.Header, host string) {
	forbidCaching(h)
	domain := registrableDomain(host)
	for _, suffix := range []string{"", a.instance.suffix} {
		h.Add("Set-Cookie", sessionCookie+suffix+"=; Path=/; Max-Age=0")
		h.Add("Set-Cookie", refreshCookie+suffix+"=; Path=/; Max-Age=0; HttpOnly")
		uat := clientUATCookie + suffix + "=0; Path=/; SameSite=Lax; Max-Age="
		if domain != "" { // Clerk's is the domain's: one of the host alone would count beside it
			h.Add("Set-Cookie", uat+"0")
			uat = strings.Replace(uat, "Path", "Domain="+domain+"; Path", 1)
		}
		h.Add("Set-Cookie", uat+tenYears)
	}
}

const tenYears = "315360000" // in seconds, as Clerk sets it

// registrableDomain returns the domain of a host that Clerk sets its shared cookies for; "" for an
// address, or a name of one part.
func registrableDomain(host string) string {
	name, err := parseHost((&url.URL{Host: host}).Hostname())
	if _, noAddress := netip.ParseAddr(name); err != nil || noAddress == nil {
		return ""
	}
	domain, _ := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	if strings.ContainsAny(domain, ";,") { // which a host may hold, and a cookie may not
		return ""
	}
	return domain
}
