package upkeep

import (
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// secretLike are the patterns of what must never be in testdata/.
var secretLike = []struct {
	what     string
	pattern  *regexp.Regexp
	harmless func(match string) bool // nil: nothing is
}{
	{"a secret key", secretKeyLike, func(key string) bool { return slices.Contains(madeUpKeys, key) }},
	{"a JWT", jwtLike, isUnsigned},
	{"an e-mail address", emailLike, madeUpDomain},
	{"an IP address", ipv4Like, madeUpAddress},
	{"a private key", privateKeyLike, nil},
}

var (
	secretKeyLike  = regexp.MustCompile(`\bsk_(?:test|live)_[A-Za-z0-9_]+`)
	jwtLike        = regexp.MustCompile(`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*`)
	emailLike      = regexp.MustCompile(`[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b`)
	ipv4Like       = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	privateKeyLike = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
)

// madeUpKeys are the secret keys that are made up. Every other key is taken for real.
var madeUpKeys = []string{
	"sk_test_not_a_secret",                           // of recordings
	"sk_test_wrong",                                  // of recordings that are about a wrong key
	"sk_test_fake_clerk_not_a_secret",                // of every sessionstest.Server
	"sk_test_not_a_secret_not_a_secret_not_a_secret", // of testdata/bench, as long as a real one
}

// harmlessFixtures are what looks like a secret in a file and is none. A row that nothing needs fails the test.
var harmlessFixtures = []struct{ file, match, reason string }{
	{"official-sdk/refresh-cases.mjs", "10.0.0.1", "a private address, behind a proxy"},
	{"official-sdk/refresh-cases.mjs", "192.0.2.1", "kept for documentation (RFC 5737), here inside an IPv6 address"},
	{"recordings/official-sdk-refresh/origin.json", "10.0.0.1", "a private address, behind a proxy"},
	{
		"recordings/official-sdk-refresh/origin.json", "192.0.2.1",
		"kept for documentation (RFC 5737), here inside an IPv6 address",
	},
	{"recordings/vectors/handshake.json", "10.0.0.1", "a private address, behind a proxy"},
}

func TestFixturesHoldNoSecrets(t *testing.T) {
	const fixtures = root + "/testdata"
	used := make([]bool, len(harmlessFixtures))
	files := 0
	err := filepath.WalkDir(fixtures, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		// made here, and not in the repository
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "artifacts"):
			return filepath.SkipDir
		case !entry.Type().IsRegular(), filepath.Ext(path) == ".test", filepath.Ext(path) == ".prof":
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		name := filepath.ToSlash(strings.TrimPrefix(path, fixtures+string(filepath.Separator)))
		for _, found := range findSecrets(string(content)) {
			if !isHarmless(name, found.match, used) {
				t.Errorf("%s:%d: looks like %s", path, found.line, found.what)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("%d files in %s: the walk is wrong", files, fixtures)
	}
	for i, row := range harmlessFixtures {
		if !used[i] {
			t.Errorf("%s no longer holds %q: take the row out", row.file, row.match)
		}
	}
}

// isUnsigned reports whether a JWT has no signature, or one of zero bytes alone: nobody takes it for good.
func isUnsigned(jwt string) bool { return strings.Trim(jwt[strings.LastIndex(jwt, ".")+1:], "A") == "" }

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

func isHarmless(name, match string, used []bool) bool {
	for i, row := range harmlessFixtures {
		if row.file == name && row.match == match {
			used[i] = true
			return true
		}
	}
	return false
}

// foundSecret says where something is that looks like a secret, and what it is.
type foundSecret struct {
	line        int
	what, match string
}

func findSecrets(text string) (found []foundSecret) {
	line := 0
	for content := range strings.Lines(text) {
		line++
		for _, s := range secretLike {
			for _, match := range s.pattern.FindAllString(content, -1) {
				if s.harmless == nil || !s.harmless(match) {
					found = append(found, foundSecret{line, s.what, match})
				}
			}
		}
	}
	return found
}

// What is planted is found, and what is harmless is not.
func TestPlantedSecrets(t *testing.T) {
	const jwt = "eyJhbGciOiJub25l" + ".eyJzdWIiOiJ1c2Vy" + ".c2ln"
	for _, row := range []struct{ text, what string }{
		{"Bearer sk_live_0123456789", "a secret key"},
		{"Bearer sk_test_0123456789", "a secret key"},
		{"key: sk_test_not_a_secret_after_all", "a secret key"},
		{"sk_live_not_a_secret", "a secret key"},
		{`"jwt":"` + jwt + `"`, "a JWT"},
		{"__session=" + jwt + "; Path=/", "a JWT"},
		{"mailto:joe@acme.io", "an e-mail address"},
		{"joe+x@mail.example.org", "an e-mail address"},
		{"joe@notexample.com", "an e-mail address"},
		{`"ip_address":"198.51.100.9"`, "an IP address"},
		{"x-forwarded-for: 10.0.0.1, 203.0.113.7", "an IP address"},
		{"127.0.0.2", "an IP address"},
		{"-----BEGIN PRIVATE KEY-----", "a private key"},
		{"-----BEGIN RSA PRIVATE KEY-----", "a private key"},
		{"-----BEGIN EC PRIVATE KEY-----", "a private key"},

		{"Bearer sk_test_not_a_secret", ""},
		{`"sk_test_…"`, ""},
		{"the key starts with sk_test_ or sk_live_", ""},
		{"made-up.session.token", ""},
		{jwt[:strings.LastIndex(jwt, ".")+1], ""},
		{jwt[:strings.LastIndex(jwt, ".")+1] + "AAAA", ""},
		{"joe@example.com, joe@mail.example.com, joe@fake.clerk.example.test", ""},
		{"@clerk/backend@3.25.0", ""},
		{"github.com/oasdiff/oasdiff@v1.35.0", ""},
		{"http://127.0.0.1:4010 203.0.113.7", ""},
		{"version 1.2.3.400", ""},
		{"-----BEGIN PUBLIC KEY-----", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			var what []string
			for _, found := range findSecrets("first line\n" + row.text + "\n") {
				what = append(what, fmt.Sprintf("%s in line %d", found.what, found.line))
			}
			switch {
			case row.what == "" && len(what) > 0:
				t.Errorf("found %s", what)
			case row.what != "" && !slices.Equal(what, []string{row.what + " in line 2"}):
				t.Errorf("found %s, want %s", what, row.what)
			}
		})
	}
}

// testdata/README.md says of every directory of fixtures where it comes from.
func TestFixturesAreDescribed(t *testing.T) {
	readme, err := os.ReadFile(root + "/testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range []string{"", "recordings/"} {
		entries, err := os.ReadDir(root + "/testdata/" + parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if name := parent + entry.Name() + "/"; entry.IsDir() && name != "recordings/" &&
				!strings.Contains(string(readme), "| `"+name+"` |") {
				t.Errorf("testdata/README.md has no row for %s", name)
			}
		}
	}
}
