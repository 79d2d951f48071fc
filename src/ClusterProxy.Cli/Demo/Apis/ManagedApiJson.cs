using System.Text.Json.Serialization;

namespace ClusterProxy.Cli.Demo.Apis;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterVersion))]
[JsonSerializable(typeof(UploadReceipt))]
internal sealed partial class ManagedApiJson : JsonSerializerContext;
