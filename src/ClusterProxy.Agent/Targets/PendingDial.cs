using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Agent.Targets;

/// <summary>One dial under way. Whoever removes it from the pending ones has the say over what becomes of it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and disposing it would race with Cancel.")]
internal sealed class PendingDial(long dialId, long connectId)
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>As the server chose it; two dials under way may share one.</summary>
    public long DialId { get; } = dialId;

    public long ConnectId { get; } = connectId;

    public CancellationToken Cancelled => _cancellation.Token;

    public void Cancel() => _cancellation.Cancel();
}
