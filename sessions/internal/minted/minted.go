// Package minted lets a TokenMinter tell a TokenCache that a token was not minted just now, so that
// its life does not count from now.
package minted

import "context"

type earlierKey struct{}

// Watch returns a context for a minter, and whether the minter has called MarkEarlier with it, for
// when the minter has returned.
func Watch(ctx context.Context) (context.Context, *bool) {
	earlier := new(bool)
	return context.WithValue(ctx, earlierKey{}, earlier), earlier
}

// MarkEarlier tells who watches ctx, if anybody does, that the token was minted some time ago.
func MarkEarlier(ctx context.Context) {
	if earlier, ok := ctx.Value(earlierKey{}).(*bool); ok {
		*earlier = true
	}
}
