namespace ClusterProxy.Gateway.Authentication;

/// <summary>Whom Impersonate-* headers name.</summary>
/// <remarks>An empty user is malformed: the rest hangs on it.</remarks>
internal sealed record WantedIdentity(
    string User, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra);
