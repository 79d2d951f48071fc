using ClusterProxy.LoadTests.Measuring;

namespace ClusterProxy.LoadTests.Tests.Measuring;

public sealed class ConnectionTablesTests
{
    [Fact]
    public void Sum_IsOfTheGaugesOfConnectionsAndDials_WithTheirLabels() => Assert.Equal(7, ConnectionTables.Sum(
        """
        # HELP konnectivity_network_proxy_server_established_connections Current number of established end-to-end connections (post-dial).
        # TYPE konnectivity_network_proxy_server_established_connections gauge
        konnectivity_network_proxy_server_established_connections 3
        # HELP konnectivity_network_proxy_server_pending_backend_dials Current number of pending backend dial requests
        # TYPE konnectivity_network_proxy_server_pending_backend_dials gauge
        konnectivity_network_proxy_server_pending_backend_dials{some="label"} 4
        # HELP konnectivity_network_proxy_server_established_connections_of_another_kind Not counted.
        # TYPE konnectivity_network_proxy_server_established_connections_of_another_kind gauge
        konnectivity_network_proxy_server_established_connections_of_another_kind 100
        # HELP konnectivity_network_proxy_server_grpc_connections Not counted.
        # TYPE konnectivity_network_proxy_server_grpc_connections gauge
        konnectivity_network_proxy_server_grpc_connections{service_method="Proxy"} 100
        # HELP konnectivity_network_proxy_agent_open_endpoint_connections Current number of open endpoint connections.
        # TYPE konnectivity_network_proxy_agent_open_endpoint_connections gauge
        konnectivity_network_proxy_agent_open_endpoint_connections 0

        """));
}
