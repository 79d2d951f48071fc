namespace ClusterProxy.Cli.Certs;

/// <summary>The URIs by which certificates say for which plane they are, and whose.</summary>
internal static class PkiNames
{
    private const string TrustDomain = "clusterproxy";

    public static Uri Cluster(string name) => new($"spiffe://{TrustDomain}/cluster/{name}");

    public static Uri Frontend(string name) => new($"spiffe://{TrustDomain}/frontend/{name}");

    public static Uri Server(string name) => new($"spiffe://{TrustDomain}/server/{name}");
}
