//go:build race

package sessionstest_test

// raceEnabled is whether the race detector makes everything slower.
const raceEnabled = true
