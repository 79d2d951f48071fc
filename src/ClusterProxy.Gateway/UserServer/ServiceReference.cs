namespace ClusterProxy.Gateway.UserServer;

/// <summary>A port of a Service in a managed cluster.</summary>
/// <param name="Scheme">http or https.</param>
/// <param name="Namespace">A DNS label.</param>
/// <param name="Name">A DNS label.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record ServiceReference(string Scheme, string Namespace, string Name, int Port)
{
    /// <summary>The cluster's own API server, by the name under which every cluster has it.</summary>
    public bool IsApiServer => Namespace == "default" && Name == "kubernetes";

    public override string ToString() => $"{Scheme}:{Name}:{Port} in namespace {Namespace}";
}
