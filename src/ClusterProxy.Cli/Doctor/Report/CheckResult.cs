using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Doctor.Report;

[JsonConverter(typeof(JsonStringEnumConverter<CheckResult>))]
internal enum CheckResult
{
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Works, and needs an operator all the same.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Makes the command fail.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Nothing is known: the cause says why.</summary>
    [JsonStringEnumMemberName("notChecked")]
    NotChecked,
}
