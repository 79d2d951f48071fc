using System.Net.Http.Headers;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>One request, which can be sent more than once.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">Escaped, from the slash behind the server's own path on.</param>
/// <param name="IsIdempotent">
/// Sending it again does no harm when the first was carried out unseen: reads, reviews (they change nothing), server-side apply and
/// merge patches (the same end state), updates (the resource version makes the second one a conflict) and deletes (the second one finds
/// nothing, or by its precondition not its object). Creates and JSON patches are not.
/// </param>
internal sealed record ApiRequest(HttpMethod Method, string PathAndQuery, bool IsIdempotent)
{
    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    public string Accept { get; init; } = "application/json";

    /// <summary>For errors and logs, with the query: it holds selectors and versions, never secrets.</summary>
    public override string ToString() => $"{Method} {PathAndQuery}";

    public HttpRequestMessage CreateMessage(string baseUrl)
    {
        var message = new HttpRequestMessage(Method, baseUrl + PathAndQuery)
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (ContentType is not null)
        {
            message.Content = new ReadOnlyMemoryContent(Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        }

        return message;
    }
}
