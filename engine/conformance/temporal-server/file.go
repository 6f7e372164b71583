// The same server on a database file, as its development server has it: for benchmarks.

package main

import (
	"fmt"
	"os"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/testing/freeport"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

const (
	loopback      = "127.0.0.1"
	clusterName   = "active"
	fileNamespace = "default"
)

// startOnFile starts a server on a new database at path and answers with its address.
func startOnFile(path string, settings dynamicconfig.StaticClient) (string, error) {
	configuration := onFile(path)
	store := configuration.Persistence.DataStores[sqliteplugin.PluginName].SQL
	if _, err := os.Stat(path); os.IsNotExist(err) {
		if err := sqlite.SetupSchema(store); err != nil {
			return "", fmt.Errorf("schema: %w", err)
		}
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, fileNamespace, false, nil)
	if err != nil {
		return "", fmt.Errorf("namespace: %w", err)
	}
	if err := sqlite.CreateNamespaces(store, namespace); err != nil {
		return "", fmt.Errorf("namespace: %w", err)
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(configuration),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(log.NewNoopLogger()),
		temporal.WithDynamicConfigClient(settings),
	)
	if err != nil {
		return "", err
	}
	return configuration.PublicClient.HostPort, server.Start()
}

// onFile is the configuration of one process with all services on loopback, its data in one file.
func onFile(path string) *config.Config {
	frontend := freeport.MustGetFreePort()
	address := fmt.Sprintf("%s:%d", loopback, frontend)
	disabled := config.ArchivalNamespaceDefaults{
		History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
		Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
	}
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{BroadcastAddress: loopback},
			PProf:      config.PProf{Port: freeport.MustGetFreePort()},
		},
		Persistence: config.Persistence{
			DefaultStore:     sqliteplugin.PluginName,
			VisibilityStore:  sqliteplugin.PluginName,
			NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{
				sqliteplugin.PluginName: {SQL: &config.SQL{
					PluginName:        sqliteplugin.PluginName,
					ConnectAttributes: map[string]string{"mode": "rwc"},
					DatabaseName:      path,
				}},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": service(frontend),
			"history":  service(freeport.MustGetFreePort()),
			"matching": service(freeport.MustGetFreePort()),
			"worker":   service(freeport.MustGetFreePort()),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		PublicClient:      config.PublicClient{HostPort: address},
		NamespaceDefaults: config.NamespaceDefaults{Archival: disabled},
	}
}

func service(port int) config.Service {
	return config.Service{RPC: config.RPC{
		GRPCPort:        port,
		MembershipPort:  freeport.MustGetFreePort(),
		BindOnLocalHost: true,
	}}
}
