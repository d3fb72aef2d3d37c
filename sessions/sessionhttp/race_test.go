//go:build race

package sessionhttp

// RaceDetector tells that the race detector is on, which allocates and takes its time.
const RaceDetector = true
