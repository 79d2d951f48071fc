using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Certs;

[JsonConverter(typeof(JsonStringEnumConverter<ValidityState>))]
internal enum ValidityState
{
    [JsonStringEnumMemberName("valid")]
    Valid,
    [JsonStringEnumMemberName("expired")]
    Expired,
    [JsonStringEnumMemberName("notYetValid")]
    NotYetValid,
}
