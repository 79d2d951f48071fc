namespace ClusterProxy.Agent.Servers;

/// <summary>Runs one step of connecting under its own deadline, and words what went wrong with it.</summary>
internal sealed class ConnectDeadline(TimeSpan timeout, TimeProvider time)
{
    /// <param name="step">The step.</param>
    /// <param name="what">For the error text: what is done, with the address.</param>
    /// <param name="run">The step; a <see cref="ServerConnectException"/> of its own passes as it is.</param>
    /// <param name="cancellationToken">Ends the attempt; that is no failure.</param>
    public async Task<T> RunAsync<T>(
        ConnectStep step, string what, Func<CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await run(either.Token);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception e) when (deadline.IsCancellationRequested && e is not ServerConnectException)
        {
            throw new ServerConnectException(step, $"{what} took longer than {timeout.TotalSeconds:0.#} s; see what is there, or raise --connect-timeout", e);
        }
    }
}
