namespace ClusterProxy.Agent;

/// <summary>Where a server is looked for.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">Of its agent port.</param>
/// <param name="CertificateName">What its certificate must bear; empty when that is the host.</param>
internal sealed record ServerAddress(string Host, int Port, string CertificateName = "")
{
    public string Identity => CertificateName.Length > 0 ? CertificateName : Host;

    public override string ToString() => new HostPort(Host, Port).ToString();
}
