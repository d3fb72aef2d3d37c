module github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/testdata/valkey

go 1.26.0

require (
	github.com/clerk-sessions/clerk-sessions-go v0.0.0
	github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore v0.0.0
	github.com/valkey-io/valkey-go v1.0.79
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/golang-lru/v2 v2.0.7 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace (
	github.com/clerk-sessions/clerk-sessions-go => ../../../../..
	github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore => ../..
)
