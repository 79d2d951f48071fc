namespace ClusterProxy.Interop.Tests.Chains;

public enum Transport
{
    MutualTls,
    UnixSocket,
}
