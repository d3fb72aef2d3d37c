package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, row := range map[string]struct{ args, want string }{
		"an empty address":             {"-addr=", "listens on loopback only"},
		"every address":                {"-addr=:4020", "listens on loopback only"},
		"every address, by number":     {"-addr=0.0.0.0:4020", "listens on loopback only"},
		"every address, IPv6":          {"-addr=[::]:4020", "listens on loopback only"},
		"a network's address":          {"-addr=192.168.1.2:4020", "listens on loopback only"},
		"a name":                       {"-addr=app.example.com:4020", "listens on loopback only"},
		"an address without a port":    {"-addr=127.0.0.1", "listens on loopback only"},
		"an impossible port":           {"-addr=127.0.0.1:65536", "invalid port"},
		"a port in use":                {"-addr=" + taken.Addr().String(), "in use"},
		"a lifetime of nothing":        {"-token-lifetime=0s", "needs whole seconds, at least one"},
		"a lifetime that is negative":  {"-token-lifetime=-15s", "needs whole seconds, at least one"},
		"a lifetime that is too short": {"-token-lifetime=999ms", "needs whole seconds, at least one"},
		"a lifetime that is not whole": {"-token-lifetime=1500ms", "needs whole seconds, at least one"},
		"a lifetime without a unit":    {"-token-lifetime=15", "parse error"},
		"an unknown flag":              {"-live", "not defined: -live"},
		"what is not a flag":           {"serve", `what is "serve"?`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // if it does serve, it ends
			err := run(ctx, []string{row.args}, io.Discard)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"-addr", "-token-lifetime"} {
		if !strings.Contains(out.String(), flag) {
			t.Errorf("the help lacks %s:\n%s", flag, out.String())
		}
	}
}

func TestRunServesUntilItsContextEnds(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		t.Run(host, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			said, stdout := io.Pipe()
			defer said.Close()
			ended := make(chan error, 1)
			go func() {
				err := run(ctx, []string{"-addr", host + ":0", "-token-lifetime", "1h"}, stdout)
				_ = stdout.CloseWithError(io.EOF)
				ended <- err
			}()
			buffer := make([]byte, 1024)
			n, err := said.Read(buffer)
			if err != nil {
				t.Fatalf("%v; run returned %v", err, <-ended)
			}
			address := regexp.MustCompile(`http://\S+\d`).FindString(string(buffer[:n]))

			visit(t, address)

			cancel()
			if err := <-ended; err != nil {
				t.Errorf("when its context has ended, run returns %v", err)
			}
			if conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://")); err == nil {
				_ = conn.Close()
				t.Error("it still listens")
			}
		})
	}
}

// visit signs in on Clerk's page, and then on as many devices as there are, and once more.
func visit(t *testing.T, address string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Jar: jar}
	send := func(method, address string, form url.Values) string {
		req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s, %v: %s", resp.Status, err, body)
		}
		return string(body)
	}
	page := send(http.MethodGet, address, nil)
	link := html.UnescapeString(regexp.MustCompile(`id="sign-in" href="(.*?)"`).FindStringSubmatch(page)[1])
	signIn, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	form := signIn.Query()
	form.Set("user_id", "user_ada")
	signIn.RawQuery = ""
	send(http.MethodPost, signIn.String(), form)
	for range 4 {
		page = send(http.MethodPost, address+"/other-device", nil)
	}
	devices := regexp.MustCompile(`(Firefox|Chrome|Safari), \w+, \w+`).FindAllString(page, -1)
	want := []string{
		"Firefox, Macintosh, Lisbon", "Safari, iPad, Porto", "Chrome, Android, Lisbon", "Firefox, Macintosh, Lisbon",
	}
	if diff := cmp.Diff(want, devices); diff != "" {
		t.Errorf("devices on the page, newest first (-want +got):\n%s", diff)
	}
	seconds := regexp.MustCompile(`id="remaining">(\d+)<`).FindStringSubmatch(page)
	if len(seconds) == 0 || len(seconds[1]) != 4 {
		t.Errorf("the page says %q of a token that is good for an hour", seconds)
	}
	const trouble = `id="no-list">` // not "503", which an id or a duration on the page may hold too
	if page = send(http.MethodPost, address+"/clerk/down", nil); !strings.Contains(page, trouble) {
		t.Error("Clerk is down, and the page does not say so")
	}
	if page = send(http.MethodPost, address+"/clerk/well", nil); strings.Contains(page, trouble) {
		t.Error("Clerk is well, and the page does not say so")
	}
}
