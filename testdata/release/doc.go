// Package release rehearses a release: it makes a module proxy of the tags to be, of the root and
// of every module below sessions/, and builds a stranger's module from it. It has tests alone.
//
//	make release-dry-run
package release
