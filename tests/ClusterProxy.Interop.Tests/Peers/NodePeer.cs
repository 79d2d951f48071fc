using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClusterProxy.Interop.Tests.Peers;

/// <summary>
/// A peer on Node's gRPC stack, driven by JSON lines: commands in, events out. Which there are is written at the head of each
/// script in peers/.
/// </summary>
public sealed class NodePeer : IAsyncDisposable
{
    private const string Violation = "violation";

    private readonly ObservedList<JsonNode> _events = new();

    private NodePeer(string script, IEnumerable<string> arguments) =>
        Process = ProgramProcess.Start(
            "node",
            ["--no-deprecation", RepositoryRoot.File("tests", "ClusterProxy.Interop.Tests", "peers", script), .. arguments],
            onOutput: line => _events.Add(JsonNode.Parse(line)!));

    public ProgramProcess Process { get; }

    /// <summary>Events that no call has taken yet.</summary>
    public IReadOnlyList<JsonNode> Events => _events.Items;

    /// <param name="address">host:port, or unix: and a path.</param>
    /// <param name="certificate">The client's; null speaks without TLS or without a client certificate.</param>
    /// <param name="authorityFile">The CA of the server's certificate; null speaks without TLS.</param>
    /// <param name="more">Further flags of frontend.mjs.</param>
    public static Task<NodePeer> StartFrontendAsync(
        string address, TestCertificate? certificate = null, string? authorityFile = null, params string[] more) =>
        StartAsync("frontend.mjs", ["--address", address, .. Tls("", certificate, authorityFile), .. more], "ready");

    /// <summary>The agent connects at once, unless --idle is given; await its "connected" event.</summary>
    /// <inheritdoc cref="StartFrontendAsync"/>
    public static Task<NodePeer> StartAgentAsync(
        string address, TestCertificate? certificate, string? authorityFile, params string[] more) =>
        StartAsync("agent.mjs", ["--address", address, .. Tls("", certificate, authorityFile), .. more], "ready");

    /// <summary>The server, and its "listening" event with agentPort and frontendPort.</summary>
    public static async Task<(NodePeer Server, JsonNode Listening)> StartServerAsync(params string[] arguments)
    {
        var peer = new NodePeer("server.mjs", arguments);
        return (peer, await peer.ExpectAsync("listening"));
    }

    /// <summary>--ca, --cert and --key, each with a prefix such as "agent-".</summary>
    public static IEnumerable<string> Tls(string prefix, TestCertificate? certificate, string? authorityFile) =>
    [
        .. authorityFile is null ? [] : (string[])[$"--{prefix}ca", authorityFile],
        .. certificate is null
            ? []
            : (string[])[$"--{prefix}cert", certificate.CertificateFile, $"--{prefix}key", certificate.KeyFile],
    ];

    public Task SendAsync(object command) => Process.WriteLineAsync(JsonSerializer.Serialize(command));

    /// <summary>Fails when the peer was sent anything that upstream's wire does not have. A last line for every test.</summary>
    public void VerifyWire()
    {
        var violations = Events.Where(e => NameOf(e) == Violation).ToList();
        if (violations.Count > 0)
        {
            throw new InvalidOperationException($"beyond upstream's wire: {string.Join(", ", violations)}: {Process.Describe()}");
        }
    }

    /// <summary>
    /// The first event of that name, past or to come, that matches and that no earlier call has taken. A command that failed, a
    /// packet beyond upstream's wire and a script that ended end the wait at once.
    /// </summary>
    public async Task<JsonNode> ExpectAsync(
        string name, Func<JsonNode, bool>? matches = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var taken = _events.TakeAsync(
            e => NameOf(e) is "failed" or Violation || (NameOf(e) == name && (matches is null || matches(e))));
        try
        {
            if (await Task.WhenAny(taken, Process.Ended).DefaultTimeout(file, line) == taken && NameOf(await taken) == name)
            {
                return await taken;
            }
        }
        catch (TimeoutException)
        {
            // Told below, with the output.
        }

        throw new InvalidOperationException($"{file}:{line} waited for the event \"{name}\": {Process.Describe()}");
    }

    /// <summary>Sends a command and waits for the event that answers it.</summary>
    public async Task<JsonNode> AskAsync(
        object command,
        string answer,
        Func<JsonNode, bool>? matches = null,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        await SendAsync(command);
        return await ExpectAsync(answer, matches, file, line);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static async Task<NodePeer> StartAsync(string script, IEnumerable<string> arguments, string readyEvent)
    {
        var peer = new NodePeer(script, arguments);
        await peer.ExpectAsync(readyEvent);
        return peer;
    }

    private static string NameOf(JsonNode @event) => @event["event"]!.GetValue<string>();
}
