namespace ClusterProxy.Kubernetes.Selectors;

/// <summary>One of the conditions of a field selector.</summary>
/// <param name="Path">Such as metadata.name.</param>
/// <param name="Value">What the field is compared with.</param>
/// <param name="IsEqual">False for <c>!=</c>.</param>
public sealed record FieldRequirement(string Path, string Value, bool IsEqual)
{
    public override string ToString() => $"{Path}{(IsEqual ? "=" : "!=")}{Escape(Value)}";

    private static string Escape(string value) => value
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace(",", @"\,", StringComparison.Ordinal)
        .Replace("=", @"\=", StringComparison.Ordinal);
}
