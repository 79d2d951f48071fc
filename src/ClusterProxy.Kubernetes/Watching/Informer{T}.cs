using System.Net;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Watching;

/// <summary>
/// Keeps all objects of a kind in memory:
/// <code>
/// list all pages ──▶ watch from the list's version ──▶ watch again from the last event's version …
///      ▲                  │ 410 or another refusal           │ ended, broke
///      └──────────────────┴──── after a delay that doubles ◀───┘ (list again only after a refusal)
/// </code>
/// A list is compared with what was kept, so what vanished while nobody watched is told as gone. Nothing but its end stops it: it goes
/// on trying and says in <see cref="LastError"/> and in the log why it cannot.
/// </summary>
public sealed class Informer<T> : IAsyncDisposable
    where T : KubernetesObject
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>A watch that held this long was a good one, and what ends it is a new failure.</summary>
    private static readonly TimeSpan GoodWatch = TimeSpan.FromSeconds(10);

    private readonly ResourceClient<T> _client;
    private readonly InformerOptions<T> _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RetryDelay _delay = new(FirstDelay, LongestDelay);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<Action<ResourceChange<T>>> _subscribers = [];
    private ResourceSnapshot<T> _snapshot;
    private Task _loop = Task.CompletedTask;
    private Exception? _failure;

    internal Informer(ResourceClient<T> client, InformerOptions<T> options, TimeProvider time, ILogger logger)
    {
        _client = client;
        _options = options;
        _time = time;
        _logger = logger;
        _snapshot = ResourceSnapshot<T>.Empty(options.Indexes);
    }

    /// <summary>Empty until the first list is there.</summary>
    public ResourceSnapshot<T> Snapshot => Volatile.Read(ref _snapshot);

    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>Completes when the first list is there and was told to all subscribers; is cancelled when the informer ends before.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Why the last list or watch failed; null when it did not.</summary>
    public string? LastError => Volatile.Read(ref _failure)?.Message;

    /// <summary>Whether it failed for want of rights, credentials or the kind itself, which do not mend themselves; all else does.</summary>
    public bool IsRefused => IsRefusal(Volatile.Read(ref _failure));

    /// <summary>
    /// Gets every change, one at a time and in order, beginning with what is there now. Must return at once, such as after putting a key
    /// into a <see cref="Queues.WorkQueue{TKey}"/>, and must not throw: a change that it fails at is lost to it, and logged as a
    /// defect.
    /// </summary>
    public void Subscribe(Action<ResourceChange<T>> subscriber)
    {
        lock (_gate)
        {
            foreach (var value in _snapshot.All)
            {
                subscriber(new ResourceChange<T>(null, value));
            }

            _subscribers.Add(subscriber);
        }
    }

    /// <summary>Subscribe first what must see the first list; call once.</summary>
    public void Start() => _loop = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _synced.TrySetCanceled(CancellationToken.None);
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        string? version = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = _time.GetTimestamp();
            try
            {
                version ??= await ListAsync(cancellationToken).ConfigureAwait(false);
                version = await WatchAsync(version, cancellationToken).ConfigureAwait(false);
            }
            catch (WatchBrokenException e)
            {
                (version, var failure) = (e.LastVersion, e.InnerException!);
                Failed(failure);
            }
            catch (Exception e) when (e is ApiException or IOException)
            {
                Failed(e);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // What it kept from being taken up is not known, so nothing but a list makes that good.
                version = null;
                Volatile.Write(ref _failure, e);
                KubernetesLog.InformerFailed(_logger, _client.Definition.FullName, e);
            }

            await PauseAsync(started, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Between two watches. None after one that held or brought something, unless it failed.</summary>
    private async Task PauseAsync(long started, CancellationToken cancellationToken)
    {
        var held = _time.GetElapsedTime(started) >= GoodWatch;
        if (held)
        {
            _delay.Reset();
        }

        if (!held || LastError is not null)
        {
            await Task.Delay(_delay.Next(), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool IsRefusal(Exception? failure) => failure is ApiForbiddenException or ApiUnauthorizedException or ApiNotFoundException;

    private void Failed(Exception e)
    {
        Volatile.Write(ref _failure, e);
        var level = IsRefusal(e) ? LogLevel.Warning : LogLevel.Information;
        KubernetesLog.WatchFailed(_logger, level, _client.Definition.FullName, e.Message);
    }

    private async Task<string> ListAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        ResourceList<T> list;
        try
        {
            list = await _client.ListAsync(_options.Objects, Trim, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            Observe(isWatch: false, started, e);
            throw;
        }

        Observe(isWatch: false, started);
        Volatile.Write(ref _failure, null);
        Replace(list.Items);
        KubernetesLog.Listed(_logger, _client.Definition.FullName, list.Items.Count, list.ResourceVersion);
        _synced.TrySetResult();
        return list.ResourceVersion;
    }

    /// <returns>The version to go on from.</returns>
    /// <exception cref="WatchBrokenException">It failed; holds the version to go on from, or null to list again.</exception>
    private async Task<string> WatchAsync(string version, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var isOpen = false;
        try
        {
            await foreach (var item in _client.WatchAsync(_options.Objects, version, Opened, cancellationToken).ConfigureAwait(false))
            {
                version = item.Value.Metadata?.ResourceVersion ?? version;
                Volatile.Write(ref _failure, null);
                _delay.Reset();
                Apply(item);
            }

            Volatile.Write(ref _failure, null);
            return version;
        }
        catch (IOException e)
        {
            throw new WatchBrokenException(version, e);
        }
        catch (ApiException e)
        {
            if (!isOpen)
            {
                Observe(isWatch: true, started, e);
            }

            if (e.StatusCode == HttpStatusCode.TooManyRequests)
            {
                throw new WatchBrokenException(version, e);
            }

            // 410, or whatever a server says that was restored from a backup and does not know this version yet.
            throw new WatchBrokenException(null, e);
        }

        void Opened()
        {
            isOpen = true;
            Observe(isWatch: true, started);
        }
    }

    private void Observe(bool isWatch, long started, ApiException? failure = null) => _options.Observed?.Invoke(new InformerRequest(
        isWatch, (int)(failure?.StatusCode ?? HttpStatusCode.OK), failure?.Status.Reason ?? "", _time.GetElapsedTime(started)));

    private void Apply(WatchEvent<T> item)
    {
        if (item.Type == WatchEventType.Bookmark)
        {
            return;
        }

        var before = _snapshot.Find(item.Value.Key);
        if (item.Type == WatchEventType.Deleted)
        {
            // What was never kept is not told as gone.
            Publish(before is null ? [] : [new ResourceChange<T>(before, null)]);
        }
        else
        {
            Publish([new ResourceChange<T>(before, Trim(item.Value))]);
        }
    }

    /// <param name="items">Trimmed.</param>
    private void Replace(IReadOnlyList<T> items)
    {
        var old = _snapshot;
        var names = items.Select(static i => i.Key).ToHashSet();
        var gone = old.All.Where(o => !names.Contains(o.Key)).Select(static o => new ResourceChange<T>(o, null));
        var now = items
            .Select(i => new ResourceChange<T>(old.Find(i.Key), i))
            .Where(static c => c.Before is null || c.Before.Metadata?.ResourceVersion != c.After!.Metadata?.ResourceVersion);
        Publish([.. gone, .. now]);
    }

    private T Trim(T value) => _options.Trim is null ? value : _options.Trim(value);

    private void Publish(IReadOnlyList<ResourceChange<T>> changes)
    {
        lock (_gate)
        {
            Volatile.Write(ref _snapshot, _snapshot.With(changes));
            foreach (var change in changes)
            {
                foreach (var subscriber in _subscribers)
                {
                    Tell(subscriber, change);
                }
            }
        }
    }

    /// <summary>The defect of one subscriber keeps nothing from the others, nor later changes from anybody.</summary>
    private void Tell(Action<ResourceChange<T>> subscriber, ResourceChange<T> change)
    {
        try
        {
            subscriber(change);
        }
        catch (Exception e)
        {
            KubernetesLog.SubscriberFailed(_logger, _client.Definition.FullName, change.Latest.Key, e);
        }
    }
}
