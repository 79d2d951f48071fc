using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.LoadTests.Report;

internal static class JsonReport
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(TextWriter output, ComparisonReport report) =>
        output.WriteLine(JsonSerializer.Serialize(report, Options));
}
