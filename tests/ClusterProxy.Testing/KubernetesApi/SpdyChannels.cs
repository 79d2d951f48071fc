using System.Threading.Channels;
using ClusterProxy.Testing.Spdy;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>v4.channel.k8s.io over SPDY: the client opens a stream for each channel and says in a header which one it is.</summary>
internal sealed class SpdyChannels : ICommandChannels
{
    public const string Protocol = "v4.channel.k8s.io";

    private const string Type = "streamtype";
    private const string Error = "error";

    private readonly Dictionary<string, SpdyStream> _streams;

    private SpdyChannels(Dictionary<string, SpdyStream> streams) => _streams = streams;

    /// <summary>Whether the query asks for any; real servers refuse one that asks for none.</summary>
    public static bool AreAsked(HttpRequest request) => Wanted(request).Any();

    /// <summary>Takes the streams as they come, until all are there that the query asks for.</summary>
    public static async Task<SpdyChannels> AcceptAsync(HttpRequest request, ChannelReader<SpdyStream> opened, CancellationToken cancellationToken)
    {
        var wanted = Wanted(request).Append(Error).ToArray();
        var streams = new Dictionary<string, SpdyStream>(StringComparer.Ordinal);
        while (!wanted.All(streams.ContainsKey))
        {
            var stream = await opened.ReadAsync(cancellationToken);
            streams[stream.Headers[Type]] = stream;
        }

        return new SpdyChannels(streams);
    }

    public async Task CopyInputAsync(Stream input, CancellationToken cancellationToken)
    {
        if (_streams.TryGetValue("stdin", out var stream))
        {
            var buffer = new byte[64 * 1024];
            while (await stream.Input.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                await input.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await input.FlushAsync(cancellationToken);
            }
        }

        input.Close();
    }

    public Task SendAsync(int channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _streams.TryGetValue(channel == 1 ? "stdout" : "stderr", out var stream) ? stream.WriteAsync(bytes, cancellationToken) : Task.CompletedTask;

    public async Task EndAsync(ReadOnlyMemory<byte> status, CancellationToken cancellationToken)
    {
        await _streams[Error].WriteAsync(status, cancellationToken);
        foreach (var stream in _streams.Values)
        {
            await stream.EndAsync(cancellationToken);
        }
    }

    private static IEnumerable<string> Wanted(HttpRequest request) =>
        new[] { "stdin", "stdout", "stderr" }.Where(name => request.Query[name] is ["true" or "1"]);
}
