using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Agent.Servers;

/// <summary>What the agent shows in place of a certificate. Its text does not show it.</summary>
/// <param name="text">As it is sent.</param>
/// <param name="life">From when until when it is good; null when it does not say.</param>
internal sealed class ServiceAccountToken(string text, Validity? life)
{
    public string Text { get; } = text;

    public Validity? Life { get; } = life;
}
