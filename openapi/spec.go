// Package openapi holds the hand-maintained OpenAPI fragment that the generated client is made
// from.
package openapi

import _ "embed"

// Sessions is the fragment, as it stands in sessions.yaml. Treat it as read-only.
//
//go:embed sessions.yaml
var Sessions []byte
