using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>Starts the source of the port's certificate that the flags name.</summary>
internal static class ServingCertificates
{
    private const string Plane = "gateway";
    private const string Role = "serving";

    /// <param name="options">Of the flags.</param>
    /// <param name="files">Watches files and ends.</param>
    /// <param name="hub">Null without Kubernetes.</param>
    /// <param name="waiting">Told how to learn what is missing while there is nothing to serve with.</param>
    /// <param name="logger">Told of changes.</param>
    /// <param name="time">Clock of all lives.</param>
    /// <param name="cancellationToken">Ends the wait for the first certificate.</param>
    /// <exception cref="StartupException">There is no certificate to serve.</exception>
    public static async Task<IServingCertificate> StartAsync(
        GatewayOptions options, CertificateFiles files, KubernetesClient? hub, Action<Func<string?>> waiting, ILogger logger, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (options.TlsCertFile.Length > 0)
        {
            return new FileServingCertificate(files.KeyPair(
                Plane, Role, new FlagFile("tls-cert-file", options.TlsCertFile), new FlagFile("tls-private-key-file", options.TlsPrivateKeyFile)));
        }

        var (certificate, key) = (Pair("apiserver.crt"), Pair("apiserver.key"));
        if (!options.Certificates.IsGiven && File.Exists(certificate.Path) && File.Exists(key.Path))
        {
            return new FileServingCertificate(files.KeyPair(Plane, Role, certificate, key));
        }

        var source = await StartAsync(options.Certificates, hub, waiting, logger, time, cancellationToken);
        files.WatchEnd(Plane, Role, "the port's certificate", () => source.KeyPair.Validity);
        return source;

        FlagFile Pair(string name) => new("cert-dir", Path.Combine(options.Certificates.PairDirectory, name));
    }

    private static async Task<IServingCertificate> StartAsync(
        CertificateOptions options, KubernetesClient? hub, Action<Func<string?>> waiting, ILogger logger, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (options.CertSecret.Length > 0)
        {
            var secret = new SecretServingCertificate(hub!, Name(options.CertSecret), Publisher(), logger, time);
            waiting(() => secret.Missing);
            return await StartedAsync("serving-cert-secret", options.CertSecret, secret, secret.StartAsync);
        }

        var names = ServingNames.Of(options.Service, options.Names);
        if (options.AuthoritySecret.Length > 0)
        {
            var store = new SecretAuthorityStore(hub!, Name(options.AuthoritySecret));
            var issued = new IssuedServingCertificate(store, Publisher(), names, options.Times, logger, time);
            return await StartedAsync("serving-ca-secret", options.AuthoritySecret, issued, issued.StartAsync);
        }

        var inMemory = options.AuthorityDirectory.Length == 0;
        if (inMemory)
        {
            logger.CertificateOfNobody();
        }

        var local = new IssuedServingCertificate(
            inMemory ? new MemoryAuthorityStore() : new FolderAuthorityStore(options.AuthorityDirectory), publisher: null, names, options.Times,
            logger, time);
        return await StartedAsync("serving-ca-dir", options.AuthorityDirectory, local, local.StartAsync);

        CaBundlePublisher? Publisher() => options.ApiService.Length > 0 ? new CaBundlePublisher(hub!, options.ApiService, logger, time) : null;

        async Task<IServingCertificate> StartedAsync(
            string flag, string value, IServingCertificate source, Func<CancellationToken, Task> start)
        {
            try
            {
                await start(cancellationToken);
                return source;
            }
            catch (Exception e)
            {
                await source.DisposeAsync();
                if (e is ApiException or IOException or UnauthorizedAccessException)
                {
                    throw new StartupException($"--{flag}={value}: {e.Message}", e);
                }

                throw;
            }
        }
    }

    private static ResourceName Name(string text) => text.Split('/') is [var space, var name]
        ? new ResourceName(space, name)
        : throw new StartupException($"\"{text}\": write namespace/name");
}
