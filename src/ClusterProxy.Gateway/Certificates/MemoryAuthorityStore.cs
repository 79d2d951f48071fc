namespace ClusterProxy.Gateway.Certificates;

/// <summary>An authority of this process only, where nothing says whence the port's certificate comes; gone with the process.</summary>
internal sealed class MemoryAuthorityStore : IAuthorityStore
{
    private AuthorityState? _state;

    public Task<AuthorityState?> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(_state);

    public Task<bool> TryWriteAsync(AuthorityState state, CancellationToken cancellationToken)
    {
        _state = state;
        return Task.FromResult(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
