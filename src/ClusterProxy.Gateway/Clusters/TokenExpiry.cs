using System.Buffers.Text;
using System.Text.Json;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>When a token says that it ends. Nobody is believed for it: the cluster decides, and people want to see it.</summary>
internal static class TokenExpiry
{
    /// <summary>Null when the token does not say, or is no JWT.</summary>
    public static DateTimeOffset? Of(string token)
    {
        if (token.Split('.') is not [_, var payload, _])
        {
            return null;
        }

        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            return claims.RootElement.ValueKind == JsonValueKind.Object
                && claims.RootElement.TryGetProperty("exp", out var value) && value.TryGetInt64(out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or ArgumentOutOfRangeException or InvalidOperationException)
        {
            return null;
        }
    }
}
