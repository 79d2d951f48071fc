using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.Programs;

/// <summary>@kubernetes/client-node in a process of its own, driven by JSON lines; see ClusterProxy.Kubernetes.Tests/peers/client.mjs.</summary>
public sealed class NodeClient : IAsyncDisposable
{
    private readonly ObservedList<JsonNode> _events = new();
    private int _lastId;

    private NodeClient(string kubeconfig) => Process = ProgramProcess.Start(
        "node",
        ["--no-deprecation", Path.Combine(Folder, "client.mjs"), "--kubeconfig", kubeconfig],
        onOutput: line => _events.Add(JsonNode.Parse(line)!));

    /// <summary>Why it cannot be had here, for a skip; null when it can.</summary>
    public static string? Missing => NodePackages.Missing;

    private static string Folder => RepositoryRoot.File("tests", "ClusterProxy.Kubernetes.Tests", "peers");

    public ProgramProcess Process { get; }

    /// <param name="kubeconfig">Its file.</param>
    public static async Task<NodeClient> StartAsync(string kubeconfig)
    {
        await NodePackages.InstallAsync(Folder);
        var client = new NodeClient(kubeconfig);
        await client.ExpectAsync(static e => Name(e) == "ready");
        return client;
    }

    /// <summary>The answer's event: done, with result, or refused, with code and reason.</summary>
    public async Task<JsonNode> AskAsync(string command, JsonObject? value = null, params (string Name, JsonNode Value)[] more)
    {
        var id = Interlocked.Increment(ref _lastId);
        var line = new JsonObject { ["cmd"] = command, ["id"] = id, ["object"] = value?.DeepClone() };
        foreach (var (name, extra) in more)
        {
            line[name] = extra;
        }

        await Process.WriteLineAsync(line.ToJsonString());
        return await ExpectAsync(e => e["id"]?.GetValue<int>() == id);
    }

    /// <summary>Starts an informer of the config maps in "default"; see <see cref="Mirror"/>.</summary>
    public async Task WatchAsync()
    {
        await Process.WriteLineAsync(JsonSerializer.Serialize(new { cmd = "watch" }));
        await ExpectAsync(static e => Name(e) == "watching");
    }

    /// <summary>Starts an informer of a custom kind without namespaces; see <see cref="Mirror"/>.</summary>
    public async Task InformAsync(string group, string version, string plural)
    {
        await Process.WriteLineAsync(JsonSerializer.Serialize(new { cmd = "inform", group, version, plural }));
        await ExpectAsync(static e => Name(e) == "watching");
    }

    /// <summary>A bare watch of a path; each of its events is a "seen" with phase, name and object.</summary>
    public Task WatchAsync(string path) => Process.WriteLineAsync(JsonSerializer.Serialize(new { cmd = "rawWatch", path }));

    public async Task<JsonNode> ExpectAsync(Func<JsonNode, bool> matches)
    {
        var found = _events.WaitForAsync(e => Name(e) == "failed" || matches(e));
        await Task.WhenAny(found, Process.Ended, Task.Delay(TaskTimeouts.Default));
        return found.IsCompletedSuccessfully && Name(await found) != "failed"
            ? await found
            : throw new InvalidOperationException(Process.Describe());
    }

    /// <summary>What the informer over there holds now, by the events that it told.</summary>
    public SortedDictionary<string, string> Mirror()
    {
        var mirror = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in _events.Items)
        {
            if (Name(item) is "added" or "updated")
            {
                mirror[item["name"]!.GetValue<string>()] = item["data"]!.ToJsonString();
            }
            else if (Name(item) is "deleted")
            {
                mirror.Remove(item["name"]!.GetValue<string>());
            }
        }

        return mirror;
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static string Name(JsonNode item) => item["event"]!.GetValue<string>();
}
