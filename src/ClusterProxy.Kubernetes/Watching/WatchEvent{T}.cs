namespace ClusterProxy.Kubernetes.Watching;

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Value">The object after it; the last state of one that was deleted.</param>
public sealed record WatchEvent<T>(WatchEventType Type, T Value);
