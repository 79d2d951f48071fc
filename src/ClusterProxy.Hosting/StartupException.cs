namespace ClusterProxy.Hosting;

/// <summary>
/// A fault at start-up that the operator can mend. The message is the one sentence the operator reads: what failed, with
/// which value, what to do. Programs print it to standard error, without a stack trace, and exit with code 1.
/// </summary>
public sealed class StartupException : Exception
{
    public StartupException(string message)
        : base(message)
    {
    }

    public StartupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
