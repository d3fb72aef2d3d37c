package sessions_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// memory is a transport that answers the same to everything and allocates little of its own.
type memory struct{ body []byte }

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: jsonHeader, Body: io.NopCloser(bytes.NewReader(m.body)),
		Request: req,
	}, nil
}

// benchClient returns a client with its defaults, retries too, on a transport in memory.
func benchClient(b *testing.B, body string) *sessions.Client {
	b.Helper()
	client, err := sessions.NewClient("sk_test_bench",
		sessions.WithHTTPClient(&http.Client{Transport: memory{[]byte(body)}}))
	if err != nil {
		b.Fatal(err)
	}
	return client
}

// benchRow is the i-th session of a page. No two have an id, a time or a device in common.
func benchRow(i int) string {
	at := 1705530913248 + int64(i)*61_001
	return fmt.Sprintf(`{"object":"session","id":"sess_2abcDEFghiJKLmnoPQR%06d",`+
		`"client_id":"client_2abcDEFghiJKLmno%06d","user_id":"user_2abcDEFghiJKLmnoPQR%06d",`+
		`"status":"active","last_active_organization_id":"org_%06d",`+
		`"latest_activity":{"object":"session_activity","id":"sess_activity_%06d","device_type":"Macintosh %d",`+
		`"is_mobile":%t,"browser_name":"Chrome %d","browser_version":"120.0.%d","ip_address":"2001:db8::%x",`+
		`"city":"City %d","country":"C%d"},"actor":null,"tasks":null,"last_active_at":%d,"expire_at":%d,`+
		`"abandon_at":%d,"created_at":%d,"updated_at":%d}`,
		i, i, i, i, i, i, i%2 == 0, i, i, i, i, i, at+4, at+604_800_000, at+2_592_000_000, at, at+5)
}

func BenchmarkGet(b *testing.B) {
	client := benchClient(b, benchRow(1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Get(b.Context(), "sess_2abcDEFghiJKLmnoPQR000001"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList500(b *testing.B) {
	rows := make([]string, 500)
	for i := range rows {
		rows[i] = benchRow(i)
	}
	body := `{"data":[` + strings.Join(rows, ",") + `],"total_count":500}`
	client := benchClient(b, body)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		list, err := client.List(b.Context(), sessions.ListParams{Limit: 500})
		if err != nil || len(list.Data) != 500 {
			b.Fatal(err)
		}
	}
}
