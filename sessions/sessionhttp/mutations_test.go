package sessionhttp_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var mutate = flag.Bool("mutate", false, "let TestMutations run the tests without the fixes: make mutations")

// A mutation takes out what stops an attack: the test named Test… is to fail with another text in place of the fix.
type mutation struct{ test, file, fix, without string }

var mutations = []mutation{
	{"AttackLongHost", "origin.go", "maxHost = 3 * 3 * 253", "maxHost = 1 << 30"},
	{"CostIsLinear", "origin.go", "maxHost = 3 * 3 * 253", "maxHost = 1 << 30"},
	{
		"AttackOriginBeforeTheLimits", "refresh.go", "	return s.cookies(ctx, exchange{",
		`if _, err := name.origin(); err != nil {
			return cookieSet{}, refuse(reasonOrigin, "")
		}
		return s.cookies(ctx, exchange{`,
	},
	{"AttackHostsThatAreNone", "limits.go", "l.asked = time.Time{} // the next", "l.unanswered = 0 // the next"},
	{"AttackHostsThatAreNone", "limits.go", "l.asked = time.Time{} // the next", "// the next"},
	{"AttackHostsThatAreNone", "limits.go", "l.count(bound{x.session, sessionRefusals}, now)", ""},
	{"AttackHostsThatAreNone", "shared.go", "r.p != nil && r.p.reason != reasonOrigin", "r.p != nil"},
	{
		"AttackHandlersCookiesCameFirst", "middleware.go", `slices.Insert(h["Set-Cookie"], i, d.text)`,
		`slices.Insert(h["Set-Cookie"], max(i, len(h["Set-Cookie"])), d.text)`,
	},
	{"AttackOneAccountUsesUpTheLimit", "limits.go", "l.count(bound{x.session, sessionRefusals}, now)", ""},
	{"AttackOneAccountThatIsNotRefused", "limits.go", "l.count(bound{x.session, sessionRefreshes}, now)", ""},
	{"AttackOneAccountThatIsNotRefused", "origin.go", "if a.trustedProxy {", "if true {"},
	{"AttackLockOut", "limits.go", "sessionRefusals}, now) && !l.guesses.AllowN(now, 1)", "sessionRefusals}, now)"},
	{"AttackOneRefreshToken", "limits.go", "case l.isUsedUp(bound{x.holder, holderSends}, now),", "case false,"},
	{"AttackInventedNonces", "limits.go", "x.isNonce() && !l.nonces.AllowN(now, 1),", ""},
	{"AttackGuessesBlockNonces", "limits.go", "!l.guesses.AllowN(now, 1)", "false"},
	{"AttackManyAccounts", "limits.go", "!l.service.AllowN(now, 1)", "false"},
	{"AttackLargeHeaders", "refresh.go", "size > maxHeaders", "false"},
	{"AttackLargeHeaders", "refresh.go", "case len(v.token.text) > 8<<10, len(v.refreshToken) > 4<<10:", "case false:"},
	{"AttackCaches", "middleware.go", "delete(h, name)", ""},
	{"AttackCaches", "middleware.go", `h.Set("Cache-Control", "private, no-store")`, ""},
	{
		"AttackOpenRedirects", "handshake.go", "	back := origin + withoutParameters(target(v.req), isClerkParameter)",
		`base, _ := url.Parse(origin)
		back := origin
		if path, err := url.Parse(target(v.req)); err == nil {
			back = base.ResolveReference(path).String()
		}`,
	},
	{"AttackPlantedAnswers", "handshake.go", "&& !a.instance.production {\n\t\t\tfound", "{\n\t\t\tfound"},
	{"AttackPlantedAnswers", "authenticate.go", "case a.handshake && v.isPage:", "case a.handshake:"},
	{"AttackPlantedAnswers", "handshake.go", "cmp.Or(a.verifySignature(ctx, &t), ", "cmp.Or("},
	{"AttackPlantedAnswers", "token.go", "category != nil &&", "false &&"},
	{"AttackPlantedAnswers", "cookies.go", "strings.ContainsFunc(text, unicode.IsControl)", "unicode.IsControl('a')"},
	{"AttackMixedSessions", "refresh.go", `v.header.text != "" && isOther`, "isOther && false"},
	{"AttackMixedSessions", "refresh.go", "a.verifySignature(ctx, &v.token)", "a.verifySignature(ctx, &v.header)"},
	{"AttackMixedSessions", "middleware.go", "req.Header = h", `req.Header = h; h.Set("Authorization", d.token)`},
	{"AttackForeignAnswers", "cookies.go", "a.verify(ctx, &token); p != nil", "a.verify(ctx, &token); false"},
	{"AttackForeignAnswers", "cookies.go", `token.claim("sid") != sessionID`, "false"},
	{"AttackForeignAnswers", "cookies.go", `sessionID != "" && set.token == ""`, "false"},
	{"AttackSharedAnswers", "refresh.go", "append(name[:], ", "append([]string(nil), "},
	{"AttackSharedAnswers", "refresh.go", "params.RefreshToken, params.ExpiredToken", "params.ExpiredToken"},
	{"AttackStragglersUndoASignOut", "authenticator.go", "a.shared.end(sessionID)", ""},
	{"AttackRefreshUnderWayUndoesASignOut", "shared.go", "p != nil { // meanwhile", "false { // meanwhile"},
	{"AttackRefreshUnderWayUndoesASignOut", "shared.go", " + s.timeout) // longer", ") // longer"},
	{"AttackAnswerUndoesASignOut", "authenticate.go", "p = a.shared.signedOut(", "_ = a.shared.signedOut("},
	{"AttackAnswerUndoesASignOut", "authenticator.go", "[]string{answerToken, answerNonce}", "[]string{}"},
	{
		"AttackSharedClaims", "authenticate.go", `	t := decodeJWT(set.token) // again: each request gets claims of its own
	return decision{cookieSet: set, auth: a.authOf(&t)}
}`,
		`	t, found := known[set.token]
	if !found {
		t = decodeJWT(set.token)
		known[set.token] = t
	}
	return decision{cookieSet: set, auth: a.authOf(&t)}
}

var known = map[string]jwt{}`,
	},
	{"AttackPrinting", "middleware.go", `(f, "sessionhttp.response")`, "(f, w.cookies[0].text)"},
	{"AttackPrinting", "keys.go", "reasonSignature, false, hide.Error(err)", "reasonSignature, false, err"},

	{"NoPageWaitsLongerThanTheTimeout", "visit.go", "ok && deadline.Before(end)", "ok && false && deadline.Before(end)"},
	{"WhoComesLaterWaitsNoLonger", "shared.go", "WithTimeout(ctx, s.timeout)", "WithTimeout(ctx, time.Hour)"},
	{"WhoComesLaterWaitsNoLongerForKeys", "keys.go", "Timeout: cfg.timeout", "Timeout: time.Hour"},
	{"TwoHundredVisitorsOfASilentClerk", "options.go", "timeout: 3 * time.Second", "timeout: time.Hour"},
	{"NoPageWaitsForTheCoolDown", "options.go", "timeout: 3 * time.Second", "timeout: time.Hour"},
	{"VerifierThatIsSlow", "visit.go", "v.start.Add(a.timeout)", "v.start.Add(time.Hour)"},
	{"TroubleIsRememberedForASecond", "shared.go", "key, lasts = x.holder, rememberTrouble", "key, lasts = x.holder, 0"},
	{"TroubleIsRememberedForASecond", "shared.go", "key, lasts = x.holder, rememberTrouble", "lasts = rememberTrouble"},
	{"Silence", "limits.go", "case l.unanswered >= silentAfter &&", "case false &&"},
	{"WhatIsNoSilence", "limits.go", "case ctx.Err() != nil && !errors", "case !errors"},
	{"ClerkGetsAtMost64KiB", "refresh.go", "return len(encoded)", "return len(encoded[:0]) + len(text)"},
	{"HowOftenTheKeySetIsFetched", "keys.go", "keySetEvery = time.Minute", "keySetEvery = time.Second"},
	{"HowOftenTheKeySetIsFetched", "keys.go", "s.next = s.now().Add(rememberTrouble)", ""},
	{"KeySetIsFetchedOnce", "keys.go", "s.flight.Do(ctx,", "new(flight.Group[struct{}, publicKeys]).Do(ctx,"},
	{"MemoryIsBounded", "shared.go", "result](maxRemembered", "result](1<<20"},
	{"MemoryIsBounded", "limits.go", "Limiter](maxRemembered", "Limiter](1<<20"},
	{"NoOutageGraceByTheServicesOwnLimits", "shared.go", "p.temporary && p.reason != reasonLimited", "p.temporary"},
	{"OutageGraceIsNotForEndedSessions", "shared.go", "s.ended.Add(x.session, now)", ""},
	{"OutageGraceIsNotForEndedSessions", "shared.go", "s.ended.Add(session, s.now())", ""},
}

// Every attack has a fix that can still be found, and without which its test fails: the latter is tried by make
// mutations.
func TestMutations(t *testing.T) {
	attacks, err := os.ReadFile("attacks_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`\bTest(\w+)\b`).FindAllSubmatch(attacks, -1) {
		if !slices.ContainsFunc(mutations, func(m mutation) bool { return m.test == string(match[1]) }) {
			t.Errorf("no mutation takes out what makes Test%s pass", match[1])
		}
	}
	for _, m := range mutations {
		t.Run(m.test, func(t *testing.T) {
			source, err := os.ReadFile(m.file)
			if n := bytes.Count(source, []byte(m.fix)); err != nil || n != 1 {
				t.Fatalf("%s has %d times the text %q, want once: %v", m.file, n, m.fix, err)
			}
			if *mutate {
				m.run(t, strings.Replace(string(source), m.fix, m.without, 1))
			}
		})
	}
}

// run runs the test with another source in place of the file's.
func (m mutation) run(t *testing.T, source string) {
	dir := t.TempDir()
	original, _ := filepath.Abs(m.file)
	changed, overlay := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
	files, _ := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	for file, text := range map[string]string{changed: source, overlay: string(files)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", "-timeout=20s",
		"-overlay="+overlay, "-run=^Test"+m.test+"$", ".").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Test"+m.test) {
		t.Errorf("without %q in %s, Test%s does not fail: %v\n%s", m.fix, m.file, m.test, err, out)
	}
}
