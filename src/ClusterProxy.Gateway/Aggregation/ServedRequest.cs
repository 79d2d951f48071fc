using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Status;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>A request whose caller is known.</summary>
/// <param name="Context">No header in it names or proves anybody any more.</param>
/// <param name="Target">Raw.</param>
/// <param name="Caller">Who sent it.</param>
/// <param name="Record">What is noted of it.</param>
internal sealed record ServedRequest(HttpContext Context, RequestTarget Target, Caller Caller, RequestRecord Record)
{
    public bool IsReading => HttpMethods.IsGet(Context.Request.Method) || HttpMethods.IsHead(Context.Request.Method);

    public Task RefuseAsync(StatusAnswer answer)
    {
        Record.Refusal = answer.Message;
        return answer.WriteAsync(Context);
    }
}
