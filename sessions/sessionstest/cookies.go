package sessionstest

import (
	"crypto/sha1" //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	sessionCookie   = "__session"
	clientUATCookie = "__client_uat"
	refreshCookie   = "__refresh"
)

// cookieSuffix returns the ending that sets the cookies of the instance with this publishable key
// apart from the cookies of other instances.
func cookieSuffix(publishableKey string) string {
	sum := sha1.Sum([]byte(publishableKey)) //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	return "_" + base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// sessionCookies returns the cookies that tell a browser of its session: the token and the time of
// the sign-in, each under its plain name and, with suffixed, under the suffixed name too. The
// cookies are not HttpOnly, since the page's scripts read them.
func sessionCookies(x Session, token, origin string, suffixed bool, now time.Time) []*http.Cookie {
	secure, domain := originAttributes(origin)
	suffixes := []string{""}
	if suffixed {
		suffixes = append(suffixes, cookieSuffix(publishableKey))
	}
	var cookies []*http.Cookie
	add := func(name, value, domain string) {
		for _, suffix := range suffixes {
			cookies = append(cookies, &http.Cookie{ //nolint:gosec // Secure follows the origin, as at Clerk
				Name:     name + suffix,
				Value:    value,
				Path:     "/",
				Domain:   domain,
				Expires:  x.ExpireAt.Truncate(time.Second),
				MaxAge:   int(x.ExpireAt.Sub(now).Seconds()),
				Secure:   secure,
				SameSite: http.SameSiteLaxMode,
			})
		}
	}
	add(sessionCookie, token, "")
	add(clientUATCookie, strconv.FormatInt(x.CreatedAt.Unix(), 10), domain)
	return cookies
}

// originAttributes returns the attributes of an origin's cookies: Secure for https, and the Domain
// that shares a cookie with the origin's subdomains, "" where there is none, as for an IP address.
func originAttributes(origin string) (secure bool, domain string) {
	u, err := url.Parse(origin)
	if err != nil {
		return false, ""
	}
	host := strings.ToLower(u.Hostname())
	notInName := func(r rune) bool {
		return r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}
	if net.ParseIP(host) == nil && strings.Contains(strings.Trim(host, "."), ".") &&
		!strings.ContainsFunc(host, notInName) {
		domain = host
	}
	return u.Scheme == "https", domain
}
