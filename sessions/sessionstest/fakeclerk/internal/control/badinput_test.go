package control

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBadInput has what is refused with one sentence, and changes nothing.
func TestBadInput(t *testing.T) {
	a := newAPI(t)
	state := func() string {
		clerk := a.in.Clerk()
		requests, per := clerk.RateLimit()
		return fmt.Sprint(len(clerk.Sessions()), clerk.Faults(), requests, per, len(clerk.Calls()),
			clerk.Now().Round(1<<40).Unix())
	}
	before := state()
	huge := strings.Repeat("x", 10<<20)
	for name, row := range map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"no path":                  {"GET", "", "", 404, "no such endpoint"},
		"an unknown path":          {"GET", "users", "", 404, "are calls, clock, env, faults, "},
		"a path too long":          {"GET", "health/x", "", 404, "no such endpoint"},
		"an unknown session":       {"POST", "sessions/sess_none/end", "", 404, "no session with this id"},
		"a session of odd letters": {"POST", "sessions/%2e%2e%2f/end", "", 404, "no session with this id"},
		"a body of 10 MiB":         {"POST", "sign-in", `{"user_id":"` + huge + `"}`, 413, "larger than 1 MiB"},
		"an unknown operation":     {"GET", "calls?operation=GetSesion", "", 400, "one of CreateSession, "},
		"an empty operation":       {"GET", "calls?operation=", "", 400, "one of CreateSession, "},
		"a since that is no time":  {"GET", "calls?since=yesterday", "", 400, "since has to be a time"},
		"a parameter twice":        {"GET", "calls?since=a&since=b", "", 400, "since twice"},
		"an unknown parameter":     {"GET", "calls?limit=1", "", 400, "takes only operation, since"},
		"a broken query":           {"GET", "calls?since=%zz", "", 400, "query is malformed"},
		"a user of another type":   {"POST", "sign-in", `{"user_id":1}`, 400, "the field /user_id"},
		"a claim of Clerk's own":   {"POST", "sign-in", `{"claims":{"sub":"x"}}`, 400, `the claim "sub" is Clerk's own`},
		"claims of another type":   {"POST", "sign-in", `{"claims":[1]}`, 400, "the field /claims"},
		"an id of odd letters":     {"POST", "sessions", `{"id":"a/b"}`, 400, "the id has to be"},
		"an id of dots":            {"POST", "sessions", `{"id":".."}`, 400, "the id has to be"},
		"an unknown status":        {"POST", "sessions", `{"status":"asleep"}`, 400, "one of abandoned, active"},
		"a time before 1970":       {"POST", "sessions", `{"created_at":-1}`, 400, "milliseconds from 1970"},
		"a time after 9999":        {"POST", "sessions", `{"expire_at":253402300800000}`, 400, "milliseconds from 1970"},
		"a time beyond numbers":    {"POST", "sessions", `{"expire_at":1e99}`, 400, "the field /expire_at"},
		"a device that is none": {
			"POST", "sessions", `{"latest_activity":{"colour":"red"}}`, 400, "no field /latest_activity/colour",
		},
		"time backwards":            {"POST", "clock", `{"advance":"-1s"}`, 400, "not negative"},
		"a huge duration":           {"POST", "clock", `{"advance":"9999999999h"}`, 400, "not huge"},
		"a duration without a unit": {"POST", "clock", `{"advance":"90"}`, 400, "has a unit"},
		"a duration as a number":    {"POST", "clock", `{"advance":90}`, 400, "the field /advance"},
		"no duration":               {"POST", "clock", `{}`, 400, "advance has to be a duration"},
		"a fault of no operation": {
			"POST", "faults", `{"operation":"GetSesion","status":500}`, 400, `no operation "GetSesion"`,
		},
		"a fault that changes nought": {"POST", "faults", `{"times":3}`, 400, "one of status, "},
		"a fault, less than never":    {"POST", "faults", `{"status":500,"times":-1}`, 400, "negative"},
		"a fault of half a time":      {"POST", "faults", `{"status":500,"times":1.5}`, 400, "the field /times"},
		"a status of no answer":       {"POST", "faults", `{"status":100}`, 400, "status 100"},
		"a status beyond numbers":     {"POST", "faults", `{"status":1e30}`, 400, "the field /status"},
		"an answer and none":          {"POST", "faults", `{"status":500,"drop":true}`, 400, "either answers or drops"},
		"a header more": {
			"POST", "faults", `{"body":"x","content_type":"a\r\nB: c"}`, 400, "line break",
		},
		"a negative delay":   {"POST", "faults", `{"delay":"-1s"}`, 400, "not negative"},
		"no limit":           {"PUT", "rate-limit", `{}`, 400, "two positive numbers"},
		"a limit of nothing": {"PUT", "rate-limit", `{"requests":0,"per":"1s"}`, 400, "two positive numbers"},
		"a negative limit":   {"PUT", "rate-limit", `{"requests":-5,"per":"1s"}`, 400, "two positive numbers"},
		"a limit in no time": {"PUT", "rate-limit", `{"requests":5}`, 400, "two positive numbers"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.send(t, row.method, row.path, row.body)
			says := strings.ToLower(strings.ReplaceAll(row.says, `"`, `\"`))
			if got.status != row.status || !strings.Contains(strings.ToLower(got.body), says) {
				t.Errorf("%d %s, want %d with %q", got.status, got.body, row.status, row.says)
			}
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
		})
	}
}

// TestBrokenBodies sends what is no JSON object of the right fields to every endpoint that takes a body.
func TestBrokenBodies(t *testing.T) {
	a := newAPI(t)
	sessions := len(a.in.Clerk().Sessions())
	for _, to := range [][2]string{
		{"POST", "sign-in"}, {"POST", "sessions"}, {"POST", "clock"}, {"POST", "faults"}, {"PUT", "rate-limit"},
	} {
		for name, row := range map[string]struct{ body, says string }{
			"broken":          {`{`, "not valid JSON"},
			"two documents":   {`{}{}`, "not valid JSON"},
			"a list":          {`[]`, "has to be a JSON object"},
			"null":            {`null`, "has to be a JSON object"},
			"a text":          {`"x"`, "has to be a JSON object"},
			"a form":          {`a=b`, "has to be a JSON object"},
			"blanks":          {"  ", "has to be a JSON object"},
			"an unknown name": {`{"unknown":1}`, "no field /unknown"},
			"a name twice":    {`{"unknown":1,"unknown":2}`, ""},
			"no UTF-8":        {"{\"\xff\":1}", "not valid JSON"},
			"deep":            {strings.Repeat(`{"claims":`, 100_000), ""},
		} {
			t.Run(to[1]+"/"+name, func(t *testing.T) {
				got := a.send(t, to[0], to[1], row.body)
				if got.status != 400 || !strings.Contains(got.body, row.says) {
					t.Errorf("%d %s, want 400 with %q", got.status, got.body, row.says)
				}
			})
		}
	}
	clerk := a.in.Clerk()
	if requests, _ := clerk.RateLimit(); requests != 0 || len(clerk.Faults()) != 0 || len(clerk.Sessions()) != sessions {
		t.Errorf("something changed: limit %d, faults %v", requests, clerk.Faults())
	}
}

// TestTheEndOfTime moves the clock on as far as it goes, and then once more.
func TestTheEndOfTime(t *testing.T) {
	a := newAPI(t)
	const most = `{"advance":"2562047h47m16.854775807s"}`
	if got := a.send(t, "POST", "clock", most); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := a.send(t, "POST", "clock", most); got.status != 400 || !strings.Contains(got.body, "cannot be moved on") {
		t.Errorf("%d %s", got.status, got.body)
	}
	a.send(t, "POST", "sign-in", "")
}
