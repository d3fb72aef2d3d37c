package sessionstest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestNoSecrets looks for what was sent in what is recorded about it, and in what is answered.
func TestNoSecrets(t *testing.T) {
	s := newServer()
	in := s.SignIn("user_1")
	secrets := []string{s.SecretKey, in.SessionToken, in.RefreshToken}
	var told strings.Builder
	refresh := "/sessions/" + in.SessionID + "/refresh"
	for _, secret := range secrets {
		quoted, escaped := `"`+secret+`"`, url.QueryEscape(secret)
		for _, req := range []request{
			{http.MethodPost, "/sessions", `{"user_id":[` + quoted + `]}`, nil},
			{http.MethodPost, "/sessions", `{"user_id":"` + secret, nil},
			{http.MethodPost, refresh, `{"refresh_token":[` + quoted + `],"expired_token":` + quoted + `,` +
				quoted + `:1}`, nil},
			{http.MethodPost, refresh, `{"expired_token":"x","refresh_token":"x","request_origin":"x",` +
				`"request_headers":{` + quoted + `:` + quoted + `}}`, nil},
			{http.MethodGet, "/sessions?limit=" + escaped, "", nil},
			{http.MethodGet, "/sessions?status=" + escaped + "&" + escaped + "=1", "", nil},
			{http.MethodGet, "/sessions", "", http.Header{
				"Authorization": {"Basic " + secret}, "Clerk-Api-Version": {secret},
			}},
			{http.MethodPost, "/sessions", "{}", http.Header{"Content-Type": {secret}}},
		} {
			told.WriteString(send(t, s, req).body)
		}
	}
	for _, path := range []string{s.SecretKey, in.SessionToken} {
		told.WriteString(get(t, s, "/elsewhere/"+path+"/x").body)
	}
	if len(s.Violations()) < 8*len(secrets) {
		t.Errorf("only %d violations", len(s.Violations()))
	}
	for _, violation := range s.Violations() {
		told.WriteString(violation.Error())
	}
	for _, secret := range secrets {
		if strings.Contains(told.String(), secret) {
			t.Errorf("%.12s… is told", secret)
		}
	}
}
