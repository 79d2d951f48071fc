using System.Buffers;
using System.Text.Json;
using ClusterProxy.Gateway.Clusters;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// One watch: what is there now, if the client has not listed, then every change in order, with a bookmark a minute for those who want
/// them, until the time is over, the client goes, the gateway stops, or the changes have been forgotten before they were sent (410 in the stream).
/// </summary>
internal sealed class ClusterWatch(
    HttpContext context,
    ListQuery query,
    ObjectJson view,
    ServedKind kind,
    ClusterHistory history,
    TimeProvider time,
    CancellationToken stopping)
{
    private static readonly TimeSpan BookmarkPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMinutes(30);

    private bool _hasColumns;
    private ulong _sent;

    public async Task RunAsync()
    {
        var clusters = history.Now;
        var isResumed = query is { Version: not null, SendsInitialEvents: not true };
        _sent = isResumed ? query.Version!.Value : clusters.Version;
        if (history.After(_sent, out _) is null)
        {
            throw ApiProblemException.Expired($"too old resource version: {_sent} ({clusters.Version})");
        }

        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache, private";
        context.Response.ContentType = JsonResponse.ContentType;
        await context.Response.StartAsync(context.RequestAborted);
        if (!isResumed && query.SendsInitialEvents != false)
        {
            await SendInitialAsync(clusters);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        var timeout = query.Timeout ?? ShortestTimeout + (Random.Shared.NextDouble() * ShortestTimeout);
        using var end = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(end.Token, context.RequestAborted, stopping);
        while (!stop.IsCancellationRequested && await SendChangesAsync(stop.Token))
        {
            // Until the time is over or the client goes.
        }
    }

    /// <returns>False when the watch cannot go on.</returns>
    private async Task<bool> SendChangesAsync(CancellationToken cancellationToken)
    {
        var events = history.After(_sent, out var changed);
        if (events is null)
        {
            Write("ERROR"u8, json => WriteExpired(json));
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            return false;
        }

        foreach (var item in events)
        {
            Send(item);
            _sent = item.Version;
        }

        if (events.Count > 0)
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            return true;
        }

        try
        {
            await changed.WaitAsync(BookmarkPeriod, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await SendBookmarkAsync(endsInitialEvents: false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        return true;
    }

    private async Task SendInitialAsync(ClusterSnapshot clusters)
    {
        var all = kind.Fixed(history.Start).Concat(clusters.All.Where(kind.Shows).Select(kind.Project));
        foreach (var value in all.Where(query.Matches))
        {
            Write("ADDED"u8, json => view.WriteOne(json, value, TakeColumns()));
            await FlushIfLongAsync();
        }

        if (query.SendsInitialEvents == true)
        {
            await SendBookmarkAsync(endsInitialEvents: true);
        }
    }

    /// <summary>An object that starts or stops to match comes or goes, as far as this watch can see.</summary>
    private void Send(ClusterChange item)
    {
        var before = Shown(item.Before);
        var after = Shown(item.After);
        switch (before is not null && query.Matches(before), after is not null && query.Matches(after))
        {
            case (false, true):
                Write("ADDED"u8, json => view.WriteOne(json, after!, TakeColumns()));
                break;
            case (true, true):
                Write("MODIFIED"u8, json => view.WriteOne(json, after!, TakeColumns()));
                break;
            case (true, false):
                // With the version of its end, from which a client goes on.
                Write("DELETED"u8, json => view.WriteOne(json, before! with { Version = item.Version }, TakeColumns()));
                break;
        }
    }

    private async Task SendBookmarkAsync(bool endsInitialEvents)
    {
        if (query.AllowsBookmarks)
        {
            Write("BOOKMARK"u8, json => view.WriteBookmark(json, _sent, endsInitialEvents, TakeColumns()));
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private ServedObject? Shown(Cluster? cluster) => cluster is not null && kind.Shows(cluster) ? kind.Project(cluster) : null;

    private bool TakeColumns()
    {
        var take = !_hasColumns;
        _hasColumns = true;
        return take;
    }

    private void Write(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> writeObject)
    {
        using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WritePropertyName("object"u8);
        writeObject(json);
        json.WriteEndObject();
        json.Flush();
        context.Response.BodyWriter.Write("\n"u8);
    }

    private async ValueTask FlushIfLongAsync()
    {
        if (context.Response.BodyWriter.UnflushedBytes >= 64 * 1024)
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private void WriteExpired(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, "Status");
        json.WriteString("apiVersion"u8, "v1");
        json.WriteStartObject("metadata"u8);
        json.WriteEndObject();
        json.WriteString("status"u8, "Failure");
        json.WriteString("message"u8, $"too old resource version: {_sent}");
        json.WriteString("reason"u8, "Expired");
        json.WriteNumber("code"u8, StatusCodes.Status410Gone);
        json.WriteEndObject();
    }
}
