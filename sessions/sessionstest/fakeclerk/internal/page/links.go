package page

import (
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/guard"
)

const (
	maxLinks = 100 // that are kept; the oldest goes first
	maxID    = 255 // bytes of a user's id
)

// links are the sign-ins of the page, by secret names: whoever knows such a name may have the
// cookies.
type links struct {
	mu     sync.Mutex
	byName map[string]link
	order  []string
}

// link is a sign-in that waits to be put into a browser.
type link struct {
	name    string
	userID  string
	cookies []*http.Cookie
	target  *url.URL // where the browser goes on to
}

// signedIn is a link as the page shows it.
type signedIn struct {
	UserID, Target string
	Link           string // puts the cookies into a browser, and goes on to the target
	Cookie         string // the same as the value of a header
}

func (l *links) add(x link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byName == nil {
		l.byName = map[string]link{}
	}
	if len(l.order) == maxLinks {
		delete(l.byName, l.order[0])
		l.order = l.order[1:]
	}
	l.byName[x.name], l.order = x, append(l.order, x.name)
}

func (l *links) get(name string) (link, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x, ok := l.byName[name]
	return x, ok
}

// shown returns the link for a page that was asked for under a host. Cookies count for one host
// name and all its ports: so the link has the host name of the target, which is a loopback name,
// too.
func (x link) shown(host string) *signedIn {
	_, port, err := net.SplitHostPort(host)
	if err == nil {
		host = net.JoinHostPort(x.target.Hostname(), port)
	}
	var pairs []string
	for _, cookie := range x.cookies {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return &signedIn{
		UserID: x.userID,
		Target: x.target.String(),
		Link:   "http://" + host + Prefix + "open/" + x.name,
		Cookie: strings.Join(pairs, "; "),
	}
}

// signIn signs a user in and returns the page that shows the link.
func (h *handler) signIn(form url.Values) (string, error) {
	userID := strings.TrimSpace(form.Get("user_id"))
	if userID == "" || len(userID) > maxID {
		return "", errors.New("somebody has to sign in: type the id of a user")
	}
	target, err := url.Parse(form.Get("target"))
	if err != nil || target.Scheme != "http" || !guard.IsLoopback(target.Host) {
		return "", errors.New("the address of your service has to be like http://localhost:3000/")
	}
	in := h.in.Clerk().SignInWith(sessionstest.SignInParams{
		UserID: userID,
		Origin: target.Scheme + "://" + target.Host,
	})
	name := rand.Text()
	h.links.add(link{name: name, userID: userID, cookies: in.Cookies, target: target})
	return "/?signed-in=" + name, nil
}

// open puts the cookies of a link into the browser.
func (h *handler) open(w http.ResponseWriter, r *http.Request) {
	x, ok := h.links.get(r.PathValue("link"))
	if !ok {
		h.write(w, r, http.StatusNotFound, "This link is not good any more: sign in again.")
		return
	}
	for _, cookie := range x.cookies {
		http.SetCookie(w, cookie)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, x.target.String(), http.StatusSeeOther)
}
