using ClusterProxy.Protocol.Messages;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Frontend;

/// <summary>A dial that a frontend asked for on its lane, until it has failed or its connection has ended.</summary>
/// <param name="request">As the frontend said it.</param>
/// <param name="context">What all frontends share.</param>
/// <param name="subject">Who is at the other end of the lane.</param>
/// <param name="share">What that end may have of connections; null for as many as it likes.</param>
/// <param name="peer">Where that end is.</param>
/// <param name="isForwarded">Whether that end is another server. From anybody else the mark of one means nothing.</param>
internal sealed class LaneDial(
    DialRequest request, FrontendContext context, FrontendSubject subject, FrontendShare? share, string peer, bool isForwarded)
{
    // Without a timer or a handle: there is nothing to dispose, and disposing would race with Cancel.
    private readonly CancellationTokenSource _cancel = new();

    /// <summary>Chosen by the frontend.</summary>
    public long Id { get; } = request.Random;

    public FrontendDial Dial { get; } =
        new(
            context, isForwarded ? FrontendNames.Peer : FrontendNames.Lane, subject, share, peer, request.Protocol, request.Address,
            new(request.Traceparent, request.Tracestate), isForwarded ? request.Forwarding : null);

    /// <summary>Fires when the frontend gives the dial up.</summary>
    public CancellationToken Cancelled => _cancel.Token;

    /// <summary>Serves it to its end.</summary>
    public Task Serving { get; set; } = Task.CompletedTask;

    public void Cancel() => _cancel.Cancel();
}
