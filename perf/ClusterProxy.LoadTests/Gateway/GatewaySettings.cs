namespace ClusterProxy.LoadTests.Gateway;

/// <param name="Window">What a rate is measured over.</param>
/// <param name="Large">Full sizes.</param>
internal sealed record GatewaySettings(TimeSpan Window, bool Large);
