namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Whose token or certificate a request carries.</summary>
/// <param name="Name">The user name.</param>
/// <param name="Groups">Without system:authenticated, which everyone gets.</param>
public sealed record ApiUser(string Name, params IReadOnlyList<string> Groups)
{
    public string Uid { get; init; } = "";

    /// <summary>For whom a token was issued; none means the API server itself.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>Such as authentication.kubernetes.io/pod-name.</summary>
    public IReadOnlyDictionary<string, string[]> Extra { get; init; } = new Dictionary<string, string[]>();

    /// <summary>Tokens of service accounts as kubelet mounts them.</summary>
    public static ApiUser ServiceAccount(string inNamespace, string name, params string[] audiences) =>
        new($"system:serviceaccount:{inNamespace}:{name}", "system:serviceaccounts", $"system:serviceaccounts:{inNamespace}")
        {
            Uid = $"uid-of-{inNamespace}-{name}",
            Audiences = audiences,
        };
}
