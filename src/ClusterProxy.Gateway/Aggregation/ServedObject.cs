using System.Text.Json;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>An object as clients see it.</summary>
/// <param name="Name">Unique in its kind.</param>
internal sealed record ServedObject(string Name)
{
    public string Uid { get; init; } = "";

    /// <summary>That of the change which made it what it is.</summary>
    public required ulong Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>One a column; a text, a boolean, or null.</summary>
    public required IReadOnlyList<object?> Cells { get; init; }

    /// <summary>Writes everything beside apiVersion, kind and metadata.</summary>
    public required Action<Utf8JsonWriter> WriteBody { get; init; }

    /// <summary>What field selectors see.</summary>
    public string? Field(string path) => path == "metadata.name" ? Name : "";
}
