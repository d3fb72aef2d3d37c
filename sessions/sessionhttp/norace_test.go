//go:build !race

package sessionhttp

// RaceDetector tells that the race detector is off.
const RaceDetector = false
