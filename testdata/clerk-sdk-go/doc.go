// Package ecosystem has Clerk's Go SDK, golang-jwt with keyfunc, and the frameworks that Go
// services are built on use sessionstest and sessionhttp as a service would. It is a module of its
// own, so that none of them enters the library's go.mod. It has tests alone.
//
//	make test-ecosystem
package ecosystem
