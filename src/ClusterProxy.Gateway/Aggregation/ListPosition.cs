namespace ClusterProxy.Gateway.Aggregation;

/// <summary>Where an object stands in the order of a list.</summary>
internal readonly record struct ListPosition(DateTimeOffset CreatedAt, string Name)
{
    public static ListPosition Of(ServedObject value) => new(value.CreatedAt, value.Name);
}
