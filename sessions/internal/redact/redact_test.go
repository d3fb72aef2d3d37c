package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	t.Parallel()
	const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl-_"
	const long = "0123456789abcdefghijKLMNOPQRST"
	for _, row := range []struct {
		name    string
		secrets []string
		text    string
		want    string
	}{
		{"nothing", []string{"secret-1"}, "", ""},
		{"no secrets known", nil, "plain text", "plain text"},
		{"nothing secret", []string{"secret-1"}, "plain text", "plain text"},
		{"a known one", []string{"secret-1"}, "got secret-1!", "got [redacted]!"},
		{"two that touch", []string{"secret-1"}, "secret-1secret-1", "[redacted]"},
		{"several", []string{"secret-1", "other-22"}, "other-22 and secret-1", "[redacted] and [redacted]"},
		{"too short to be one", []string{"abcde", ""}, "abcdef", "abcdef"},
		{"of the least length", []string{"abcdef"}, "abcdef", "[redacted]"},
		{"one that starts with another", []string{"secret", "secret-tail-of-it"}, "secret-tail-of-it", "[redacted]"},
		{"one that ends with another", []string{"secret", "head-of-it-secret"}, "head-of-it-secret", "[redacted]"},
		{"one that overlaps another", []string{"abcdefgh", "efghijkl"}, "abcdefghijkl!", "[redacted]!"},
		{"blanks inside", []string{"a long one, it has blanks"}, "(a long one, it has blanks)", "([redacted])"},
		{"the first 20 bytes of a long one", []string{long}, "is " + long[:20] + "…", "is [redacted]…"},
		{"a few more", []string{long}, "is " + long[:25] + ".", "is [redacted]."},
		{"the first 19 bytes of a long one", []string{long}, long[:19], long[:19]},
		{
			"two that begin alike",
			[]string{long, long[:20] + "!!"},
			long + " " + long[:20] + "!!",
			"[redacted] [redacted]",
		},

		{"as a query writes it", []string{"a b+c/d="}, "q=a+b%2Bc%2Fd%3D&x", "[redacted]"},
		{"percent-encoded in lower case", []string{"a b+c/d="}, "q=a%20b%2bc%2fd%3d", "[redacted]"},
		{"every byte percent-encoded", []string{"secret"}, "%73%65%63%72%65%74.", "[redacted]"},
		{"as a path writes it", []string{"a b+c/d="}, "/a%20b+c%2Fd=", "[redacted]"},
		{"percent-encoded twice", []string{"a/b/c/d"}, "a%252Fb%252Fc%252Fd", "[redacted]"},
		{
			"percent-encoded in the request",
			[]string{"a%2Fb%2Fc%2Fd"},
			"a/b/c/d a%2Fb%2Fc%2Fd",
			"[redacted] [redacted]",
		},
		{"as JSON writes it", []string{`"<x>" said`}, `{"m":"\"\u003cx\u003e\" said"}`, "[redacted]"},
		{
			"as JSON writes a quote at its end",
			[]string{`said "<x>"`},
			`{"m":"said \"\u003cx\u003e\""}`,
			"[redacted]",
		},
		{"as PHP writes JSON", []string{"a/b/c/d"}, `"a\/b\/c\/d"`, "[redacted]"},
		{"as ASCII JSON writes it", []string{"naïve😀x"}, `"na\u00efve\ud83d\ude00x"`, "[redacted]"},
		{"as %q writes it", []string{"tab\tbell\aend"}, `"tab\tbell\aend"`, "[redacted]"},
		{"as %q writes bytes", []string{"a\x03\x80bcd"}, `"a\x03\x80bcd"`, "[redacted]"},
		{
			"a short one inside a long encoded one",
			[]string{"secret", "my/secret/token"},
			"my%2Fsecret%2Ftoken", "[redacted]",
		},
		{
			"a raw one beside escapes of other things",
			[]string{"secret"},
			"a%2Fb secret &amp; c",
			"a%2Fb [redacted] &amp; c",
		},
		{"a raw one beside an encoded one", []string{"secret", "a/b/c/d"}, "secret a%2Fb%2Fc%2Fd", "[redacted]"},
		{
			"with escapes of its own, as JSON writes it",
			[]string{`{"n":"Jos\u00e9"}`},
			`"{\"n\":\"Jos\\u00e9\"}"`, "[redacted]",
		},
		{
			"16 times the same, and a long one", append(slices.Repeat([]string{"accepted"}, 16), long),
			"not accepted, since", "not [redacted], since",
		},
		{"half a surrogate pair", []string{"secret"}, `\ud83dsecret\ud83`, `\ud83d[redacted]\ud83`},
		{"as HTML writes it", []string{`<b>&"x'`}, "<p>&lt;b&gt;&amp;&#34;x&#39;</p>", "[redacted]"},
		{"HTML in JSON", []string{`<b>&"x'`}, `"\u0026lt;b\u0026gt;\u0026amp;\u0026quot;x\u0026#x27;"`, "[redacted]"},
		{
			"escapes that are none",
			[]string{"secret"},
			`100% &; &x &zz; \q \u12 %zz secret \`,
			`100% &; &x &zz; \q \u12 %zz [redacted] \`,
		},

		{"base64", []string{"secret"}, "= c2VjcmV0.", "[redacted]"},
		{"base64 of a longer text", []string{"my/secret?"}, "dXNlcjpteS9zZWNyZXQ/!", "[redacted]"},
		{
			"base64 in lines",
			[]string{"my/secret?of/some/length"},
			"dXNlcjpteS9zZWNyZX\r\nQ/b2Yvc29tZS9sZW5ndGg=", "[redacted]",
		},
		{
			"base64 in lines with an indent",
			[]string{"my/secret?of/some/length"},
			"dXNlcjpteS9zZWNyZ\r\n  XQ/b2Yvc29tZS9sZ\n\tW5ndGg=", "[redacted]",
		},
		{"base64, percent-encoded", []string{"a?>b?>c?>"}, "Yj1hPz5iPz5jPz4%3D", "[redacted]"},

		{"a long text", nil, strings.Repeat("x", MaxText+1), strings.Repeat("x", MaxText)},
		{
			"a long text in other letters", nil, "x" + strings.Repeat("é", MaxText),
			"x" + strings.Repeat("é", MaxText/2-1),
		},
		{"bytes that are no text", nil, strings.Repeat("\x80", MaxText+9), strings.Repeat("\x80", MaxText-4)},
		{
			"a secret across the end",
			[]string{"secret"},
			strings.Repeat("x", MaxText-3) + "secret",
			strings.Repeat("x", MaxText-3) + "[re",
		},

		{"somebody's test key", nil, "key sk_test_abcDEF123 here", "key [redacted] here"},
		{"somebody's live key", nil, "sk_live_abc.def-ghi_jkl", "[redacted]"},
		{"a publishable key is none", nil, "pk_test_abc", "pk_test_abc"},
		{"a JWT", nil, "token " + jwt + ", expired", "token [redacted], expired"},
		{"a JWT without signature", nil, "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "[redacted]"},
		{"a bearer credential", nil, "Authorization: Bearer abc123~x/y==", "Authorization: [redacted]"},
		{"a bearer credential in any case", nil, "bEARER  abc123", "[redacted]"},
		{"a session cookie", nil, "__session=abc; Path=/", "[redacted]; Path=/"},
		{"a suffixed session cookie", nil, "__session_AbC-1=abc; Path=/", "[redacted]; Path=/"},
		{"a refresh cookie", nil, "cookie __refresh_AbC=abc, sent", "cookie [redacted], sent"},
		{"the client cookie", nil, "__client=abc", "[redacted]"},
		{"other cookies", nil, "theme=dark", "theme=dark"},
		{"a known one that looks like one", []string{jwt}, "token " + jwt + ", expired", "token [redacted], expired"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := &Redactor{Secrets: func() []string { return row.secrets }}
			if got := r.Text(row.text); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// Base64 hides a secret in neither alphabet, at no alignment, with padding or without.
func TestTextBase64(t *testing.T) {
	t.Parallel()
	const secret = "sécret?>key<÷>"
	r := &Redactor{Secrets: func() []string { return []string{secret} }}
	for name, encoding := range map[string]*base64.Encoding{
		"std": base64.StdEncoding, "raw std": base64.RawStdEncoding,
		"URL": base64.URLEncoding, "raw URL": base64.RawURLEncoding,
	} {
		for _, before := range []string{"", "x", "xy", "xyz"} {
			for _, after := range []string{"", "x", "xy", "xyz"} {
				for _, glued := range []string{"", " ", "/", "ab-", "q=", "/v1"} {
					text := glued + encoding.EncodeToString([]byte(before+secret+after))
					got := r.Text(text)
					if shown := len(strings.Replace(got, Mark, "", 1)); got == text || shown > len(glued)+10 {
						t.Errorf("%s, %q, %q around it, behind %q: %q became %q",
							name, before, after, glued, text, got)
					}
				}
			}
		}
	}
}

// Of more secrets that begin alike than a text is compared with, each is hidden as a whole.
func TestTextOfManyAlike(t *testing.T) {
	t.Parallel()
	var secrets []string
	for i := range 3 * maxAlike {
		secrets = append(secrets, fmt.Sprintf("alike-%02d-%s", i, strings.Repeat("x", i)))
	}
	r := &Redactor{Secrets: func() []string { return secrets }}
	for _, secret := range secrets {
		if got := r.Text("a " + secret); got != "a "+Mark {
			t.Errorf("%s: %s", secret, got)
		}
	}
}

// Text that a reader needs stays as it is beside the headers of a common browser.
func TestTextStaysReadable(t *testing.T) {
	t.Parallel()
	headers := http.Header{
		"Accept":          {"text/html"},
		"Accept-Language": {"en-US,en;q=0.9"},
		"Content-Type":    {"application/json"},
		"Host":            {"app.example.com"},
		"Origin":          {"https://app.example.com"},
		"Referer":         {"https://app.example.com/"},
		"Sec-Fetch-Dest":  {"document"},
		"Cookie":          {"theme=dark; lang=en; __session=abcdefghijkl"},
		"Connection":      {"keep-alive"},
	}
	r := &Redactor{Secrets: func() []string { return HeaderSecrets(headers) }}
	for _, text := range []string{
		`the answer's content type "text/html" is not application/json`,
		"request_origin https://app.example.com is not an origin of this document; keep-alive",
		`Get "https://api.clerk.com/v1/sessions": dial tcp: lookup app.example.com: no such host`,
	} {
		if got := r.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestZeroRedactor(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*Redactor{"nil": nil, "zero": {}} {
		if got := r.Text("a sk_test_x b"); got != "a [redacted] b" {
			t.Errorf("%s: got %q", name, got)
		}
		if got := r.Error(nil); got != nil {
			t.Errorf("%s: got %v of no error", name, got)
		}
	}
	if got := Patterns("a sk_test_x b"); got != "a [redacted] b" {
		t.Errorf("got %q", got)
	}
}

// The secrets are asked for when there is a text, and once.
func TestSecretsAreAskedForLazily(t *testing.T) {
	t.Parallel()
	asked := 0
	r := &Redactor{Secrets: func() []string { asked++; return []string{"secret-1"} }}
	if asked != 0 {
		t.Errorf("asked %d times before there was a text", asked)
	}
	r.Text("a text")
	r.Text("another")
	if asked != 1 {
		t.Errorf("asked %d times, want 1", asked)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	r := &Redactor{Secrets: func() []string { return []string{"secret-1"} }}
	got := r.JSON(map[string]any{
		"is secret-1": "secret-1",
		"list":        []any{"a secret-1", 1.0, nil, true, map[string]any{"deep": "secret-1"}},
	})
	want := map[string]any{
		"is [redacted]": "[redacted]",
		"list":          []any{"a [redacted]", 1.0, nil, true, map[string]any{"deep": "[redacted]"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHeaderSecrets(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		headers http.Header
		want    []string
	}{
		{"none", nil, nil},
		{"a cookie", http.Header{"Cookie": {"__client=abcdef"}}, []string{"abcdef"}},
		{"in lower case", http.Header{"cookie": {"__client=abcdef"}}, []string{"abcdef"}},
		{"cookies", http.Header{"Cookie": {"a=b;__client=abcdef; c=d=efgh"}}, []string{"abcdef", "d=efgh"}},
		{"quoted", http.Header{"Cookie": {`__client="abcdef"`}}, []string{"abcdef"}},
		{"without name, without value", http.Header{"Cookie": {"=xxxxxx; yyyyyy; z="}}, []string{"xxxxxx", "yyyyyy"}},
		{"two headers", http.Header{"Cookie": {"a=bbbbbb", "c=dddddd"}}, []string{"bbbbbb", "dddddd"}},
		{"too short to be secret", http.Header{"Cookie": {"a=b; lang=en; ;;"}}, nil},
		{"a protocol", http.Header{"Sec-Websocket-Protocol": {"token.abcdef"}}, []string{"token.abcdef"}},
		{"basic", http.Header{"Authorization": {" Basic abc "}}, []string{"abc"}},
		{"proxy", http.Header{"Proxy-Authorization": {"Basic abc"}}, []string{"abc"}},
		{"credentials without a scheme", http.Header{"Authorization": {"abc"}}, []string{"abc"}},
		{"the page before", http.Header{"Referer": {"https://app.example.com/a?b=c"}}, []string{"/a?b=c"}},
		{"the page before, odd", http.Header{"Referer": {"about"}}, []string{"about"}},
		{"an unknown header", http.Header{"X-Api-Key": {"a b c"}}, []string{"a b c"}},
		{"an address", http.Header{"X-Forwarded-For": {"203.0.113.7"}}, []string{"203.0.113.7"}},
		{"harmless", http.Header{"accept": {"text/html"}, "Sec-Fetch-Mode": {"navigate"}}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(row.want, HeaderSecrets(row.headers)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A known secret never survives, in none of the forms in which it may come back.
func FuzzText(f *testing.F) {
	f.Add("sk_test_canary", "other-22", "before ", " after", uint8(0))
	f.Add("a b+c/d=?&#%", "eyJhbGciOi.J9.x", `{"m":"`, `"}`, uint8(1))
	f.Add(`say "<x>"\`, "secret", "", "", uint8(2))
	f.Add("canary~\u2028\xff\x00", "canary~", "__session=", ";", uint8(3))
	f.Add("secret", "secret-tail-of-the-long-one", "Bearer ", "", uint8(4))
	f.Add("head-of-the-long-one-secret", "secret", "sk_live_", "eyJa.b.c", uint8(5))
	f.Add("0000\"\\", "000000", "", "0", uint8(5))
	f.Add("0%00\"0", "000000", "0", "0", uint8(5))
	f.Add("00\\ 00", "000000", "", "0", uint8(1))
	f.Fuzz(func(t *testing.T, secret, other, before, after string, form uint8) {
		for _, s := range []string{secret, other} { // what the mark itself is made of cannot be told from it
			if len(s) < minSecret || strings.ContainsAny(s, "[]") || strings.Contains(Mark, s) {
				t.Skip()
			}
		}
		echo := encodings[int(form)%len(encodings)].encode(secret)
		if strings.Contains(echo, `\U`) {
			t.Skip() // what Go writes for a character that cannot be printed, and nobody else
		}
		if strings.ContainsAny(before[max(0, len(before)-40):], `%\&`) && echo != secret {
			t.Skip() // the start of an escape before the secret makes it another text
		}
		r := &Redactor{Secrets: func() []string { return []string{secret, other} }}
		got := r.Text(before + echo + after)
		for _, s := range []string{secret, other, echo} {
			if strings.Contains(got, s) {
				t.Errorf("%q survives in %q", s, got)
			}
		}
		if !strings.Contains(got, Mark) && len(before) < MaxText-len(Mark) {
			t.Errorf("%q does not show that something was taken out", got)
		}
	})
}

// encodings are the ways in which a server may write back what it was sent.
var encodings = []struct {
	name   string
	encode func(string) string
}{
	{"as it is", func(s string) string { return s }},
	{"query", url.QueryEscape},
	{"path", url.PathEscape},
	{"JSON", func(s string) string {
		text, _ := json.Marshal(s)
		if back := ""; json.Unmarshal(text, &back) != nil || back != s {
			return s // JSON cannot write it
		}
		return string(text[1 : len(text)-1])
	}},
	{"Go", func(s string) string { quoted := strconv.Quote(s); return quoted[1 : len(quoted)-1] }},
	{"HTML", html.EscapeString},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 for URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
}

// load is what a call may have to clean: cookies that are secret, and an answer.
type load struct {
	name    string
	secrets func(size int) []string
	answer  func(size int, secrets []string) string
}

func loads() []load {
	repeat := func(text string) func(int, []string) string {
		return func(size int, _ []string) string { return strings.Repeat(text, size/len(text)+1)[:size] }
	}
	page := "<p>Something went wrong &amp; nobody knows: 100% sure, \\u0022request\\u0022 /v1/sessions/sess_2abc.</p>\n"
	random := func(length int) func(int) []string {
		return func(size int) (secrets []string) {
			for i := range size / length {
				secret := fmt.Sprintf("%08x+/%x", uint32(i)*2654435761, i)
				secrets = append(secrets, strings.Repeat(secret, length)[:length])
			}
			return secrets
		}
	}
	alike := func(size int) (secrets []string) {
		for i := range size / 32 {
			secrets = append(secrets, fmt.Sprintf("%s%012x", strings.Repeat("a", 20), i))
		}
		return secrets
	}
	echo := func(size int, secrets []string) string { return strings.Join(secrets, "; ")[:size] }
	return []load{
		{"cookies of 4 KiB, a page", random(4096), repeat(page)},
		{"cookies of 100 B, a page", random(100), repeat(page)},
		{"cookies of 10 B, a page", random(10), repeat(page)},
		{"one of 1 MiB, a page", func(size int) []string { return random(size)(size) }, repeat(page)},
		{"cookies of 100 B, their echo", random(100), echo},
		{"cookies that begin alike, their echo", alike, echo},
		{"cookies of 4 KiB, a page with JWTs", random(4096), repeat(page + "eyJhbGciOiJSUzI1NiJ9.eyJzdWIi.c2ln")},
		{"one letter, everywhere", func(size int) []string { return []string{strings.Repeat("a", size)} }, repeat("a")},
		{"one letter, key after key", alike, repeat("aaaaaaaaaaaaaaaaaaaa ")},
		{"escapes of escapes", random(100), repeat("%25")},
		{"entities", random(100), repeat("&amp;")},
		{"half entities", random(100), repeat("&a&b;")},
		{"half JWTs", random(100), repeat("eyJ")},
		{"half bearers", random(100), repeat("bearer ")},
	}
}

func BenchmarkText(b *testing.B) {
	for _, load := range loads() {
		b.Run(load.name, func(b *testing.B) {
			secrets := load.secrets(1 << 20)
			answer := load.answer(60<<10, secrets)
			b.ReportAllocs()
			for b.Loop() {
				(&Redactor{Secrets: func() []string { return secrets }}).Text(answer)
			}
		})
	}
}

// Twice the secrets and twice the text cost twice the work, also where somebody has chosen them.
func TestTextIsLinear(t *testing.T) {
	for _, load := range loads() {
		t.Run(load.name, func(t *testing.T) {
			var ratios []float64
			for range 10 { // another program may have the machine meanwhile
				small, large := cost(load, 1), cost(load, 2)
				ratios = append(ratios, large/small)
				if slices.Min(ratios) <= 3 {
					return
				}
			}
			t.Errorf("twice the input takes %.1f times as long", ratios)
		})
	}
}

// cost returns the time that a load takes, in nanoseconds.
func cost(load load, times int) float64 {
	secrets := load.secrets(times << 16)
	answer := load.answer(times<<14, secrets)
	start := time.Now()
	for range 4 {
		(&Redactor{Secrets: func() []string { return secrets }}).Text(answer)
	}
	return float64(time.Since(start))
}
