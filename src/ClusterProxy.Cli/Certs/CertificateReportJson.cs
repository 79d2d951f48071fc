using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Certs;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<CertificateReport>))]
internal sealed partial class CertificateReportJson : JsonSerializerContext
{
    public static string Format(IReadOnlyList<CertificateReport> reports) =>
        JsonSerializer.Serialize(reports, Default.IReadOnlyListCertificateReport);
}
