module github.com/clerk-sessions/clerk-sessions-go/testdata/bench

go 1.26.0

require (
	github.com/clerk-sessions/clerk-sessions-go v0.0.0
	github.com/clerk/clerk-sdk-go/v2 v2.7.0
	github.com/go-json-experiment/json v1.27.2
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/go-jose/go-jose/v3 v3.0.4 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/golang-lru/v2 v2.0.7 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
	golang.org/x/crypto v0.46.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)

replace github.com/clerk-sessions/clerk-sessions-go => ../..
