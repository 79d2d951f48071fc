using System.Security.Cryptography;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>
/// A certificate that this replica issues itself, by the authority that all replicas share. One loop looks at the authority's life and
/// at the leaf's; what it cannot do it says in the log and tries again, and the last pair goes on serving.
/// </summary>
internal sealed class IssuedServingCertificate : IServingCertificate
{
    private readonly IAuthorityStore _store;
    private readonly CaBundlePublisher? _publisher;
    private readonly CertificateProfile _profile;
    private readonly RotationTimes _times;
    private readonly AuthorityRotation _rotation;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private Issued? _issued;
    private string? _failure;
    private long _looks;

    /// <param name="store">Owned.</param>
    /// <param name="publisher">Owned; null when nobody is told of the authorities.</param>
    /// <param name="hosts">Names and addresses that the leaf bears.</param>
    /// <param name="times">How long things live.</param>
    /// <param name="logger">Told of each step and failure.</param>
    /// <param name="time">Clock of all lives.</param>
    public IssuedServingCertificate(
        IAuthorityStore store, CaBundlePublisher? publisher, IReadOnlyList<string> hosts, RotationTimes times, ILogger logger, TimeProvider time)
    {
        _store = store;
        _publisher = publisher;
        _profile = new CertificateProfile { CommonName = hosts[0], Hosts = hosts, Lifetime = times.Leaf };
        _times = times;
        _rotation = new AuthorityRotation(times, time);
        _logger = logger;
        _time = time;
    }

    public KeyPair KeyPair => (Volatile.Read(ref _issued) ?? throw new InvalidOperationException("Not started.")).Pair;

    public string? Authorities => Volatile.Read(ref _issued)?.Authorities;

    /// <summary>How often all was looked at and found right, or set right.</summary>
    internal long Looks => Interlocked.Read(ref _looks);

    /// <summary>Returns when there is a pair.</summary>
    /// <exception cref="IOException">The authority cannot be had, or the APIService not be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Two rounds, since another replica may be faster with the first one.
        while (!await LookAsync(cancellationToken))
        {
        }

        _loop = RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        await _store.DisposeAsync();
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_times.Look, _time);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
                while (!await LookAsync(cancellationToken))
                {
                }

                _failure = null;
                Interlocked.Increment(ref _looks);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (_failure != e.Message)
                {
                    _failure = e.Message;
                    _logger.RotationFailed(KeyPair.Validity.End, e);
                }
            }
        }
    }

    /// <returns>False when another replica changed the authority meanwhile: look again.</returns>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var state = await _store.ReadAsync(cancellationToken);
        if (state is null)
        {
            return await WriteAsync(_rotation.Create(), "made", cancellationToken) && await LookAsync(cancellationToken);
        }

        try
        {
            // Trust goes before use: clients learn of an authority before its first leaf is shown.
            if (_publisher is not null)
            {
                await _publisher.PublishAsync(state.Bundle, cancellationToken);
            }

            Issue(state);
            var step = _rotation.Due(state, _publisher?.Published);
            return step == AuthorityTransition.None || (await WriteAsync(_rotation.Take(step, state), step.ToString(), cancellationToken) && await LookAsync(cancellationToken));
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException)
        {
            throw new InvalidAuthorityException($"the authority cannot be used ({e.Message}); delete what is kept of it, and a new one is made", e);
        }
    }

    private async Task<bool> WriteAsync(AuthorityState state, string step, CancellationToken cancellationToken)
    {
        var written = await _store.TryWriteAsync(state, cancellationToken);
        if (written)
        {
            _logger.AuthorityChanged(step);
        }

        return written;
    }

    private void Issue(AuthorityState state)
    {
        var issued = _issued;
        if (issued is not null && issued.Key == state.Key && _time.GetUtcNow() < issued.Renewal)
        {
            Volatile.Write(ref _issued, issued with { Authorities = state.Bundle });
            return;
        }

        using var authority = _rotation.Signing(state);
        var pair = authority.IssueServer(_profile).ToKeyPair();
        Volatile.Write(ref _issued, new Issued(pair, state.Key, state.Bundle, RenewalOf(pair)));
        var (names, issuer, end) = (string.Join(", ", _profile.Hosts), authority.Certificate.Subject, pair.Validity.End);
        _logger.CertificateIssued(names, issuer, end);
    }

    /// <summary>At two thirds of its life, at most a tenth of it sooner, so that replicas do not renew together.</summary>
    private DateTimeOffset RenewalOf(KeyPair pair)
    {
        var now = _time.GetUtcNow();
        return now + ((pair.Validity.End - now) * ((2.0 / 3) - (Random.Shared.NextDouble() / 10)));
    }

    private sealed record Issued(KeyPair Pair, string Key, string Authorities, DateTimeOffset Renewal);
}
