namespace ClusterProxy.Server.Agents;

/// <summary>
/// A dial that one stream was asked for. Whoever waits for its answer goes on inside <see cref="Complete"/>, as a rule on the reader
/// of that stream: like a connection's owner it must not block, and it saves waking a thread for each dial.
/// </summary>
/// <param name="stream">On which it was asked.</param>
/// <param name="id">Chosen by this server; the agent echoes it.</param>
internal sealed class PendingDial(AgentStream stream, long id)
{
    private readonly TaskCompletionSource<DialAnswer> _answer = new();

    public AgentStream Stream { get; } = stream;

    public long Id { get; } = id;

    /// <summary>Set as soon as the dial has been asked for; until then it waits where it is.</summary>
    public DialSearch? Search { get; set; }

    public Task<DialAnswer> Answer => _answer.Task;

    /// <summary>Tells the agent that nobody waits any more, unless it has answered.</summary>
    public void GiveUp()
    {
        if (Stream.TryCancel(this))
        {
            Complete(DialAnswer.GivenUp);
        }
    }

    /// <summary>Only whoever took the dial out of <see cref="PendingDials"/> calls it.</summary>
    public void Complete(DialAnswer answer) => _answer.SetResult(answer);
}
