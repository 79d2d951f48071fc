namespace ClusterProxy.Protocol.Fleet;

/// <summary>One server of a fleet, as agents reach it.</summary>
/// <param name="Id">As its <c>serverid</c> says; empty when whoever names the server does not know it.</param>
/// <param name="Host">A name or an address, without brackets.</param>
/// <param name="Port">Of its agent port.</param>
/// <param name="CertificateName">What its certificate bears; empty when that is the host.</param>
internal sealed record FleetServer(string Id, string Host, int Port, string CertificateName = "")
{
    public string Address => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>What stands for it in a rendezvous hash.</summary>
    public string Name => Id.Length > 0 ? Id : Address;

    public override string ToString() => Id.Length > 0 ? $"{Id}={Address}" : Address;
}
