package sessionstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// SignIn is what a browser has after a sign-in. Everything in it is made up and opens nothing but
// its Server.
type SignIn struct {
	SessionID    string
	SessionToken string // the JWT, good for the server's token lifetime
	RefreshToken string // refreshes the session while the session lasts
	// Cookies are the browser's: the session token and the time of the sign-in under plain and
	// suffixed names, the refresh token, and the cookies by which the Frontend API knows the browser.
	// They have no Domain and are not Secure, so that a cookie jar sends them to a service under test
	// on loopback.
	Cookies []*http.Cookie
}

// SignInParams says who signs in, and where. The zero value makes a new user.
type SignInParams struct {
	UserID         string         // "" makes a new user
	Origin         string         // the azp of the tokens; "https://app.example.test" if ""
	OrganizationID string         // the organization that the session is active in; "" for none
	Claims         map[string]any // further claims of the session's tokens; must be encodable as JSON
	Tasks          []Task         // to do before the session is active; with any, it is pending
}

// SignIn starts a session for a user, in a new browser, and returns what the browser has then. The
// user exists from then on. An empty userID makes a new user.
func (s *Server) SignIn(userID string) SignIn { return s.SignInWith(SignInParams{UserID: userID}) }

// SignInWith does what SignIn does, with more to say about the sign-in. It panics if a claim cannot
// be encoded as JSON or is one of Clerk's own, such as "sub".
func (s *Server) SignInWith(params SignInParams) SignIn {
	out, err := s.TrySignInWith(params)
	if err != nil {
		panic(err.Error())
	}
	return out
}

// TrySignInWith does what SignInWith does, and returns an error where SignInWith panics.
func (s *Server) TrySignInWith(params SignInParams) (SignIn, error) {
	claims, err := cloneClaims(params.Claims)
	if err != nil {
		return SignIn{}, err
	}
	session := Session{
		UserID:                   params.UserID,
		LastActiveOrganizationID: params.OrganizationID,
		Tasks:                    params.Tasks,
	}
	if len(session.Tasks) > 0 {
		session.Status = statusPending
	}
	r := s.startSession(s.browsers.add(s.newBrowser()),
		record{Session: session, origin: params.Origin, claims: claims})
	now := s.Now() // no earlier than the session: the token would be older than the sign-in
	token := s.tokens.mint(tokenRequest{record: r, id: s.newID("jti")}, now)
	cookies := s.cookiesFor("") // on loopback, without TLS
	out := SignIn{SessionID: r.ID, SessionToken: token, RefreshToken: r.refreshToken}
	out.Cookies = append(cookies.signedIn(r.Session, token, true, now),
		cookies.refresh(r.Session, r.refreshToken, now))
	if s.production {
		out.Cookies = append(out.Cookies, cookies.shared(clientCookie, r.browser, yearOfSeconds))
	} else {
		out.Cookies = append(out.Cookies, cookies.devBrowser(r.browser)...)
	}
	return out, nil
}

// startSession starts a session in a browser, in the place of one that the browser has, and returns
// it complete and with a refresh token.
func (s *Server) startSession(b browser, r record) record {
	if b.sessionID != "" {
		s.store.update(b.sessionID, s.Now(), func(old *Session) { old.Status = statusReplaced })
	}
	r.ClientID = b.clientID
	r.Session = s.complete(r.Session)
	r.refreshToken, r.browser = s.newID("rt"), b.token
	s.store.put(r)
	s.browsers.setSession(b.token, r.ID)
	return r
}

// cloneClaims returns a copy of claims as JSON has them.
func cloneClaims(claims map[string]any) (map[string]any, error) {
	for name := range claims {
		if isReserved(name) {
			return nil, fmt.Errorf("sessionstest: SignInWith: the claim %q is Clerk's own", name)
		}
	}
	var out map[string]any
	encoded, err := json.Marshal(claims)
	if err != nil || json.Unmarshal(encoded, &out) != nil {
		return nil, errors.New("sessionstest: SignInWith: the Claims cannot be encoded as JSON")
	}
	return out, nil
}
