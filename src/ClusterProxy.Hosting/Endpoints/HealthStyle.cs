namespace ClusterProxy.Hosting.Endpoints;

/// <summary>The two ways in which upstream's programs word readiness.</summary>
public enum HealthStyle
{
    /// <summary><c>ok</c>, or 500 with the first failing check's text.</summary>
    Server,

    /// <summary><c>ok</c>, a line a check with <c>?verbose</c>, or 503 with a line a check.</summary>
    Agent,
}
