namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>The collection of the tests that share <see cref="RawServerFixture"/>.</summary>
[CollectionDefinition(nameof(RawServers))]
public sealed class RawServers : ICollectionFixture<RawServerFixture>;
