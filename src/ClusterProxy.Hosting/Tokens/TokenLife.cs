using System.Buffers.Text;
using System.Text.Json;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Hosting.Tokens;

/// <summary>
/// From when until when a JSON Web Token is good by its own word: the claims "nbf" (else "iat") and "exp" of RFC 7519, section 4.1.
/// Nobody is believed for it: who is let in decides the one who reviews the token.
/// </summary>
public static class TokenLife
{
    /// <summary>Null for what is no such token, or does not say when it ends; from ever when it does not say since when.</summary>
    public static Validity? Of(string token)
    {
        if (token.Split('.') is not [_, var claims, _] || !Base64Url.IsValid(claims))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && Moment(root, "exp") is { } end
                ? new Validity(Moment(root, "nbf") ?? Moment(root, "iat") ?? DateTimeOffset.MinValue, end)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for names with half of a surrogate pair.
            return null;
        }
    }

    private static DateTimeOffset? Moment(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var claim)
        && claim.ValueKind == JsonValueKind.Number
        && claim.TryGetInt64(out var seconds)
        && seconds is > 0 and < 100_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
