using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// Takes the bearer token out of a request: from Authorization, or from the subprotocol with which browsers send it, since they cannot
/// set headers of WebSockets.
/// </summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>Before the token, in base64url.</summary>
    public const string Subprotocol = "base64url.bearer.authorization.k8s.io.";

    /// <param name="headers">Of the request; the subprotocol is removed from them.</param>
    /// <param name="token">Null when there is none.</param>
    /// <returns>False when there is something that cannot be one token.</returns>
    public static bool TryTake(IHeaderDictionary headers, out string? token)
    {
        token = null;
        if (headers.Authorization.Count > 1)
        {
            return false;
        }

        if (headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            token = header[Scheme.Length..].Trim();
            return TryTakeSubprotocol(headers, out var second) && second is null && !token.Contains(' ', StringComparison.Ordinal);
        }

        return TryTakeSubprotocol(headers, out token);
    }

    /// <summary>What is left must be something, or the target could choose no protocol.</summary>
    private static bool TryTakeSubprotocol(IHeaderDictionary headers, out string? token)
    {
        token = null;
        var protocols = headers.GetCommaSeparatedValues("Sec-WebSocket-Protocol");
        if (!protocols.Any(IsToken))
        {
            return true;
        }

        var others = protocols.Where(static p => !IsToken(p)).ToArray();
        headers["Sec-WebSocket-Protocol"] = string.Join(", ", others);
        if (others.Length == 0 || protocols.Length - others.Length > 1)
        {
            return false;
        }

        token = Decode(protocols.Single(IsToken)[Subprotocol.Length..]);
        return token is { Length: > 0 };
    }

    private static bool IsToken(string protocol) => protocol.StartsWith(Subprotocol, StringComparison.Ordinal);

    private static string? Decode(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
