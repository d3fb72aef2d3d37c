package sessions_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// An answerRow is what a server does, the calls it does it to, and what comes of them.
type answerRow struct {
	name  string
	calls []apiCall // nil for all of them
	// What the server does. It may answer with bytes made from the body that is good for the call, do
	// something else, or not be there. "{elsewhere}" in the bytes stands for another server, which
	// gives good answers and must not be asked.
	answer  func(good string) string
	reply   reply
	refused bool

	options []sessions.Option
	want    outcome
	unknown bool // the calls that must not be sent twice match ErrOutcomeUnknown as well
	good    bool // the call succeeds; want then need not be filled in
	result  any  // what it returns instead of the usual

	fault *fault // a server that does more than answer, to a call that is tried again
}

// An outcome is everything a caller can learn from a call.
type outcome struct {
	Result     any
	Matches    []string // the names of the sentinels, and of the errors of contexts, that the error matches
	Operation  string
	StatusCode int
	Details    []sessions.ErrorDetail
	TraceID    string
	RetryAfter time.Duration
	Attempts   int
	Body       string
	Hits       int // requests at the server
}

// Everything that an error may match. Where an outcome does not name it, it must not.
var sentinels = []struct {
	name string
	err  error
}{
	{"ErrInvalidParams", sessions.ErrInvalidParams},
	{"ErrBadRequest", sessions.ErrBadRequest},
	{"ErrUnauthorized", sessions.ErrUnauthorized},
	{"ErrForbidden", sessions.ErrForbidden},
	{"ErrNotFound", sessions.ErrNotFound},
	{"ErrGone", sessions.ErrGone},
	{"ErrUnprocessable", sessions.ErrUnprocessable},
	{"ErrRateLimited", sessions.ErrRateLimited},
	{"ErrServer", sessions.ErrServer},
	{"ErrInvalidResponse", sessions.ErrInvalidResponse},
	{"ErrOutcomeUnknown", sessions.ErrOutcomeUnknown},
	{"context.Canceled", context.Canceled},
	{"context.DeadlineExceeded", context.DeadlineExceeded},
}

// matched returns the names of the sentinels that err matches.
func matched(err error) (names []string) {
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			names = append(names, s.name)
		}
	}
	return names
}

// outcomeOf returns what a caller can learn from a result and an error.
func outcomeOf(t *testing.T, result any, err error) outcome {
	t.Helper()
	got := outcome{Result: result, Matches: matched(err)}
	if err == nil {
		return got
	}
	if e := (*sessions.Error)(nil); !errors.As(err, &e) {
		t.Errorf("the error is not an *Error but a %T: %v", err, err)
	} else {
		got.Operation, got.StatusCode, got.Details, got.TraceID = e.Operation, e.StatusCode, e.Details, e.TraceID
		got.RetryAfter, got.Attempts, got.Body = e.RetryAfter, e.Attempts, e.Body
	}
	if strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("the text of the error is not one line: %q", err.Error())
	}
	checkNoSecret(t, "the error", err)
	return got
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, rows := range []struct {
		about string
		rows  []answerRow
	}{
		{"type", contentTypeRows},
		{"document", documentRows},
		{"session", sessionRows},
		{"list", listRows},
		{"token", tokenRows},
		{"cookies", cookiesRows},
		{"directives", directivesRows},
		{"size", sizeRows},
		{"encoding", encodingRows},
		{"status", statusRows()},
		{"redirect", redirectRows()},
		{"refusal", refusalRows()},
		{"trace id", traceIDRows},
		{"retry after", retryAfterRows},
		{"lost", lostRows},
		{"odd HTTP", oddHTTPRows},
		{"fault", faultRows()},
	} {
		for _, row := range rows.rows {
			if row.calls == nil {
				row.calls = apiCalls
			}
			for _, call := range row.calls {
				t.Run(rows.about+"/"+row.name+"/"+call.name, func(t *testing.T) {
					t.Parallel()
					row.run(t, call)
				})
			}
		}
	}
}

// run makes one call and compares what came of it with what the row says.
func (row answerRow) run(t *testing.T, call apiCall) {
	if row.fault != nil {
		row.fault.run(t, call)
		return
	}
	url, hits := refusedURL(t), func() int { return 0 }
	elsewhere := newRawServer(t, say(jsonAnswer(200, call.good)))
	if !row.refused {
		does := row.reply
		if does == nil {
			does = say(strings.ReplaceAll(row.answer(call.good), "{elsewhere}", elsewhere.url))
		}
		server := newRawServer(t, does)
		url, hits = server.url, func() int { return int(server.hits.Load()) }
	}

	want := row.want
	want.Attempts, want.Hits, want.Operation = 1, 1, call.operation.Name
	switch {
	case row.good && row.result != nil:
		want = outcome{Result: row.result, Hits: 1}
	case row.good:
		want = outcome{Result: call.result, Hits: 1}
	case row.refused:
		want.Hits = 0
	case row.unknown && call.once:
		want.Matches = append(slices.Clone(want.Matches), "ErrOutcomeUnknown")
	}
	if mayHoldTokens(call, want.StatusCode) {
		want.Body = ""
	}

	result, err := call.do(t.Context(), newClient(t, url, row.options...))
	got := outcomeOf(t, result, err)
	got.Hits = hits()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s\nerror: %v", diff, err)
	}
	if n := elsewhere.hits.Load(); n != 0 {
		t.Errorf("the place the answer points to got %d requests", n)
	}
}

// mayHoldTokens reports whether an answer of a status may hold new tokens, in whatever form: no
// error keeps its body.
func mayHoldTokens(call apiCall, status int) bool {
	switch call.operation.Name {
	case "RefreshSession":
		return true
	case "GetHandshakePayload", "CreateSessionToken", "CreateSessionTokenFromTemplate":
		return status < 400
	}
	return false
}

// always answers the same, whatever the call.
func always(raw string) func(string) string { return func(string) string { return raw } }

// document answers 200 with a document made from the good one.
func document(edit func(good string) string) func(string) string {
	return func(good string) string { return jsonAnswer(200, edit(good)) }
}

// documentIs answers 200 with a document.
func documentIs(body string) func(string) string { return always(jsonAnswer(200, body)) }

// goodWith answers 200 with the good document and other headers.
func goodWith(headers ...string) func(string) string {
	return func(good string) string { return answer(200, good, headers...) }
}

// An answer of status 200 that is not what was asked for.
var invalid = outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 200}

// invalidKeeping is an invalid outcome that keeps the start of the body.
func invalidKeeping(body string) outcome {
	o := invalid
	o.Body = body
	return o
}

var contentTypeRows = []answerRow{
	{name: "application/json", answer: goodWith("Content-Type: application/json"), good: true},
	{
		name:   "in another case, with a parameter",
		answer: goodWith("Content-Type: Application/JSON; charset=utf-8"), good: true,
	},
	{name: "with a broken parameter", answer: goodWith("Content-Type: application/json; charset"), good: true},
	{name: "none", answer: goodWith(), want: invalid, unknown: true},
	{name: "empty", answer: goodWith("Content-Type:"), want: invalid, unknown: true},
	{name: "JSON called HTML", answer: goodWith("Content-Type: text/html"), want: invalid, unknown: true},
	{name: "JSON called text", answer: goodWith("Content-Type: text/json"), want: invalid, unknown: true},
	{
		name: "a type that starts alike", answer: goodWith("Content-Type: application/jsonp"),
		want: invalid, unknown: true,
	},
	{
		name: "a type with a JSON suffix", answer: goodWith("Content-Type: application/problem+json"),
		want: invalid, unknown: true,
	},
	{
		name: "a list of types", answer: goodWith("Content-Type: application/json, text/html"),
		want: invalid, unknown: true,
	},
	{
		name: "HTML", answer: always(answer(200, "<h1>Hi</h1>", "Content-Type: text/html")),
		want: invalidKeeping("<h1>Hi</h1>"), unknown: true,
	},
	{name: "HTML called JSON", answer: documentIs("<h1>Hi</h1>"), want: invalidKeeping("<h1>Hi</h1>"), unknown: true},
}

// What any call makes of a document, whatever it asked for.
var documentRows = []answerRow{
	{name: "good", answer: document(func(good string) string { return good }), good: true},
	{
		name:   "good between blanks",
		answer: document(func(good string) string { return " \r\n\t" + good + "\n\n" }), good: true,
	},
	{name: "nothing", answer: documentIs(""), want: invalid, unknown: true},
	{name: "blanks", answer: documentIs(" \n"), want: invalidKeeping(" \n"), unknown: true},
	{name: "{}", answer: documentIs("{}"), want: invalid, unknown: true},
	{name: "null", answer: documentIs("null"), want: invalid, unknown: true},
	{name: "a string", answer: documentIs(`"sess_1"`), want: invalid, unknown: true},
	{name: "a number", answer: documentIs("1"), want: invalid, unknown: true},
	{name: "[]", calls: callsAnswered("session,token,cookies"), answer: documentIs("[]"), want: invalid, unknown: true},
	{
		name:   "the good one in an array",
		calls:  callsAnswered("session,token,cookies"),
		answer: document(func(good string) string { return "[" + good + "]" }), want: invalid, unknown: true,
	},
	{
		name: "an error", answer: documentIs(goodError), unknown: true,
		want: outcome{
			Matches: []string{"ErrInvalidResponse"}, StatusCode: 200, Details: goodErrorDetails,
			TraceID: "trace_body",
		},
	},
	{
		name: "two documents", answer: documentIs(`{"object":"session"}{"object":"session"}`), unknown: true,
		want: invalidKeeping(`{"object":"session"}{"object":"session"}`),
	},
	{
		name: "a byte order mark before it", answer: documentIs("\uFEFF{}"),
		want: invalidKeeping("\uFEFF{}"), unknown: true,
	},
	{
		name: "a comment in it", answer: documentIs(`{"object":/**/"x"}`),
		want: invalidKeeping(`{"object":/**/"x"}`), unknown: true,
	},
	{name: "truncated", answer: documentIs(`{"object":"sess`), want: invalidKeeping(`{"object":"sess`), unknown: true},
	{
		name: "followed by more", calls: callsNamed("Get"), answer: documentIs(`{"a":1}` + "x"),
		want: invalidKeeping(`{"a":1}` + "x"),
	},
	{
		name: "nested without an end", answer: documentIs(strings.Repeat("[", 1000)),
		want: invalidKeeping(strings.Repeat("[", 512)), unknown: true,
	},
	{
		name: "nested deeper than anybody writes",
		want: invalidKeeping(`{"new":` + strings.Repeat("[", 505)), unknown: true,
		answer: document(func(good string) string {
			return addField(good, `"new":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000))
		}),
	},
	{
		name:   "an unknown field",
		answer: document(func(good string) string { return addField(good, `"new":{"a":[1,null,"x"]}`) }), good: true,
	},
	{
		name:   "an unknown field twice",
		answer: document(func(good string) string { return addField(good, `"new":1,"new":2`) }),
		want:   invalid, unknown: true,
	},
	{
		name: "its object in another case beside it", calls: callsAnswered("session,token,cookies"),
		answer: document(func(good string) string { return addField(good, `"OBJECT":"error"`) }), good: true,
	},
	{
		name: "its object twice", calls: callsAnswered("session,token,cookies"), unknown: true,
		answer: document(func(good string) string { return addField(good, `"object":"error"`) }), want: invalid,
	},
	{
		name: "another object", calls: callsAnswered("session,token,cookies"), unknown: true,
		answer: document(func(good string) string { return edited(good, "object", `"error"`) }), want: invalid,
	},
	{
		name: "its object in another case", calls: callsAnswered("session,token,cookies"), unknown: true,
		answer: document(func(good string) string { return strings.Replace(good, `"object":"`, `"object":"X`, 1) }),
		want:   invalid,
	},
	{
		name: "no object", calls: callsAnswered("session,token,cookies"), unknown: true,
		answer: document(func(good string) string { return edited(good, "object", "") }), want: invalid,
	},
	{
		name: "object null", calls: callsAnswered("session,token,cookies"), unknown: true,
		answer: document(func(good string) string { return edited(good, "object", "null") }), want: invalid,
	},
	{
		name:   "a byte that is not UTF-8",
		answer: document(func(good string) string { return addField(good, "\"new\":\"a\xffb\"") }),
		want:   invalid, unknown: true,
	},
	{
		name:   "half a surrogate pair",
		answer: document(func(good string) string { return addField(good, `"new":"\ud800"`) }),
		want:   invalid, unknown: true,
	},
}

// addField adds a field to a document; to a list's first row where it has one.
func addField(document, field string) string {
	return strings.Replace(document, "{", "{"+field+",", 1)
}

// What a call that is answered a session makes of one; a list makes the same of its rows.
var sessionRows = slices.Concat(
	requiredFieldRows("session", goodSession, "id", "client_id", "user_id", "status", "last_active_at", "expire_at",
		"abandon_at", "created_at", "updated_at"),
	emptyFieldRows("session", goodSession, "id", "client_id", "user_id", "status"),
	[]answerRow{
		badSession("times as strings", edited(goodSession, "created_at", `"1705530913248"`)),
		badSession("a time with a fraction", edited(goodSession, "created_at", "1705530913248.5")),
		badSession("a time with an exponent", edited(goodSession, "created_at", "1e12")),
		badSession("a time too large to be one", edited(goodSession, "created_at", "99999999999999999999")),
		badSession("an id that is a number", edited(goodSession, "id", "1")),
		badSession("a status that is a number", edited(goodSession, "status", "1")),
		badSession("user_id twice", addField(goodSession, `"user_id":"user_evil"`)),
		badSession("USER_ID instead of user_id", strings.Replace(goodSession, "user_id", "USER_ID", 1)),
		badSession("an id that is not UTF-8", strings.Replace(goodSession, "user_1", "user_\xff", 1)),
		badSession("an actor that is a string", edited(goodSession, "actor", `"user_9"`)),
		badSession("tasks that are an object", edited(goodSession, "tasks", `{}`)),
		badSession("a task without a key", edited(goodSession, "tasks", `[{}]`)),
		badSession("an activity that is a list", edited(goodSession, "latest_activity", `[]`)),
		badSession("an activity whose is_mobile is a string",
			edited(goodSession, "latest_activity", edited(goodActivity, "is_mobile", `"true"`))),
		badSession("a token", goodToken),
		badSession("cookies", goodCookies),
		badSession("a list", goodList),
		{
			name: "another id", calls: callsNamed("Get,Revoke,Verify"),
			answer: documentIs(edited(goodSession, "id", `"sess_2"`)), want: invalid,
		},
		{
			name: "an id in another case", calls: callsNamed("Get,Revoke,Verify"),
			answer: documentIs(edited(goodSession, "id", `"SESS_1"`)), want: invalid,
		},

		goodSessionRow("USER_ID beside user_id", addField(goodSession, `"USER_ID":"user_evil"`), nil),
		goodSessionRow("a status not known yet", edited(goodSession, "status", `"hibernating"`),
			func(s *sessions.Session) { s.Status = "hibernating" }),
		goodSessionRow("a time of 0", edited(goodSession, "abandon_at", "0"), func(s *sessions.Session) {
			s.AbandonAt = time.Unix(0, 0).UTC()
		}),
		goodSessionRow("a time of 0 under an escaped name",
			strings.Replace(edited(goodSession, "abandon_at", "0"), "abandon_at", `\u0061bandon_at`, 1),
			func(s *sessions.Session) { s.AbandonAt = time.Unix(0, 0).UTC() }),
		goodSessionRow("a negative time", edited(goodSession, "abandon_at", "-1"), func(s *sessions.Session) {
			s.AbandonAt = time.UnixMilli(-1).UTC()
		}),
		goodSessionRow("no organization", edited(goodSession, "last_active_organization_id", ""),
			func(s *sessions.Session) { s.LastActiveOrganizationID = "" }),
		goodSessionRow("a null organization", edited(goodSession, "last_active_organization_id", "null"),
			func(s *sessions.Session) { s.LastActiveOrganizationID = "" }),
		goodSessionRow("no actor", edited(goodSession, "actor", ""), func(s *sessions.Session) { s.Actor = nil }),
		goodSessionRow("a null actor", edited(goodSession, "actor", "null"), func(s *sessions.Session) {
			s.Actor = nil
		}),
		goodSessionRow("no tasks", edited(goodSession, "tasks", ""), func(s *sessions.Session) { s.Tasks = nil }),
		goodSessionRow("null tasks", edited(goodSession, "tasks", "null"), func(s *sessions.Session) { s.Tasks = nil }),
		goodSessionRow("no activity", edited(goodSession, "latest_activity", ""), noActivity),
		goodSessionRow("no activity, and its name elsewhere",
			edited(edited(goodSession, "latest_activity", ""), "actor", `{"latest_activity":{},"sub":"abandon_at \\"}`),
			func(s *sessions.Session) {
				s.LatestActivity, s.Actor = nil, map[string]any{
					"latest_activity": map[string]any{},
					"sub":             `abandon_at \`,
				}
			}),
		goodSessionRow("a null activity", withActivity("null"), noActivity),
		goodSessionRow("an activity without anything", withActivity("{}"), noActivity),
		goodSessionRow("an activity of nothing but is_mobile", withActivity(`{"is_mobile":true}`), noActivity),
		goodSessionRow("an activity without an id", withActivity(edited(goodActivity, "id", "")), noActivity),
		goodSessionRow("an activity whose id is null", withActivity(edited(goodActivity, "id", "null")), noActivity),
		goodSessionRow("an activity without an object", withActivity(edited(goodActivity, "object", "")), nil),
		goodSessionRow("an activity whose object is null", withActivity(edited(goodActivity, "object", "null")), nil),
		goodSessionRow("an activity whose object is another", withActivity(edited(goodActivity, "object", `"x"`)), nil),
		goodSessionRow("an activity whose object is a number", withActivity(edited(goodActivity, "object", "1")), nil),
		goodSessionRow("an activity whose object is an array", withActivity(edited(goodActivity, "object", "[]")), nil),
		goodSessionRow("an activity without is_mobile", withActivity(`{"object":"session_activity","id":"act_1"}`),
			func(s *sessions.Session) { s.LatestActivity = &sessions.Activity{ID: "act_1"} }),
	},
)

func badSession(name, body string) answerRow {
	return answerRow{
		name: name, calls: callsAnswered("session"), answer: documentIs(body),
		want: invalid, unknown: true,
	}
}

// goodSessionRow is a session that is theSession but for an edit.
// withActivity returns the good session with another activity.
func withActivity(activity string) string { return edited(goodSession, "latest_activity", activity) }

// noActivity takes the activity out of a session.
func noActivity(s *sessions.Session) { s.LatestActivity = nil }

func goodSessionRow(name, body string, edit func(*sessions.Session)) answerRow {
	want := theSession
	if edit != nil {
		edit(&want)
	}
	return answerRow{name: name, calls: callsAnswered("session"), answer: documentIs(body), good: true, result: &want}
}

// requiredFieldRows leaves out each of the fields, and sets each to null.
func requiredFieldRows(answers, good string, fields ...string) (rows []answerRow) {
	for _, field := range fields {
		rows = append(rows,
			answerRow{
				name: "no " + field, calls: callsAnswered(answers), answer: documentIs(edited(good, field, "")),
				want: invalid, unknown: true,
			},
			answerRow{
				name: field + " null", calls: callsAnswered(answers),
				answer: documentIs(edited(good, field, "null")), want: invalid, unknown: true,
			},
		)
	}
	return rows
}

func emptyFieldRows(answers, good string, fields ...string) (rows []answerRow) {
	for _, field := range fields {
		rows = append(rows, answerRow{
			name: field + " empty", calls: callsAnswered(answers), answer: documentIs(edited(good, field, `""`)),
			want: invalid, unknown: true,
		})
	}
	return rows
}

var listRows = slices.Concat(
	requiredFieldRows("list", goodList, "data", "total_count"),
	[]answerRow{
		goodListRow("an empty page", `{"data":[],"total_count":0}`, 0),
		goodListRow("a page past the end", `{"data":[],"total_count":3}`, 3),
		goodListRow("the total before the rows", `{"total_count":7,"data":[`+goodSession+`]}`, 7, theSession),
		goodListRow("an unknown field", `{"data":[],"next":"x","total_count":0}`, 0),
		goodListRow("a bare array", `[`+goodSession+`,`+goodSession+`]`, -1, theSession, theSession),
		goodListRow("an empty bare array", ` []`, -1),
		goodListRow("a row that lacks what the others have",
			"[ "+goodSession+" \t\r\n ,\r\n\t"+bareSession+",\n"+goodSession+"\n]", -1,
			theSession, theBareSession, theSession),
		goodListRow("a total of more than 32 bits", `{"data":[],"total_count":4294967296}`, min(1<<32, math.MaxInt)),
		goodListRow("the largest total", `{"data":[],"total_count":9223372036854775807}`, math.MaxInt),
		badList("a very negative total", `{"data":[],"total_count":-4294967295}`),
		badList("a total too large to be one", `{"data":[],"total_count":9223372036854775808}`),
		badList("data that is an object", `{"data":{},"total_count":1}`),
		badList("data that is a string", `{"data":"","total_count":1}`),
		badList("a total that is a string", `{"data":[],"total_count":"1"}`),
		badList("a negative total", `{"data":[],"total_count":-1}`),
		badList("a total with a fraction", `{"data":[],"total_count":1.5}`),
		badList("data twice", `{"data":[],"data":[],"total_count":0}`),
		badList("DATA instead of data", `{"DATA":[],"total_count":0}`),
		badList("a row that is null", `{"data":[null],"total_count":1}`),
		badList("a row that is a string", `{"data":["sess_1"],"total_count":1}`),
		badList("a row that is a list", `{"data":[[]],"total_count":1}`),
		badList("a bad row among good ones",
			`{"data":[`+goodSession+`,`+edited(goodSession, "user_id", "")+`,`+goodSession+`],"total_count":3}`),
		badList("a row without a time among others with one",
			"[ "+goodSession+" ,\n"+edited(bareSession, "abandon_at", "")+", "+bareSession+"]"),
		badList("a bad row of a bare array", `[`+goodSession+`,`+edited(goodSession, "object", `"user"`)+`]`),
		badList("a row with a field twice", `{"data":[`+addField(goodSession, `"id":"sess_2"`)+`],"total_count":1}`),
		badList("a session", goodSession),
		badList("a token", goodToken),
	},
)

func goodListRow(name, body string, total int, rows ...sessions.Session) answerRow {
	want := &sessions.SessionList{Data: append([]sessions.Session{}, rows...), TotalCount: total}
	return answerRow{name: name, calls: callsAnswered("list"), answer: documentIs(body), good: true, result: want}
}

func badList(name, body string) answerRow {
	return answerRow{name: name, calls: callsAnswered("list"), answer: documentIs(body), want: invalid}
}

var tokenRows = slices.Concat(
	requiredFieldRows("token", goodToken, "jwt"),
	emptyFieldRows("token", goodToken, "jwt"),
	[]answerRow{
		{name: "cookies", calls: callsAnswered("token"), answer: documentIs(goodCookies), want: invalid, unknown: true},
		{
			name: "a session", calls: callsAnswered("token"), answer: documentIs(goodSession),
			want: invalid, unknown: true,
		},
		{
			name: "a jwt that is a number", calls: callsAnswered("token"),
			answer: documentIs(`{"object":"token","jwt":1}`), want: invalid, unknown: true,
		},
		{
			name: "JWT instead of jwt", calls: callsAnswered("token"),
			answer: documentIs(`{"object":"token","JWT":"x"}`), want: invalid, unknown: true,
		},
		{
			name: "truncated in the jwt", calls: callsAnswered("token"),
			answer: documentIs(goodToken[:len(goodToken)-20]), unknown: true,
			want: invalidKeeping(`{"object":"token","jwt":"[redacted]`),
		},
	},
)

var directivesRows = slices.Concat(
	requiredFieldRows("directives", goodDirectives, "directives"),
	[]answerRow{
		badDirectives("[]", `[]`),
		badDirectives("no directive", `{"directives":[]}`),
		badDirectives("an empty directive", `{"directives":["a=b",""]}`),
		badDirectives("a null directive", `{"directives":["a=b",null]}`),
		badDirectives("a string instead of a list", `{"directives":"a=b"}`),
		badDirectives("the answer of a refresh", goodCookies),
		badDirectives("a directive that starts another header", `{"directives":["a=b\r\nX-Evil: 1"]}`),
		badDirectives("a directive with a NUL", `{"directives":["a=\u0000b"]}`),
	},
)

func badDirectives(name, body string) answerRow {
	return answerRow{
		name: name, calls: callsAnswered("directives"), answer: documentIs(body), want: invalid, unknown: true,
	}
}

var cookiesRows = slices.Concat(
	requiredFieldRows("cookies", goodCookies, "cookies"),
	[]answerRow{
		badCookies("a token", goodToken),
		badCookies("a session", goodSession),
		badCookies("no directive", `{"object":"cookies","cookies":[]}`),
		badCookies("an empty directive", `{"object":"cookies","cookies":["a=b",""]}`),
		badCookies("a null directive", `{"object":"cookies","cookies":["a=b",null]}`),
		badCookies("a directive that is a number", `{"object":"cookies","cookies":[1]}`),
		badCookies("a string instead of a list", `{"object":"cookies","cookies":"a=b"}`),
		badCookies("a directive that starts another header", `{"object":"cookies","cookies":["a=b\r\nX-Evil: 1"]}`),
		badCookies("a directive with a NUL", `{"object":"cookies","cookies":["a=\u0000b"]}`),
		badCookies("a directive with a DEL", `{"object":"cookies","cookies":["a=\u007fb"]}`),
	},
)

func badCookies(name, body string) answerRow {
	return answerRow{
		name: name, calls: callsAnswered("cookies"), answer: documentIs(body),
		want: invalid, unknown: true,
	}
}

// How many bytes of an answer are read at the most.
const (
	objectCap = 1 << 20
	listCap   = 10 << 20
	errorCap  = 64 << 10
)

var sizeRows = []answerRow{
	{
		name: "an object of exactly 1 MiB", calls: callsAnswered("session,token,cookies"),
		answer: document(padded(objectCap)), good: true,
	},
	{
		name: "an object of one byte more", calls: callsAnswered("session,token,cookies"),
		answer: document(padded(objectCap + 1)), want: invalid, unknown: true,
	},
	{name: "a list of exactly 10 MiB", calls: callsAnswered("list"), answer: document(padded(listCap)), good: true},
	{
		name: "a list of one byte more", calls: callsAnswered("list"),
		answer: document(padded(listCap + 1)), want: invalid,
	},
	{
		name:   "an error of exactly 64 KiB",
		answer: always(jsonAnswer(404, padded(errorCap)(goodError), refusalHeaders...)),
		want: outcome{
			Matches: []string{"ErrNotFound"}, StatusCode: 404, Details: goodErrorDetails,
			TraceID: "trace_body", RetryAfter: 7 * time.Second,
		},
	},
	{
		name:   "an error of one byte more",
		answer: always(jsonAnswer(404, padded(errorCap+1)(goodError), refusalHeaders...)),
		want: outcome{
			Matches: []string{"ErrNotFound"}, StatusCode: 404, TraceID: "trace_header",
			RetryAfter: 7 * time.Second,
		},
	},
	{
		name: "a page of HTML of 64 KiB", calls: callsNamed("Get"),
		answer: always(answer(503, strings.Repeat("<p>", errorCap/3))),
		want:   outcome{Matches: []string{"ErrServer"}, StatusCode: 503, Body: strings.Repeat("<p>", 171)[:512]},
	},
	{
		name: "characters that do not fit whole into 512 bytes", calls: callsNamed("Get"),
		answer: always(answer(503, "x"+strings.Repeat("é", 400))),
		want:   outcome{Matches: []string{"ErrServer"}, StatusCode: 503, Body: "x" + strings.Repeat("é", 255)},
	},
	{
		name: "a redirect with a large body", calls: callsNamed("Get"),
		answer: always(answer(302, strings.Repeat("x", errorCap+1), "Location: {elsewhere}")),
		want:   outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 302},
	},
}

// padded makes a document exactly that long, with blanks at its end.
func padded(size int) func(string) string {
	return func(document string) string { return document + strings.Repeat(" ", size-len(document)) }
}

var encodingRows = []answerRow{
	{name: "gzip", answer: func(good string) string { return gzipped(200, good) }, good: true},
	{name: "identity", answer: goodWith("Content-Type: application/json", "Content-Encoding: identity"), good: true},
	{name: "gzip of an error", answer: always(gzipped(404, goodError)), want: outcome{
		Matches: []string{"ErrNotFound"}, StatusCode: 404, Details: goodErrorDetails, TraceID: "trace_body",
	}},
	{
		name: "a small answer that unpacks to 256 MiB", answer: bomb(200), unknown: true,
		want: outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 200, RetryAfter: 7 * time.Second},
	},
	{
		name: "a small error that unpacks to 256 MiB", answer: bomb(500),
		want: outcome{Matches: []string{"ErrServer"}, StatusCode: 500, RetryAfter: 7 * time.Second},
	},
	{
		name: "gzip that is none", answer: goodWith("Content-Type: application/json", "Content-Encoding: gzip"),
		want: invalid, unknown: true,
	},
	{name: "gzip with a wrong checksum", answer: func(good string) string {
		raw := []byte(gzipped(200, good))
		raw[len(raw)-8] ^= 1
		return string(raw)
	}, want: invalid, unknown: true},
	{
		name:   "an encoding that was not asked for",
		answer: goodWith("Content-Type: application/json", "Content-Encoding: br"), want: invalid, unknown: true,
	},
	{
		name: "gzip twice", answer: goodWith("Content-Type: application/json", "Content-Encoding: gzip, gzip"),
		want: invalid, unknown: true,
	},
}

// gzipped is a well-formed compressed answer.
func gzipped(status int, body string) string {
	return jsonAnswer(status, packed(body), "Content-Encoding: gzip")
}

func packed(text string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return packed.String()
}

// packedBlanks are 1 MiB of blanks, packed.
var packedBlanks = sync.OnceValue(func() string { return packed(strings.Repeat(" ", 1<<20)) })

// bomb is a small answer that unpacks to the good one with 256 MiB of blanks behind it.
func bomb(status int) func(string) string {
	return func(good string) string {
		return jsonAnswer(status, packed(good)+strings.Repeat(packedBlanks(), 256), "Content-Encoding: gzip",
			"Retry-After: 7")
	}
}

// Statuses that stand for themselves, whatever the body. Below 400 and from 600 on, none of them
// is an answer to any call.
func statusRows() (rows []answerRow) {
	for _, status := range []int{201, 202, 203, 206, 226, 299, 300, 399, 600, 700, 999} {
		rows = append(rows, answerRow{
			name:    strconv.Itoa(status) + " with a good body",
			answer:  func(good string) string { return jsonAnswer(status, good) },
			want:    outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: status},
			unknown: status < 300,
		})
	}
	for _, status := range []int{204, 205, 304} {
		rows = append(rows, answerRow{
			name:    strconv.Itoa(status) + " with nothing",
			answer:  always(head(status, "Content-Length: 0", "Connection: close")),
			want:    outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: status},
			unknown: status < 300,
		})
	}
	for _, status := range []int{402, 405, 409, 418, 451, 499} {
		rows = append(rows, answerRow{
			name: strconv.Itoa(status) + " has no sentinel", calls: callsNamed("Get,Create"),
			answer: always(jsonAnswer(status, goodError)),
			want:   outcome{StatusCode: status, Details: goodErrorDetails, TraceID: "trace_body"},
		})
	}
	for status, unknown := range map[int]bool{501: false, 505: false, 520: true, 522: true, 524: true, 525: false} {
		rows = append(rows, answerRow{
			name: strconv.Itoa(status) + " is a server's error", calls: callsNamed("Get,Create"), unknown: unknown,
			answer: always(jsonAnswer(status, goodError)),
			want: outcome{
				Matches: []string{"ErrServer"}, StatusCode: status, Details: goodErrorDetails,
				TraceID: "trace_body",
			},
		})
	}
	return rows
}

// No redirect is followed, wherever it points, also not with an http.Client that would.
func redirectRows() (rows []answerRow) {
	follows := sessions.WithHTTPClient(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return nil
	}})
	for status := 300; status <= 308; status++ {
		for _, to := range []struct{ place, location string }{
			{"another server", "{elsewhere}/v1/sessions"},
			{"the same server", "/v1/sessions/elsewhere"},
			{"itself", ""},
		} {
			row := answerRow{
				name:   fmt.Sprintf("%d to %s", status, to.place),
				answer: always(head(status, "Location: "+to.location, "Content-Length: 0", "Connection: close")),
				want:   outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: status},
			}
			rows = append(rows, row)
			row.name += " with a client that would follow"
			row.calls = callsNamed("Get,Create,RefreshCookies")
			row.options = []sessions.Option{follows}
			rows = append(rows, row)
		}
	}
	return rows
}

const goodError = `{"errors":[{"code":"some_code","message":"short","long_message":"Long.",` +
	`"meta":{"param_name":"session_id","nested":{"list":[1,"x",null]}}},{"code":"other_code","message":"other",` +
	`"long_message":""}],` +
	`"clerk_trace_id":"trace_body"}`

var goodErrorDetails = []sessions.ErrorDetail{
	{
		Code: "some_code", Message: "short", LongMessage: "Long.",
		Meta: map[string]any{"param_name": "session_id", "nested": map[string]any{"list": []any{1.0, "x", nil}}},
	},
	{Code: "other_code", Message: "other"},
}

var refusalHeaders = []string{"Retry-After: 7", "Clerk-Trace-Id: trace_header", "Cf-Ray: ray"}

// Whatever the body, the status, Retry-After and a trace id survive.
func refusalRows() (rows []answerRow) {
	for _, refusal := range []struct {
		status  int
		matches string
		unknown bool
	}{
		{400, "ErrBadRequest", false},
		{401, "ErrUnauthorized", false},
		{403, "ErrForbidden", false},
		{404, "ErrNotFound", false},
		{410, "ErrGone", false},
		{422, "ErrUnprocessable", false},
		{429, "ErrRateLimited", false},
		{500, "ErrServer", false},
		{502, "ErrServer", true},
		{503, "ErrServer", false},
		{504, "ErrServer", true},
	} {
		kept := outcome{
			Matches: []string{refusal.matches}, StatusCode: refusal.status, TraceID: "trace_header",
			RetryAfter: 7 * time.Second,
		}
		for _, body := range []struct {
			name, contentType, text string
			want                    func(*outcome)
		}{
			{
				"an error", "application/json", goodError, func(o *outcome) {
					o.Details, o.TraceID = goodErrorDetails, "trace_body"
				},
			},
			{
				"an error called HTML", "text/html", goodError, func(o *outcome) {
					o.Details, o.TraceID = goodErrorDetails, "trace_body"
				},
			},
			{
				"HTML", "text/html; charset=utf-8", "<html>\n<h1>No</h1>", func(o *outcome) {
					o.Body = "<html>\n<h1>No</h1>"
				},
			},
			{
				"broken JSON", "application/json", `{"errors":[{"code":"x"`, func(o *outcome) {
					o.Body = `{"errors":[{"code":"x"`
				},
			},
			{
				"bytes that are no text", "application/octet-stream", "\x00\xff\xfe.", func(o *outcome) {
					o.Body = "\x00\uFFFD."
				},
			},
			{"JSON of another kind", "application/json", `{"message":"no"}`, func(*outcome) {}},
			{"a JSON string", "application/json", `"no"`, func(*outcome) {}},
			{"a good answer", "application/json", goodSession, func(*outcome) {}},
			{"nothing", "application/json", "", func(*outcome) {}},
		} {
			want := kept
			body.want(&want)
			rows = append(rows, answerRow{
				name: fmt.Sprintf("%d with %s", refusal.status, body.name),
				answer: always(answer(refusal.status, body.text,
					append(refusalHeaders, "Content-Type: "+body.contentType)...)),
				want:    want,
				unknown: refusal.unknown,
			})
		}
	}
	return rows
}

// The trace id comes from the body, else from Clerk-Trace-Id, else from Cf-Ray, whatever else is
// wrong with the body.
var traceIDRows = []answerRow{
	traceIDRow("in the body", "trace_body", goodError, "Clerk-Trace-Id: trace_header", "Cf-Ray: ray"),
	traceIDRow("in Clerk's header", "trace_header", `{}`, "Clerk-Trace-Id: trace_header", "Cf-Ray: ray"),
	traceIDRow("in Cloudflare's header", "ray", `{}`, "Cf-Ray: ray"),
	traceIDRow("nowhere", "", `{}`),
	traceIDRow("empty in the body", "trace_header", `{"clerk_trace_id":""}`, "Clerk-Trace-Id: trace_header"),
	traceIDRow("a number in the body", "trace_header", `{"clerk_trace_id":5}`, "Clerk-Trace-Id: trace_header"),
	traceIDRow("in a body without errors", "trace_body", `{"clerk_trace_id":"trace_body"}`),
	traceIDRow("before errors of another kind", "trace_body", `{"clerk_trace_id":"trace_body","errors":"no"}`),
	traceIDRow("after errors of another kind", "trace_body", `{"errors":"no","clerk_trace_id":"trace_body"}`),
	traceIDRow("after a list of strings", "trace_body", `{"errors":["no"],"clerk_trace_id":"trace_body"}`),
	traceIDRow("after meta of another kind", "trace_body", `{"meta":"no","clerk_trace_id":"trace_body"}`),
	{
		name: "with a detail whose meta is of another kind", calls: callsNamed("Get"),
		answer: always(jsonAnswer(404,
			`{"errors":[{"meta":[],"code":"a","message":"b","long_message":"c"},{"code":"d"}],`+
				`"clerk_trace_id":"trace_body"}`)),
		want: outcome{
			Matches: []string{"ErrNotFound"}, StatusCode: 404, TraceID: "trace_body",
			Details: []sessions.ErrorDetail{{Code: "a", Message: "b", LongMessage: "c"}, {Code: "d"}},
		},
	},
}

func traceIDRow(name, want, body string, headers ...string) answerRow {
	return answerRow{
		name: name, calls: callsNamed("Get"), answer: always(jsonAnswer(418, body, headers...)),
		want: outcome{StatusCode: 418, TraceID: want, Details: detailsOf(body)},
	}
}

func detailsOf(body string) []sessions.ErrorDetail {
	if body == goodError {
		return goodErrorDetails
	}
	return nil
}

// What is no Retry-After counts as none, and of several the longest counts.
var retryAfterRows = []answerRow{
	retryAfterRow("seconds", 2*time.Second, "Retry-After: 2"),
	retryAfterRow("seconds between blanks", 2*time.Second, "Retry-After:  2 "),
	retryAfterRow("zero", 0, "Retry-After: 0"),
	retryAfterRow("an hour", time.Hour, "Retry-After: 3600"),
	retryAfterRow("none", 0),
	retryAfterRow("empty", 0, "Retry-After:"),
	retryAfterRow("a negative number", 0, "Retry-After: -5"),
	retryAfterRow("a number with a sign", 0, "Retry-After: +5"),
	retryAfterRow("a fraction", 0, "Retry-After: 1.5"),
	retryAfterRow("NaN", 0, "Retry-After: NaN"),
	retryAfterRow("words", 0, "Retry-After: soon"),
	retryAfterRow("20 digits", 0, "Retry-After: 99999999999999999999"),
	retryAfterRow("more seconds than a Duration has", 0, "Retry-After: 9223372037"),
	retryAfterRow("twice", 9*time.Second, "Retry-After: 2", "Retry-After: 9"),
	retryAfterRow("twice, once with junk", 2*time.Second, "Retry-After: soon", "Retry-After: 2"),
	retryAfterRow("a date after the answer's own", 90*time.Second, "Date: Mon, 23 Nov 2026 10:00:00 GMT",
		"Retry-After: Mon, 23 Nov 2026 10:01:30 GMT"),
	retryAfterRow("a date before the answer's own", 0, "Date: Mon, 23 Nov 2026 10:00:00 GMT",
		"Retry-After: Mon, 23 Nov 2026 09:00:00 GMT"),
	retryAfterRow("a past date without the answer's own", 0, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"),
}

func retryAfterRow(name string, want time.Duration, headers ...string) answerRow {
	return answerRow{
		name: name, calls: callsNamed("Get,Create"), answer: always(jsonAnswer(429, "{}", headers...)),
		want: outcome{Matches: []string{"ErrRateLimited"}, StatusCode: 429, RetryAfter: want},
	}
}

// An answer that breaks off is lost, not invalid: what was asked for may have happened.
var lostRows = []answerRow{
	{name: "nobody listens", refused: true},
	{name: "cut before the answer", answer: always(""), unknown: true},
	{name: "reset before the answer", reply: sayAndReset(""), unknown: true},
	{name: "cut in the status line", answer: always("HTTP/1.1 20"), unknown: true},
	{name: "cut in the headers", answer: always("HTTP/1.1 200 OK\r\nContent-Ty"), unknown: true},
	{name: "reset in the headers", reply: sayAndReset("HTTP/1.1 200 OK\r\nContent-Ty"), unknown: true},
	{
		name:   "cut after the headers",
		answer: always(head(200, "Content-Type: application/json", "Content-Length: 99")),
		want:   lost(200), unknown: true,
	},
	{name: "cut in the body", answer: func(good string) string {
		return head(200, "Content-Type: application/json", fmt.Sprint("Content-Length: ", len(good)+1)) + good
	}, want: lost(200), unknown: true},
	{name: "cut in a chunk", answer: func(good string) string {
		return head(200, "Content-Type: application/json", "Transfer-Encoding: chunked") + "fff\r\n" + good
	}, want: lost(200), unknown: true},
	{name: "cut before the last chunk", answer: func(good string) string {
		return head(200, "Content-Type: application/json", "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n",
			len(good), good)
	}, want: lost(200), unknown: true},
	{
		name:   "cut in a body of another type",
		answer: always(head(200, "Content-Type: text/html", "Content-Length: 99") + "<h1>"),
		want:   lost(200), unknown: true,
	},
	{
		name:   "cut in a body without a length",
		answer: always(head(200, "Content-Type: application/json") + `{"object":`),
		want:   invalidKeeping(`{"object":`), unknown: true,
	},
	{
		name: "cut in a 201", answer: always(head(201, "Content-Length: 99")),
		want: outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 201}, unknown: true,
	},
	{
		name: "cut in a redirect", answer: always(head(302, "Location: {elsewhere}", "Content-Length: 99") + "Found"),
		want: outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 302},
	},
	{
		name: "cut in a 404", answer: always(head(404, append(refusalHeaders, "Content-Length: 999")...) + goodError),
		want: outcome{
			Matches: []string{"ErrNotFound"}, StatusCode: 404, TraceID: "trace_header",
			RetryAfter: 7 * time.Second,
		},
	},
	{
		name: "cut in a 429", answer: always(head(429, append(refusalHeaders, "Content-Length: 999")...)),
		want: outcome{
			Matches: []string{"ErrRateLimited"}, StatusCode: 429, TraceID: "trace_header",
			RetryAfter: 7 * time.Second,
		},
	},
	{
		name: "cut in a 500", answer: always(head(500, append(refusalHeaders, "Content-Length: 999")...)),
		want: outcome{
			Matches: []string{"ErrServer"}, StatusCode: 500, TraceID: "trace_header",
			RetryAfter: 7 * time.Second,
		},
	},
	{
		name:   "cut in a 502",
		answer: always(head(502, append(refusalHeaders, "Content-Length: 999")...)), unknown: true,
		want: outcome{
			Matches: []string{"ErrServer"}, StatusCode: 502, TraceID: "trace_header",
			RetryAfter: 7 * time.Second,
		},
	},
}

func lost(status int) outcome { return outcome{StatusCode: status} }

var oddHTTPRows = []answerRow{
	{name: "HTTP/1.0", answer: func(good string) string {
		return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + good
	}, good: true},
	{name: "chunks", answer: func(good string) string {
		return head(200, "Content-Type: application/json",
			"Transfer-Encoding: chunked") + fmt.Sprintf("1\r\n{\r\n%x\r\n%s\r\n0\r\n\r\n", len(good)-1, good[1:])
	}, good: true},
	{name: "100 first", answer: func(good string) string { return head(100) + jsonAnswer(200, good) }, good: true},
	{
		name: "103 first", answer: func(good string) string {
			return head(103, "Link: </x>") + jsonAnswer(200, good)
		}, good: true,
	},
	{
		name: "101", calls: callsNamed("Get,List"),
		answer: always(head(101, "Upgrade: websocket", "Connection: Upgrade")),
		want:   outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 101},
	},
	{
		name: "status 099", calls: callsNamed("Get"), answer: func(good string) string {
			return strings.Replace(jsonAnswer(200, good), "200", "099", 1)
		}, want: outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 99},
	},
	{
		name: "status 000", calls: callsNamed("Get"), answer: func(good string) string {
			return strings.Replace(jsonAnswer(200, good), "200", "000", 1)
		}, want: outcome{Matches: []string{"ErrInvalidResponse"}},
	},
	{name: "a status of four digits", answer: always("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"), unknown: true},
	{name: "a status that is no number", answer: always("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"), unknown: true},
	{name: "a header without a colon", answer: always("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), unknown: true},
	{
		name:   "two lengths that differ",
		answer: always("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"), unknown: true,
	},
	{name: "something that is not HTTP", answer: always("SSH-2.0-OpenSSH_9.9\r\n"), unknown: true},
	{
		name: "2 MiB of headers", answer: func(good string) string {
			return jsonAnswer(200, good, "X-Padding: "+strings.Repeat("x", 2<<20))
		}, unknown: true,
	},
	{
		name: "more after the body", answer: func(good string) string {
			return jsonAnswer(200, good) + "HTTP/1.1 500 No\r\n\r\n"
		}, good: true,
	},
}

// An answer without an end is read up to its cap, and no further.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		call   string
		status int
		cap    int
		want   outcome
	}{
		{"Get", 200, objectCap, invalid},
		{"GetToken", 200, objectCap, invalid},
		{"List", 200, listCap, invalid},
		{"Get", 404, errorCap, outcome{Matches: []string{"ErrNotFound"}, StatusCode: 404}},
		{"List", 503, errorCap, outcome{Matches: []string{"ErrServer"}, StatusCode: 503}},
	} {
		t.Run(fmt.Sprint(row.call, " ", row.status), func(t *testing.T) {
			t.Parallel()
			call := callsNamed(row.call)[0]
			body := &endless{}
			client := newClient(t, "https://clerk.test",
				sessions.WithHTTPClient(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response,
					error,
				) {
					return &http.Response{
						StatusCode: row.status, Header: http.Header{"Content-Type": {"application/json"}},
						Body: body,
					}, nil
				})}))
			result, err := call.do(t.Context(), client)
			row.want.Attempts, row.want.Operation = 1, call.operation.Name
			if diff := cmp.Diff(row.want, outcomeOf(t, result, err)); diff != "" {
				t.Errorf("want (-), got (+):\n%s\nerror: %v", diff, err)
			}
			if body.read > row.cap+1 {
				t.Errorf("%d bytes were read, want at most %d", body.read, row.cap+1)
			}
			if !body.closed {
				t.Error("the body was not closed")
			}
		})
	}
}

// endless is a body of blanks that counts what is read of it.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

// What a call returns stays as it is while other calls are answered.
func TestResultsOutliveTheirAnswers(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
		id := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
		names := strings.NewReplacer("sess_1", id, "user_1", "user_"+id, "user_9", "actor_"+id)
		return response(200, names.Replace(goodSession)), nil
	}))
	results := make([]*sessions.Session, 64)
	var calls sync.WaitGroup
	for i := range results {
		calls.Go(func() {
			session, err := client.Get(t.Context(), fmt.Sprint("sess_", i))
			if err != nil {
				t.Error(err)
			}
			results[i] = session
		})
	}
	calls.Wait()
	for i, got := range results {
		want := theSession
		want.ID = fmt.Sprint("sess_", i)
		want.UserID = "user_" + want.ID
		want.Actor = map[string]any{"sub": "actor_" + want.ID, "n": 1.0}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("call %d: want (-), got (+):\n%s", i, diff)
		}
	}
}

// However long an answer is, a list makes room for no more rows than a page can have.
func TestRoomForRows(t *testing.T) {
	t.Parallel()
	client, err := sessions.NewClient(canaryKey, through(func(*http.Request) (*http.Response, error) {
		return response(200, `{"data":[],"total_count":0,"more":"`+strings.Repeat("x", 9<<20)+`"}`), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := client.List(t.Context(), sessions.ListParams{}); err != nil || cap(list.Data) > 500 {
		t.Errorf("room for %d, %v", cap(list.Data), err)
	}
}
