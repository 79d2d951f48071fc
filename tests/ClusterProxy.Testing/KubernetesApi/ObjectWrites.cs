using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Create, update, patch, apply and delete, with what the API server checks and fills in.</summary>
internal sealed partial class ObjectWrites(ObjectStore store, TimeProvider time)
{
    public JsonObject Create(ApiCall call)
    {
        var value = call.Body();
        var metadata = Metadata(value);
        if (ObjectPath.Text(value, "metadata.name") is null && ObjectPath.Text(value, "metadata.generateName") is { } prefix)
        {
            metadata["name"] = $"{prefix}{Guid.NewGuid().ToString("N")[..5]}";
        }

        var name = ObjectPath.Text(value, "metadata.name") ?? throw ApiErrorException.Invalid(call.Resource, "", "metadata.name", "name or generateName is required");
        return Write(call, new ObjectKey(call.Namespace, name), before => before is null
            ? Born(call, name, value)
            : throw ApiErrorException.AlreadyExists(call.Resource, name));
    }

    public JsonObject Update(ApiCall call)
    {
        var value = call.Body();
        return Write(call, call.Key, before => before is null
            ? throw ApiErrorException.NotFound(call.Resource, call.Name!)
            : Changed(call, before, value));
    }

    /// <returns>The object, and whether it was created by apply.</returns>
    public (JsonObject Value, bool IsNew) Patch(ApiCall call)
    {
        var type = call.Context.Request.ContentType?.Split(';')[0].Trim();
        var patch = call.BodyNode();
        if (type == "application/apply-patch+yaml")
        {
            return Apply(call, call.Body());
        }

        var patched = Write(call, call.Key, before =>
        {
            if (before is null)
            {
                throw ApiErrorException.NotFound(call.Resource, call.Name!);
            }

            var target = (JsonObject)before.DeepClone();
            var after = type switch
            {
                // Strategic merge differs in lists of objects, which no kind here patches.
                "application/merge-patch+json" or "application/strategic-merge-patch+json" => (JsonObject)JsonMerge.Apply(target, patch)!,
                "application/json-patch+json" => JsonOperations.Apply(target, patch!.AsArray()),
                _ => throw ApiErrorException.UnsupportedMediaType(type),
            };
            if (ObjectPath.Find(patch as JsonObject, "metadata.resourceVersion") is null)
            {
                Metadata(after).Remove("resourceVersion");
            }

            return Changed(call, before, after);
        });
        return (patched, false);
    }

    public JsonObject Delete(ApiCall call)
    {
        var options = call.Request.Body.Length > 0 ? call.Body() : [];
        return Write(call, call.Key, before =>
        {
            if (before is null)
            {
                throw ApiErrorException.NotFound(call.Resource, call.Name!);
            }

            foreach (var field in (string[])["uid", "resourceVersion"])
            {
                if (ObjectPath.Text(options, $"preconditions.{field}") is { } wanted && wanted != ObjectPath.Text(before, $"metadata.{field}"))
                {
                    throw ApiErrorException.Conflict(
                        call.Resource, call.Name!, $"Precondition failed: {field} in precondition: {wanted}, in object meta: {ObjectPath.Text(before, $"metadata.{field}")}");
                }
            }

            if (ObjectPath.Find(before, "metadata.finalizers") is not JsonArray { Count: > 0 })
            {
                return null;
            }

            Metadata(before)["deletionTimestamp"] ??= Now();
            return before;
        });
    }

    /// <summary>With dryRun=All the answer is that of a write, and nothing is kept.</summary>
    private JsonObject Write(ApiCall call, ObjectKey key, Func<JsonObject?, JsonObject?> change) =>
        store.Write(call.Resource, key, change, isKept: call.Query("dryRun") != "All");

    private (JsonObject Value, bool IsNew) Apply(ApiCall call, JsonObject applied)
    {
        if (call.Query("fieldManager") is not { } manager)
        {
            throw ApiErrorException.Bad("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        }

        if (ObjectPath.Find(applied, "metadata.managedFields") is not null)
        {
            throw ApiErrorException.Bad("metadata.managedFields must be nil");
        }

        var isNew = false;
        var value = Write(call, call.Key, before =>
        {
            isNew = before is null;
            var current = before ?? Skeleton(call);
            var owners = FieldOwners.Of(before);
            if (before is not null && !call.Flag("force") && owners.Conflicts(manager, current, applied) is { Count: > 0 } conflicts)
            {
                throw FieldConflict(call, conflicts);
            }

            owners.Apply(manager, current, applied);
            Check(call, current);
            owners.WriteTo(current);
            return Generation(before, current);
        });
        return (value, isNew);
    }

    private static ApiErrorException FieldConflict(ApiCall call, IReadOnlyList<(string Manager, string Field)> conflicts) => ApiErrorException.Conflict(
        call.Resource,
        call.Name!,
        $"Apply failed with {conflicts.Count} conflict(s): {string.Join(", ", conflicts.Select(static c => $"conflict with \"{c.Manager}\": {c.Field}"))}",
        [.. conflicts.Select(static c => (JsonNode)new JsonObject
        {
            ["reason"] = "FieldManagerConflict",
            ["message"] = $"conflict with \"{c.Manager}\"",
            ["field"] = c.Field,
        })]);

    private JsonObject Born(ApiCall call, string name, JsonObject value)
    {
        var born = Skeleton(call, name);
        foreach (var (field, content) in value.Where(static p => p.Key != "metadata"))
        {
            born[field] = content?.DeepClone();
        }

        foreach (var (field, content) in Metadata(value).Where(static p => p.Key is "labels" or "annotations" or "finalizers" or "ownerReferences" or "generateName"))
        {
            Metadata(born)[field] = content?.DeepClone();
        }

        foreach (var subresource in call.Resource.Subresources)
        {
            born.Remove(subresource);
        }

        if (call.Resource.Kind == "CertificateSigningRequest" && call.Request.User is { } user)
        {
            var spec = (JsonObject)(born["spec"] ??= new JsonObject());
            spec["username"] = user.Name;
            spec["groups"] = new JsonArray([.. user.Groups.Append("system:authenticated").Select(static g => (JsonNode)g)]);
        }

        Check(call, born);
        var owners = FieldOwners.Of(null);
        owners.Update(call.FieldManager, null, born);
        owners.WriteTo(born);
        return born;
    }

    private JsonObject? Changed(ApiCall call, JsonObject before, JsonObject value)
    {
        var name = call.Name!;
        if (ObjectPath.Text(value, "metadata.name") is { } other && other != name)
        {
            throw ApiErrorException.Bad($"the name of the object ({other}) does not match the name on the URL ({name})");
        }

        if (ObjectPath.Text(value, "metadata.uid") is { } uid && uid != ObjectPath.Text(before, "metadata.uid"))
        {
            throw ApiErrorException.Changed(call.Resource, name);
        }

        if (ObjectPath.Text(value, "metadata.resourceVersion") is { } version && version != ObjectPath.Text(before, "metadata.resourceVersion"))
        {
            throw ApiErrorException.Changed(call.Resource, name);
        }

        var after = call.Subresource is null ? Replaced(call, before, value) : SubresourceReplaced(before, value);
        Check(call, after);
        var owners = FieldOwners.Of(before);
        owners.Update(call.FieldManager, before, after);
        owners.WriteTo(after);
        return Metadata(after)["deletionTimestamp"] is not null && ObjectPath.Find(after, "metadata.finalizers") is not JsonArray { Count: > 0 }
            ? null
            : Generation(before, after);
    }

    /// <summary>All but what the server keeps and the status.</summary>
    private static JsonObject Replaced(ApiCall call, JsonObject before, JsonObject value)
    {
        var after = (JsonObject)value.DeepClone();
        foreach (var field in (string[])["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "generation", "resourceVersion"])
        {
            Metadata(after).Remove(field);
            if (ObjectPath.Find(before, $"metadata.{field}") is { } kept)
            {
                Metadata(after)[field] = kept.DeepClone();
            }
        }

        Metadata(after).Remove("managedFields");
        (after["apiVersion"], after["kind"]) = (call.Resource.ApiVersion, call.Resource.Kind);
        if (call.Resource.Subresources.Count > 0)
        {
            after.Remove("status");
            if (before["status"] is { } status)
            {
                after["status"] = status.DeepClone();
            }
        }

        return after;
    }

    private static JsonObject SubresourceReplaced(JsonObject before, JsonObject value)
    {
        var after = (JsonObject)before.DeepClone();
        after.Remove("status");
        if (value["status"] is { } status)
        {
            after["status"] = status.DeepClone();
        }

        return after;
    }

    private static JsonObject Generation(JsonObject? before, JsonObject after)
    {
        if (before?["spec"] is { } old && !JsonNode.DeepEquals(old, after["spec"]))
        {
            Metadata(after)["generation"] = (long.Parse(ObjectPath.Text(before, "metadata.generation") ?? "1", CultureInfo.InvariantCulture)) + 1;
        }

        return after;
    }

    private JsonObject Skeleton(ApiCall call, string? name = null)
    {
        var metadata = new JsonObject { ["name"] = name ?? call.Name };
        if (call.Resource.IsNamespaced)
        {
            metadata["namespace"] = call.Namespace;
        }

        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["generation"] = 1;
        metadata["creationTimestamp"] = Now();
        return new JsonObject { ["apiVersion"] = call.Resource.ApiVersion, ["kind"] = call.Resource.Kind, ["metadata"] = metadata };
    }

    private static void Check(ApiCall call, JsonObject value)
    {
        var name = ObjectPath.Text(value, "metadata.name")!;
        if (!NamePattern().IsMatch(name))
        {
            throw ApiErrorException.Invalid(call.Resource, name, "metadata.name", "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'");
        }

        foreach (var path in (string[])["spec.renewTime", "spec.acquireTime"])
        {
            if (call.Resource.Kind == "Lease" && ObjectPath.Text(value, path) is { } moment && !MicroTimePattern().IsMatch(moment))
            {
                throw ApiErrorException.Bad($"Lease in version \"v1\" cannot be handled as a Lease: parsing time \"{moment}\" as \"2006-01-02T15:04:05.000000Z07:00\"");
            }
        }

        foreach (var (key, content) in value["data"] as JsonObject ?? [])
        {
            if (call.Resource.Kind == "Secret" && !Convert.TryFromBase64String(content!.GetValue<string>(), new byte[content.GetValue<string>().Length], out _))
            {
                throw ApiErrorException.Bad($"Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at {key}");
            }
        }
    }

    private static JsonObject Metadata(JsonObject value) => (JsonObject)(value["metadata"] ??= new JsonObject());

    private string Now() => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex MicroTimePattern();
}
