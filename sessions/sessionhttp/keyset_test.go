package sessionhttp

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// silentTransport never answers.
type silentTransport struct{}

func (silentTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// A fetch of the key set ends after the timeout, even if there is always somebody who has just begun to wait for it.
func TestWhoComesLaterWaitsNoLongerForKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newKeySet(&config{frontendAPI: "https://clerk.example.test", timeout: 3 * time.Second, now: time.Now})
		s.client.Transport = silentTransport{}
		check := func() time.Duration {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			if p := s.check(ctx, &jwt{header: map[string]any{"kid": "ins_1"}}); p == nil || !p.temporary {
				t.Errorf("%v", p)
			}
			return time.Since(began)
		}
		go check()
		time.Sleep(2 * time.Second)
		if took := check(); took != time.Second {
			t.Errorf("took %v", took)
		}
		synctest.Wait()
	})
}
