using System.Collections.Concurrent;

namespace ClusterProxy.LoadTests.Fleet;

/// <summary>What dials that failed said, each text with its count.</summary>
internal sealed class DialFailures
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    public int Count => _counts.Values.Sum();

    public void Add(string text) => _counts.AddOrUpdate(text, 1, static (_, count) => count + 1);

    /// <summary>A line a text, the most frequent first.</summary>
    public void Report(Action<string> onLine)
    {
        foreach (var (text, count) in _counts.OrderByDescending(static c => c.Value).Take(8))
        {
            onLine($"  {count} × {text}");
        }
    }
}
