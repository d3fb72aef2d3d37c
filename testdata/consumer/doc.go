// Package consumer is a service's view of the library: it names every exported thing of its public
// packages with the exact type that the thing promises to have, so that a change which would break
// a user breaks this build. It is a module of its own, since users have a go.mod of their own too.
//
// A function or method stands beside its signature, a field in is[T], which takes only a pointer to
// exactly a T. New fields and new functions break nobody and compile; TestEveryNameIsUsed then asks
// for them to be used here as well.
package consumer

// is compiles if the variable that its argument points to is exactly a T.
func is[T any](*T) {}
