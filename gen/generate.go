// Package gen is the low-level client of Clerk's session endpoints, generated from
// openapi/sessions.yaml.
//
// Use package sessions instead: this one neither checks what it sends nor what it receives, and it
// has no promise of stability. Only this file and values.go are written by hand; after a change of
// the fragment run `make generate`.
package gen

//go:generate go tool oapi-codegen --config=../openapi/oapi-codegen.yaml ../openapi/sessions.yaml
