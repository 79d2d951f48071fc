using System.Buffers;
using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tests.Tunnels;

/// <summary>A tunnel that takes what it is given to write when it is told to, and looks at it until then.</summary>
internal sealed class HeldOutput(PipeWriter inner) : DelegatingPipeWriter(inner)
{
    private readonly SemaphoreSlim _released = new(0);
    private readonly SemaphoreSlim _given = new(0);

    /// <summary>Ends when the next write has begun.</summary>
    public Task GivenAsync() => _given.WaitAsync();

    /// <summary>Lets one write go on.</summary>
    public void Release() => _released.Release();

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        _given.Release();
        await _released.WaitAsync(cancellationToken);
        Inner.Write(source.Span);
        return await Inner.FlushAsync(cancellationToken);
    }
}
