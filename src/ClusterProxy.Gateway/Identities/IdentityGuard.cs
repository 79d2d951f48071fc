using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Identities;

/// <summary>
/// The names under which nobody is impersonated in a managed cluster: those that mean something to its API server by themselves. The
/// hub's service accounts would be taken for the managed cluster's own of the same name, so they get a prefix, which nobody else may bring.
/// </summary>
internal static class IdentityGuard
{
    private const string Reserved = "system:";
    private const string HubPrefix = "cluster:hub:";

    /// <summary>Null for a user whose name means somebody else there.</summary>
    public static string? User(string name) =>
        IsAccount(name) ? HubPrefix + name
        : IsReserved(name) || IsForged(name) || !IsText(name) ? null
        : name;

    /// <summary>Those of the caller's groups that may be told; the hub's groups of service accounts with their prefix.</summary>
    public static IEnumerable<string> Groups(IEnumerable<string> names) => names
        .Where(IsText)
        .Where(static g => g == Caller.AuthenticatedGroup || IsAccountGroup(g) || !(IsReserved(g) || IsForged(g)))
        .Select(static g => IsAccountGroup(g) ? HubPrefix + g : g);

    /// <summary>Whether a rule may name it.</summary>
    public static bool MayBeTarget(string name) => name == Caller.AuthenticatedGroup || (!IsReserved(name) && IsText(name));

    private static bool IsAccount(string name) => name.StartsWith("system:serviceaccount:", StringComparison.Ordinal) && IsText(name);

    private static bool IsAccountGroup(string name) =>
        name == "system:serviceaccounts" || name.StartsWith("system:serviceaccounts:", StringComparison.Ordinal);

    private static bool IsReserved(string name) => name.StartsWith(Reserved, StringComparison.Ordinal);

    private static bool IsForged(string name) => name.StartsWith(HubPrefix, StringComparison.Ordinal);

    /// <summary>What can stand in a header and comes out of it as it went in.</summary>
    private static bool IsText(string name) =>
        name.Length > 0 && !char.IsWhiteSpace(name[0]) && !char.IsWhiteSpace(name[^1]) && !name.Any(char.IsControl);
}
