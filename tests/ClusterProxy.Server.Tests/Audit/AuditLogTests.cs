using System.Diagnostics.Metrics;
using System.Text.Json;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Tests.Kit;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Server.Tests.Audit;

public sealed class AuditLogTests : IAsyncDisposable
{
    private readonly CapturedLog _log = new();
    private readonly GatedOutput _output = new();
    private readonly ManualTime _time = new();
    private readonly IMeterFactory _meters = IdleTunnels.CreateMeters();
    private readonly PrometheusText _exposition;
    private readonly AuditLog _audit;

    public AuditLogTests()
    {
        _exposition = new PrometheusText(_meters, ["audit"]);
        using var logging = _log.CreateFactory();
        _audit = new AuditLog("server-1", new AuditMetrics(_meters.Create("audit"), ""), logging.CreateLogger("t"), _time, capacity: 10);
    }

    public async ValueTask DisposeAsync()
    {
        _output.Release();
        await _audit.DisposeAsync();
        _exposition.Dispose();
    }

    [Fact]
    public async Task Entry_IsOneLineOfJson_WhateverIsInIt()
    {
        _audit.Start(_output);
        _audit.Write(Entry("evil\"\r\n\u001b[2J\u2028{\"event\":\"forged\"}"));
        await _audit.DisposeAsync();

        var line = JsonDocument.Parse(Assert.Single(_output.Lines)).RootElement;
        Assert.Equal("server-1", line.GetProperty("server").GetString());
        Assert.Equal("evil\"\r\n\u001b[2J\u2028{\"event\":\"forged\"}", line.GetProperty("target").GetString());
        Assert.True(_output.IsDisposed);
        Assert.Equal(1, Lines("written"));
    }

    [Fact]
    public async Task Output_ThatStands_CostsLines_NotTime_AndIsSaidOnceEachTime()
    {
        _output.Hold();
        _audit.Start(_output);
        _audit.Write(Entry("in the writer's hands"));
        await _output.Writes.WaitForAsync(1).DefaultTimeout();
        for (var i = 0; i < 25; i++)
        {
            _audit.Write(Entry($"{i}"));
        }

        Assert.Equal(15, Lines("dropped"));
        Assert.Equal(LogLevel.Error, Assert.Single(_log.Records).Level);
        _output.Release();

        Assert.Equal(15L, (await _log.WaitForAsync("AuditLinesLost").DefaultTimeout()).Values["Lines"]);
        await _audit.DisposeAsync();
        Assert.Equal(11, _output.Lines.Length);
        Assert.Single(_log.Records, static r => r.EventName == "AuditFallsBehind");
    }

    [Fact]
    public async Task Output_ThatFails_IsTriedAgain_WithoutAHuman()
    {
        _output.Fault = new IOException("No space left on device");
        _audit.Start(_output);
        _audit.Write(Entry("lost"));
        Assert.Contains("No space left", (await _log.WaitForAsync("AuditUnwritable").DefaultTimeout()).Message, StringComparison.Ordinal);
        _audit.Write(Entry("lost too"));
        await _output.Writes.WaitForAsync(2).DefaultTimeout();

        _output.Fault = null;
        _audit.Write(Entry("kept"));
        await _log.WaitForAsync("AuditLinesLost").DefaultTimeout();
        await _audit.DisposeAsync();

        Assert.Contains("kept", Assert.Single(_output.Lines), StringComparison.Ordinal);
        Assert.Equal((1, 2), (Lines("written"), Lines("dropped")));
        Assert.Single(_log.Records, static r => r.EventName == "AuditUnwritable");
    }

    [Fact]
    public async Task Output_ThatTakesNothing_DoesNotKeepTheProcess()
    {
        _output.Hold();
        _audit.Start(_output);
        _audit.Write(Entry("stuck"));
        await _output.Writes.WaitForAsync(1).DefaultTimeout();
        _audit.Write(Entry("behind it"));

        var disposal = _audit.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));

        await disposal.DefaultTimeout();
        Assert.Equal(1L, (await _log.WaitForAsync("AuditLinesLost").DefaultTimeout()).Values["Lines"]);
    }

    [Fact]
    public async Task Strangers_CannotCrowdOutTheOthers()
    {
        for (var i = 0; i < 1000; i++)
        {
            _audit.WriteOfStranger(Entry("stranger"));
        }

        Assert.Equal(980, Lines("suppressed"));
        _time.Advance(TimeSpan.FromSeconds(1));
        _audit.WriteOfStranger(Entry("again"));
        Assert.Equal(980, Lines("suppressed"));
        _audit.Start(_output);
        await _audit.DisposeAsync();
        Assert.Equal(10, _output.Lines.Length);
    }

    private static AuditEntry Entry(string target) => new(AuditEntry.Dial, DateTimeOffset.UnixEpoch) { Target = target, Result = "connected" };

    private double Lines(string result) => PrometheusTextParser.Parse(_exposition.Render())["audit_lines_total"].Value(("result", result));
}
