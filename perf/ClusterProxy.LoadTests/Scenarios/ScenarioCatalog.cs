namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>All scenarios, in the order they run: those that may leave something broken come last.</summary>
internal static class ScenarioCatalog
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new BulkScenario(BulkDirection.Download, 1),
        new BulkScenario(BulkDirection.Upload, 1),
        new BulkScenario(BulkDirection.Download, 8),
        new BulkScenario(BulkDirection.Upload, 8),
        new HttpDownloadScenario(),
        new EchoScenario(1),
        new EchoScenario(16),
        new EchoScenario(64),
        new EchoUnderBulkScenario(),
        new DialScenario(8),
        new DialScenario(32),
        new ChurnScenario(),
        new AtRestScenario(),
        new IdleConnectionsScenario(),
        new IdleTunnelsScenario(),
        new ReconnectStormScenario(cold: false),
        new ReconnectStormScenario(cold: true),
        new LongDistanceScenario(BulkDirection.Download),
        new LongDistanceScenario(BulkDirection.Upload),
        new StoppedReaderScenario(1),
        new StoppedReaderScenario(32),
        new DeafTargetScenario(),
    ];
}
