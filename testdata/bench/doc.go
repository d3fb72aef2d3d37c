// Package bench measures this client beside its peers, in one process and one run: Clerk's own Go
// SDK, the bare generated client, and the floor, which is what a careful programmer would write by
// hand for one call. It is a module of its own, so that the peers never enter the library's go.mod.
//
// `make bench` at the top of the repository runs it and prints how the clients compare.
package bench
