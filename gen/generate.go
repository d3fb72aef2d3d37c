// Package gen is the low-level client of Clerk's session endpoints, generated from
// openapi/sessions.yaml.
//
// Use package sessions instead: package gen checks neither what it sends nor what it receives, and
// may change in every release. Only this file and values.go are written by hand; after a change of
// openapi/sessions.yaml run `make generate`.
package gen

//go:generate go tool oapi-codegen --config=../openapi/oapi-codegen.yaml ../openapi/sessions.yaml
