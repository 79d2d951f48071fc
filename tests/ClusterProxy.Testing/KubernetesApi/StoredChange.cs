using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>One entry of the store's log.</summary>
/// <param name="Version">After the change.</param>
/// <param name="Resource">The object's kind.</param>
/// <param name="Key">Its namespace and name.</param>
/// <param name="Before">Null when it was created.</param>
/// <param name="After">Null when it was deleted.</param>
/// <param name="Last">What watchers are shown: after, or the last state with the deletion's version.</param>
internal sealed record StoredChange(
    long Version, ApiResource Resource, ObjectKey Key, JsonObject? Before, JsonObject? After, JsonObject Last);
