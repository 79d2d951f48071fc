namespace ClusterProxy.Server.Peers;

/// <summary>A dial that another server was asked for. Whoever takes it out of the lane's table decides its end.</summary>
/// <param name="hasAnother">Whether somebody else would answer as well, if the other server does not.</param>
internal sealed class PeerDial(Func<bool> hasAnother)
{
    private readonly TaskCompletionSource<PeerAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Chosen by this server; the other echoes it.</summary>
    public long Id { get; } = Random.Shared.NextInt64(1, long.MaxValue);

    public bool HasAnother => hasAnother();

    public Task<PeerAnswer> Answer => _answer.Task;

    public void Complete(PeerAnswer answer) => _answer.SetResult(answer);
}
