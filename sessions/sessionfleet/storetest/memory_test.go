package storetest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) { storetest.Run(t, storetest.NewMemory()) }
