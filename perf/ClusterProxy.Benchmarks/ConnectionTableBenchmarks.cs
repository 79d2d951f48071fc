using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Benchmarks;

/// <summary>Looking up the connection of a packet, and the life of an entry.</summary>
[MemoryDiagnoser]
public class ConnectionTableBenchmarks
{
    private readonly ConnectionTable _table = new();
    private readonly Pipe _tunnel = new();
    private TunnelWriter? _writer;
    private TunnelConnection? _connection;
    private long _next;

    [Params(1, 1_000, 10_000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _writer = new TunnelWriter(_tunnel.Writer, TunnelLimits.Default);
        for (var id = 1; id <= Connections; id++)
        {
            _table.TryAdd(Create(id));
        }

        _connection = Create(Connections + 1);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _writer!.DisposeAsync();

    [Benchmark]
    public bool Find()
    {
        _next = _next == Connections ? 1 : _next + 1;
        return _table.Find(_next) is not null;
    }

    [Benchmark]
    public bool AddAndRemove() => _table.TryAdd(_connection!) && _table.Remove(_connection!);

    /// <summary>What a dial allocates before any byte moves.</summary>
    [Benchmark]
    public object CreateConnection() => Create(Connections + 2);

    private TunnelConnection Create(long id) =>
        new(
            _writer!, id, TunnelRole.Dialed, TunnelFeatures.Agent, TunnelLimits.Default, TimeProvider.System, observer: null, static _ => { });
}
