namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// A connection that ended before an answer: its agent was killed, and the pool had not noticed. The platform repeats such a request only
/// where the end of HTTP/1.1 came as an end or a GOAWAY of HTTP/2 spared the stream, and a tunnel that breaks gives neither.
/// </summary>
internal static class BrokenConnection
{
    /// <summary>An end in place of an answer, in HTTP or in the handshake; neither bytes that are no HTTP nor a certificate that is refused.</summary>
    public static bool IsCauseOf(Exception e) => e is HttpRequestException http && http.HttpRequestError switch
    {
        HttpRequestError.ResponseEnded => true,
        HttpRequestError.Unknown or HttpRequestError.SecureConnectionError => http.InnerException is IOException and not HttpIOException,
        _ => false,
    };

    /// <summary>
    /// What Go's client, which kubectl is, repeats as well: methods that change nothing, without a body. A DELETE would be answered with 404
    /// where the first has worked, and an exec, though a GET, runs a command.
    /// </summary>
    public static bool MayRepeat(HttpRequestMessage request) =>
        request.Content is null
        && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options)
        && request.Options.TryGetValue(ForwardCall.Key, out var call) && call.Kind != RequestKind.Upgrade;
}
