namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>What a test does to all running watches.</summary>
internal sealed class WatchControl
{
    private readonly Lock _gate = new();
    private Command _command = new(WatchAction.None);

    public Command Current
    {
        get
        {
            lock (_gate)
            {
                return _command;
            }
        }
    }

    public void Tell(WatchAction action)
    {
        lock (_gate)
        {
            var next = new Command(WatchAction.None);
            _command.Do(action, next);
            _command = next;
        }
    }

    /// <summary>A link of a chain: told what to do once, it knows the next one.</summary>
    internal sealed class Command(WatchAction action)
    {
        private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WatchAction Action { get; private set; } = action;

        public Command? Next { get; private set; }

        public Task Told => _told.Task;

        public void Do(WatchAction action, Command next)
        {
            (Action, Next) = (action, next);
            _told.SetResult();
        }
    }
}
