using ClusterProxy.Kubernetes.Configuration;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>Where the credential of a kubeconfig's user comes from.</summary>
public static class CredentialSource
{
    /// <param name="user">How to prove oneself.</param>
    /// <param name="cluster">What exec plugins are told about.</param>
    /// <param name="options">How often files are read again, and how long a plugin may take.</param>
    /// <param name="time">Decides what has expired.</param>
    /// <param name="logger">Told of files that cannot be used.</param>
    public static ICredentialSource Create(
        KubeConfigUser user, KubeConfigCluster cluster, KubernetesClientOptions options, TimeProvider time, ILogger logger) =>
        user.Exec is { } exec
            ? new ExecCredentials(exec, new ExecPluginRun(exec, cluster, options.ExecTimeout, time), time)
            : new UserCredentials(user, options.FileRereadPeriod, time, logger);
}
