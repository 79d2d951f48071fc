namespace ClusterProxy.Interop.Tests.Programs;

/// <summary>An Error log line of ours is a bug, whatever a peer did.</summary>
internal static class ProgramErrors
{
    public static void Verify(ProgramProcess process)
    {
        var errors = process.Lines
            .Where(l => l.Text.Contains(" fail: ", StringComparison.Ordinal) || l.Text.Contains(" crit: ", StringComparison.Ordinal))
            .ToList();
        if (errors.Count > 0)
        {
            throw new InvalidOperationException($"logged {errors.Count} error(s), such as {errors[0]}: {process.Describe()}");
        }
    }
}
