using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Testing.Relays;

/// <summary>
/// A TCP hop whose behaviour a test changes while connections run through it. With several destinations it is a round-robin
/// load balancer that skips the ones that refuse. <see cref="FaultPlan"/> turns its switches by a seed, and <see cref="Disturb"/> has
/// it be an imperfect way all the time.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<RelayedConnection, Task> _connections = new();
    private readonly ConcurrentDictionary<Task, Task> _dials = new();
    private readonly TimeProvider _time;
    private readonly Task _acceptLoop;
    private Task _disturbance = Task.CompletedTask;
    private volatile IPEndPoint[] _destinations;
    private volatile bool _refuseNew;
    private int _next = -1;

    /// <param name="time">Clock of delays and rates.</param>
    /// <param name="seed">Of jitter and of the sizes of pieces.</param>
    /// <param name="destinations">Where it leads.</param>
    public TcpRelay(TimeProvider time, int seed, params IPEndPoint[] destinations)
    {
        _time = time;
        ToDestination = new RelayDirection(time, seed);
        ToSource = new RelayDirection(time, ~seed);
        _destinations = destinations;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _acceptLoop = AcceptAsync();
    }

    public TcpRelay(params IPEndPoint[] destinations)
        : this(TimeProvider.System, seed: 1, destinations)
    {
    }

    public TcpRelay(int destinationPort)
        : this(new IPEndPoint(IPAddress.Loopback, destinationPort))
    {
    }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    public string Address => EndPoint.ToString();

    /// <summary>From whoever connected to the relay to the destination.</summary>
    public RelayDirection ToDestination { get; }

    public RelayDirection ToSource { get; }

    /// <summary>Connections that have reached a destination.</summary>
    public ObservedCount Accepted { get; } = new();

    public ObservedCount Open { get; } = new();

    /// <summary>Where connections made from now on go.</summary>
    public IReadOnlyList<IPEndPoint> Destinations
    {
        get => _destinations;
        set => _destinations = [.. value];
    }

    /// <summary>New connections get RST at once; the running ones are left alone.</summary>
    public bool RefuseNew
    {
        get => _refuseNew;
        set => _refuseNew = value;
    }

    /// <summary>
    /// From now on short faults befall it, by which nothing is lost: delay, rate, fragments and stalls of some milliseconds.
    /// </summary>
    /// <param name="seed">Decides what, when and for how long.</param>
    /// <returns>The same relay.</returns>
    public TcpRelay Disturb(int seed)
    {
        _disturbance = new Disturbance(this, seed, _time).RunAsync(_stop.Token);
        return this;
    }

    /// <summary>Sets both directions.</summary>
    public void SetMode(RelayMode mode)
    {
        ToDestination.Mode = mode;
        ToSource.Mode = mode;
    }

    /// <summary>The way is perfect again, for what runs and for what comes; a cut that waits is taken back.</summary>
    public void Mend()
    {
        foreach (var direction in (RelayDirection[])[ToDestination, ToSource])
        {
            direction.TakeBackCut();
            direction.Conditions = RelayConditions.Perfect;
            direction.Mode = RelayMode.Pass;
        }
    }

    /// <summary>Ends every running connection on both sides, with RST or with FIN.</summary>
    public void Cut(bool reset = true)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Cut(reset);
        }
    }

    /// <summary>Sends FIN toward one side of every running connection and leaves the other direction open.</summary>
    public void HalfClose(bool towardDestination)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.HalfClose(towardDestination);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _acceptLoop;
        await _disturbance;
        await Task.WhenAll(_dials.Keys);
        Cut();
        await Task.WhenAll(_connections.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var source = await _listener.AcceptAsync(_stop.Token);
                var dial = ServeAsync(source);
                _dials[dial] = dial;
                foreach (var done in _dials.Keys.Where(d => d.IsCompletedSuccessfully))
                {
                    _dials.TryRemove(done, out _);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket source)
    {
        source.NoDelay = true;
        var destination = _refuseNew ? null : await DialAsync();
        if (destination is null)
        {
            source.LingerState = new LingerOption(enable: true, seconds: 0);
            source.Dispose();
            return;
        }

        var connection = new RelayedConnection(source, destination, _time);
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = RunAsync(connection, registered.Task);
        Open.Increment();
        Accepted.Increment();
        registered.SetResult();
    }

    private async Task RunAsync(RelayedConnection connection, Task registered)
    {
        await registered;
        await connection.RunAsync(ToDestination, ToSource);
        _connections.TryRemove(connection, out _);
        connection.Dispose();
        Open.Decrement();
    }

    private async Task<Socket?> DialAsync()
    {
        var destinations = _destinations;
        for (var i = 0; i < destinations.Length; i++)
        {
            var endPoint = destinations[(int)((uint)Interlocked.Increment(ref _next) % destinations.Length)];
            var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(endPoint, _stop.Token);
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }
}
