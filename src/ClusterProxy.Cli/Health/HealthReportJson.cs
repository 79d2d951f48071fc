using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Health;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<HealthReport>))]
internal sealed partial class HealthReportJson : JsonSerializerContext
{
    public static string Format(IReadOnlyList<HealthReport> reports) => JsonSerializer.Serialize(reports, Default.IReadOnlyListHealthReport);
}
