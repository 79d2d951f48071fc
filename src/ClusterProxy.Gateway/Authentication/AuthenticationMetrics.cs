using System.Diagnostics.Metrics;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>What is counted about who calls. No label holds a name, which a caller may choose freely.</summary>
internal sealed class AuthenticationMetrics(Meter meter, string prefix)
{
    private readonly Counter<long> _authentications = meter.CreateCounter<long>(
        prefix + "authentications_total", description: "Requests by what their credentials came to; anonymous ones are accepted.");

    public void Judged(AuthenticationVerdict verdict) =>
        _authentications.Add(1, new KeyValuePair<string, object?>("result", verdict.ToTag()));
}
