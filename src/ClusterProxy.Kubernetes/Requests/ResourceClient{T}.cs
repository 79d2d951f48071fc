using System.Text.Json;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>Reads and writes the objects of one kind.</summary>
public sealed partial class ResourceClient<T>
    where T : KubernetesObject
{
    private const string JsonType = "application/json";

    private readonly ApiSender _sender;
    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ResourcePath _path;

    internal ResourceClient(ResourceDefinition<T> definition, ApiSender sender, KubernetesClientOptions options, TimeProvider time)
    {
        Definition = definition;
        _sender = sender;
        _options = options;
        _time = time;
        _path = new ResourcePath(definition.Group, definition.Version, definition.Plural, definition.IsNamespaced);
    }

    public ResourceDefinition<T> Definition { get; }

    /// <exception cref="ApiNotFoundException">No such object.</exception>
    public Task<T> GetAsync(ResourceName name, CancellationToken cancellationToken) =>
        SendAsync(new ApiRequest(HttpMethod.Get, _path.Object(name), IsIdempotent: true), cancellationToken);

    /// <summary>Null when there is no such object.</summary>
    public async Task<T?> FindAsync(ResourceName name, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="ApiAlreadyExistsException">The name is taken.</exception>
    public Task<T> CreateAsync(T value, CancellationToken cancellationToken) => CreateAsync(value, isIdempotent: false, cancellationToken);

    /// <summary>Replaces the object. With the resource version that was read, only if nobody changed it since.</summary>
    /// <exception cref="ApiConflictException">Somebody did.</exception>
    public Task<T> UpdateAsync(T value, CancellationToken cancellationToken) => PutAsync(value, subresource: null, cancellationToken);

    /// <summary>Replaces the object's status and nothing else.</summary>
    /// <inheritdoc cref="UpdateAsync" path="/exception"/>
    public Task<T> UpdateStatusAsync(T value, CancellationToken cancellationToken) => PutAsync(value, "status", cancellationToken);

    /// <summary>Replaces a subresource that takes the whole object, such as a signing request's approval.</summary>
    /// <inheritdoc cref="UpdateAsync" path="/exception"/>
    public Task<T> UpdateSubresourceAsync(T value, string subresource, CancellationToken cancellationToken) =>
        PutAsync(value, subresource, cancellationToken);

    /// <param name="name">Which object.</param>
    /// <param name="patch">What changes.</param>
    /// <param name="subresource">Such as status; null for the object itself.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<T> PatchAsync(ResourceName name, Patch patch, string? subresource, CancellationToken cancellationToken) => SendAsync(
        new ApiRequest(HttpMethod.Patch, _path.Object(name, subresource), patch.IsIdempotent)
        {
            Body = patch.Content,
            ContentType = patch.ContentType,
        },
        cancellationToken);

    /// <summary>
    /// Server-side apply: creates the object or changes the fields that are set here, and takes back those that this manager set before
    /// and no longer sets. The object must not carry managedFields.
    /// </summary>
    /// <param name="value">The fields this manager has an opinion on.</param>
    /// <param name="fieldManager">This manager's name, the same at every apply.</param>
    /// <param name="force">Takes fields over that another manager owns.</param>
    /// <param name="subresource">Such as status; null for the object itself.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ApiConflictException">Another manager owns one of the fields with another value.</exception>
    public Task<T> ApplyAsync(
        T value, string fieldManager, bool force, string? subresource, CancellationToken cancellationToken) => SendAsync(
        new ApiRequest(
            HttpMethod.Patch,
            ResourcePath.WithQuery(
                _path.Object(value.Key, subresource), ("fieldManager", fieldManager), ("force", force ? "true" : null)),
            IsIdempotent: true)
        {
            Body = Serialize(value),
            ContentType = "application/apply-patch+yaml",
        },
        cancellationToken);

    /// <summary>False when there was no such object.</summary>
    /// <exception cref="ApiConflictException">A precondition does not hold.</exception>
    public async Task<bool> DeleteAsync(ResourceName name, DeleteOptions? options, CancellationToken cancellationToken)
    {
        var request = new ApiRequest(HttpMethod.Delete, _path.Object(name), IsIdempotent: true)
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(DeleteBody.Of(options ?? new DeleteOptions()), KubernetesJson.Default.DeleteBody),
            ContentType = JsonType,
        };
        try
        {
            return await _sender.ReadAsync(request, DrainAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiNotFoundException)
        {
            return false;
        }
    }

    /// <param name="value">What to create.</param>
    /// <param name="isIdempotent">For reviews, which change nothing.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    internal Task<T> CreateAsync(T value, bool isIdempotent, CancellationToken cancellationToken) => SendAsync(
        new ApiRequest(HttpMethod.Post, _path.Creation(value.Metadata?.Namespace), isIdempotent)
        {
            Body = Serialize(value),
            ContentType = JsonType,
        },
        cancellationToken);

    /// <summary>Either the object or a Status: read to the end, so that the connection can be used again.</summary>
    private static async Task<bool> DrainAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private Task<T> PutAsync(T value, string? subresource, CancellationToken cancellationToken) => SendAsync(
        new ApiRequest(HttpMethod.Put, _path.Object(value.Key, subresource), IsIdempotent: true)
        {
            Body = Serialize(value),
            ContentType = JsonType,
        },
        cancellationToken);

    private byte[] Serialize(T value) => JsonSerializer.SerializeToUtf8Bytes(Definition.Complete(value), Definition.Json);

    private Task<T> SendAsync(ApiRequest request, CancellationToken cancellationToken) =>
        _sender.ReadAsync(request, async (response, token) =>
        {
            var body = await response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                return await ReadAsync(request, body, token).ConfigureAwait(false);
            }
        }, cancellationToken);

    private async Task<T> ReadAsync(ApiRequest request, Stream body, CancellationToken cancellationToken)
    {
        try
        {
            return Definition.Complete(await JsonSerializer.DeserializeAsync(body, Definition.Json, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException("the answer is null"));
        }
        catch (JsonException e)
        {
            throw Unreadable(request, e);
        }
    }

    private ApiConnectionException Unreadable(ApiRequest request, JsonException e) =>
        new($"{request}: the answer is no {Definition.Kind} ({e.Message})", e);
}
