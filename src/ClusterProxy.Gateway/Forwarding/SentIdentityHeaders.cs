using System.Net.Http.Headers;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>A <see cref="ForwardedIdentity"/> as impersonation headers.</summary>
internal static class SentIdentityHeaders
{
    /// <summary>
    /// Null when the identity can be sent, else what cannot. A name that a header cannot carry as it is would arrive as another name, or
    /// as another header.
    /// </summary>
    public static string? Objection(ForwardedIdentity identity)
    {
        if (identity.User is null)
        {
            return null;
        }

        return Cannot(identity.User) ? "the user name"
            : identity.Uid is { } uid && Cannot(uid) ? "the uid"
            : identity.Groups.Any(Cannot) ? "a group name"
            : identity.Extra.Any(static e => e.Key.Length == 0 || e.Value.Any(static v => v.Length > 0 && Cannot(v))) ? "an extra"
            : null;
    }

    public static void Set(HttpRequestHeaders headers, ForwardedIdentity identity)
    {
        if (identity.User is { } user)
        {
            new Impersonation(user, identity.Uid, identity.Groups, identity.Extra).AddTo(headers);
        }
    }

    private static bool Cannot(string text) =>
        text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text.Any(static c => char.IsControl(c) || char.IsSurrogate(c));
}
