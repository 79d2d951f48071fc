namespace ClusterProxy.Gateway.Certificates;

/// <summary>Keeps the authority where all replicas find it.</summary>
internal interface IAuthorityStore : IAsyncDisposable
{
    /// <summary>What is there now; null when nothing is.</summary>
    /// <exception cref="IOException">The place cannot be reached, or what is there is no authority.</exception>
    Task<AuthorityState?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces what <see cref="ReadAsync"/> returned last, or nothing.</summary>
    /// <returns>False when another replica was faster: read again and take what it wrote.</returns>
    /// <exception cref="IOException">The place cannot be written.</exception>
    Task<bool> TryWriteAsync(AuthorityState state, CancellationToken cancellationToken);
}
