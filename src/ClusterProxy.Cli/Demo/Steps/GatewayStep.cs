using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ClusterProxy.Cli.Demo.Apis;
using ClusterProxy.Cli.Demo.Topology;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>What kubectl does with a cluster's API, over the gateway: a request, a watch, an exec.</summary>
internal sealed class GatewayStep(DemoTopology topology, TimeProvider time) : IDemoStep
{
    private const string Cluster = "alpha";
    private const string Question = "are you there?\n";

    /// <summary>The first byte of each message is its stream: 0 in, 1 out.</summary>
    private const string ExecProtocol = "v5.channel.k8s.io";

    public string Name => "Start cluster-gateway; GET, watch and exec of alpha as a user";

    public string Claim => $"alpha sees {DemoGateway.User}, its events come while the watch is open, and exec answers what it is sent";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        await topology.StartGatewayAsync(cancellationToken);
        progress.Report(0.5);
        var client = topology.Gateway!.Http;
        var start = time.GetTimestamp();
        using var version = await client.Http.GetAsync(client.Url(Cluster, "/version"), cancellationToken);
        var latency = time.GetElapsedTime(start);
        var body = await version.Content.ReadAsStringAsync(cancellationToken);
        if (!version.IsSuccessStatusCode || JsonSerializer.Deserialize(body, ManagedApiJson.Default.ClusterVersion)?.Cluster != Cluster)
        {
            return StepOutcome.Failed($"200 and cluster {Cluster}", $"{(int)version.StatusCode} {body}");
        }

        if (string.Join(' ', version.Headers.GetValues(ManagedApiRequests.UserHeader)) is var user && user != DemoGateway.User)
        {
            return StepOutcome.Failed($"{Cluster} sees {DemoGateway.User}", $"it sees \"{user}\"");
        }

        progress.Report(0.7);
        if (await WatchAsync(client, cancellationToken) is { } unwatched)
        {
            return StepOutcome.Failed("an event at a time while the watch is open", unwatched);
        }

        progress.Report(0.8);
        return await ExecAsync(client, cancellationToken) is var answer && answer == Question
            ? StepOutcome.Ok($"{Cluster} saw {user}, a watch brought its events one by one, exec answered over a WebSocket", latency)
            : StepOutcome.Failed(Question.TrimEnd(), answer);
    }

    /// <summary>What was wrong; null for nothing.</summary>
    private static async Task<string?> WatchAsync(DemoGatewayClient client, CancellationToken cancellationToken)
    {
        using var answer = await client.Http.GetAsync(
            client.Url(Cluster, "/api/v1/pods?watch=true"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        for (var i = 1; i <= ManagedApiRequests.WatchEvents; i++)
        {
            if (await events.ReadLineAsync(cancellationToken) is not { } line || !line.Contains($"\"pod-{i}\"", StringComparison.Ordinal))
            {
                return $"{(int)answer.StatusCode} and no event {i}";
            }
        }

        return null;
    }

    private static async Task<string> ExecAsync(DemoGatewayClient client, CancellationToken cancellationToken)
    {
        using var socket = await client.OpenAsync(
            Cluster, "/api/v1/namespaces/default/pods/pod-1/exec?command=cat&stdin=true&stdout=true", ExecProtocol, cancellationToken);
        await socket.SendAsync(Encoding.UTF8.GetBytes('\0' + Question), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        var buffer = new byte[1024];
        var answer = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        return buffer[0] == 1 ? Encoding.UTF8.GetString(buffer, 1, answer.Count - 1) : $"stream {buffer[0]}";
    }
}
