using System.Buffers.Text;
using System.Text.Json;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// When a JSON Web Token ends by its claim "exp". Only read of tokens that the API server has vouched for, and only to tell an ended
/// token from one that was taken back.
/// </summary>
internal static class TokenEnd
{
    /// <summary>Null for what is no such token, or says nothing.</summary>
    public static DateTimeOffset? Of(string token)
    {
        if (token.Split('.') is not [_, var claims, _] || !Base64Url.IsValid(claims))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("exp", out var end)
                && end.ValueKind == JsonValueKind.Number
                && end.TryGetInt64(out var seconds)
                && seconds is > 0 and < 100_000_000_000
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
