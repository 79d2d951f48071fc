using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Doctor.Report;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class FindingJson : JsonSerializerContext
{
    public static string Format(IReadOnlyList<Finding> findings) => JsonSerializer.Serialize(findings, Default.IReadOnlyListFinding);
}
