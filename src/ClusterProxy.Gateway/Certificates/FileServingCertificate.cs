using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Certificates;

/// <summary>Two files, followed while the gateway runs. Whoever renews them also tells clients of a new authority.</summary>
internal sealed class FileServingCertificate(ReloadingFile<KeyPair> files) : IServingCertificate
{
    public KeyPair KeyPair => files.Value;

    public string? Authorities => null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
