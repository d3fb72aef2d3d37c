package recorded

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

// The headers that are kept in a recording.
var (
	recordedRequestHeaders = []string{"Accept", "Authorization", "Clerk-Api-Version", "Content-Type", "User-Agent"}
	recordedAnswerHeaders  = []string{"Cf-Ray", "Clerk-Trace-Id", "Content-Type", "Retry-After"}
)

// madeUpKeys are the secret keys that may be recorded. Every other key is taken for real.
var madeUpKeys = []string{recordedCast.key, "sk_test_wrong"}

var (
	secretKeyLike = regexp.MustCompile(`\bsk_(?:test|live)_[A-Za-z0-9_]+`)
	jwtLike       = regexp.MustCompile(`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*`)
	cookieLike    = regexp.MustCompile(`(__(?:session|refresh|client|clerk)\w*)=([^;"\\]*)`)
	emailLike     = regexp.MustCompile(`[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b`)
	ipv4Like      = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	liveID        = regexp.MustCompile(`\b(sess|client|user|org|act|sess_activity)_[A-Za-z0-9]{27}\b`)
	personalField = regexp.MustCompile(
		`("(ip_address|request_originating_ip|city|country|email_address)"\s*:\s*)"[^"]*"`)
)

var personalFields = map[string]string{
	"ip_address":             "203.0.113.7",
	"request_originating_ip": "203.0.113.7",
	"city":                   "Lisbon",
	"country":                "PT",
	"email_address":          "somebody@example.com",
}

// scrubbed returns a text as it may be recorded. Ids of the live service become numbers, the same id the same number.
func scrubbedText(text string, ids map[string]string) string {
	text = secretKeyLike.ReplaceAllStringFunc(text, func(key string) string {
		if slices.Contains(madeUpKeys, key) {
			return key
		}
		return recordedCast.key
	})
	text = jwtLike.ReplaceAllString(text, recordedCast.token)
	text = cookieLike.ReplaceAllStringFunc(text, func(cookie string) string {
		name, value, _ := strings.Cut(cookie, "=")
		if strings.HasPrefix(name, "__client_uat") || value == "" { // a time, or nothing
			return cookie
		}
		return name + "=" + recordedCast.token
	})
	text = personalField.ReplaceAllStringFunc(text, func(field string) string {
		m := personalField.FindStringSubmatch(field)
		return m[1] + `"` + personalFields[m[2]] + `"`
	})
	text = emailLike.ReplaceAllStringFunc(text, func(address string) string {
		if madeUpDomain(address) {
			return address
		}
		return personalFields["email_address"]
	})
	text = ipv4Like.ReplaceAllStringFunc(text, func(address string) string {
		if madeUpAddress(address) {
			return address
		}
		return personalFields["ip_address"]
	})
	return liveID.ReplaceAllStringFunc(text, func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("%s_recorded%d", id[:strings.LastIndex(id, "_")], len(ids)+1)
		}
		return ids[id]
	})
}

// madeUpDomain reports whether an address is in a domain that nobody can have.
func madeUpDomain(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return domain == "example.com" || strings.HasSuffix(domain, ".example.com") || strings.HasSuffix(domain, ".test")
}

// madeUpAddress reports whether a text is no IPv4 address of somebody's: it is for documentation, or the machine
// itself, or no address.
func madeUpAddress(text string) bool {
	addr, err := netip.ParseAddr(text)
	return err != nil || netip.MustParsePrefix("203.0.113.0/24").Contains(addr) || text == "127.0.0.1" ||
		text == "127.0.0.0"
}

// scrub takes out of an exchange what must not be written: it renames the cast, scrubs the texts, keeps the headers
// that are known, and drops what is different in every run.
func (st *stage) scrub(i *cassette.Interaction) error {
	names, ids := st.cast.renamed(recordedCast), map[string]string{}
	clean := func(text string) string { return scrubbedText(names.Replace(text), ids) }
	i.Request = cassette.Request{
		Proto:         i.Request.Proto,
		ProtoMajor:    i.Request.ProtoMajor,
		ProtoMinor:    i.Request.ProtoMinor,
		Host:          i.Request.Host,
		Body:          clean(i.Request.Body),
		Headers:       cleanHeader(i.Request.Headers, recordedRequestHeaders, clean),
		URL:           clean(i.Request.URL),
		Method:        i.Request.Method,
		ContentLength: int64(len(clean(i.Request.Body))),
	}
	i.Request.Headers.Set("User-Agent", withoutVersion(i.Request.Headers.Get("User-Agent")))
	body := clean(i.Response.Body)
	i.Response = cassette.Response{
		Proto:         i.Response.Proto,
		ProtoMajor:    i.Response.ProtoMajor,
		ProtoMinor:    i.Response.ProtoMinor,
		Body:          body,
		ContentLength: int64(len(body)),
		Headers:       cleanHeader(i.Response.Headers, recordedAnswerHeaders, clean),
		Status:        i.Response.Status,
		Code:          i.Response.Code,
	}
	return nil
}

func cleanHeader(h http.Header, keep []string, clean func(string) string) http.Header {
	out := http.Header{}
	for _, name := range keep {
		for _, value := range h[name] {
			out.Add(name, clean(value))
		}
	}
	return out
}

// withoutVersion returns a User-Agent that stays the same from one release to the next.
func withoutVersion(userAgent string) string { return versionOfProduct.ReplaceAllString(userAgent, "") }

// What is scrubbed is shown here on what a live instance could say, all of it made up.
func TestRecordingsAreScrubbed(t *testing.T) {
	const (
		id       = "sess_2abcdefghijklmnopqrstuvwxyz"
		activity = "sess_activity_2abcdefghijklmnopqrstuvwxyz"
	)
	live := "sk_" + "live_0123456789abcdef"
	jwt := strings.Join([]string{"eyJhbGciOiJub25l", "eyJzdWIiOiJ1c2Vy", "c2lnbmF0dXJl"}, ".")
	st := &stage{cast: cast{key: live, user: "user_named", browser: browser{refreshToken: "secret refresh"}}}
	i := &cassette.Interaction{
		Request: cassette.Request{
			Method: "POST",
			URL:    "https://api.clerk.com/v1/sessions/" + id + "/refresh",
			Host:   "api.clerk.com",
			Headers: http.Header{
				"Authorization":   {"Bearer " + live},
				"User-Agent":      {"clerk-sessions-go/1.2.3"},
				"X-Forwarded-For": {"198.51.100.9"},
			},
			Form: map[string][]string{"token": {jwt}},
			Body: `{"expired_token":"` + jwt +
				`","refresh_token":"secret refresh","request_originating_ip":"2001:db8::1"}`,
		},
		Response: cassette.Response{
			Code:    200,
			Headers: http.Header{"Set-Cookie": {"__cf_bm=0123"}, "Content-Type": {"application/json"}},
			Body: `{"cookies":["__session_AbC=` + jwt +
				`; Path=/","__client_uat=1790000000","__refresh_AbC=opaque; HttpOnly","__session=; Max-Age=0"],` +
				`"id":"` + id + `","again":"` + id + `","user_id":"user_named","activity":{"id":"` + activity +
				`","ip_address":"2001:db8::1","city": "Springfield"},` +
				`"text":"mail joe@acme.io from 198.51.100.9, version 1.2.3.400"}`,
			Duration: 5,
		},
	}
	want := &cassette.Interaction{
		Request: cassette.Request{
			Method: "POST",
			URL:    "https://api.clerk.com/v1/sessions/sess_recorded1/refresh",
			Host:   "api.clerk.com",
			Headers: http.Header{
				"Authorization": {"Bearer sk_test_not_a_secret"},
				"User-Agent":    {"clerk-sessions-go"},
			},
			Body: `{"expired_token":"made-up.session.token","refresh_token":"made-up-refresh-token",` +
				`"request_originating_ip":"203.0.113.7"}`,
			ContentLength: 120,
		},
		Response: cassette.Response{
			Code:    200,
			Headers: http.Header{"Content-Type": {"application/json"}},
			Body: `{"cookies":["__session_AbC=made-up.session.token; Path=/","__client_uat=1790000000",` +
				`"__refresh_AbC=made-up.session.token; HttpOnly","__session=; Max-Age=0"],` +
				`"id":"sess_recorded1","again":"sess_recorded1","user_id":"user_recorded",` +
				`"activity":{"id":"sess_activity_recorded2","ip_address":"203.0.113.7","city": "Lisbon"},` +
				`"text":"mail somebody@example.com from 203.0.113.7, version 1.2.3.400"}`,
		},
	}
	want.Response.ContentLength = int64(len(want.Response.Body))
	if err := st.scrub(i); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Request, i.Request); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Response, i.Response); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}
