using System.Collections.Frozen;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>Who sent a request, as the hub knows it.</summary>
/// <param name="Kind">By what it was proved.</param>
/// <param name="User">Never empty.</param>
internal sealed record Caller(CallerKind Kind, string User)
{
    public const string AuthenticatedGroup = "system:authenticated";
    public const string UnauthenticatedGroup = "system:unauthenticated";
    public const string AnonymousUser = "system:anonymous";
    public const string MastersGroup = "system:masters";

    private static readonly FrozenDictionary<string, IReadOnlyList<string>> NoExtra = FrozenDictionary<string, IReadOnlyList<string>>.Empty;

    public static Caller Anonymous { get; } = new(CallerKind.Anonymous, AnonymousUser) { Groups = [UnauthenticatedGroup] };

    /// <summary>Empty when the hub knows none.</summary>
    public string Uid { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Keys in lower case.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = NoExtra;

    /// <summary>Who really sent it, when this is whom a direct caller impersonates.</summary>
    public Caller? ImpersonatedBy { get; init; }

    /// <summary>Members may do everything, as in every API server.</summary>
    public bool IsMaster => Groups.Contains(MastersGroup);

    public static Caller Of(CallerKind kind, UserInfo user) => new Caller(kind, user.Username ?? "")
    {
        Uid = user.Uid ?? "",
        Groups = user.Groups ?? [],
        Extra = user.Extra ?? NoExtra,
    }.WithAuthenticatedGroup();

    /// <summary>Whoever proved anything is a member of that group.</summary>
    public Caller WithAuthenticatedGroup() => User == AnonymousUser || Groups.Contains(AuthenticatedGroup)
        ? this
        : this with { Groups = [.. Groups, AuthenticatedGroup] };
}
