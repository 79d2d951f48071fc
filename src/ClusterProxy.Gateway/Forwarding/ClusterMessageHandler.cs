namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// Up to the answer's headers: that is what the circuit breaker judges. Around the whole of a request it could not, since the trial that
/// closes a circuit again may be a watch of hours.
/// </summary>
internal sealed class ClusterMessageHandler(HttpMessageHandler inner, ClusterBreaker breaker) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var caller = request.Options.TryGetValue(ForwardCall.Key, out var call) ? call.Context : null;
        return breaker.SendAsync(caller, () => PassAsync(request, cancellationToken), cancellationToken);
    }

    /// <summary>What is broken leaves the pool, so that the second time takes another connection, or dials and fails with that reason.</summary>
    private async Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (
            BrokenConnection.IsCauseOf(e) && BrokenConnection.MayRepeat(request) && !cancellationToken.IsCancellationRequested)
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            // The body's copy hears of it as well, and when it does first the platform says that the stream broke.
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }
}
