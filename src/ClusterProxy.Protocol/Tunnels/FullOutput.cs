using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// Charges the budget with a connection's <see cref="TunnelConnection.Output"/> while it is full. One that is not costs nothing on the
/// way of each byte; it holds less than <see cref="TunnelLimits.SendBuffer"/>, and its producer has no more to send.
/// </summary>
internal static class FullOutput
{
    /// <param name="flush">Of the output. It waits until the tunnel has taken half of what is there.</param>
    /// <param name="limits">Of the tunnel.</param>
    public static ValueTask<FlushResult> ChargeAsync(ValueTask<FlushResult> flush, TunnelLimits limits) =>
        !flush.IsCompleted && limits.Budget is { } budget ? WaitAsync(flush, budget, limits.SendBuffer) : flush;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush, ByteBudget budget, int bytes)
    {
        budget.Add(bytes);
        try
        {
            return await flush.ConfigureAwait(false);
        }
        finally
        {
            budget.Add(-bytes);
        }
    }
}
