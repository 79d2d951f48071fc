namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>A kind that the fake API server serves.</summary>
public sealed record ApiResource(string Group, string Version, string Kind, string Plural, bool IsNamespaced)
{
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>Subresources that hold a part of the object, such as status; writes to the object itself leave that part alone.</summary>
    public IReadOnlyList<string> Subresources { get; init; } = [];

    /// <summary>Reviews are only created, and never stored.</summary>
    public bool IsReview { get; init; }

    /// <summary>Columns between name and age, each with the dotted path of its value.</summary>
    public IReadOnlyList<(string Name, string Path)> Columns { get; init; } = [];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string FullName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string Root => Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";

    public string[] Verbs => IsReview ? ["create"] : ["create", "delete", "get", "list", "patch", "update", "watch"];
}
