using System.Diagnostics.Metrics;
using ClusterProxy.Hosting.Reloading;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The certificate files of a process: read at the start, taken up anew when they change, watched for their end. Handshakes ask
/// <see cref="ReloadingFile{T}.Value"/>, so the next one uses what was loaded last and what is open is not touched.
/// </summary>
public sealed class CertificateFiles : IAsyncDisposable
{
    private readonly HostingMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly TimeSpan _notice;
    private readonly FileReloader _reloader;
    private readonly List<WatchedCertificate> _watched = [];

    /// <param name="metrics">Counts reloads and shows ends.</param>
    /// <param name="logger">Told of each change, refusal and approaching end.</param>
    /// <param name="time">Decides what has expired.</param>
    /// <param name="notice">How long before its end a certificate is spoken of.</param>
    public CertificateFiles(HostingMetrics metrics, ILogger logger, TimeProvider time, TimeSpan notice)
    {
        _metrics = metrics;
        _logger = logger;
        _time = time;
        _notice = notice;
        _reloader = new FileReloader(logger, time);
        _reloader.Add("the ends of certificates", LogEnds);
        metrics.ObserveExpiry(() => _watched.Select(static w => new Measurement<double>(
            w.Validity().End.ToUnixTimeMilliseconds() / 1000.0, new("plane", w.Plane), new("role", w.Role))));
    }

    /// <summary>Before <see cref="Start"/>.</summary>
    /// <param name="plane">Label in log and metric: <c>frontend</c>, <c>agent</c>.</param>
    /// <param name="role">Label: <c>serving</c> or <c>client</c>.</param>
    /// <param name="certificate">Leaf, then intermediates.</param>
    /// <param name="key">Its private key.</param>
    /// <param name="objection">Why a pair, the first one too, is none for this process, in a sentence with the flag; null when it is.</param>
    /// <exception cref="StartupException">The pair cannot be used now.</exception>
    public ReloadingFile<KeyPair> KeyPair(
        string plane, string role, FlagFile certificate, FlagFile key, Func<KeyPair, string?>? objection = null)
    {
        var file = LoadKeyPair(certificate, key, pair => objection?.Invoke(pair) ?? ObjectionTo(pair));
        if (objection?.Invoke(file.Value) is { } refusal)
        {
            throw new StartupException(refusal);
        }

        Watch(plane, role, file, file.Files[0], () => file.Value.Validity, () => file.Value.Certificate.Subject);
        return file;

        // Somebody put back an old file; what is in use may have weeks left.
        string? ObjectionTo(KeyPair pair) => pair.Validity.End <= _time.GetUtcNow()
            ? $"{certificate}: the certificate expired at {pair.Validity.End:u}; give the renewed one"
            : null;
    }

    /// <summary>Before <see cref="Start"/>.</summary>
    /// <param name="plane">Label in log and metric.</param>
    /// <param name="bundle">Certificates to trust.</param>
    /// <exception cref="StartupException">The bundle cannot be used now.</exception>
    public ReloadingFile<CaBundle> Authorities(string plane, FlagFile bundle)
    {
        var file = LoadAuthorities(bundle);
        Watch(plane, "ca", file, bundle, () => file.Value.Validity, () => file.Value.Subjects);
        return file;
    }

    /// <summary>Before <see cref="Start"/>; the end of a certificate that comes from elsewhere is spoken of as that of a file's.</summary>
    /// <param name="plane">Label in log and metric.</param>
    /// <param name="role">Label: <c>serving</c> or <c>client</c>.</param>
    /// <param name="name">For people.</param>
    /// <param name="validity">Of what is in use.</param>
    public void WatchEnd(string plane, string role, string name, Func<Validity> validity) =>
        _watched.Add(new WatchedCertificate(plane, role, name, validity));

    /// <summary>For a program that asks <see cref="ReloadingFile{T}.CheckedValue"/> for the few handshakes that it makes.</summary>
    public static ReloadingFile<KeyPair> LoadKeyPair(FlagFile certificate, FlagFile key, Func<KeyPair, string?>? objection = null) =>
        new([certificate, key], texts => KeyPairFile.Parse(certificate, texts[0], key, texts[1]), objection);

    /// <inheritdoc cref="LoadKeyPair"/>
    public static ReloadingFile<CaBundle> LoadAuthorities(FlagFile bundle) => new([bundle], texts => CaBundle.Parse(bundle, texts[0]));

    public void Start() => _reloader.Start();

    /// <summary>One sentence for each certificate whose end is near or past, and for each file whose reading hangs.</summary>
    public IReadOnlyList<string> Warnings()
    {
        var now = _time.GetUtcNow();
        return [.. _watched.Select(w => w.Warning(now, _notice)).OfType<string>(), .. _reloader.Warnings()];
    }

    public ValueTask DisposeAsync() => _reloader.DisposeAsync();

    private void Watch(
        string plane, string role, ReloadingFile file, FlagFile named, Func<Validity> validity, Func<string> describe)
    {
        _watched.Add(new WatchedCertificate(plane, role, $"the certificate of {named}", validity));
        _metrics.PublishReloads(plane, role);
        _reloader.Add(file, outcome =>
        {
            if (outcome == ReloadOutcome.Reloaded)
            {
                var (subject, end) = (describe(), validity().End);
                HostingLog.FileReloaded(_logger, file, subject, end);
            }
            else if (outcome == ReloadOutcome.Refused)
            {
                HostingLog.FileRefused(_logger, file, file.Refusal);
            }

            // Last: whoever sees the count finds the rest done.
            _metrics.Reloaded(plane, role, outcome);
        });
    }

    private void LogEnds()
    {
        var now = _time.GetUtcNow();
        _watched.ForEach(w => w.Log(_logger, now, _notice));
    }
}
