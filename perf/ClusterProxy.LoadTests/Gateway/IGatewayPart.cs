namespace ClusterProxy.LoadTests.Gateway;

/// <summary>One user story.</summary>
internal interface IGatewayPart
{
    string Name { get; }

    Task<IReadOnlyList<GatewayFigure>> RunAsync(GatewayRig rig, GatewaySettings settings, CancellationToken cancellationToken);
}
