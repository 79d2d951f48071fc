using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Listening;

/// <summary>How many requests a port serves, upgraded ones until both sides have ended.</summary>
internal sealed class RunningRequests
{
    private int _count;

    public bool None => Volatile.Read(ref _count) == 0;

    public RequestDelegate Count(RequestDelegate serve) => async context =>
    {
        Interlocked.Increment(ref _count);
        try
        {
            await serve(context);
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    };
}
