// A real Temporal server in memory, for tests that compare the embedded engine with it; with a path as its
// argument, on a new database file there.
//
// It listens on a free port of the loopback interface, prints `address namespace` on one line, and ends when
// its standard input does: so it never outlives the tests that started it.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/temporal"
	"go.temporal.io/server/temporaltest"
)

func main() {
	// Scenarios that wait for visibility ask more often than people do.
	settings := dynamicconfig.StaticClient{
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key():      []dynamicconfig.ConstrainedValue{{Value: true}},
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): []dynamicconfig.ConstrainedValue{{Value: 1000}},
		// And those that register search attributes wait until all services have heard of them.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): []dynamicconfig.ConstrainedValue{{Value: 100 * time.Millisecond}},
	}
	address, namespace := "", fileNamespace
	if len(os.Args) > 1 {
		var err error
		if address, err = startOnFile(os.Args[1], settings); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	} else {
		server := temporaltest.NewServer(
			temporaltest.WithBaseServerOptions(temporal.WithDynamicConfigClient(settings)),
		)
		address, namespace = server.GetFrontendHostPort(), server.GetDefaultNamespace()
	}
	fmt.Printf("%s %s\n", address, namespace)
	// What is read does not matter, only that it ends.
	_, _ = io.Copy(io.Discard, os.Stdin)
}
