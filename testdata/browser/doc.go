// Package browser drives a real browser, Debian's Chromium, through the example of a web service
// that refreshes sessions. It is a module of its own, so that the browser's driver never enters the
// library's go.mod.
//
//	make test-browser
package browser
