package redact

import (
	"errors"
	"fmt"
	"slices"
)

// Error returns err so that neither its text nor what it wraps shows a secret. The result matches
// with errors.Is whatever err matches; errors.As reaches err if no error inside shows a secret. nil
// stays nil.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err: err, text: r.Text(err.Error()), open: r.clean(err)}
}

// clean reports whether neither err nor an error that it wraps shows a secret.
func (r *Redactor) clean(err error) bool {
	if text := err.Error(); r.hide(text) != text {
		return false
	}
	switch err := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case interface{ Unwrap() error }:
		inner := err.Unwrap()
		return inner == nil || r.clean(inner)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(inner error) bool { return !r.clean(inner) })
	}
	return true
}

// failure is an error from outside. It has no Unwrap, since the fields of an error may show more
// than its text does.
type failure struct {
	err  error
	text string
	open bool // no error inside shows a secret
}

func (f *failure) Error() string { return f.text }

func (f *failure) Is(target error) bool { return errors.Is(f.err, target) }

func (f *failure) As(target any) bool { return f.open && errors.As(f.err, target) }

// Format writes the text, for every verb.
func (f *failure) Format(state fmt.State, _ rune) { fmt.Fprint(state, f.text) }
