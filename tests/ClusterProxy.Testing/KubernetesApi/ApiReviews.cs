using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Answers TokenReviews from the tokens that are known, and SubjectAccessReviews from a test's rule.</summary>
internal sealed class ApiReviews(FakeKubernetesApi api)
{
    public const string OwnAudience = "https://kubernetes.default.svc";

    public JsonObject Answer(ApiCall call)
    {
        var review = call.Body();
        review["status"] = call.Resource.Kind == "TokenReview" ? Token(review) : Access(review);
        review["metadata"] ??= new JsonObject { ["creationTimestamp"] = null };
        return review;
    }

    private JsonObject Token(JsonObject review)
    {
        var token = ObjectPath.Text(review, "spec.token") ?? "";
        var asked = (ObjectPath.Find(review, "spec.audiences") as JsonArray ?? []).Select(static a => a!.GetValue<string>()).ToArray();
        if (!api.Tokens.TryGetValue(token, out var user))
        {
            return new JsonObject { ["authenticated"] = false, ["user"] = new JsonObject(), ["error"] = "[invalid bearer token, token lookup failed]" };
        }

        string[] own = user.Audiences is [] ? [OwnAudience] : [.. user.Audiences];
        var common = asked is [] ? own.Intersect([OwnAudience]).ToArray() : own.Intersect(asked).ToArray();
        return common is []
            ? new JsonObject { ["authenticated"] = false, ["user"] = new JsonObject(), ["error"] = "[invalid bearer token, token audiences are invalid for the target audiences]" }
            : new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = new JsonObject
                {
                    ["username"] = user.Name,
                    ["uid"] = user.Uid,
                    ["groups"] = Texts(user.Groups.Append("system:authenticated")),
                    ["extra"] = new JsonObject(user.Extra.Select(static e => KeyValuePair.Create<string, JsonNode?>(e.Key, Texts(e.Value)))),
                },
                ["audiences"] = Texts(common),
            };
    }

    private JsonObject Access(JsonObject review) => api.AccessRule((JsonObject)review["spec"]!)
        ? new JsonObject { ["allowed"] = true, ["reason"] = "allowed by the test" }
        : new JsonObject { ["allowed"] = false, ["reason"] = "no rule of the test allows it" };

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(static t => (JsonNode)t)];
}
