//go:build race

package load_test

const withRaceDetector = true
