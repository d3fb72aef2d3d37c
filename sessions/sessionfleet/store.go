// Package sessionfleet lets the instances of a service share what each of them asked Clerk for: a
// refresh, a handshake's cookies, a token. A [Fleet] takes the place of the client; what it shares
// goes through a [Store] that all instances reach, such as Redis.
//
// The first instance that needs something claims it, for 1.5 s and for as long as it lives, and
// asks Clerk. The others wait for the answer; where it fails to come, one of them asks. A claim
// that is lost costs a second call, and never a wrong answer.
//
// No fault of the store is an error of a call. An operation takes 250 ms at most. After 5 failures
// the store rests: each instance asks Clerk by itself, and finds out once a second, in the
// background, whether the store can be written to again.
//
// Who reads the store learns how many sessions and calls there are, which calls belong to one
// session, how long answers are, and when. Names and keys are derived from
// the secret key and, for a refresh or a handshake, from the tokens or the nonce that the browser
// holds; values are sealed with AES-256-GCM. Somebody who has these and a recording of the store
// can open it later: use a store without persistence. Who can write to the store can make instances
// ask Clerk by themselves, and can make calls wait for three quarters of the time that they have.
// Putting old values back, it can bring back what was forgotten, until that expires.
//
// The secret key stands for the Clerk instance: with another key, nothing of what is shared is
// found. A rotation keeps what is shared with [WithOldSecretKeys].
package sessionfleet

import (
	"context"
	"time"
)

// Store is a place that all instances reach. It keeps small values under names, each for a short
// time. A Store must be safe for concurrent use.
type Store interface {
	// Swap puts value in the place of old for ttl, if old is what is there (nil: nothing), says
	// whether it did, and returns what is there now. A nil value removes old; with both nil Swap only
	// reads. It must be atomic, and should end with ctx. An empty value is not nil: it is there.
	Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) (
		now []byte, swapped bool, err error)
}
