using System.Security.Cryptography;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>RFC 5280, 4.2.1.12.</summary>
internal static class KeyUsageOids
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    public static Oid Of(PeerUsage usage) => new(usage == PeerUsage.Server ? ServerAuth : ClientAuth);

    public static string Name(Oid oid) => oid.Value switch
    {
        ServerAuth => "serverAuth",
        ClientAuth => "clientAuth",
        var other => other ?? "unknown",
    };
}
