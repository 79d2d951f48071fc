using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ClusterProxy.Kubernetes.Requests;

namespace ClusterProxy.Gateway.Status;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class StatusJson : JsonSerializerContext;
