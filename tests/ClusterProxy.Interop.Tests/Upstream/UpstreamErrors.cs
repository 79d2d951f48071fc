namespace ClusterProxy.Interop.Tests.Upstream;

/// <summary>Upstream logs errors of its own making; what no peer may bring it to is to end or to panic.</summary>
internal static class UpstreamErrors
{
    public static void Verify(ProgramProcess process)
    {
        if (process.HasExited || process.Lines.Any(l => l.Text.Contains("panic", StringComparison.Ordinal)))
        {
            throw new InvalidOperationException($"ended or panicked: {process.Describe()}");
        }
    }
}
