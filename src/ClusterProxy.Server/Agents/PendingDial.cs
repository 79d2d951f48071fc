namespace ClusterProxy.Server.Agents;

/// <summary>A dial that one tunnel was asked for.</summary>
/// <param name="id">Chosen by this server; the tunnel echoes it.</param>
internal sealed class PendingDial(long id)
{
    private readonly TaskCompletionSource<DialAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Id { get; } = id;

    public Task<DialAnswer> Answer => _answer.Task;

    /// <summary>Only whoever took the dial out of <see cref="PendingDials"/> calls it.</summary>
    public void Complete(DialAnswer answer) => _answer.SetResult(answer);
}
