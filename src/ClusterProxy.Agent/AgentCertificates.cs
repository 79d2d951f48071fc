using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Agent;

/// <summary>What the agent shows to servers and whom it trusts. Both follow their files while the agent runs.</summary>
internal sealed class AgentCertificates
{
    private const string Plane = "agent";

    private readonly ReloadingFile<CaBundle> _authorities;

    /// <exception cref="Hosting.StartupException">A file cannot be used.</exception>
    public AgentCertificates(AgentOptions options, CertificateFiles files)
    {
        _authorities = files.Authorities(Plane, new("ca-cert", options.CaCert));
        Own = options.AgentCert.Length == 0
            ? null
            : files.KeyPair(Plane, "client", new("agent-cert", options.AgentCert), new("agent-key", options.AgentKey));
    }

    /// <summary>Null when the agent shows a token, or nothing.</summary>
    public ReloadingFile<KeyPair>? Own { get; }

    public ClientTls Tls(IReadOnlyList<string> extraProtocols, TimeProvider time) => new(
        new ClientTlsOptions
        {
            ServerCa = () => _authorities.Value,
            KeyPair = Own is { } own ? () => own.Value : null,
            ExtraApplicationProtocols = extraProtocols,
        },
        time);
}
