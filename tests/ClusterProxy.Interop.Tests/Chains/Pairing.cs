namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>Whose server and whose agent.</summary>
public enum Pairing
{
    OurServerOurAgent,
    OurServerNodeAgent,
    NodeServerOurAgent,
    NodeServerNodeAgent,
    OurServerUpstreamAgent,
    UpstreamServerOurAgent,
    UpstreamServerUpstreamAgent,
}
