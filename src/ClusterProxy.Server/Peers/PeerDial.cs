namespace ClusterProxy.Server.Peers;

/// <summary>A dial that another server was asked for. Whoever takes it out of the lane's table decides its end.</summary>
internal sealed class PeerDial
{
    private readonly TaskCompletionSource<PeerAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Chosen by this server; the other echoes it.</summary>
    public long Id { get; } = Random.Shared.NextInt64(1, long.MaxValue);

    public Task<PeerAnswer> Answer => _answer.Task;

    public void Complete(PeerAnswer answer) => _answer.SetResult(answer);
}
