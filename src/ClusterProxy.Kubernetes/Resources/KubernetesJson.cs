using System.Text.Json.Serialization;
using ClusterProxy.Kubernetes.Credentials;
using ClusterProxy.Kubernetes.Requests;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>
/// The source-generated serializers of the types here. Nothing is written that is null: null and absent differ in patches, and an
/// absent field leaves the server's default.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(ApiService))]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(CertificateSigningRequest))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(CustomObject))]
[JsonSerializable(typeof(DeleteBody))]
[JsonSerializable(typeof(ExecCredential))]
[JsonSerializable(typeof(Lease))]
[JsonSerializable(typeof(ListMetadata))]
[JsonSerializable(typeof(ManagedCluster))]
[JsonSerializable(typeof(ObjectMetadata))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(SubjectAccessReview))]
[JsonSerializable(typeof(TokenReview))]
internal sealed partial class KubernetesJson : JsonSerializerContext;
