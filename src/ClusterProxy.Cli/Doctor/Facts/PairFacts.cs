using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A certificate and its key, as the files have them.</summary>
/// <param name="Certificate">The certificate's file.</param>
/// <param name="Key">The key's file.</param>
internal sealed record PairFacts(FlagFile Certificate, FlagFile Key)
{
    /// <summary>Leaf first; empty when the file holds none.</summary>
    public IReadOnlyList<X509Certificate2> Chain { get; init; } = [];

    /// <summary>Why the two are no pair.</summary>
    public Fault? Fault { get; init; }

    /// <summary>Null when they are none.</summary>
    public KeyPair? Pair { get; init; }

    /// <summary>Of the key's file, links followed; null where there is no such thing.</summary>
    public UnixFileMode? KeyMode { get; init; }
}
