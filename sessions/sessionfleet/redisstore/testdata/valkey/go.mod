module github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/testdata/valkey

go 1.26.0

require (
	github.com/clerk-sessions/clerk-sessions-go v0.0.0
	github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore v0.0.0
	github.com/valkey-io/valkey-go v1.0.79
)

require golang.org/x/sys v0.48.0 // indirect

replace (
	github.com/clerk-sessions/clerk-sessions-go => ../../../../..
	github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore => ../..
)
