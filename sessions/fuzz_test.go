package sessions

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// checkRefusal checks the error of a parameter: it matches ErrInvalidParams, and shows little of
// it, on one line.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrInvalidParams) {
		t.Errorf("%v does not match ErrInvalidParams", err)
	}
	if text := err.Error(); len(text) > 512 || strings.ContainsFunc(text, unicode.IsControl) ||
		!utf8.ValidString(text) {
		t.Errorf("the error is long, or not one line of text: %q", text)
	}
}

// checkPath checks that the path of a request has these segments, and has them still when it is
// decoded once or twice more, as proxies do.
func checkPath(t *testing.T, req *http.Request, segments ...string) {
	t.Helper()
	if req.URL.RawQuery != "" || req.URL.ForceQuery || req.URL.Fragment != "" {
		t.Errorf("%s has more than a path", req.URL)
	}
	path := req.URL.EscapedPath()
	if uri := req.URL.RequestURI(); uri != path {
		t.Errorf("%q is sent, the path is %q", uri, path)
	}
	for decodings := range 3 {
		got := strings.Split(path, "/")[1:]
		if decodings == 0 {
			for i := range got {
				once, err := url.PathUnescape(got[i])
				if err != nil {
					t.Fatalf("%q cannot be decoded: %v", got[i], err)
				}
				got[i] = once
			}
		}
		if !slices.Equal(got, segments) {
			t.Fatalf("after %d decodings the path is %q, want the segments %q", decodings, path, segments)
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			t.Fatalf("%q cannot be decoded: %v", path, err)
		}
		if decodings == 0 && req.URL.Path != decoded {
			t.Errorf("the path decodes to %q, the URL holds %q", decoded, req.URL.Path)
		}
		if clean := req.URL.JoinPath().Path; clean != req.URL.Path {
			t.Errorf("the path %q is read as %q", req.URL.Path, clean)
		}
		path = decoded
	}
}

// An accepted session id is exactly one segment of the path, however often it is decoded.
func FuzzSessionID(f *testing.F) {
	for _, seed := range []string{
		"sess_2bLX", "a", "..", ".", "...", "a..b", "~", "", "a/b", "../users/x", "%2e%2e", "%252e%252e", "sess_1#",
		"sess_1?x=1", "a;b", "a b",
		"a\\b", "a\r\nb", "a\x00b", "é", "\u202e", "\xff", "Ｓ", "sk_test_canary", strings.Repeat("a", 256),
		strings.Repeat("a", 257), strings.Repeat("\x00", 1000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if err := checkSessionID(id); err != nil {
			checkRefusal(t, err)
			return
		}
		if id == "" || len(id) > 256 {
			t.Errorf("an id of %d bytes is accepted", len(id))
		}
		get, err := gen.NewGetSessionRequest("https://api.clerk.com/v1/", id)
		if err != nil {
			t.Fatal(err)
		}
		checkPath(t, get, "v1", "sessions", id)
		revoke, err := gen.NewRevokeSessionRequest("https://api.clerk.com/v1/", id)
		if err != nil {
			t.Fatal(err)
		}
		checkPath(t, revoke, "v1", "sessions", id, "revoke")
	})
}

// An accepted template is exactly one segment of the path, however often it is decoded.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"hasura", "my template", "..", ".", "...", "a..b", "", "a/b", "%2e%2e", "%252e%252e", "%", "%zz", "a#b", "a?b",
		"a\\b", "a;b=c", "a,b", "a:b", "a+b", "&", "@",
		"a\r\nb", "a\x00b", "été", "\u202e", "\ufeff", "\u2028", "\u00ad", "\xff", "\ud7ff", "🙂", "．．",
		strings.Repeat("a", 256), strings.Repeat("é", 129),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if err := (TokenParams{Template: name}).check(); err != nil {
			checkRefusal(t, err)
			return
		}
		if name == "" { // stands for none
			return
		}
		if len(name) > 256 || !utf8.ValidString(name) {
			t.Errorf("the template %q is accepted", name)
		}
		req, err := gen.NewCreateSessionTokenFromTemplateRequestWithBody("https://api.clerk.com/v1/", "sess_1",
			name, mediaType, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkPath(t, req, "v1", "sessions", "sess_1", "tokens", name)
	})
}

// fields reads a document with another decoder, for what has to be there.
func fields(t *testing.T, document string) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := stdjson.Unmarshal([]byte(document), &fields); err != nil {
		t.Fatalf("a document is accepted that is none: %v", err)
	}
	return fields
}

// checkReadSession checks what an accepted session must have, in the document and in what came of
// it.
func checkReadSession(t *testing.T, fields map[string]any, s *Session) {
	t.Helper()
	for name, got := range map[string]string{
		"id": s.ID, "client_id": s.ClientID, "user_id": s.UserID,
		"status": string(s.Status),
	} {
		if got == "" || fields[name] != got {
			t.Errorf("%s is %q, the document has %v", name, got, fields[name])
		}
	}
	if fields["object"] != "session" {
		t.Errorf("the object is %v", fields["object"])
	}
	for name, got := range map[string]time.Time{
		"last_active_at": s.LastActiveAt, "expire_at": s.ExpireAt, "abandon_at": s.AbandonAt, "created_at": s.CreatedAt,
		"updated_at": s.UpdatedAt,
	} {
		if _, ok := fields[name].(float64); !ok {
			t.Errorf("%s is %v in the document, and %v in the session", name, fields[name], got)
		}
		if got.Location() != time.UTC {
			t.Errorf("%s is not in UTC", name)
		}
	}
	activity, _ := fields["latest_activity"].(map[string]any)
	id, _ := activity["id"].(string) // an activity without an id counts as none
	if got := s.LatestActivity; (got != nil) != (id != "") || got != nil && got.ID != id {
		t.Errorf("the latest activity is %v, the document has %v", got, activity)
	}
	if tasks, _ := fields["tasks"].([]any); len(tasks) != len(s.Tasks) {
		t.Errorf("%d tasks, the document has %d", len(s.Tasks), len(tasks))
	}
	for _, task := range s.Tasks {
		if task.Key == "" {
			t.Error("a task has no key")
		}
	}
}

// checkUnreadable checks the error of an answer that cannot be read: it says where, and quotes no
// value of it.
func checkUnreadable(t *testing.T, err error) {
	t.Helper()
	for _, value := range []string{
		"sess_1", "client_1", "user_1", "org_1", "act_1", "user_9",
		"choose-organization", "a.b.c",
	} {
		if strings.Contains(err.Error(), value) {
			t.Errorf("the error quotes the answer: %v", err)
		}
	}
}

const (
	fuzzSession = `{"object":"session","id":"sess_1","client_id":"client_1","user_id":"user_1","status":"active",` +
		`"last_active_organization_id":null,"latest_activity":{"object":"session_activity","id":"act_1",` +
		`"is_mobile":true},"actor":{"sub":"user_9"},"tasks":[{"key":"choose-organization"}],` +
		`"last_active_at":1705530913248,"expire_at":0,` +
		`"abandon_at":-1,"created_at":1,"updated_at":2}`
	fuzzToken   = `{"object":"token","jwt":"a.b.c"}`
	fuzzCookies = `{"object":"cookies","cookies":["__session=a.b.c; Path=/; HttpOnly"]}`
)

// addDocuments adds a good document, and what is wrong with others.
func addDocuments(f *testing.F, good string) {
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(good + good)
	f.Add(" \n" + good + "\t")
	f.Add("\ufeff" + good)
	f.Add(strings.Replace(good, `"object"`, `"Object"`, 1))
	f.Add(strings.Replace(good, `"object"`, `"object":"x","object"`, 1))
	f.Add(strings.Replace(good, `"}`, `","unknown":{"a":[1,2]}}`, 1))
	f.Add(strings.Replace(good, `:"`, `:null,"x":"`, 1))
	f.Add(strings.Replace(good, `"id":"act_1"`, `"":""`, 1))
	f.Add(strings.Replace(good, `_1"`, "\xff\"", 1))
	f.Add(strings.Replace(good, `_1"`, `\ud800"`, 1))
	f.Add(strings.ReplaceAll(good, `:1`, `:1e300`))
	f.Add(strings.ReplaceAll(good, `:1`, `:1.0`))
	f.Add(strings.ReplaceAll(good, `:1`, `:"1"`))
	f.Add(strings.ReplaceAll(good, `:1`, `:99999999999999999999`))
	f.Add(`{"errors":[{"code":"x"}]}`)
	f.Add(strings.Repeat("[", 20_000))
	for _, document := range []string{"", "null", "{}", "[]", "true", `""`, "<html>"} {
		f.Add(document)
	}
}

func FuzzReadSession(f *testing.F) {
	addDocuments(f, fuzzSession)
	f.Fuzz(func(t *testing.T, document string) {
		session, err := decode([]byte(document), asked("").read)
		if err != nil {
			checkUnreadable(t, err)
		} else {
			checkReadSession(t, fields(t, document), session)
		}
		asked, err := decode([]byte(document), asked("sess_1").read)
		if (err == nil) != (session != nil && session.ID == "sess_1") {
			t.Errorf("asked for sess_1: got %v, %v; any session: %v", asked, err, session)
		}
	})
}

func FuzzReadList(f *testing.F) {
	addDocuments(f, `{"data":[`+fuzzSession+`],"total_count":1}`)
	addDocuments(f, `[`+fuzzSession+`]`)
	f.Add(`{"total_count":1,"data":[` + fuzzSession + `,` + fuzzSession + `]}`)
	f.Add(`{"data":[],"total_count":-1}`)
	f.Add(`{"data":null,"total_count":1}`)
	f.Add(`{"data":[null],"total_count":1}`)
	f.Add(`{"data":[` + fuzzSession + `]}`)
	f.Fuzz(func(t *testing.T, document string) {
		list, err := decode([]byte(document), ListParams{}.read)
		if err != nil {
			checkUnreadable(t, err)
			return
		}
		var rows []any
		if list.TotalCount == -1 {
			if err := stdjson.Unmarshal([]byte(document), &rows); err != nil || rows == nil {
				t.Fatalf("a list without a total is accepted that is no array: %v", err)
			}
		} else {
			page := fields(t, document)
			rows, _ = page["data"].([]any)
			if total, ok := page["total_count"].(float64); rows == nil || !ok || total < 0 || list.TotalCount < 0 {
				t.Errorf("total_count is %v in the document, and %d in the list", page["total_count"], list.TotalCount)
			}
		}
		if list.Data == nil || len(rows) != len(list.Data) {
			t.Fatalf("%d sessions, the document has %d", len(list.Data), len(rows))
		}
		for i := range rows {
			row, _ := rows[i].(map[string]any)
			checkReadSession(t, row, &list.Data[i])
		}
	})
}

func FuzzReadToken(f *testing.F) {
	addDocuments(f, fuzzToken)
	addDocuments(f, fuzzCookies)
	f.Fuzz(func(t *testing.T, document string) {
		token, err := decode([]byte(document), readToken)
		if err != nil {
			checkUnreadable(t, err)
			return
		}
		if fields := fields(t, document); token.JWT == "" || fields["jwt"] != token.JWT || fields["object"] != "token" {
			t.Errorf("the token %q came of %v", token.JWT, fields)
		}
		token.ExpiresAt()
	})
}

func FuzzReadCookies(f *testing.F) {
	addDocuments(f, fuzzCookies)
	addDocuments(f, fuzzToken)
	f.Add(`{"object":"cookies","cookies":["a=b\r\nSet-Cookie: c=d"]}`)
	f.Add(`{"object":"cookies","cookies":["a=b\u007f"]}`)
	f.Add(`{"object":"cookies","cookies":["a=b\u0085"]}`)
	f.Add(`{"object":"cookies","cookies":["a=b",null]}`)
	f.Fuzz(func(t *testing.T, document string) {
		cookies, err := decode([]byte(document), readCookies)
		if err != nil {
			checkUnreadable(t, err)
			return
		}
		fields := fields(t, document)
		directives, _ := fields["cookies"].([]any)
		if len(cookies.Directives) == 0 || len(directives) != len(cookies.Directives) || fields["object"] != "cookies" {
			t.Fatalf("%q came of %v", cookies.Directives, fields)
		}
		for i, directive := range cookies.Directives {
			if directive == "" || directives[i] != directive || strings.ContainsFunc(directive, unicode.IsControl) {
				t.Errorf("the directive %q came of %v", directive, directives[i])
			}
		}
	})
}

func FuzzCookieDirectives(f *testing.F) {
	for _, seed := range []struct{ first, second, suffix string }{
		{"__session=a.b.c; Path=/; HttpOnly; Secure; SameSite=Lax", "__client_uat=1", ""},
		{"__session=a.b.c", "__session_AbC-1=d.e.f; Max-Age=60", "AbC-1"},
		{"__session=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "__session=a.b.c; Max-Age=-1", ""},
		{`__session="a.b.c"`, "__session", ""},
		{"=", ";", "_"},
		{"__session=a\x00b", "__session=a\r\nSet-Cookie: x=y", "\n"},
		{"__session=a b; Expires=never; Max-Age=x", "__session=" + strings.Repeat("x", 9000), "x"},
		{"__refresh_AbC=r; Partitioned; Domain=.example.com", "", "AbC"},
	} {
		f.Add(seed.first, seed.second, seed.suffix)
	}
	f.Fuzz(func(t *testing.T, first, second, suffix string) {
		cookies := Cookies{Directives: []string{first, second}}
		parsed, err := cookies.HTTPCookies()
		if err == nil && len(parsed) != 2 || err != nil && parsed != nil {
			t.Errorf("%d cookies and the error %v of 2 directives", len(parsed), err)
		}
		for _, secret := range []string{first, second} {
			if err != nil && len(secret) > 24 && strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the directive: %v", err)
			}
		}
		token, ok := cookies.SessionToken(suffix)
		if ok != (token.JWT != "") {
			t.Errorf("a token of %d bytes beside %v", len(token.JWT), ok)
		}
		if ok && !slices.ContainsFunc(cookies.Directives, func(d string) bool {
			return strings.Contains(d, token.JWT) && strings.Contains(d, "__session")
		}) {
			t.Errorf("the token %q is in neither of %q", token.JWT, cookies.Directives)
		}
		if plain, plainOK := cookies.SessionToken(""); plainOK && !ok {
			t.Errorf("the plain cookie's token %q is gone with the suffix %q", plain.JWT, suffix)
		}
		header := http.Header{"Set-Cookie": {"theirs=1"}}
		cookies.AddTo(header)
		if !slices.Equal(header["Set-Cookie"], []string{"theirs=1", first, second}) {
			t.Errorf("the header is %q", header["Set-Cookie"])
		}
	})
}

// fuzzTransport answers without a network.
type fuzzTransport func() *http.Response

func (f fuzzTransport) RoundTrip(*http.Request) (*http.Response, error) { return f(), nil }

// Whatever the answer: no panic, an error that keeps the status, on one line, without the key, and
// little of the body in it.
func FuzzErrorAnswers(f *testing.F) {
	const key = "sk_test_canary_canary_canary"
	body := `{"errors":[{"code":"resource_not_found","message":"not found","long_message":"No session was found.",` +
		`"meta":{"a":["b",{"c":1}]}}],"clerk_trace_id":"t1"}`
	for _, seed := range []struct {
		status                           uint16
		contentType, trace, wait, answer string
	}{
		{404, "application/json", "t2", "", body},
		{422, "application/json; charset=utf-8", "", "", body[:40]},
		{429, "text/html", "t\r\n3", "1", "<html>" + strings.Repeat("é", 600)},
		{503, "", key, "99999999999999999999", key + "\xff\x00\u2028"},
		{500, "application/json", "", "-5", `{"errors":null}`},
		{400, "application/json", "", "", `{"errors":[null,{"code":1}],"clerk_trace_id":["x"]}`},
		{
			400, "application/json", "", "",
			`{"errors":[{"code":"a","code":"b","meta":{"` + key + `":"` + key + `"}}],"clerk_trace_id":"` + key + `"}`,
		},
		{400, "application/json", "", "", strings.Repeat(`{"errors":[`, 200)},
		{200, "text/plain", "", "", key},
		{302, "application/json", "", "", body},
		{999, "application/json", "", "", "{}"},
	} {
		f.Add(seed.status, seed.contentType, seed.trace, seed.wait, seed.answer)
	}
	f.Fuzz(func(t *testing.T, status uint16, contentType, trace, wait, answer string) {
		status %= 1000
		client, err := NewClient(key, WithRetry(RetryPolicy{MaxAttempts: 1}),
			WithHTTPClient(&http.Client{Transport: fuzzTransport(func() *http.Response {
				return &http.Response{
					StatusCode: int(status),
					Header: http.Header{
						"Content-Type": {contentType}, "Clerk-Trace-Id": {trace},
						"Retry-After": {wait},
					},
					Body: io.NopCloser(strings.NewReader(answer)),
				}
			})}))
		if err != nil {
			t.Fatal(err)
		}
		session, err := client.Get(t.Context(), "sess_1")
		if err == nil {
			if status != 200 || session == nil {
				t.Errorf("status %d is a success", status)
			}
			return
		}
		e, ok := err.(*Error) //nolint:errorlint // the error itself, not one that it wraps
		if !ok || session != nil {
			t.Fatalf("got %v and a %T", session, err)
		}
		if e.StatusCode != int(status) || e.Attempts != 1 || e.Operation != "GetSession" || e.RetryAfter < 0 {
			t.Errorf("status %d, %d attempts, Retry-After %v", e.StatusCode, e.Attempts, e.RetryAfter)
		}
		if len(e.Body) > 512 || !utf8.ValidString(e.Body) {
			t.Errorf("%d bytes of the body are kept, valid: %v", len(e.Body), utf8.ValidString(e.Body))
		}
		text := e.Error()
		if strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsAny(text, "\u2028\u2029") {
			t.Errorf("the error is not one line: %q", text)
		}
		shown := append(texts(e.Details), text, e.Body, e.TraceID, e.LogValue().String())
		for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
			shown = append(shown, cause.Error())
		}
		for _, s := range shown {
			if strings.Contains(s, key) {
				t.Errorf("the key shows in %q", s)
			}
		}
	})
}

// texts returns every text in the details of an error.
func texts(details []ErrorDetail) (all []string) {
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case string:
			all = append(all, value)
		case []any:
			for _, v := range value {
				walk(v)
			}
		case map[string]any:
			for name, v := range value {
				all = append(all, name)
				walk(v)
			}
		}
	}
	for _, d := range details {
		all = append(all, d.Code, d.Message, d.LongMessage)
		walk(d.Meta)
	}
	return all
}

// An accepted base URL sends to its host and nowhere else, in clear text to this machine only, and
// its path stays as it is.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		DefaultBaseURL, DefaultBaseURL + "/", "https://api.clerk.com", "http://127.0.0.1:8080/v1", "http://[::1]/v1",
		"http://localhost", "http://LOCALHOST:1", "http://127.1.2.3",
		"http://[::ffff:127.0.0.1]", "http://127.0.0.1.example.com", "http://localhost.example.com",
		"http://example.com", "http://0.0.0.0", "http://2130706433", "http://[::1%25lo]", "http://[::1%25\xc0]",
		"https://user:pw@api.clerk.com", "https://api.clerk.com/v1?x=1", "https://api.clerk.com/v1?",
		"https://api.clerk.com/v1#", "https://api.clerk.com/v1#f",
		"https://api.clerk.com/../v1", "https://api.clerk.com/%2e%2e/v1", "https://api.clerk.com/%252e%252e/v1",
		"https://api.clerk.com/a%2f..%2fb", `https://api.clerk.com/a\..\b`, "https://api.clerk.com/a%5c..",
		"https:///v1", "https://:443", "https://api.clerk.com:", "https://api.clerk.com:0",
		"https://api.clerk.com:65536", "https://api.clerk.com:99999", "https://api.clerk.com:+1",
		"ftp://api.clerk.com", "HTTPS://api.clerk.com", "//api.clerk.com", "api.clerk.com", "https:api.clerk.com", "",
		" https://api.clerk.com", "https://api.clerk.com\r\n", "https://api clerk.com", "https://é.example",
		"https://api.clerk.com//v1", "https://api.clerk.com/%zz", "https://%61pi.clerk.com/",
		"https://api.clerk.com/v1;x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		client, err := NewClient("sk_test_canary", WithBaseURL(raw))
		if err != nil {
			if client != nil {
				t.Error("there is a client beside the error")
			}
			if text := err.Error(); len(text) > 512 || strings.ContainsAny(text, "\r\n\x00") {
				t.Errorf("the error is long, or not one line: %q", text)
			}
			return
		}
		defer client.CloseIdleConnections()
		base, err := parseBaseURL(raw, false)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case base.User != nil, base.RawQuery != "", base.ForceQuery, base.Fragment != "",
			strings.ContainsAny(raw, "?#"), base.Hostname() == "", base.Opaque != "":
			t.Errorf("%q is accepted", raw)
		case base.Scheme == "http":
			addr, err := netip.ParseAddr(base.Hostname())
			if !strings.EqualFold(base.Hostname(), "localhost") && (err != nil || !addr.Unmap().IsLoopback()) {
				t.Errorf("%q is accepted: clear text to %q", raw, base.Hostname())
			}
		case base.Scheme != "https":
			t.Errorf("%q is accepted: %q", raw, base.Scheme)
		}
		for path := base.EscapedPath(); ; {
			for _, segment := range strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' }) {
				if segment == "." || segment == ".." {
					t.Errorf("%q is accepted: a dot segment in %q", raw, path)
				}
			}
			decoded, err := url.PathUnescape(path)
			if err != nil || decoded == path {
				break
			}
			path = decoded
		}
		var sent *url.URL
		client, err = client.With(WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) {
			sent = req.URL
		})}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(t.Context(), "sess_1"); sent == nil {
			t.Fatalf("nothing is sent to %q: %v", raw, err)
		}
		if want := strings.TrimSuffix(base.EscapedPath(), "/") + "/sessions/sess_1"; sent.Scheme != base.Scheme ||
			sent.Host != base.Host || sent.EscapedPath() != want || sent.RawQuery != "" {
			t.Errorf("with the base URL %q a request goes to %q, want the path %q", raw, sent, want)
		}
	})
}

// roundTrip sees a request and answers 404.
type roundTrip func(*http.Request)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	f(req)
	return &http.Response{StatusCode: 404, Header: http.Header{}, Body: http.NoBody}, nil
}
