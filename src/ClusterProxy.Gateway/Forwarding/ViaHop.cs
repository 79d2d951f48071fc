using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// This process in the <c>Via</c> header (RFC 9110, 7.6.3) of what it forwards, by which it knows a request that comes back: a cluster
/// whose address leads here, or two gateways that name each other. The name is random, so nobody can have others' requests refused by
/// it; whoever sends it loses but the own request.
/// </summary>
internal sealed class ViaHop
{
    private readonly string _name = $"cluster-gateway-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>Whether a request has been forwarded by this process before.</summary>
    public bool HasForwarded(HttpContext context)
    {
        foreach (var line in context.Request.Headers.Via)
        {
            if (line?.Contains(_name, StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The header as it goes on: what came, and this hop behind it.</summary>
    public string Extend(HttpContext context)
    {
        var before = context.Request.Headers.Via.ToString();
        var hop = $"{context.Request.Protocol.AsSpan(context.Request.Protocol.IndexOf('/', StringComparison.Ordinal) + 1)} {_name}";
        return before.Length == 0 ? hop : $"{before}, {hop}";
    }
}
