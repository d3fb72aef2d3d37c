// Package sessionfleet lets the instances of a service share what each of them asks Clerk for:
// refreshes, the cookies of handshakes, and tokens. A [Fleet] takes the place of the client, and
// shares through a [Store] that all instances reach, such as Redis or Valkey by package redisstore,
// a module of its own.
//
//	client, err := sessions.NewClient(secretKey)
//	if err != nil {
//		return err
//	}
//	fleet, err := sessionfleet.New(client, store, secretKey)
//	if err != nil {
//		return err
//	}
//	auth, err := sessionhttp.New(fleet, publishableKey) // in place of the client
//	if err != nil {
//		return err
//	}
//	tokens := sessions.NewTokenCache(fleet) // keeps what this instance has already
//
// A Fleet is of use where the requests of one browser go to many instances. A load balancer that
// hashes each browser to one instance costs less.
//
// # How a call is shared
//
// The first instance that needs something claims it in the store, and asks Clerk. The claim lasts
// for 1.5 s and is renewed while the instance lives. The others wait for the answer, for three
// quarters of the time that they have and for 30 s at most. If no answer comes, one of them asks
// Clerk. A claim that is lost costs a second call, and never a wrong answer. The store keeps
//
//	cookies of refreshes and handshakes   10 s
//	tokens                                until 5 s before they expire (WithTokenMargin), 1 h at most
//	what Clerk answered with 401, 403,    10 s
//	404 or 422
//	other failures                        0.5 s, for those who wait just then
//
// What another instance was refused comes as a *sessions.Error with the status, the codes,
// Retry-After and the trace id.
//
// # When the store fails
//
// No fault of the store is an error of GetToken, RefreshCookies, HandshakeCookies or Revoke: Clerk
// is asked, as without a Fleet. No operation of the store is waited for longer than 250 ms. An
// instance waits for 48 reads and claims at once; the next ones wait for their turn, each for a
// second and for a fifth of the caller's time at most. A call makes two of them, and two more for
// each old key.
//
// After five failures in a row, or with eight operations that do not end within half a second, the
// store rests: each instance asks Clerk by itself, and finds out at once, and then with its calls
// once a second, in the background, whether the store can be written to; not while eight do not
// end. Failures are in a row if nothing succeeded since each of them began: on a busy machine, some
// operations are late. An operation that ends neither in time nor within half a second is two
// failures. The store rests also if it cannot be written to after five failures with no write
// between them: a full engine still reads. Forget asks a store that rests as well. [WithLogger]
// tells of both.
//
// A store of which a part fails, such as one node of several, rests as well if more than a third of
// the operations fail for long; it is tried again each second, and rests again at the next failure.
// If fewer fail, calls wait 250 ms for each of them.
//
// # What the store gives away
//
// Whoever reads the store learns how many sessions and calls there are, which calls belong to the
// same session, how long answers are, and when they come. Names and keys are derived from the
// secret key and, for a refresh or a handshake, also from the tokens or the nonce that the browser
// holds; values are sealed with AES-256-GCM. Somebody who has all of these, and a recording of the
// store, can open it later: use a store without persistence.
//
// Whoever can write to the store can make instances ask Clerk by themselves, make calls wait for
// three quarters of the time that they have, and bring back what was forgotten, until that expires.
//
// The secret key stands for the Clerk instance: with another key, nothing of what is shared is
// found. During a rotation, [WithOldSecretKeys] keeps what is shared.
//
// # Where to read on
//
// Package storetest has the tests that every Store has to pass, and a Store in memory for the tests
// of a service.
package sessionfleet

import (
	"context"
	"time"
)

// Store is a place that all instances reach. It keeps values of up to 64 KiB under names of up to
// 32 letters, digits, "-" and "_", each for a short time. A Store must be safe for concurrent use.
// Package storetest has the tests that a Store has to pass.
type Store interface {
	// Swap puts value in the place of old for ttl, if old is there now. It returns what is there
	// afterwards, and whether it swapped. A nil old stands for nothing there, and a nil value
	// removes old; with both nil, Swap only reads. An empty value is not nil: it is there. Swap
	// must be atomic, and should end with ctx: it is not waited for longer than 250 ms. It may have
	// swapped also if it returns an error.
	Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) (
		now []byte, swapped bool, err error)
}
