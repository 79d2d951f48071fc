using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Benchmarks;

/// <summary>Many connections that write small or large pieces into one tunnel at the same time.</summary>
[MemoryDiagnoser]
public class TunnelWriterBenchmarks
{
    private const int TotalPayload = 4 * 1024 * 1024;
    private byte[] _piece = [];

    [Params(1, 8, 64)]
    public int Connections { get; set; }

    [Params(128, 16 * 1024, 64 * 1024)]
    public int Piece { get; set; }

    [GlobalSetup]
    public void SetUp() => _piece = new byte[Piece];

    /// <summary>One operation is 4 MiB of payload over all connections, through to a peer that reads at once.</summary>
    [Benchmark]
    public async Task<long> WriteFourMebibytes()
    {
        var tunnel = new Pipe(new PipeOptions(pauseWriterThreshold: 1024 * 1024, resumeWriterThreshold: 512 * 1024, useSynchronizationContext: false));
        await using var writer = new TunnelWriter(tunnel.Writer, TunnelLimits.Default);
        var drained = new CountdownEvent(Connections);
        var sources = new List<Pipe>();
        for (var i = 0; i < Connections; i++)
        {
            var source = writer.Pipes.CreateOutput();
            sources.Add(source);
            writer.AddFlow(i + 1).Start(
                source.Reader,
                static drained =>
                {
                    ((CountdownEvent)drained).Signal();
                    return null;
                },
                drained);
        }

        var reading = DrainAsync(tunnel.Reader);
        await Task.WhenAll(sources.Select(source => Task.Run(() => FillAsync(source.Writer))));
        drained.Wait();
        drained.Dispose();
        writer.Complete();
        await writer.Completion;
        await tunnel.Writer.CompleteAsync();
        return await reading;
    }

    private async Task FillAsync(PipeWriter output)
    {
        for (var i = 0; i < TotalPayload / Piece / Connections; i++)
        {
            await output.WriteAsync(_piece);
        }

        await output.CompleteAsync();
    }

    private static async Task<long> DrainAsync(PipeReader input)
    {
        long total = 0;
        while (true)
        {
            var result = await input.ReadAsync();
            total += result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return total;
            }
        }
    }
}
