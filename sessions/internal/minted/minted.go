// Package minted knows how long a token lives that was minted, without verifying it, and lets a
// TokenMinter tell a TokenCache that a token was not minted just now.
package minted

import (
	"context"
	"encoding/base64"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
)

// maxUnix is the last second that has a four-digit year.
const maxUnix = 253402300799

// Life returns the exp and iat claims of a token, in whole seconds, without verifying the
// signature. A claim that is missing, or is no time, is the zero time.
func Life(jwt string) (exp, iat time.Time) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return exp, iat
	}
	var claims map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return exp, iat
	}
	return claimedTime(claims["exp"]), claimedTime(claims["iat"])
}

func claimedTime(claim any) time.Time {
	seconds, ok := claim.(float64)
	if !ok || seconds < 0 || seconds > maxUnix {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// GoodUntil returns when a token that was received at a time stops being good; the zero time if the
// token does not say. By its iat and exp claims a token lives equally long on every clock; without
// iat, the clock here has to be right. A token that was minted earlier also stops being good at its
// exp claim by the clock here.
func GoodUntil(jwt string, received time.Time, earlier bool) time.Time {
	exp, iat := Life(jwt)
	until := received.Add(exp.Sub(iat))
	if exp.IsZero() || iat.IsZero() || earlier && exp.Before(until) {
		return exp
	}
	return until
}

type earlierKey struct{}

// Watch returns a context for a minter, and whether the minter has called MarkEarlier with it, for
// when the minter has returned.
func Watch(ctx context.Context) (context.Context, *atomic.Bool) {
	earlier := new(atomic.Bool) // a minter may ask several at a time
	return context.WithValue(ctx, earlierKey{}, earlier), earlier
}

// MarkEarlier tells who watches ctx, if anybody does, that the token was minted some time ago.
func MarkEarlier(ctx context.Context) {
	if earlier, ok := ctx.Value(earlierKey{}).(*atomic.Bool); ok {
		earlier.Store(true)
	}
}
