using System.Collections.Immutable;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Server.Fleet;

/// <summary>Who knows which servers there are.</summary>
internal interface IServerSource : IAsyncDisposable
{
    /// <summary>As known now; none when that is not known.</summary>
    ImmutableArray<FleetServer> Servers { get; }

    /// <summary>A sentence for each reason why that may be out of date.</summary>
    IReadOnlyList<string> Warnings => [];

    /// <summary>Begins to follow changes.</summary>
    /// <param name="changed">Told after each; must neither throw nor block.</param>
    void Start(Action changed);
}
