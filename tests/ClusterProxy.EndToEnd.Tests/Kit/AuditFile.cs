using System.Text.Json;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>The audit of a server in this process.</summary>
internal sealed class AuditFile : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public string Path => _folder.File("audit.log");

    public IReadOnlyList<JsonElement> Lines
    {
        get
        {
            using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonDocument.Parse(l).RootElement)];
        }
    }

    public static string Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.ToString() : "";

    public ServerOptions Use(ServerOptions options) => options with { Audit = new() { Path = Path } };

    /// <summary>The first line with these values, written or to come.</summary>
    public Task<JsonElement> WaitForAsync(params (string Name, string Value)[] values) => Eventually.ObserveAsync(
        () => Task.FromResult(Lines.FirstOrDefault(l => values.All(v => Text(l, v.Name) == v.Value))),
        static line => line.ValueKind == JsonValueKind.Object,
        $"an audit line with {string.Join(", ", values)}");

    public void Dispose() => _folder.Dispose();
}
