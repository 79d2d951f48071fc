using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>An answer that is no success, as a metav1.Status.</summary>
public sealed class ApiErrorException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public static ApiErrorException NotFound(ApiResource resource, string name) => new(
        404, "NotFound", $"{resource.FullName} \"{name}\" not found", Details(resource, name));

    public static ApiErrorException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource");

    public static ApiErrorException AlreadyExists(ApiResource resource, string name) => new(
        409, "AlreadyExists", $"{resource.FullName} \"{name}\" already exists", Details(resource, name));

    public static ApiErrorException Conflict(ApiResource resource, string name, string why, JsonArray? causes = null)
    {
        var details = Details(resource, name);
        if (causes is not null)
        {
            details["causes"] = causes;
        }

        return new ApiErrorException(409, "Conflict", $"Operation cannot be fulfilled on {resource.FullName} \"{name}\": {why}", details);
    }

    public static ApiErrorException Changed(ApiResource resource, string name) => Conflict(
        resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiErrorException Invalid(ApiResource resource, string name, string field, string why)
    {
        var details = Details(resource, name);
        details["causes"] = new JsonArray(new JsonObject { ["reason"] = "FieldValueInvalid", ["message"] = why, ["field"] = field });
        return new ApiErrorException(422, "Invalid", $"{resource.Kind} \"{name}\" is invalid: {field}: {why}", details);
    }

    public static ApiErrorException Bad(string why) => new(400, "BadRequest", why);

    public static ApiErrorException Expired(string why) => new(410, "Expired", why);

    public static ApiErrorException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiErrorException MethodNotAllowed() => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");

    public static ApiErrorException UnsupportedMediaType(string? type) => new(
        415, "UnsupportedMediaType", $"the body of the request was in an unknown format - \"{type}\" is not accepted here");

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = reason,
            ["code"] = Code,
        };
        if (details is not null)
        {
            status["details"] = details.DeepClone();
        }

        return status;
    }

    private static JsonObject Details(ApiResource resource, string name) =>
        new() { ["name"] = name, ["group"] = resource.Group, ["kind"] = resource.Plural };
}
