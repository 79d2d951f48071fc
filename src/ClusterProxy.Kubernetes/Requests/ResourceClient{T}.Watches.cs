using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Kubernetes.Requests;

public sealed partial class ResourceClient<T>
{
    /// <summary>How much longer than asked for a watch may run before it counts as dead.</summary>
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// One watch: ends when the server ends it, which is no failure; go on from the last version that an event carried. An
    /// <see cref="Informer{T}"/> does that, and lists again when it must.
    /// </summary>
    /// <param name="options">Which objects.</param>
    /// <param name="resourceVersion">Of a list, or of the last event.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="ApiExpiredException">The version is too old; list again.</exception>
    public IAsyncEnumerable<WatchEvent<T>> WatchAsync(ListOptions options, string resourceVersion, CancellationToken cancellationToken) =>
        WatchAsync(options, resourceVersion, opened: null, cancellationToken);

    /// <param name="options">Which objects.</param>
    /// <param name="resourceVersion">Of a list, or of the last event.</param>
    /// <param name="opened">Called when the server has accepted the watch.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    internal async IAsyncEnumerable<WatchEvent<T>> WatchAsync(
        ListOptions options, string resourceVersion, Action? opened, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = WatchRequest(options, resourceVersion);
        var longest = _options.WatchTimeout + WatchGrace;
        using var deadline = new CancellationTokenSource(longest, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);

        // Opening is tried several times, which may take to the end of the watch: that is a failure and nobody's cancellation.
        using var response = await _sender.TranslateAsync(
            request, longest, () => _sender.OpenAsync(request, either.Token), cancellationToken).ConfigureAwait(false);
        opened?.Invoke();
        var body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            var lines = WatchLines.ReadAsync(body, either.Token).GetAsyncEnumerator(either.Token);
            await using (lines.ConfigureAwait(false))
            {
                while (await _sender.TranslateAsync(
                    request, longest, () => lines.MoveNextAsync().AsTask(), cancellationToken).ConfigureAwait(false))
                {
                    yield return ReadEvent(request, lines.Current);
                }
            }
        }
    }

    private ApiRequest WatchRequest(ListOptions options, string resourceVersion)
    {
        // Spread by a fifth, so that the watches of many processes do not end together.
        var seconds = (int)(_options.WatchTimeout.TotalSeconds * (0.8 + (0.2 * Random.Shared.NextDouble())));
        var url = ResourcePath.WithQuery(
            _path.Collection(options.Namespace),
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resourceVersion),
            ("labelSelector", options.Labels.ToString()),
            ("fieldSelector", options.Fields.ToString()),
            ("timeoutSeconds", Math.Max(1, seconds).ToString(CultureInfo.InvariantCulture)));
        return new ApiRequest(HttpMethod.Get, url, IsIdempotent: true);
    }

    private WatchEvent<T> ReadEvent(ApiRequest request, ReadOnlySequence<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var value = document.RootElement.GetProperty("object");
            return document.RootElement.GetProperty("type").GetString() switch
            {
                "ADDED" => new WatchEvent<T>(WatchEventType.Added, Read(value)),
                "MODIFIED" => new WatchEvent<T>(WatchEventType.Modified, Read(value)),
                "DELETED" => new WatchEvent<T>(WatchEventType.Deleted, Read(value)),
                "BOOKMARK" => new WatchEvent<T>(WatchEventType.Bookmark, Read(value)),
                "ERROR" => throw ApiFailure.FromWatch(
                    request.ToString(), value.Deserialize(KubernetesJson.Default.ApiStatus) ?? new ApiStatus()),
                var other => throw new JsonException($"event type {other}"),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ApiConnectionException($"{request}: an event is no watch event of {Definition.Kind} ({e.Message})", e);
        }
    }
}
