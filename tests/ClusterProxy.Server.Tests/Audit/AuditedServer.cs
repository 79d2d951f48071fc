using System.Text.Json;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Audit;

/// <summary>The audit file of a server under test.</summary>
internal sealed class AuditedServer : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public string Path => _folder.File("audit.log");

    public Task<TestServer> StartAsync(Func<ServerOptions, ServerOptions>? configure = null, bool tcp = false) =>
        TestServer.StartAsync(o => (configure?.Invoke(o) ?? o) with { Audit = new() { Path = Path } }, tcp: tcp);

    public string Write(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }

    /// <summary>The first line of that event, written or to come.</summary>
    public async Task<JsonElement> WaitForAsync(string name) => (await Eventually.ObserveAsync(
        () => Task.FromResult(Lines().Where(l => Text(l, "event") == name).ToArray()), static lines => lines.Length > 0))[0];

    public IEnumerable<JsonElement> Lines()
    {
        using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonDocument.Parse(l).RootElement)];
    }

    public static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.ToString() : null;

    public static string[] Subject(JsonElement line) => [.. line.GetProperty("subject").EnumerateArray().Select(static s => s.GetString()!)];

    public void Dispose() => _folder.Dispose();
}
