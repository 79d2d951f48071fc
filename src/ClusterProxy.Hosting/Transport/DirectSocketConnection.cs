using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// One accepted socket. Reads and writes happen inside the caller's calls; completing the output sends FIN, and the input goes on
/// until the peer ends it. <c>ConnectionClosed</c> fires when this side is done with the connection, not
/// when the peer is: that only a read can tell. It is among its own features.
/// </summary>
public sealed class DirectSocketConnection
    : ConnectionContext, IConnectionIdFeature, IConnectionItemsFeature, IConnectionTransportFeature, IConnectionLifetimeFeature,
        IConnectionEndPointFeature, IConnectionSocketFeature, IDuplexPipe
{
    /// <summary>How long a peer may take to end after this side has: many round trips, and short beside any deadline of a shutdown.</summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closed = new();
    private readonly SocketStream _stream;
    private readonly SocketPipeWriter _output;
    private readonly TimeProvider _time;
    private IDictionary<object, object?>? _items;
    private int _disposed;

    /// <param name="id">For Kestrel's log.</param>
    /// <param name="socket">Accepted; owned.</param>
    /// <param name="time">Clock of the end.</param>
    /// <param name="handshakes">For reads that do not run inline yet; null for the pool's own turns.</param>
    /// <param name="local">The socket's end point where the listener has the same, and no two need be kept.</param>
    internal DirectSocketConnection(
        string id, Socket socket, TimeProvider time, HandshakeTurns? handshakes = null, EndPoint? local = null)
    {
        ConnectionId = id;
        _time = time;
        Socket = socket;
        socket.Blocking = false;
        _stream = new SocketStream(socket);
        Input = new SocketPipeReader(_stream, handshakes);
        _output = new SocketPipeWriter(_stream);
        Transport = this;
        LocalEndPoint = local ?? socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Features = new ConnectionFeatures(this);
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; }

    /// <summary>Made when asked for: few connections have any.</summary>
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public Socket Socket { get; }

    public PipeReader Input { get; }

    public PipeWriter Output => _output;

    /// <summary>The socket itself, for whoever brings pipes of his own. Those of this connection are not used then.</summary>
    public Stream Stream => _stream;

    /// <summary>
    /// From here on a write only collects, until a flush or an empty write: a TLS stream makes a write of every record, 16 KiB,
    /// and an empty one of its flush.
    /// </summary>
    public void BufferWrites() => _output.BufferWrites();

    /// <summary>
    /// What follows a read of this connection is short from here on, so it may run on the thread that learned of the bytes: see
    /// <see cref="InlineSocketCompletions"/>.
    /// </summary>
    public void RunReadsInline() => _stream.RunsInline = true;

    /// <summary>
    /// At the end the peer, which has been told in its protocol, has a moment to end first. An HTTP/2 client that meets the end of
    /// the connection while it still reads a response may report that as a failure, although all of the response is there.
    /// </summary>
    public void EndAfterPeer() => _output.LeaveEnd();

    /// <summary>
    /// Whether the peer has closed its socket, as far as the wire tells without a read: a Unix socket at once; TCP once a byte, or
    /// a keep-alive probe, which this call turns on, was answered with RST.
    /// </summary>
    public bool HasPeerLeft() => _stream.HasPeerLeft();

    /// <summary>
    /// For how long the peer has waited for an answer to what it sent last, the time included in which nobody came to read that; null when
    /// it has left. Linux only: elsewhere no time.
    /// </summary>
    public TimeSpan? PeerWaits() => _stream.PeerWaits();

    /// <summary>Ends the connection at once, with RST where the wire has one.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _stream.Reset();

        // Elsewhere: the caller may hold locks of whoever has registered.
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        var isOver = _stream.IsOver;
        using var limit = isOver && _output.UnflushedBytes == 0 ? null : new CancellationTokenSource(LingerTime, _time);
        await Input.CompleteAsync();
        await _output.EndAsync(limit?.Token ?? CancellationToken.None);
        if (!isOver)
        {
            await _stream.LingerAsync(limit!.Token);
        }

        await _stream.DisposeAsync();
        _closed.Cancel();
        await base.DisposeAsync();
    }
}
