namespace ClusterProxy.Hosting.Audit;

/// <summary>Where audit lines go. Only the audit's writer calls it.</summary>
public interface IAuditOutput : IDisposable
{
    /// <exception cref="IOException">The lines are lost; the next ones may get through.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    void Write(ReadOnlySpan<byte> lines);
}
