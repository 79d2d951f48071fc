namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>Where requests get their credential from.</summary>
public interface ICredentialSource
{
    /// <exception cref="IOException">There is none: a file cannot be read, a plugin failed.</exception>
    ValueTask<Credential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server answered 401: what is cached is not used again.</summary>
    void Reject(Credential credential);
}
