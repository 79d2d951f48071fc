using ClusterProxy.Interop.Tests.Chains;

namespace ClusterProxy.Interop.Tests.Upstream;

/// <summary>konnectivity's own programs, looked for on PATH under these names.</summary>
internal static class UpstreamPrograms
{
    public const string Server = "konnectivity-server";
    public const string Agent = "konnectivity-agent";
    public const string Client = "konnectivity-client";

    /// <summary>Its end-to-end tests as one program.</summary>
    public const string Tests = "konnectivity-tests";

    public static void SkipIfMissing(Pairing pairing)
    {
        if (pairing.Server() == Maker.Upstream)
        {
            SkipIfMissing(Server);
        }

        if (pairing.Agent() == Maker.Upstream)
        {
            SkipIfMissing(Agent);
        }
    }

    public static void SkipIfMissing(string program) =>
        Skip.IfNot(OutsideProgram.IsInstalled(program), $"{program} is not installed: .ci/konnectivity builds it; put it on PATH");
}
