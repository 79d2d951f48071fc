namespace ClusterProxy.Agent;

/// <summary>Where a server is looked for; the host is also the name that its certificate must bear.</summary>
internal sealed record ServerAddress(string Host, int Port)
{
    public override string ToString() => new HostPort(Host, Port).ToString();
}
