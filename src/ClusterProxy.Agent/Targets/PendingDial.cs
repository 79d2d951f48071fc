using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent.Targets;

/// <summary>One dial under way. Whoever removes it from the pending ones has the say over what becomes of it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and disposing it would race with Cancel.")]
internal sealed class PendingDial
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <param name="request">As the server sent it.</param>
    /// <param name="connectId">As this agent names the connection on its tunnel.</param>
    public PendingDial(DialRequest request, long connectId)
    {
        Request = request;
        ConnectId = connectId;
        (ConnectionId, TraceId) = TraceParent.TryParse(request.Traceparent, out var trace) ? (trace.SpanId, trace.TraceId) : ($"{connectId}", "");
    }

    public DialRequest Request { get; }

    /// <summary>As the server chose it; two dials under way may share one.</summary>
    public long DialId => Request.Random;

    public long ConnectId { get; }

    /// <summary>By which the log names the connection: as the server's log does, if the server says how, else by the connect id.</summary>
    public string ConnectionId { get; }

    /// <summary>The frontend's trace; empty when the server does not say.</summary>
    public string TraceId { get; }

    public CancellationToken Cancelled => _cancellation.Token;

    public void Cancel() => _cancellation.Cancel();
}
