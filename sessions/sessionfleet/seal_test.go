package sessionfleet_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

// What is in the store counts as nothing unless it was sealed for its name with the same secrets: the next instance
// asks Clerk, and shares its answer.
func TestWhatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(value, other []byte) []byte
	}{
		{"a flipped bit at the start", func(value, _ []byte) []byte { value[0] ^= 1; return value }},
		{"a flipped bit at the end", func(value, _ []byte) []byte { value[len(value)-1] ^= 128; return value }},
		{"a flipped bit in the middle", func(value, _ []byte) []byte { value[len(value)/2] ^= 16; return value }},
		{"truncated", func(value, _ []byte) []byte { return value[:len(value)-1] }},
		{"one byte", func(value, _ []byte) []byte { return value[:1] }},
		{"empty", func([]byte, []byte) []byte { return []byte{} }},
		{"longer", func(value, _ []byte) []byte { return append(value, 0) }},
		{"the value of another name", func(_, other []byte) []byte { return other }},
		{"text", func([]byte, []byte) []byte { return []byte("hello") }},
	} {
		bubble(t, row.name, func(t *testing.T) {
			clerk, s := &clerk{}, newStore()
			fleets := newFleets(t, 4, clerk, s)
			for _, c := range []call{refresh, handshake} {
				if _, err := c(t.Context(), fleets[0]); err != nil {
					t.Fatal(err)
				}
			}
			name := fleets[0].Names(t.Context(), "refresh",
				"sess_1", "rt_1", "expired", "https://app.example.com", "false")[0]
			value, other := read(t, s, name), read(t, s, fleets[0].Names(t.Context(), "handshake", "", "nonce_1")[0])
			if value == nil || other == nil {
				t.Fatal("the places of the answers are unknown")
			}
			changed := row.change(bytes.Clone(value), other)
			if _, swapped, _ := s.Swap(t.Context(), name, value, changed, 10*time.Second); !swapped {
				t.Fatal("the value could not be changed")
			}
			same(t, together(t.Context(), fleets[1:], refresh))
			asked(t, clerk, 3)
		})
	}
	bubble(t, "an answer that is too old", func(t *testing.T) { // replayed, or of a store that keeps it too long
		clerk, s := &clerk{}, newStore()
		fleets := newFleets(t, 2, clerk, s)
		refresh(t.Context(), fleets[0])
		name := fleets[0].Names(t.Context(), "refresh", "sess_1", "rt_1", "expired", "https://app.example.com", "false")[0]
		value := read(t, s, name)
		for i, wait := range []time.Duration{14 * time.Second, 2 * time.Second} {
			time.Sleep(wait)
			s.Swap(t.Context(), name, nil, value, time.Hour)
			refresh(t.Context(), fleets[1])
			asked(t, clerk, 1+i)
		}
	})
}

func read(t *testing.T, s sessionfleet.Store, name string) []byte {
	t.Helper()
	value, _, err := s.Swap(t.Context(), name, nil, nil, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Instances whose clocks differ by 10 s share all the same.
func TestClocks(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]time.Duration{"behind": -10 * time.Second, "ahead": 10 * time.Second} {
		bubble(t, name, func(t *testing.T) {
			clerk := &clerk{}
			fleets := newFleets(t, 8, clerk, newStore())
			for i := range 4 {
				fleets[2*i].SetClock(func() time.Time { return time.Now().Add(offset) })
			}
			for _, c := range []call{refresh, mint, handshake} {
				same(t, together(t.Context(), fleets, c))
			}
			time.Sleep(time.Second)
			same(t, together(t.Context(), fleets, handshake))
			asked(t, clerk, 3)
		})
	}
}

// A straggler whose clock is 10 s ahead of the holder's shares an answer for 5 s, for clocks may differ by so much.
// After that the straggler asks once more, and all share what Clerk answers.
func TestClocksOfStragglers(t *testing.T) {
	t.Parallel()
	bubble(t, "5 s behind and 5 s ahead", func(t *testing.T) {
		clerk := &clerk{takes: func(int) time.Duration { return 0 }}
		fleets := newFleets(t, 3, clerk, newStore())
		behind, right, ahead := fleets[0], fleets[1], fleets[2]
		behind.SetClock(func() time.Time { return time.Now().Add(-5 * time.Second) })
		ahead.SetClock(func() time.Time { return time.Now().Add(5 * time.Second) })
		good := <-begin(t.Context(), behind, refresh)
		time.Sleep(5 * time.Second)
		same(t, []answer{good, <-begin(t.Context(), ahead, refresh)})
		asked(t, clerk, 1)
		time.Sleep(2 * time.Second)
		again := <-begin(t.Context(), ahead, refresh)
		asked(t, clerk, 2)
		time.Sleep(2 * time.Second)
		for _, fleet := range []*sessionfleet.Fleet{behind, right, ahead} {
			same(t, []answer{again, <-begin(t.Context(), fleet, refresh)})
		}
		asked(t, clerk, 2)
	})
}

// Two instances of Clerk on one store never meet, whatever is asked of both.
func TestInstancesNeverMeet(t *testing.T) {
	t.Parallel()
	bubble(t, "two keys", func(t *testing.T) {
		s, one, two := newStore(), &clerk{}, &clerk{}
		fleets := []*sessionfleet.Fleet{newFleet(t, one, s, "sk_test_one"), newFleet(t, two, s, "sk_test_two")}
		for _, c := range []call{refresh, handshake, mint} {
			together(t.Context(), fleets, c)
		}
		asked(t, one, 3)
		asked(t, two, 3)
		if err := fleets[0].Forget(t.Context(), "sess_1"); err != nil {
			t.Error(err)
		}
		mint(t.Context(), fleets[1])
		asked(t, two, 3)
	})
}

// After a rotation, what was sealed with the key before is used, and what one group forgets the other forgets too.
func TestRotation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]call{"refresh": refresh, "handshake": handshake, "token": mint} {
		bubble(t, name, func(t *testing.T) {
			clerk, s := &clerk{}, newStore()
			before := newFleet(t, clerk, s, "sk_test_before")
			after := newFleet(t, clerk, s, "sk_test_after", sessionfleet.WithOldSecretKeys("sk_test_older", "sk_test_before"))
			without := newFleet(t, clerk, s, "sk_test_after")
			same(t, append(together(t.Context(), []*sessionfleet.Fleet{before}, c),
				together(t.Context(), []*sessionfleet.Fleet{after}, c)...))
			asked(t, clerk, 1)
			together(t.Context(), []*sessionfleet.Fleet{without}, c) // which cannot open it
			asked(t, clerk, 2)
			if name == "handshake" {
				return
			}
			for i, forgets := range []*sessionfleet.Fleet{after, before} {
				if err := forgets.Forget(t.Context(), "sess_1"); err != nil {
					t.Error(err)
				}
				was := clerk.asked()
				c(t.Context(), after)
				c(t.Context(), before) // which knows nothing of the new key
				if n := clerk.asked() - was; n != 2 {
					t.Errorf("Forget %d: Clerk was asked %d times, want 2", i+1, n)
				}
			}
		})
	}
}

// Nobody who reads the store gets anything: no token, cookie, id, host or key is in it, in no usual form.
func TestStoreHoldsNoSecret(t *testing.T) {
	t.Parallel()
	bubble(t, "after a run", func(t *testing.T) {
		clerk, s := &clerk{takes: func(int) time.Duration { return 2 * time.Second }}, newStore()
		fleets := newFleets(t, 3, clerk, s, sessionfleet.WithOldSecretKeys("sk_test_before"))
		secrets := []string{secretKey, "sk_test_before", "sess_1", "rt_1", "expired", "app.example.com", "nonce_1", "user_1"}
		for _, c := range []call{refresh, handshake, mint, mintWith(sessions.TokenParams{Template: "template_1"})} {
			for _, a := range together(t.Context(), fleets, c) {
				secrets = append(secrets, a.text)
			}
		}
		secrets = append(secrets, "template_1", "__session", "Path=/")
		clerk.fails = func(int) error {
			return &sessions.Error{StatusCode: 401, Attempts: 1, Details: []sessions.ErrorDetail{{Code: "code_of_error"}}}
		}
		secrets = append(secrets, "code_of_error")
		together(t.Context(), fleets, handshakeOf("other"))
		fleets[0].Revoke(t.Context(), "sess_1")
		if len(s.wrote) < 12 {
			t.Fatalf("%d values were written: the run is wrong", len(s.wrote))
		}
		var all bytes.Buffer
		for value, name := range s.wrote {
			all.Write(name)
			all.WriteString("\n" + value + "\n")
		}
		for _, secret := range secrets {
			for _, form := range forms(secret) {
				if bytes.Contains(bytes.ToLower(all.Bytes()), []byte(strings.ToLower(form))) {
					t.Errorf("%q is in the store as %q", secret, form)
				}
			}
		}
	})
}

// forms returns a text as it is, and in the usual encodings, wherever in a text it may start.
func forms(text string) []string {
	found := []string{text, hex.EncodeToString([]byte(text)), url.QueryEscape(text), url.PathEscape(text)}
	for start := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", start) + text + "xx"))
		inner := encoded[(8*start+5)/6 : (8*(start+len(text)))/6]
		found = append(found, inner, strings.NewReplacer("+", "-", "/", "_").Replace(inner))
	}
	return found
}

// An answer that no entry can hold is not shared, and costs nobody its own.
func TestAnswersThatAreNotShared(t *testing.T) {
	t.Parallel()
	for name, directive := range map[string]string{
		"too long":  "a=" + strings.Repeat("b", 64<<10),
		"not UTF-8": "a=\xff",
		"empty":     "",
	} {
		bubble(t, name, func(t *testing.T) {
			clerk := &odd{directive: directive}
			for i, fleet := range newFleets(t, 2, clerk, newStore()) {
				cookies, err := fleet.HandshakeCookies(t.Context(), "nonce_1")
				if err != nil || (directive == "") != (cookies == nil) {
					t.Errorf("instance %d: %v, %v", i, cookies, err)
				}
				if cookies != nil && cookies.Directives[0] != directive {
					t.Errorf("instance %d got a changed cookie", i)
				}
			}
			asked(t, &clerk.clerk, 2)
		})
	}
}

// odd is a client that answers one cookie, or neither an answer nor an error.
type odd struct {
	clerk
	directive string
}

func (o *odd) HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error) {
	_, err := o.call(ctx, nonce)
	if o.directive == "" {
		return nil, err
	}
	return &sessions.Cookies{Directives: []string{o.directive}}, err
}

// Forget and Revoke make the next call of every instance ask Clerk anew, also where a call is under way.
func TestForget(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*testing.T, *sessionfleet.Fleet){
		"Forget": func(t *testing.T, f *sessionfleet.Fleet) {
			if err := f.Forget(t.Context(), "sess_1"); err != nil {
				t.Error(err)
			}
		},
		"Revoke": func(t *testing.T, f *sessionfleet.Fleet) {
			if session, err := f.Revoke(t.Context(), "sess_1"); err != nil || session.ID != "sess_1" {
				t.Error(session, err)
			}
		},
		"Revoke whose caller has gone": func(t *testing.T, f *sessionfleet.Fleet) {
			ctx, leave := context.WithCancel(t.Context())
			leave()
			f.Revoke(ctx, "sess_1")
		},
		"Forget twice at a time": func(t *testing.T, f *sessionfleet.Fleet) {
			together(t.Context(), []*sessionfleet.Fleet{f, f}, func(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
				return "", f.Forget(ctx, "sess_1")
			})
		},
	} {
		bubble(t, name, func(t *testing.T) {
			clerk := &clerk{}
			fleets := newFleets(t, 3, clerk, newStore())
			for _, c := range []call{mint, mintWith(sessions.TokenParams{Template: "t"}), refresh} {
				for range 2 {
					same(t, together(t.Context(), fleets, c))
					before := clerk.asked()
					underWay := begin(t.Context(), fleets[1], mintWith(sessions.TokenParams{ExpiresIn: time.Hour}))
					synctest.Wait()
					forget(t, fleets[0])
					same(t, together(t.Context(), fleets, c))
					asked(t, clerk, before+2)
					if a := <-underWay; a.err != nil {
						t.Error(a.err)
					}
					together(t.Context(), fleets, mintWith(sessions.TokenParams{ExpiresIn: time.Hour}))
					asked(t, clerk, before+3)
					forget(t, fleets[2])
				}
			}
		})
	}
	bubble(t, "without a store", func(t *testing.T) {
		s := newStore()
		s.breaks(isDown)
		fleet := newFleet(t, &clerk{}, s, secretKey)
		if err := fleet.Forget(t.Context(), "sess_1"); !errors.Is(err, errDown) {
			t.Errorf("Forget: %v", err)
		}
		if _, err := fleet.Revoke(t.Context(), "sess_1"); err != nil {
			t.Errorf("Revoke: %v", err)
		}
	})
}
