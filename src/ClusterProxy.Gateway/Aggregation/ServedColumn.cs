namespace ClusterProxy.Gateway.Aggregation;

/// <summary>A column of the Table that kubectl prints.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Type">string, boolean or date.</param>
/// <param name="Format">name for the column that names objects.</param>
/// <param name="Description">For people.</param>
/// <param name="Priority">Above 0 only in wide output.</param>
internal sealed record ServedColumn(string Name, string Type, string Format, string Description, int Priority = 0);
