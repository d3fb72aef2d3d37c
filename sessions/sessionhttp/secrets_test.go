package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// Neither a Refresher that remembers tokens, nor an outcome or an error of whatever kind shows one.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	for _, fault := range []sessionstest.Fault{
		{},
		{Status: 401},
		{Status: 500, Body: "{echo}"},
		{Drop: true},
		{Status: 200, Body: `{"object":"cookies","cookies":["__session={echo}"]}`},
		{Status: 403, Body: `{"errors":[{"code":"{echo}","message":"{echo}"}]}`},
	} {
		t.Run(fmt.Sprint(fault.Status, fault.Body, fault.Drop), func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			in := site.expired()
			if fault != (sessionstest.Fault{}) {
				fault.Body = strings.ReplaceAll(fault.Body, "{echo}", in.SessionToken+" "+in.RefreshToken)
				site.clerk.Inject(fault)
			}
			resp := site.get(t, nil, in.Cookies...)
			_, _, err := site.refresher.Params(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
			secrets := []string{in.SessionToken, in.RefreshToken, site.clerk.SecretKey}
			if fresh := value(resp.Cookies(), "__session"); fresh != "" {
				secrets = append(secrets, fresh)
			}
			for _, value := range []any{site.refresher, *site.refresher, site.outcome, &site.outcome, err} {
				checkSecrets(t, value, secrets)
			}
			for err := site.outcome.Err; err != nil; err = errors.Unwrap(err) {
				checkSecrets(t, err, secrets)
			}
		})
	}
}

func checkSecrets(t *testing.T, value any, secrets []string) {
	t.Helper()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).InfoContext(context.Background(), "x", "value", value)
	text := fmt.Sprintf("%v %+v %#v %s %q %x %d", value, value, value, value, value, value, value) + log.String()
	for _, secret := range secrets {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("%T shows a secret: %s", value, text)
		}
	}
}
