namespace ClusterProxy.Interop.Tests.Chains;

public enum FrontendKind
{
    Node,
    Sdk,
}
