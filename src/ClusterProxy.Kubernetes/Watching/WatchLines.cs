using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ClusterProxy.Kubernetes.Watching;

/// <summary>Cuts the endless body of a watch into its lines, each a JSON document.</summary>
internal static class WatchLines
{
    /// <summary>etcd keeps objects of 1.5 MiB at most; a Table around one or a generous server doubles it a few times.</summary>
    public const int MaxLine = 16 << 20;

    /// <exception cref="IOException">A line is longer than <see cref="MaxLine"/>, or the connection broke.</exception>
    public static async IAsyncEnumerable<ReadOnlySequence<byte>> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var rest = result.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (line.Length > 0)
                    {
                        yield return line;
                    }
                }

                if (result.IsCompleted)
                {
                    if (rest.Length > 0)
                    {
                        throw new IOException("the watch ended within an event");
                    }

                    yield break;
                }

                if (rest.Length > MaxLine)
                {
                    throw new IOException($"an event of the watch is longer than {MaxLine >> 20} MiB");
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }
}
