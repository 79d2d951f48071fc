using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Certs;

/// <summary>Whether the private key of a certificate was found, and belongs to it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KeyMatch>))]
internal enum KeyMatch
{
    [JsonStringEnumMemberName("none")]
    None,
    [JsonStringEnumMemberName("match")]
    Match,
    [JsonStringEnumMemberName("mismatch")]
    Mismatch,
    [JsonStringEnumMemberName("encrypted")]
    Encrypted,
}
