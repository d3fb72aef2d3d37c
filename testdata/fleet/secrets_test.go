//go:build linux

package fleet

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the instances shared is in Redis, and nothing of it can be read there.
func TestRedisHoldsNoSecret(t *testing.T) {
	of := sizes()
	s := newStage(t, plan{
		processes: of.processes, visitors: 50, store: true,
		change: func(_ int, set *settings) { set.SharedLimit, set.Timeout = true, 20*time.Second },
	})
	v := s.browse(50, nil)
	if err := allSignedIn(v); err != nil {
		t.Error(err)
	}
	secrets := []string{
		s.clerk.SecretKey, s.clerk.PublishableKey, s.clerk.Issuer, s.clerk.front.URL,
		strings.TrimPrefix(s.clerk.Issuer, "https://"), strings.TrimPrefix(s.clerk.front.URL, "http://"),
		origin, strings.TrimPrefix(origin, "https://"), "__session", "__refresh", "sessionfleet",
	}
	for _, who := range s.visitors {
		token, err := s.send(http.MethodGet, s.somewhere()+"/token?session="+who.SessionID)
		if err != nil {
			t.Fatal(err)
		}
		session, _ := s.clerk.Session(who.SessionID)
		secrets = append(secrets, token, who.SessionID, session.UserID, who.SessionToken, who.RefreshToken)
		for _, cookie := range who.Cookies {
			secrets = append(secrets, cookie.Value)
		}
	}
	for _, visit := range v.all {
		secrets = append(secrets, visit.cookies...)
	}
	dump, keys := s.dump()
	if keys < 2*len(s.visitors) {
		t.Errorf("%d keys in Redis, want one for each refresh and each token", keys)
	}
	searched := make(map[string]bool)
	for _, secret := range secrets {
		if len(secret) < 8 || strings.Trim(secret, "0123456789") == "" || searched[secret] {
			continue // by chance it may be anywhere, and a number is no secret
		}
		searched[secret] = true
		for kind, encoded := range encodings(secret) {
			if bytes.Contains(dump, []byte(encoded)) {
				t.Errorf("Redis holds %.12q…, %s", secret, kind)
			}
		}
	}
	t.Logf("%d keys, %d bytes, %d secrets", keys, len(dump), len(searched))
	if len(searched) < 4*len(s.visitors) {
		t.Errorf("only %d secrets were looked for", len(searched))
	}
	if !t.Failed() {
		faultsTable.after = fmt.Sprintf("\nAfter a run, %d names and values in Redis, %d bytes, held none of %d "+
			"tokens, cookies, ids, hosts and keys: not plain, nor in hex, in base64 or behind percent signs.\n",
			keys, len(dump), len(searched))
	}
}

// dump returns every name and value of Redis, and how many there are.
func (s *stage) dump() (dump []byte, keys int) {
	s.tb.Helper()
	ctx := s.tb.Context()
	admin := redis.NewClient(&redis.Options{Addr: s.redis.Addr})
	defer admin.Close()
	names := admin.Scan(ctx, 0, "*", 1000).Iterator()
	for names.Next(ctx) {
		value, err := admin.Get(ctx, names.Val()).Bytes()
		if errors.Is(err, redis.Nil) {
			continue // it has expired
		} else if err != nil {
			s.tb.Fatalf("GET: %v", err) // a value of another type, which is not looked into
		}
		dump = append(append(append(append(dump, names.Val()...), '\n'), value...), '\n')
		keys++
	}
	if err := names.Err(); err != nil {
		s.tb.Fatal(err)
	}
	return dump, keys
}

// encodings returns how a text may stand in a longer one.
func encodings(text string) map[string]string {
	percent := ""
	for _, b := range []byte(text) {
		percent += fmt.Sprintf("%%%02X", b)
	}
	all := map[string]string{
		"plain": text,
		"hex":   hex.EncodeToString([]byte(text)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(text))),
		"query": url.QueryEscape(text), "path": url.PathEscape(text),
		"percent": percent, "percent in lower case": strings.ToLower(percent),
	}
	for name, encoding := range map[string]*base64.Encoding{
		"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding,
	} {
		for before := range 3 { // bytes, of which the encoding takes three together
			bits := 8 * (before + len(text))
			encoded := encoding.EncodeToString([]byte(strings.Repeat("x", before) + text))
			all[fmt.Sprint(name, " behind ", before)] = encoded[(8*before+5)/6 : bits/6]
		}
	}
	return all
}

// What the search looks for is found where it is.
func TestSearch(t *testing.T) {
	const secret = "__session=a.b-c_d?e>f~g/h+i j%k"
	for name, encode := range map[string]func(string) string{
		"plain":     func(s string) string { return s },
		"hex":       func(s string) string { return hex.EncodeToString([]byte(s)) },
		"HEX":       func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
		"base64":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64url": func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
		"query":     url.QueryEscape,
		"path":      url.PathEscape,
	} {
		for _, before := range []string{"", "1", "12", "123"} {
			text, found := encode(before+secret+"the end"), false
			for _, encoded := range encodings(secret) {
				found = found || strings.Contains(text, encoded)
			}
			if !found {
				t.Errorf("%s behind %d bytes is not found in %q", name, len(before), text)
			}
		}
	}
}
