using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>Sends a request on, and its body through <see cref="CallerBody"/>.</summary>
internal static class BodyForwarding
{
    /// <summary>When there is an error, nobody reads the caller's body any more.</summary>
    /// <returns>With an error what caused it, as far as the platform says; and whether the body itself failed, or was waited for.</returns>
    public static async Task<(ForwarderError Error, Exception? Cause, bool HasBodyFailed, bool IsBodyLate)> SendWithBodyAsync(
        this IHttpForwarder forwarder, HttpContext context, string destination, HttpMessageInvoker invoker, ForwarderRequestConfig config,
        HttpTransformer transformer, CancellationToken cancellationToken)
    {
        var body = CallerBody.Of(context);
        var error = await forwarder.SendAsync(context, destination, invoker, config, transformer, cancellationToken);
        var said = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (error == ForwarderError.None || body is null)
        {
            return (error, said, false, false);
        }

        await body.EndAsync();
        var cause = body.CauseOf(said);
        return (error, cause, body.HasFailed, cause is OperationCanceledException && body.IsAwaited);
    }
}
