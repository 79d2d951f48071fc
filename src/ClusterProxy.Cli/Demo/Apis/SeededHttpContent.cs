using System.Net;
using System.Net.Http.Headers;

namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>A request body of seeded bytes that is made while it is sent.</summary>
internal sealed class SeededHttpContent : HttpContent
{
    private readonly ulong _seed;
    private readonly long _length;
    private readonly IProgress<double> _progress;

    public SeededHttpContent(ulong seed, long length, IProgress<double> progress)
    {
        _seed = seed;
        _length = length;
        _progress = progress;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var content = new SeededContent(_seed);
        var chunk = new byte[SeededContent.ChunkSize];
        for (var sent = 0L; sent < _length; sent += chunk.Length)
        {
            var part = chunk.AsMemory(0, (int)Math.Min(chunk.Length, _length - sent));
            content.Fill(part.Span);
            await stream.WriteAsync(part, cancellationToken);
            _progress.Report((double)(sent + part.Length) / _length);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
