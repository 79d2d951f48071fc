namespace ClusterProxy.Kubernetes.Watching;

/// <summary>A list or the opening of a watch that the server answered, for whoever counts them.</summary>
/// <param name="IsWatch">Else a list with all its pages.</param>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="Reason">The Status' reason; empty for success.</param>
/// <param name="Elapsed">Until the answer, with retries.</param>
public readonly record struct InformerRequest(bool IsWatch, int StatusCode, string Reason, TimeSpan Elapsed);
