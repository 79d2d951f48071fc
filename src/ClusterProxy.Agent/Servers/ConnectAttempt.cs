namespace ClusterProxy.Agent.Servers;

/// <summary>What came of an attempt to open a tunnel.</summary>
/// <param name="ServerId">Whose address it was; empty when it failed.</param>
/// <param name="IsDuplicate">The server has a tunnel already, or none is wanted any more.</param>
/// <param name="Failure">Null when a server answered.</param>
internal readonly record struct ConnectAttempt(string ServerId, bool IsDuplicate, ServerConnectException? Failure)
{
    public static ConnectAttempt Failed(ServerConnectException failure) => new("", IsDuplicate: false, failure);
}
