// A real Temporal server in memory, for tests that compare the embedded engine with it.
//
// It listens on a free port of the loopback interface, prints `address namespace` on one line, and ends when
// its standard input does: so it never outlives the tests that started it.
package main

import (
	"fmt"
	"io"
	"os"

	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/temporal"
	"go.temporal.io/server/temporaltest"
)

func main() {
	// Scenarios that wait for visibility ask more often than people do.
	settings := dynamicconfig.StaticClient{
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key():      []dynamicconfig.ConstrainedValue{{Value: true}},
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): []dynamicconfig.ConstrainedValue{{Value: 1000}},
	}
	server := temporaltest.NewServer(
		temporaltest.WithBaseServerOptions(temporal.WithDynamicConfigClient(settings)),
	)
	fmt.Printf("%s %s\n", server.GetFrontendHostPort(), server.GetDefaultNamespace())
	// What is read does not matter, only that it ends.
	_, _ = io.Copy(io.Discard, os.Stdin)
}
