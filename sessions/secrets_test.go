package sessions_test

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// Secrets that must show nowhere. They are longer than what is ever quoted and none looks like a
// secret, so that a part of one betrays itself, and nothing but knowing them hides them.
var (
	canaryKey         = strings.Repeat("canary-key.", 30)
	canaryNonce       = strings.Repeat("canary.nonce-", 20)
	canaryToken       = strings.Repeat("canary+token/", 30) + "=="
	canaryRefresh     = strings.Repeat("canary~refresh&", 30)
	canaryCookie      = strings.Repeat("canary%cookie=", 30)
	canaryOtherCookie = strings.Repeat("canary:other|", 30)
)

// checkNoSecret fails the test where a value shows a canary: printed, logged, or in any error that
// can be got out of it.
func checkNoSecret(t *testing.T, what string, value any) {
	t.Helper()
	forms := shown(value)
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		text := forms[form]
		if i := strings.Index(strings.ToLower(text), "canary"); i >= 0 {
			t.Errorf("%s shows a secret in %s: …%.160q", what, form, text[max(0, i-80):])
			return // once is enough to know
		}
	}
}

// shown returns all that can be seen of a value, by how it was made to show it.
func shown(value any) map[string]string {
	forms := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%t", "%+q", "%10s", "%.3v"} {
		forms[verb] = fmt.Sprintf(verb, value)
	}
	for _, verb := range []string{"%x", "%X", "% x"} {
		forms[verb] = unhex(fmt.Sprintf(verb, value))
	}
	forms["Sprint"] = fmt.Sprint(value)
	forms["Sprintln"] = fmt.Sprintln(value)
	for name, newHandler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var log bytes.Buffer
		slog.New(newHandler(&log)).Info("x", "value", value, slog.Group("group", "value", value))
		forms[name] = log.String()
	}
	err, ok := value.(error)
	if !ok {
		return forms
	}
	if text, jsonErr := stdjson.Marshal(err); jsonErr == nil {
		forms["JSON"] = string(text)
	}
	forms["Error"] = err.Error()
	forms["wrapped"] = fmt.Sprintf("%v %+v %#v", fmt.Errorf("outer: %w", err), errors.Join(err, err),
		fmt.Errorf("outer: %w", err))
	for i, inner := range insides(err) {
		for form, text := range shown(inner) {
			forms[fmt.Sprintf("inner error %d (%T), %s", i, inner, form)] = text
		}
	}
	return forms
}

// insides returns the errors that can be got out of an error, by Unwrap, and by errors.As where
// the type is not the caller's own.
func insides(err error) (inner []error) {
	switch err := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case interface{ Unwrap() error }:
		if next := err.Unwrap(); next != nil {
			inner = append(inner, next)
		}
	case interface{ Unwrap() []error }:
		inner = append(inner, err.Unwrap()...)
	}
	var (
		urlErr  *url.Error
		opErr   *net.OpError
		addrErr *net.AddrError
		numErr  *strconv.NumError
	)
	// Each error of the tree is looked at by itself.
	if errors.As(err, &urlErr) && err != error(urlErr) { //nolint:errorlint // see above
		inner = append(inner, urlErr)
	}
	if errors.As(err, &opErr) && err != error(opErr) { //nolint:errorlint // see above
		inner = append(inner, opErr)
	}
	if errors.As(err, &addrErr) && err != error(addrErr) { //nolint:errorlint // see above
		inner = append(inner, addrErr)
	}
	if errors.As(err, &numErr) && err != error(numErr) { //nolint:errorlint // see above
		inner = append(inner, numErr)
	}
	return inner
}

// unhex returns the bytes of a text in hexadecimal, or the text itself if it is none.
func unhex(text string) string {
	var raw []byte
	for pair := range slices.Chunk([]byte(strings.ReplaceAll(text, " ", "")), 2) {
		n, err := strconv.ParseUint(string(pair), 16, 8)
		if err != nil {
			return text
		}
		raw = append(raw, byte(n))
	}
	return string(raw)
}

// checkNoSecret itself finds what it is there for.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"text":        canaryKey,
		"in hex":      []byte(canaryKey)[:20],
		"field":       struct{ Key string }{canaryKey},
		"error":       errors.New(canaryToken),
		"inner error": &quietError{errors.New(canaryToken)},
	} {
		if !strings.Contains(fmt.Sprint(shown(value)), "canary") {
			t.Errorf("the canary in a %s was not found", name)
		}
	}
}

// A quietError shows nothing itself.
type quietError struct{ inner error }

func (e *quietError) Error() string                 { return "quiet" }
func (e *quietError) Unwrap() error                 { return e.inner }
func (e *quietError) Format(f fmt.State, verb rune) { _, _ = fmt.Fprint(f, "quiet") }

// A secret that the server sends back shows nowhere, wherever it puts it and however it writes it.
// Every row answers with all the secrets of the call.
func TestEchoedSecrets(t *testing.T) {
	t.Parallel()
	asItIs := form{"as it is", func(s string) string { return s }}
	inQuery, inPath := form{"in a query", url.QueryEscape}, form{"in a path", url.PathEscape}
	inJSONText := form{"in JSON", func(s string) string { return strings.Trim(string(must(stdjson.Marshal(s))), `"`) }}
	inHTML := form{"in HTML", html.EscapeString}
	for _, places := range []struct {
		forms  []form
		places []place
	}{
		{[]form{asItIs, inQuery, inPath, inJSONText, inHTML}, []place{
			{"a detail", func(s string) string {
				return jsonAnswer(422,
					fmt.Sprintf(`{"errors":[{"code":"%[1]s","message":"is %[1]s","long_message":"%[1]s `+
						`is","meta":{"%[1]s":[{"a":{"b":"%[1]s"}}]}}],"clerk_trace_id":"%[1]s"}`, inJSON(s)))
			}},
			{"a detail of a good status", func(s string) string {
				return jsonAnswer(200, fmt.Sprintf(`{"errors":[{"code":"x","message":"%s"}]}`, inJSON(s)))
			}},
			{"HTML", func(s string) string { return answer(502, "<h1>"+s+"</h1>", "Content-Type: text/html") }},
			{
				"HTML of a good status", func(s string) string {
					return answer(200, "<h1>"+s+"</h1>", "Content-Type: text/html")
				},
			},
			{
				"HTML, cut off", func(s string) string {
					return answer(502, strings.Repeat("x", 500)+s, "Content-Type: text/html")
				},
			},
			{"broken JSON", func(s string) string { return jsonAnswer(404, `{"errors":[{"message":"`+s) }},
			{
				"a name in an invalid document", func(s string) string {
					return jsonAnswer(200, `{"`+inJSON(s)+`":1,"`+inJSON(s)+`":2}`)
				},
			},
			{
				"a value of the wrong type", func(s string) string {
					return jsonAnswer(200, `{"created_at":"`+inJSON(s)+`"}`)
				},
			},
			{
				"a name in a field of the wrong type", func(s string) string {
					return jsonAnswer(200, `{"actor":{"`+inJSON(s)+`":1,"`+inJSON(s)+`":2}}`)
				},
			},
			{"an object's kind", func(s string) string { return jsonAnswer(200, `{"object":"`+inJSON(s)+`"}`) }},
			{
				"another id", func(s string) string {
					return jsonAnswer(200, edited(goodSession, "id", `"`+inJSON(s)+`"`))
				},
			},
		}},
		{[]form{asItIs, inQuery, inPath}, []place{
			{"Clerk-Trace-Id", func(s string) string { return jsonAnswer(500, "{}", "Clerk-Trace-Id: "+s) }},
			{"Cf-Ray", func(s string) string { return jsonAnswer(500, "{}", "Cf-Ray: "+s) }},
			{"Retry-After", func(s string) string { return jsonAnswer(503, "{}", "Retry-After: "+s) }},
			{"Location", func(s string) string { return jsonAnswer(302, "{}", "Location: https://clerk.test/?q="+s) }},
			{"Location, alone", func(s string) string { return jsonAnswer(307, "{}", "Location: "+s) }},
			{"Content-Type", func(s string) string { return answer(200, "{}", "Content-Type: text/"+s) }},
			{
				"a parameter of Content-Type", func(s string) string {
					return answer(200, "{}", "Content-Type: text/html; charset="+s)
				},
			},
			{"Content-Encoding", func(s string) string { return jsonAnswer(200, "{}", "Content-Encoding: "+s) }},
			{"the reason", func(s string) string { return "HTTP/1.1 404 " + s + "\r\nContent-Length: 0\r\n\r\n" }},
			{"the status", func(s string) string { return "HTTP/1.1 " + s + "\r\n\r\n" }},
			{"the protocol", func(s string) string { return s + " 200 OK\r\n\r\n" }},
			{"a broken header", func(s string) string { return "HTTP/1.1 200 OK\r\n" + s + "\r\n\r\n" }},
			{"a header's name", func(s string) string { return "HTTP/1.1 200 OK\r\nX " + s + ": 1\r\n\r\n" }},
			{"Content-Length", func(s string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + s + "\r\n\r\n" }},
			{
				"Transfer-Encoding", func(s string) string {
					return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + s + "\r\n\r\n"
				},
			},
			{"a chunk's size", func(s string) string { return head(200, "Transfer-Encoding: chunked") + s + "\r\n" }},
		}},
	} {
		for _, place := range places.places {
			for _, form := range places.forms {
				testEcho(t, place, form)
			}
		}
	}
}

// A form is a way to write a secret; a place is where in an answer it shows up.
type (
	form struct {
		name  string
		write func(string) string
	}
	place struct {
		name   string
		answer func(secret string) string
	}
)

// testEcho makes calls whose secrets come back.
func testEcho(t *testing.T, place place, form form) {
	t.Helper()
	for _, call := range callsNamed("Get,Verify,RefreshToken,RefreshCookies") {
		t.Run(place.name+"/"+form.name+"/"+call.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			for _, secret := range secretsOf(call) {
				server := newRawServer(t, say(place.answer(form.write(secret))))
				result, err := call.do(t.Context(), newClient(t, server.url, sessions.WithLogger(logger)))
				if err == nil {
					t.Fatalf("the call returned %v and no error", result)
				}
				checkNoSecret(t, "the error", err)
				checkError(t, err)
			}
			checkNoSecret(t, "the log", log.String())
			if log.Len() == 0 {
				t.Error("nothing was logged")
			}
		})
	}
}

// checkError checks each field of an error, which its own text may leave out.
func checkError(t *testing.T, err error) {
	t.Helper()
	var e *sessions.Error
	if !errors.As(err, &e) {
		t.Errorf("the error is not an *Error but a %T", err)
		return
	}
	checkNoSecret(t, "Details", e.Details)
	checkNoSecret(t, "TraceID", e.TraceID)
	checkNoSecret(t, "Body", e.Body)
	checkNoSecret(t, "the dereferenced error", *e)
}

// secretsOf returns the secrets that a call sends.
func secretsOf(call apiCall) []string {
	switch call.operation.Name {
	case "GetHandshakePayload":
		return []string{canaryKey, canaryNonce}
	case "VerifySession":
		return []string{canaryKey, canaryToken}
	case "RefreshSession":
		return []string{canaryKey, canaryToken, canaryRefresh, canaryCookie, canaryOtherCookie}
	}
	return []string{canaryKey}
}

func inJSON(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The browser's cookies are secrets one by one, however odd the header is that they came in.
func TestEchoedCookies(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("canary", 20)
	for _, row := range []struct {
		name   string
		header http.Header
	}{
		{"one", http.Header{"Cookie": {"__client=" + secret}}},
		{"in lower case", http.Header{"cookie": {"__client=" + secret}}},
		{"beside others", http.Header{"Cookie": {"a=b; __client=" + secret + "; c=d"}}},
		{"without a blank", http.Header{"Cookie": {"a=b;__client=" + secret + ";c=d"}}},
		{"quoted", http.Header{"Cookie": {`__client="` + secret + `"`}}},
		{"beside one without a name", http.Header{"Cookie": {"=x; __client=" + secret}}},
		{"beside one without a value", http.Header{"Cookie": {"x; __client=" + secret}}},
		{"beside one whose name is none", http.Header{"Cookie": {"a b=x; __client=" + secret}}},
		{"beside one whose value is none", http.Header{"Cookie": {"a=x\\y,\"; __client=" + secret}}},
		{"in a second header", http.Header{"Cookie": {"a=b", "__client=" + secret}}},
		{"after a semicolon", http.Header{"Cookie": {"; __client=" + secret}}},
		{"credentials", http.Header{"Authorization": {"Basic " + secret}}},
		{"bearer", http.Header{"Authorization": {"Bearer " + secret}}},
		{"bearer in lower case", http.Header{"authorization": {"bearer " + secret}}},
		{"proxy credentials", http.Header{"Proxy-Authorization": {"Basic " + secret}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := newRawServer(t, say(answer(502, "<p>"+secret+"</p>")))
			_, err := newClient(t, server.url).RefreshToken(t.Context(), "sess_1", sessions.RefreshParams{
				ExpiredToken: "expired", RefreshToken: "refresh", RequestOrigin: "https://app.example.com",
				RequestHeaders: row.header,
			})
			checkNoSecret(t, "the error", err)
			checkError(t, err)
		})
	}
}

// A new token in an answer that is not good is as secret as the one that was sent.
func TestSecretsOfBadAnswers(t *testing.T) {
	t.Parallel()
	jwt := freshJWT
	for _, body := range []string{
		"<script>token = '" + jwt + "'</script>",
		`{"object":"token","jwt":"` + jwt,
		`{"object":"token","jwt":"` + jwt[:len(jwt)-30],
		`{"object":"token","jwt":"` + jwt + `"} and more`,
		`{"object":"cookies","cookies":["__session=canary; Path=/`,
		`{"object":"cookies","cookies":["__session_abc=canary; Path=/","__refresh_abc=canary; Path=/"`,
		"Set-Cookie: __client=canary; Path=/",
		"Set-Cookie: __clerk_db_jwt=canary; Path=/",
		"Authorization: Bearer canary",
		"Authorization: bearer canary",
		"sk_live_canary",
		"sk_test_canary.canary",
		goodToken, goodCookies, goodDirectives,
		`{"object":"error","jwt":"` + jwt + `"}`,
	} {
		for _, status := range []int{200, 201, 500} {
			for _, call := range callsNamed("Get,RefreshCookies") {
				server := newRawServer(t, say(jsonAnswer(status, body)))
				result, err := call.do(t.Context(), newClient(t, server.url))
				if result != nil {
					continue // cookies for RefreshCookies
				}
				checkNoSecret(t, "the error about "+body, err)
				checkError(t, err)
			}
		}
	}
}

// requestError is what a careless transport may return: its text is harmless, its field is not.
type requestError struct{ Request *http.Request }

func (e *requestError) Error() string { return "the proxy refused" }

// What a transport of the caller's own says, and what it wraps, shows no secret.
func TestTransportErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	for _, row := range []struct {
		name string
		fail func(*http.Request) error
	}{
		{
			"the header in the text", func(req *http.Request) error {
				return fmt.Errorf("refused: %v: %w", req.Header, cause)
			},
		},
		{
			"the header, quoted", func(req *http.Request) error {
				return fmt.Errorf("refused: %q: %w", req.Header, cause)
			},
		},
		{"the key alone", func(req *http.Request) error {
			return fmt.Errorf("refused %s: %w", strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "), cause)
		}},
		{"the whole request", func(req *http.Request) error { return fmt.Errorf("refused: %+v: %w", req, cause) }},
		{"the body", func(req *http.Request) error {
			var body bytes.Buffer
			if req.Body != nil {
				_ = must(body.ReadFrom(req.Body))
			}
			return fmt.Errorf("refused %s: %w", body.Bytes(), cause)
		}},
		{"a *url.Error with the key", func(*http.Request) error {
			return &url.Error{
				Op:  "Post",
				URL: "https://u:" + url.QueryEscape(canaryKey) + "@clerk.test/?k=" + canaryKey, Err: cause,
			}
		}},
		{"a *url.Error with the key, wrapped", func(*http.Request) error {
			return fmt.Errorf("proxy: %w",
				&url.Error{Op: "Post", URL: "https://clerk.test/?k=" + canaryKey, Err: cause})
		}},
		{"a *url.Error with the key, behind a text without", func(*http.Request) error {
			return &quietError{&url.Error{Op: "Post", URL: "https://clerk.test/?k=" + canaryKey, Err: cause}}
		}},
		{"a *net.OpError around the key", func(*http.Request) error {
			return &net.OpError{Op: "read", Net: "tcp", Err: fmt.Errorf("%s: %w", canaryKey, cause)}
		}},
		{"joined errors", func(*http.Request) error { return errors.Join(cause, fmt.Errorf("key %s", canaryKey)) }},
		{
			"a harmless text beside the request", func(req *http.Request) error {
				return errors.Join(cause, &requestError{req})
			},
		},
	} {
		for _, call := range callsNamed("Get,Verify,RefreshToken") {
			t.Run(row.name+"/"+call.name, func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				client := newClient(t, "https://clerk.test", sessions.WithLogger(logger),
					through(func(req *http.Request) (*http.Response, error) { return nil, row.fail(req) }))
				_, err := call.do(t.Context(), client)
				if !errors.Is(err, cause) {
					t.Errorf("the error does not match its cause: %v", err)
				}
				checkNoSecret(t, "the error", err)
				checkNoSecret(t, "the log", log.String())
			})
		}
	}
}

// Why a caller ended a context shows no secret either, and still matches.
func TestContextCauses(t *testing.T) {
	t.Parallel()
	cause := &quietError{errors.New("tenant stopped")}
	loud := fmt.Errorf("while using %s and %s: %w", canaryKey, canaryToken, cause)
	for _, name := range []string{"Verify", "RefreshToken"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			client := newClient(t, "https://clerk.test",
				sessions.WithHTTPClient(&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response,
					error,
				) {
					cancel(loud)
					<-req.Context().Done()
					return nil, req.Context().Err()
				})}))
			_, err := callsNamed(name)[0].do(ctx, client)
			for _, target := range []error{context.Canceled, loud, cause} {
				if !errors.Is(err, target) {
					t.Errorf("the error does not match %T", target)
				}
			}
			checkNoSecret(t, "the error", err)
		})
	}
}

// What holds secrets prints and logs without them, whatever it is part of.
func TestSecretsOfValues(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://clerk.test")
	token := sessions.Token{JWT: canaryToken}
	cookies := sessions.Cookies{Directives: []string{"__session=" + canaryToken, canaryCookie}}
	params := canaryRefreshParams()

	for _, row := range []struct {
		name  string
		value any
	}{
		{"Client", *client},
		{"*Client", client},
		{"a zero Client", sessions.Client{}},
		{"a zero Token", sessions.Token{}},
		{"a client in a struct", struct{ C *sessions.Client }{client}},
		{"a client's copy in a struct", struct{ C sessions.Client }{*client}},
		{"a client's copy in a field that is not exported", struct{ c sessions.Client }{*client}},
		{"a client in a field that is not exported", struct{ c *sessions.Client }{client}},
		{"clients", []*sessions.Client{client}},
		{"a client in an any", struct{ C any }{client}},
		{"Token", token},
		{"*Token", &token},
		{"a nil *Token", (*sessions.Token)(nil)},
		{"Cookies", cookies},
		{"*Cookies", &cookies},
		{"a nil *Cookies", (*sessions.Cookies)(nil)},
		{"RefreshParams", params},
		{"*RefreshParams", &params},
		{"a nil *RefreshParams", (*sessions.RefreshParams)(nil)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			checkNoSecret(t, row.name, row.value)
		})
	}

	// As JSON, and so in a JSON log, a token inside something else is its wire form, as documented.
	for _, row := range []struct {
		name  string
		value any
	}{
		{"a field", struct {
			T sessions.Token
			C sessions.Cookies
			P sessions.RefreshParams
		}{token, cookies, params}},
		{"a field that is a pointer", struct {
			T *sessions.Token
			C *sessions.Cookies
			P *sessions.RefreshParams
		}{&token, &cookies, &params}},
		{"a pointer to a pointer", new(&token)},
		{"a field that is an any", struct{ T, C, P any }{token, cookies, params}},
		{"an embedded field", struct{ sessions.Token }{token}},
		{"a slice of tokens", []sessions.Token{token, token}},
		{"an array of tokens", [1]sessions.Token{token}},
		{"a slice of pointers", []*sessions.Cookies{&cookies}},
		{"a slice of anything", []any{token, &cookies, params}},
		{"a map", map[string]sessions.Token{"a": token}},
		{"a map of anything", map[string]any{"a": token, "b": cookies, "c": params}},
		{"a map's key", map[sessions.Token]bool{token: true}},
		{"a field in a slice in a map", map[string][]struct{ T sessions.Token }{"a": {{token}}}},
	} {
		t.Run("nested/"+row.name, func(t *testing.T) {
			t.Parallel()
			for form, text := range shown(row.value) {
				if form != "slog JSON" && strings.Contains(text, "canary") {
					t.Errorf("shows a secret in %s: %.200q", form, text)
				}
			}
		})
	}

	for _, row := range []struct {
		name  string
		value any
	}{
		{"RefreshParams", params},
		{"*RefreshParams", &params},
		{"RefreshParams in a struct", struct{ P sessions.RefreshParams }{params}},
		{"RefreshParams in a map", map[string]any{"p": params, "q": []any{&params}}},
		{"Client", *client},
		{"*Client", client},
	} {
		t.Run("JSON/"+row.name, func(t *testing.T) {
			t.Parallel()
			text, err := stdjson.Marshal(row.value)
			if err != nil {
				t.Fatal(err)
			}
			checkNoSecret(t, "the JSON", string(text))
		})
	}
}
