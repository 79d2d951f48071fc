namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>Whose program one end of a chain is.</summary>
public enum Maker
{
    Ours,

    /// <summary>Written for these tests on Node's gRPC stack.</summary>
    Node,

    /// <summary>konnectivity's own.</summary>
    Upstream,
}
