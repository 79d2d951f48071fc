namespace ClusterProxy.Server.Frontend;

/// <summary>What a request head asks for, or how it is refused.</summary>
/// <param name="Target">The destination, <c>host:port</c>, exactly as the request line has it.</param>
/// <param name="Refusal">Set instead of the target.</param>
internal readonly record struct ConnectRequest(string Target, ConnectResponse? Refusal)
{
    public static ConnectRequest To(string target) => new(target, null);

    public static ConnectRequest Refused(int status, string text) => new("", new ConnectResponse(status, text));
}
