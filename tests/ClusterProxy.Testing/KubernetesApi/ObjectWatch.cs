using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>One watch: a line an event until its time is over, the client leaves, or the test says so.</summary>
internal sealed class ObjectWatch(
    ApiCall call, ObjectStore store, WatchControl control, ApiView view, TimeProvider time, ObservedCount started)
{
    private const int DefaultSeconds = 1800;
    private readonly ObjectFilter _filter = ObjectFilter.Of(call);
    private WatchControl.Command _command = control.Current;
    private long _sent;

    public async Task ServeAsync()
    {
        var seconds = int.TryParse(call.Query("timeoutSeconds"), CultureInfo.InvariantCulture, out var given) && given > 0 ? given : DefaultSeconds;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, call.Context.RequestAborted);
        call.Context.Response.ContentType = "application/json";
        await call.Context.Response.Body.FlushAsync(call.Context.RequestAborted);
        try
        {
            await StartAsync();
            started.Increment();
            while (await FollowAsync(either.Token))
            {
                // One round a change or a command.
            }
        }
        catch (ApiErrorException e)
        {
            await SendAsync("ERROR", e.ToStatus());
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // As the server does: the body ends.
        }
    }

    /// <summary>From "no version" and from version 0, what is there comes first.</summary>
    private async Task StartAsync()
    {
        var from = call.Query("resourceVersion") ?? "0";
        if (from != "0" && !call.Flag("sendInitialEvents"))
        {
            _sent = long.TryParse(from, CultureInfo.InvariantCulture, out var version) ? version : throw ApiErrorException.Bad($"invalid resource version {from}");
            store.CheckNotCompacted(_sent);
            return;
        }

        var (now, objects) = store.List(call.Resource, null);
        _sent = now;
        foreach (var value in objects.Where(_filter.Matches))
        {
            await SendAsync("ADDED", value);
        }

        if (call.Flag("sendInitialEvents"))
        {
            await BookmarkAsync(new JsonObject { ["k8s.io/initial-events-end"] = "true" });
        }
    }

    /// <returns>False at the end of the watch.</returns>
    private async Task<bool> FollowAsync(CancellationToken cancellationToken)
    {
        // Asked first: what was written before the command goes out before it is obeyed, and a bookmark stands behind all of it.
        var told = _command.Told.IsCompleted;
        var (changes, version, changed) = store.Changes(call.Resource, _sent);
        foreach (var change in changes)
        {
            if (Describe(change) is { } type)
            {
                await SendAsync(type, change.Last);
            }
        }

        _sent = Math.Max(_sent, version);
        if (!told)
        {
            await Task.WhenAny(changed, _command.Told).WaitAsync(cancellationToken);
            return true;
        }

        var action = _command.Action;
        _command = _command.Next!;
        switch (action)
        {
            case WatchAction.Bookmark when call.Flag("allowWatchBookmarks"):
                await BookmarkAsync(null);
                return true;
            case WatchAction.Expire:
                throw ApiErrorException.Expired($"too old resource version: {_sent}");
            case WatchAction.Break:
                call.Context.Abort();
                return false;
            default:
                return action != WatchAction.End;
        }
    }

    /// <summary>An object that starts or stops to match comes or goes, as far as this watch can see.</summary>
    private string? Describe(StoredChange change) => (_filter.Matches(change.Before), _filter.Matches(change.After)) switch
    {
        (false, true) => "ADDED",
        (true, true) => "MODIFIED",
        (true, false) => "DELETED",
        _ => null,
    };

    private Task BookmarkAsync(JsonObject? annotations)
    {
        var metadata = new JsonObject { ["resourceVersion"] = _sent.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        if (annotations is not null)
        {
            metadata["annotations"] = annotations;
        }

        return SendAsync("BOOKMARK", new JsonObject { ["kind"] = call.Resource.Kind, ["apiVersion"] = call.Resource.ApiVersion, ["metadata"] = metadata });
    }

    private async Task SendAsync(string type, JsonObject value)
    {
        var shown = type is "ERROR" ? value : view.OfWatched(value, type is "BOOKMARK");
        var line = new JsonObject { ["type"] = type, ["object"] = shown.DeepClone() }.ToJsonString() + "\n";
        await call.Context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line), call.Context.RequestAborted);
        await call.Context.Response.Body.FlushAsync(call.Context.RequestAborted);
    }
}
