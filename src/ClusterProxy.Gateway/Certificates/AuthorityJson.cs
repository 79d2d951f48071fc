using System.Text.Json.Serialization;

namespace ClusterProxy.Gateway.Certificates;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuthorityState))]
internal sealed partial class AuthorityJson : JsonSerializerContext;
