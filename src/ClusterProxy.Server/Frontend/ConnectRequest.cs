namespace ClusterProxy.Server.Frontend;

/// <summary>What a request head asks for, or how it is refused.</summary>
/// <param name="Target">The destination, <c>host:port</c>, exactly as the request line has it.</param>
/// <param name="Refusal">Set instead of the target.</param>
/// <param name="TraceParent">As the client sent it; empty when it did not, or sent several.</param>
/// <param name="Features">As the client announced them; empty for one that knows HTTP and nothing of ours.</param>
/// <param name="TraceState">As the client sent it, several joined by commas; empty when it did not.</param>
internal readonly record struct ConnectRequest(
    string Target, ConnectResponse? Refusal, string TraceParent = "", string Features = "", string TraceState = "")
{
    public static ConnectRequest Refused(int status, string text) => new("", new ConnectResponse(status, text));
}
