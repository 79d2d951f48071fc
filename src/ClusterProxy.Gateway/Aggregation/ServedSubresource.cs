namespace ClusterProxy.Gateway.Aggregation;

/// <summary>As discovery names it.</summary>
/// <param name="Name">The last part of its path.</param>
/// <param name="Kind">Of what is read and written there.</param>
/// <param name="Verbs">That are served.</param>
internal sealed record ServedSubresource(string Name, string Kind, IReadOnlyList<string> Verbs);
