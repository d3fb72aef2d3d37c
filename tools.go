//go:build tools

// Package tools pins the code generator's version in go.mod. It is never compiled into anything.
package tools

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
