namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// The headers that say or prove who sent a request, whatever the configuration: the one list of them. They are removed twice on purpose:
/// on arrival, with those that the front proxy's settings name, by <see cref="ReceivedIdentityHeaders"/>, and on the way to a target by
/// <see cref="Forwarding.HeaderRules"/>, so that a mistake in one place gives nobody another's rights.
/// </summary>
internal static class IdentityHeaderNames
{
    private static readonly string[] Prefixes = ["X-Remote-", "Impersonate-"];

    /// <param name="comparable">With hyphens in place of underscores, which some servers take for the same.</param>
    public static bool Includes(string comparable) =>
        comparable.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        || Array.Exists(Prefixes, p => comparable.StartsWith(p, StringComparison.OrdinalIgnoreCase));
}
