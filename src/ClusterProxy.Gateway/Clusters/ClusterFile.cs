using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>One file of a directory, as it was read last.</summary>
internal sealed record ClusterFile
{
    private const long MaxBytes = 16 << 20;

    /// <summary>Clocks of file systems are coarse: a file that has just been written may be written again at the same time.</summary>
    private static readonly TimeSpan Doubtful = TimeSpan.FromSeconds(5);

    public required string Path { get; init; }

    /// <summary>Of the content; empty when it could not be read.</summary>
    public required string Hash { get; init; }

    public IReadOnlyList<DescribedObject> Objects { get; init; } = [];

    /// <summary>Why it cannot be used; null when it can.</summary>
    public string? Problem { get; init; }

    private long Length { get; init; }

    private DateTimeOffset WrittenAt { get; init; }

    private bool IsSettled { get; init; }

    /// <returns>The known one itself when nothing is different.</returns>
    public static ClusterFile Read(string path, ClusterFile? known, ClusterKeys keys, DateTimeOffset now)
    {
        try
        {
            var info = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
            if (known is { IsSettled: true } && known.Length == info.Length && known.WrittenAt == WrittenAtOf(info))
            {
                return known;
            }

            if (info.Length > MaxBytes)
            {
                return Unusable(path, $"it is larger than {MaxBytes >> 20} MiB", known);
            }

            var bytes = File.ReadAllBytes(path);
            var hash = Convert.ToHexString(SHA256.HashData(bytes));
            var basis = known is not null && known.Hash == hash ? known : Parse(path, bytes, hash, keys);
            return basis with
            {
                Length = info.Length,
                WrittenAt = WrittenAtOf(info),
                IsSettled = now - WrittenAtOf(info) > Doubtful,
            } is var read && read == known ? known : read;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unusable(path, e.Message, known);
        }
    }

    private static DateTimeOffset WrittenAtOf(FileInfo info) => new(info.LastWriteTimeUtc, TimeSpan.Zero);

    private static ClusterFile Unusable(string path, string problem, ClusterFile? known) =>
        known is { Hash: "" } && known.Problem == problem ? known : new ClusterFile { Path = path, Hash = "", Problem = problem };

    private static ClusterFile Parse(string path, byte[] bytes, string hash, ClusterKeys keys)
    {
        try
        {
            var objects = YamlObjects.Read(Encoding.UTF8.GetString(bytes), path)
                .Select(json => Object(path, json, keys))
                .OfType<DescribedObject>();
            return new ClusterFile { Path = path, Hash = hash, Objects = [.. objects] };
        }
        catch (Exception e) when (e is KubeConfigException or FormatException or JsonException or InvalidOperationException or ArgumentException)
        {
            // The last two for a field that is of another type than it should be, or there twice.
            return new ClusterFile { Path = path, Hash = hash, Problem = e.Message };
        }
    }

    /// <summary>Null for an object that is none of ours, such as a ConfigMap beside it.</summary>
    private static DescribedObject? Object(string path, JsonObject json, ClusterKeys keys)
    {
        switch ((string?)json["kind"])
        {
            case "Secret":
                if (json["stringData"] is JsonObject texts)
                {
                    json.Remove("stringData");
                    var data = json["data"] as JsonObject ?? [];
                    json["data"] = data;
                    foreach (var (key, value) in texts)
                    {
                        data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value?.ToString() ?? ""));
                    }
                }

                var secret = json.Deserialize(KnownResources.Secrets.Json);
                return secret?.Metadata?.Labels?.ContainsKey(keys.CredentialType) == true
                    ? new DescribedObject(path, Named(secret, path), json.ToJsonString(), WithUid(secret), null)
                    : null;
            case "ManagedCluster":
                var managed = json.Deserialize(KnownResources.ManagedClusters.Json);
                return managed is null ? null : new DescribedObject(path, Named(managed, path), json.ToJsonString(), null, managed);
            default:
                return null;
        }
    }

    private static string Named(KubernetesObject value, string path) => value.Key.Name is { Length: > 0 } name
        ? name
        : throw new FormatException($"a {value.Kind} in {path} has no metadata.name, which is the cluster's name");

    /// <summary>The API server gives every object a uid, and clients count on it; here it is made of the name.</summary>
    private static Secret WithUid(Secret secret) => secret.Metadata is { Uid: null } metadata
        ? secret with { Metadata = metadata with { Uid = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(secret.Key.Name)).AsSpan(0, 16)).ToString() } }
        : secret;
}
