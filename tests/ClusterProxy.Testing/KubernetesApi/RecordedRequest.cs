namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>A request that the fake API server got.</summary>
public sealed record RecordedRequest(
    string Method, string Path, string Query, string Protocol, string? ServerName, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>Null when the request proved nothing that was accepted.</summary>
    public ApiUser? User { get; init; }

    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal) || Query.Contains("watch=1", StringComparison.Ordinal);

    public bool Is(string method, string pathEnd) => Method == method && Path.EndsWith(pathEnd, StringComparison.Ordinal);
}
