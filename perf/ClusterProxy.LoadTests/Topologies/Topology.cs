using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;

namespace ClusterProxy.LoadTests.Topologies;

/// <summary>A way from the generator to the target, with the processes that it takes.</summary>
internal abstract class Topology(string name) : IAsyncDisposable
{
    public string Name => name;

    /// <summary>The processes whose resources count.</summary>
    protected abstract IEnumerable<int> ProcessIds { get; }

    /// <summary>Starts what is not running yet and returns when a connection can be made.</summary>
    public abstract Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Stops everything, after a scenario left it in doubt; <see cref="StartAsync"/> starts it anew.</summary>
    public abstract Task StopAsync();

    /// <summary>A new connection to the target.</summary>
    public abstract ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken);

    public ProcessUse ReadUse() => ProcFiles.ReadTrees(ProcessIds);

    /// <summary>A new connection that has told the target what to do.</summary>
    public async ValueTask<Stream> OpenAsync(TargetMode mode, int run, CancellationToken cancellationToken)
    {
        var stream = await ConnectAsync(cancellationToken);
        try
        {
            var preamble = new byte[TargetPreamble.Length];
            new TargetPreamble(mode, run).Write(preamble);
            await stream.WriteAsync(preamble, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
