using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Requests;

public sealed partial class ResourceClient<T>
{
    /// <summary>All pages of a list. When a page comes too late for its token, all is listed again in one piece.</summary>
    public Task<ResourceList<T>> ListAsync(ListOptions options, CancellationToken cancellationToken) =>
        ListAsync(options, static value => value, cancellationToken);

    /// <summary>As the other, and of what <paramref name="trim"/> takes away no more than a page is ever held.</summary>
    internal async Task<ResourceList<T>> ListAsync(ListOptions options, Func<T, T> trim, CancellationToken cancellationToken)
    {
        var items = new List<T>();
        string version;
        string? next = null;
        try
        {
            do
            {
                var page = await PageAsync(options, next, _options.PageSize, cancellationToken).ConfigureAwait(false);
                items.AddRange(page.Items.Select(trim));
                (version, next) = (page.ResourceVersion, page.Continue);
            }
            while (next is not null);
        }
        catch (ApiExpiredException) when (next is not null)
        {
            var all = await PageAsync(options, continueToken: null, limit: 0, cancellationToken).ConfigureAwait(false);
            return all with { Items = [.. all.Items.Select(trim)] };
        }

        return new ResourceList<T>(items, version);
    }

    /// <summary>The pages one by one, for lists that need not be held as a whole.</summary>
    /// <exception cref="ApiExpiredException">A page was asked for too late; what came before it is still right as of its time.</exception>
    public async IAsyncEnumerable<ResourceList<T>> ListPagesAsync(
        ListOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await PageAsync(options, next, _options.PageSize, cancellationToken).ConfigureAwait(false);
            next = page.Continue;
            yield return page;
        }
        while (next is not null);
    }

    /// <summary>One page.</summary>
    /// <param name="options">Which objects; the same for all pages.</param>
    /// <param name="continueToken">From the page before; null for the first.</param>
    /// <param name="limit">0 for no limit.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<ResourceList<T>> PageAsync(ListOptions options, string? continueToken, int limit, CancellationToken cancellationToken)
    {
        var url = ResourcePath.WithQuery(
            _path.Collection(options.Namespace),
            ("labelSelector", options.Labels.ToString()),
            ("fieldSelector", options.Fields.ToString()),
            ("limit", limit > 0 ? limit.ToString(CultureInfo.InvariantCulture) : null),
            ("continue", continueToken),

            // A continue token carries its version; the API server refuses both.
            ("resourceVersion", continueToken is null ? options.ResourceVersion : null));
        var request = new ApiRequest(HttpMethod.Get, url, IsIdempotent: true);
        return _sender.ReadAsync(request, (response, token) => ReadListAsync(request, response, token), cancellationToken);
    }

    /// <summary>The envelope is read by hand, so that a kind needs a serializer for its objects only.</summary>
    private async Task<ResourceList<T>> ReadListAsync(ApiRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            try
            {
                using var document = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken).ConfigureAwait(false);
                return ReadList(document.RootElement);
            }
            catch (JsonException e)
            {
                throw Unreadable(request, e);
            }
        }
    }

    private ResourceList<T> ReadList(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Object || !list.TryGetProperty("metadata", out var metadataElement))
        {
            throw new JsonException("it is no list");
        }

        var metadata = metadataElement.Deserialize(KubernetesJson.Default.ListMetadata) ?? new ListMetadata();
        var items = list.TryGetProperty("items", out var elements) && elements.ValueKind == JsonValueKind.Array
            ? elements.EnumerateArray().Select(Read).ToArray()
            : [];
        return new ResourceList<T>(
            items,
            metadata.ResourceVersion ?? "",
            metadata.Continue is { Length: > 0 } next ? next : null,
            metadata.RemainingItemCount);
    }

    private T Read(JsonElement element) =>
        Definition.Complete(element.Deserialize(Definition.Json) ?? throw new JsonException("an item is null"));
}
