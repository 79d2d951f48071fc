using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Get and list; later pages show the objects as they were at the first.</summary>
internal sealed class ObjectReads(ObjectStore store)
{
    public JsonObject Get(ApiCall call) => store.Find(call.Resource, call.Key) ?? throw ApiErrorException.NotFound(call.Resource, call.Name!);

    public JsonObject List(ApiCall call)
    {
        var filter = ObjectFilter.Of(call);
        var (start, atVersion) = Continue(call);
        var (version, objects) = store.List(call.Resource, atVersion);
        var matching = objects.Where(filter.Matches).Where(o => start is null || ObjectKey.Order.Compare(ObjectPath.Key(o), start.Value) > 0).ToArray();
        var limit = int.TryParse(call.Query("limit"), CultureInfo.InvariantCulture, out var given) && given > 0 ? given : matching.Length;
        var page = matching.Take(limit).ToArray();
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (page.Length < matching.Length)
        {
            metadata["continue"] = Token(version, ObjectPath.Key(page[^1]));
            if (!filter.IsSelective)
            {
                metadata["remainingItemCount"] = matching.Length - page.Length;
            }
        }

        return new JsonObject
        {
            ["kind"] = $"{call.Resource.Kind}List",
            ["apiVersion"] = call.Resource.ApiVersion,
            ["metadata"] = metadata,

            // As the API server's, the items of a list do not say what they are.
            ["items"] = new JsonArray([.. page.Select(static o =>
            {
                var item = (JsonObject)o.DeepClone();
                item.Remove("kind");
                item.Remove("apiVersion");
                return (JsonNode)item;
            })]),
        };
    }

    private static (ObjectKey? Start, long? Version) Continue(ApiCall call)
    {
        if (call.Query("continue") is not { } token)
        {
            return (null, null);
        }

        if (call.Query("resourceVersion") is not null)
        {
            throw ApiErrorException.Bad("specifying resource version is not allowed when using continue");
        }

        try
        {
            var parts = Encoding.UTF8.GetString(Convert.FromBase64String(token)).Split('\n');
            return (new ObjectKey(parts[1], parts[2]), long.Parse(parts[0], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException)
        {
            throw ApiErrorException.Bad("continue key is not valid");
        }
    }

    private static string Token(long version, ObjectKey last) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{version.ToString(CultureInfo.InvariantCulture)}\n{last.Namespace}\n{last.Name}"));
}
