using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>From a request to its answer: faults, who it is, what it is for.</summary>
internal sealed class ApiEndpoints(FakeKubernetesApi api, ObjectStore store, WatchControl watches, TimeProvider time)
{
    private readonly ObjectWrites _writes = new(store, time);
    private readonly ObjectReads _reads = new(store);
    private readonly ApiReviews _reviews = new(api);
    private readonly PodSubresources _pods = new(api);

    public async Task ServeAsync(HttpContext context, RecordedRequest request)
    {
        try
        {
            if (!await api.Faults.ApplyAsync(request, context))
            {
                await AnswerAsync(context, request);
            }
        }
        catch (ApiErrorException e)
        {
            await SendAsync(context, e.Code, "application/json", e.ToStatus());
        }
    }

    public JsonObject Put(JsonObject value)
    {
        var (version, kind) = (value["apiVersion"]!.GetValue<string>(), value["kind"]!.GetValue<string>());
        var resource = api.Resources.Single(r => r.ApiVersion == version && r.Kind == kind);
        var metadata = value["metadata"]!;
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= "2026-01-01T00:00:00Z";
        if (resource.IsNamespaced)
        {
            metadata["namespace"] ??= "default";
        }

        return store.Write(resource, ObjectPath.Key(value), _ => value);
    }

    private async Task AnswerAsync(HttpContext context, RecordedRequest request)
    {
        if (request.Path is "/healthz" or "/readyz" or "/livez")
        {
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("ok", context.RequestAborted);
            return;
        }

        if (request.User is null)
        {
            throw ApiErrorException.Unauthorized();
        }

        if (api.Forbidden(request))
        {
            throw new ApiErrorException(403, "Forbidden", $"{request.Path} is forbidden: User \"{request.User.Name}\" cannot {request.Method} it");
        }

        if (request.Path == "/openapi/v2")
        {
            // Older kubectls ask for it in protobuf before they create anything; no bytes are a document that knows no kinds.
            context.Response.ContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
            return;
        }

        if (await _pods.TryServeAsync(context, request))
        {
            return;
        }

        if (DiscoveryDocuments.Find(request.Path, request.Headers.GetValueOrDefault("Accept", ""), api.Resources) is { } discovery)
        {
            await SendAsync(context, 200, discovery.ContentType, discovery.Document);
            return;
        }

        await ServeResourceAsync(ApiCall.Parse(context, request, api.Resources) ?? throw ApiErrorException.NoSuchPath());
    }

    private async Task ServeResourceAsync(ApiCall call)
    {
        if (call.Request.Method == "GET" && call.Name is null && call.Flag("watch"))
        {
            await WatchAsync(call);
            return;
        }

        var view = new ApiView(call, time);
        var (status, value) = (call.Request.Method, call.Name) switch
        {
            ("POST", null) when call.Resource.IsReview => (201, _reviews.Answer(call)),
            ("GET", null) => (200, _reads.List(call)),
            ("POST", null) => (201, _writes.Create(call)),
            ("GET", _) => (200, _reads.Get(call)),
            ("PUT", not null) when IsSubresource(call) => (200, _writes.Update(call)),
            ("PATCH", not null) when IsSubresource(call) => Patched(call),
            ("DELETE", not null) when call.Subresource is null => (200, _writes.Delete(call)),
            _ => throw ApiErrorException.MethodNotAllowed(),
        };
        await SendAsync(call.Context, status, "application/json", view.Of(value));
    }

    private async Task WatchAsync(ApiCall call)
    {
        if (api.RefusesExpiredWatches && long.TryParse(call.Query("resourceVersion"), out var version) && version > 0)
        {
            store.CheckNotCompacted(version);
        }

        await new ObjectWatch(call, store, watches, new ApiView(call, time), time, api.WatchesStarted).ServeAsync();
    }

    private (int Status, JsonObject Value) Patched(ApiCall call)
    {
        var (value, isNew) = _writes.Patch(call);
        return (isNew ? 201 : 200, value);
    }

    private static bool IsSubresource(ApiCall call) => call.Subresource is null || call.Resource.Subresources.Contains(call.Subresource)
        ? true
        : throw ApiErrorException.NoSuchPath();

    private static async Task SendAsync(HttpContext context, int status, string contentType, JsonObject value)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Encoding.UTF8.GetBytes(value.ToJsonString());
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
