namespace ClusterProxy.Interop.Tests.Peers;

/// <summary>The collection of all tests that start Node peers; it shares <see cref="NodeFixture"/>.</summary>
[CollectionDefinition(nameof(NodePeers))]
public sealed class NodePeers : ICollectionFixture<NodeFixture>;
