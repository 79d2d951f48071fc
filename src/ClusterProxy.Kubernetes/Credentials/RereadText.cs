using ClusterProxy.Kubernetes.Configuration;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>
/// Text of a file that others replace while we run, read at most once a period. A file that is caught half-written or gone leaves
/// the last good text in use: kubelet and secret agents swap files, and an old token is better than none.
/// </summary>
internal sealed class RereadText(PemSource source, TimeSpan period, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private string? _text;
    private long _readAt;

    /// <exception cref="KubeConfigException">The first read failed.</exception>
    public string Read()
    {
        lock (_gate)
        {
            if (_text is not null && (source.Path is null || time.GetElapsedTime(_readAt) < period))
            {
                return _text;
            }

            try
            {
                _text = source.Read();
            }
            catch (KubeConfigException e) when (_text is not null)
            {
                KubernetesLog.KeptLastFile(logger, e.Message);
            }

            _readAt = time.GetTimestamp();
            return _text!;
        }
    }

    /// <summary>The next read goes to the file.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            _readAt = time.GetTimestamp() - ((long)period.TotalSeconds + 1) * time.TimestampFrequency;
        }
    }
}
