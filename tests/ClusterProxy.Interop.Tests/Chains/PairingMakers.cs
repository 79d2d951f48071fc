namespace ClusterProxy.Interop.Tests.Chains;

internal static class PairingMakers
{
    public static Maker Server(this Pairing pairing) => pairing switch
    {
        Pairing.NodeServerOurAgent or Pairing.NodeServerNodeAgent => Maker.Node,
        Pairing.UpstreamServerOurAgent or Pairing.UpstreamServerUpstreamAgent => Maker.Upstream,
        _ => Maker.Ours,
    };

    public static Maker Agent(this Pairing pairing) => pairing switch
    {
        Pairing.OurServerNodeAgent or Pairing.NodeServerNodeAgent => Maker.Node,
        Pairing.OurServerUpstreamAgent or Pairing.UpstreamServerUpstreamAgent => Maker.Upstream,
        _ => Maker.Ours,
    };
}
