namespace ClusterProxy.Agent.Servers;

internal static class ConnectStepNames
{
    /// <summary>The value of the <c>result</c> label and the log property.</summary>
    public static string ToTag(this ConnectStep step) => step switch
    {
        ConnectStep.Resolve => "resolve",
        ConnectStep.Tcp => "tcp",
        ConnectStep.Proxy => "proxy",
        ConnectStep.Tls => "tls",
        ConnectStep.Token => "token",
        ConnectStep.Call => "call",
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "a step without a name"),
    };
}
