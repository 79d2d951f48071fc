using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Upstream;

namespace ClusterProxy.Interop.Tests.Chains;

/// <summary>Who speaks with whom in one test.</summary>
public static class Chain
{
    private static readonly (FrontendKind Frontend, Pairing Pairing)[] All =
    [
        (FrontendKind.Node, Pairing.OurServerOurAgent),
        (FrontendKind.Node, Pairing.OurServerNodeAgent),
        (FrontendKind.Sdk, Pairing.OurServerNodeAgent),
        (FrontendKind.Node, Pairing.NodeServerOurAgent),
        (FrontendKind.Sdk, Pairing.NodeServerOurAgent),
        (FrontendKind.Sdk, Pairing.NodeServerNodeAgent),
        (FrontendKind.Sdk, Pairing.OurServerUpstreamAgent),
        (FrontendKind.Node, Pairing.OurServerUpstreamAgent),
        (FrontendKind.Sdk, Pairing.UpstreamServerOurAgent),
        (FrontendKind.Node, Pairing.UpstreamServerOurAgent),
        (FrontendKind.Sdk, Pairing.UpstreamServerUpstreamAgent),
    ];

    /// <summary>Every chain that has a part of ours.</summary>
    public static TheoryData<FrontendKind, Pairing> Each
    {
        get
        {
            var data = new TheoryData<FrontendKind, Pairing>();
            foreach (var (frontend, pairing) in All)
            {
                data.Add(frontend, pairing);
            }

            return data;
        }
    }

    /// <summary>Every chain, over each transport.</summary>
    public static TheoryData<FrontendKind, Pairing, Transport> EachTransport
    {
        get
        {
            var data = new TheoryData<FrontendKind, Pairing, Transport>();
            foreach (var (frontend, pairing) in All)
            {
                data.Add(frontend, pairing, Transport.MutualTls);
                data.Add(frontend, pairing, Transport.UnixSocket);
            }

            return data;
        }
    }

    /// <summary>First line of every test of a chain.</summary>
    public static void SkipIfMissing(FrontendKind frontend, Pairing pairing)
    {
        if (frontend == FrontendKind.Node || pairing.Server() == Maker.Node || pairing.Agent() == Maker.Node)
        {
            NodeFixture.SkipIfMissing();
        }

        UpstreamPrograms.SkipIfMissing(pairing);
    }
}
