using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// One dial of a frontend, and the connection that comes of it. Every kind of frontend dials through it, so that policy, metrics, log
/// and audit see all of them alike.
/// <code>
///   RunAsync ─▶ End ─▶ Close, if there is a connection
/// </code>
/// </summary>
internal sealed class FrontendDial
{
    /// <summary>
    /// Several times the longest host name with its port, and more than any agent takes. What waits for an agent is kept in memory, so a
    /// frontend must not say how much.
    /// </summary>
    private const int MaxAddressLength = 1024;

    private const int MaxProtocolLength = 64;

    private readonly FrontendContext _context;
    private readonly string _frontend;
    private readonly FrontendSubject? _subject;
    private readonly FrontendShare? _share;
    private readonly Forwarding? _forwarding;
    private readonly string _peer;
    private readonly string _protocol;
    private readonly string _address;
    private readonly string _target;
    private readonly TraceParent _trace;
    private readonly string _traceState;
    private readonly long _started;
    private AgentIdentity? _agent;
    private bool _holds;
    private string? _via;

    /// <param name="context">What all frontends share.</param>
    /// <param name="frontend">Of <see cref="FrontendNames"/>.</param>
    /// <param name="subject">Who is at the other end of the connection; null when nobody asks.</param>
    /// <param name="share">What it may have of connections; null for as many as it likes.</param>
    /// <param name="peer">Where that end is.</param>
    /// <param name="protocol">As the frontend said it.</param>
    /// <param name="address">As the frontend said it.</param>
    /// <param name="trace">As the frontend said it.</param>
    /// <param name="forwarding">What another server says that forwards the dial; null for a frontend's own.</param>
    public FrontendDial(
        FrontendContext context, string frontend, FrontendSubject? subject, FrontendShare? share, string peer, string protocol, string address,
        in TraceContext trace, Forwarding? forwarding = null)
    {
        _context = context;
        _frontend = frontend;
        _subject = subject;
        _share = share;
        _peer = peer;
        _protocol = protocol;
        _address = address;
        _target = PeerText.Bound(address);
        _forwarding = forwarding;

        // A forwarded connection has its id already.
        var isNamed = TraceParent.TryParse(trace.Parent, out var known);
        _trace = isNamed && forwarding is not null ? known : TraceParent.NewSpan(trace.Parent);
        _traceState = isNamed ? TraceState.Bound(trace.State) : "";
        _started = context.Time.GetTimestamp();
    }

    /// <summary>By which logs and our own peers know the connection; no other one in the fleet has it.</summary>
    public string ConnectionId => _trace.SpanId;

    /// <summary>From the dial to its end.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <param name="cancellationToken">Fires when the frontend gives up.</param>
    public Task<DialResult> RunAsync(CancellationToken cancellationToken)
    {
        var permit = _forwarding is { } forwarded ? PermitOf(forwarded)
            : _context.Policy is not { } policy ? DialPermit.Anywhere
            : _subject is null ? DialPermit.Denied
            : policy.Value.Check(_subject, _address);
        if (!permit.IsAllowed)
        {
            _context.Refusals.DialDenied(_peer, _subject, _target);
            return Task.FromResult(DialResult.Failed(DialFailureReason.Denied));
        }

        if (_address.Length > MaxAddressLength || _protocol.Length > MaxProtocolLength)
        {
            return Task.FromResult(DialResult.Refused(
                $"dial tcp: address {_target}: longer than {MaxAddressLength} characters, or its protocol than {MaxProtocolLength}"));
        }

        if (_share?.Connections.TryEnter() == false)
        {
            return Task.FromResult(DialResult.Failed(DialFailureReason.TooManyConnections));
        }

        _holds = _share is not null;
        return _context.Router.DialAsync(_protocol, _address, new(_trace.ToString(), _traceState), permit.Clusters, cancellationToken);
    }

    /// <summary>Notes what became of the dial, as its frontend will hear it.</summary>
    /// <param name="result">Of <see cref="RunAsync"/>, or a cancellation that came too late for it.</param>
    /// <param name="frontendId">By which the frontend knows the connection.</param>
    public void End(in DialResult result, long frontendId = 0)
    {
        Elapsed = _context.Time.GetElapsedTime(_started);
        _context.Metrics.DialEnded(_frontend, result, Elapsed);
        if (result.Failure is { } reason)
        {
            Release();
            _context.Refusals.DialFailed(_frontend, ConnectionId, _target, _peer, reason.ToTag(), PeerText.Bound(result.Text));
        }
        else
        {
            _context.Logger.ConnectionOpened(_frontend, frontendId, ConnectionId, _trace.TraceId, _target, _peer, Elapsed);
        }

        _agent = result.Agent;
        _via = result.Via;
        _context.Audit?.Write(Entry(AuditEntry.Dial, result.Failure?.ToTag() ?? "connected", Elapsed) with { Detail = PeerText.Bound(result.Text) });
    }

    /// <summary>Notes why the connection ended.</summary>
    public void Close(TunnelConnection connection)
    {
        Release();
        var elapsed = _context.Time.GetElapsedTime(_started);
        var reason = (connection.Reason ?? CloseReason.FrontendLost).ToTag();
        _context.Logger.ConnectionClosed(_frontend, ConnectionId, _target, reason, elapsed);
        _context.Audit?.Write(Entry(AuditEntry.Close, reason, elapsed) with
        {
            BytesToTarget = connection.SentBytes,
            BytesToFrontend = connection.TakenBytes,
        });
    }

    private void Release()
    {
        if (_holds)
        {
            _holds = false;
            _share!.Connections.Leave();
        }
    }

    /// <summary>The server that the frontend asked has judged it; what it found is kept to here.</summary>
    private static DialPermit PermitOf(Forwarding forwarded) => forwarded.Limited
        ? new(IsAllowed: true, forwarded.Clusters.ToHashSet(StringComparer.Ordinal))
        : DialPermit.Anywhere;

    private AuditEntry Entry(string name, string result, TimeSpan elapsed) => new(name, _context.Time.GetUtcNow())
    {
        Plane = _forwarding is null ? "frontend" : PeerPlane.Name,
        Frontend = _frontend,
        Subject = _subject?.Names ?? (IReadOnlyCollection<string>)[],
        Peer = _peer,
        ConnectionId = ConnectionId,
        TraceId = _trace.TraceId,
        Target = _target,
        Cluster = _agent?.Cluster ?? "",
        Via = _via ?? "",
        AgentId = PeerText.Bound(_agent?.Id ?? ""),
        Result = result,
        Duration = elapsed,
    };
}
