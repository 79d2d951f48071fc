using System.Security.Cryptography;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>
/// A Secret of type kubernetes.io/tls, watched: whatever renews it, this takes it up. Its <c>ca.crt</c>, when there is one, goes into
/// the APIService. Content that cannot be used is logged, and the last good one stays.
/// </summary>
internal sealed class SecretServingCertificate : IServingCertificate
{
    /// <summary>Long enough for whatever issues certificates in a cluster that comes up; then a restart says it louder than a log line.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly ResourceName _name;
    private readonly Informer<Secret> _informer;
    private readonly CaBundlePublisher? _publisher;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private Loaded? _loaded;
    private string? _failure;
    private string? _lookFailure;

    public SecretServingCertificate(KubernetesClient client, ResourceName name, CaBundlePublisher? publisher, ILogger logger, TimeProvider time)
    {
        _name = name;
        _publisher = publisher;
        _logger = logger;
        _time = time;
        _informer = client.CreateInformer(KnownResources.Secrets, new InformerOptions<Secret>
        {
            Objects = new ListOptions { Namespace = name.Namespace, Fields = FieldSelector.ForName(name.Name) },
        });
    }

    public KeyPair KeyPair => (Volatile.Read(ref _loaded) ?? throw new InvalidOperationException("Not started.")).Pair;

    public string? Authorities => Volatile.Read(ref _loaded)?.Authorities;

    /// <summary>What is missing, for readiness; null when there is a pair.</summary>
    public string? Missing => Volatile.Read(ref _loaded) is not null ? null
        : Volatile.Read(ref _failure) ?? (_informer.LastError is { } error ? $"the Secret {_name} cannot be read: {error}" : $"the Secret {_name} was not read yet");

    /// <summary>Returns when there is a pair; until then it waits for the Secret, for a minute at most.</summary>
    /// <exception cref="IOException">There is none after that; the message says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StartLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        _informer.Start();
        try
        {
            await _informer.Synced.WaitAsync(either.Token);
            using var timer = new PeriodicTimer(Look, _time);
            while (!TryLoad())
            {
                await timer.WaitForNextTickAsync(either.Token);
            }
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"nothing to serve with after {StartLimit.TotalSeconds:0} s: {Missing}", e);
        }

        _loop = RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        await _informer.DisposeAsync();
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Look, _time);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                TryLoad();
                if (_publisher is not null && Authorities is { } authorities)
                {
                    await _publisher.PublishAsync(authorities, cancellationToken);
                }

                _lookFailure = null;
                await timer.WaitForNextTickAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Known apart from what is wrong with the Secret: each would make the other be said again at every look.
                if (_lookFailure != e.Message)
                {
                    _lookFailure = e.Message;
                    _logger.SecretUnusable(e.Message, e);
                }

                await Task.Delay(Look, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool TryLoad()
    {
        if (_informer.Snapshot.Find(_name) is not { } secret)
        {
            Say($"the Secret {_name} is not there; create it with tls.crt and tls.key", null);
            return false;
        }

        if (_loaded?.Version == secret.Metadata?.ResourceVersion)
        {
            return true;
        }

        try
        {
            var pair = KeyPairFile.Parse(
                $"the Secret {_name}, tls.crt", secret.Text("tls.crt") ?? "", $"the Secret {_name}, tls.key", secret.Text("tls.key") ?? "");
            if (pair.Validity.End <= _time.GetUtcNow() && _loaded is not null)
            {
                Say($"the Secret {_name}: its certificate expired at {pair.Validity.End:u}", null);
                return false;
            }

            var authorities = secret.Text("ca.crt") is { Length: > 0 } ca ? ca : null;
            Volatile.Write(ref _loaded, new Loaded(pair, authorities, secret.Metadata?.ResourceVersion));
            _failure = null;
            var (name, subject, end) = (_name.ToString(), pair.Certificate.Subject, pair.Validity.End);
            _logger.CertificateLoaded(name, subject, end);
            return true;
        }
        catch (Exception e) when (e is StartupException or FormatException or CryptographicException)
        {
            Say(e.Message, e);
            return false;
        }
    }

    private void Say(string failure, Exception? exception)
    {
        if (_failure != failure)
        {
            Volatile.Write(ref _failure, failure);
            _logger.SecretUnusable(failure, exception);
        }
    }

    private sealed record Loaded(KeyPair Pair, string? Authorities, string? Version);
}
