using System.Diagnostics;
using System.Diagnostics.Metrics;
using ClusterProxy.Hosting.Metrics;

namespace ClusterProxy.Hosting.Tests.Metrics;

public sealed class PrometheusTextTests : IDisposable
{
    private const string Name = "Test";

    private readonly MeterFactory _factory = new();
    private readonly PrometheusText _text;
    private readonly Meter _meter;

    public PrometheusTextTests()
    {
        _text = new PrometheusText(_factory, [Name]);
        _meter = _factory.Create(new MeterOptions(Name));
    }

    public void Dispose()
    {
        _text.Dispose();
        _factory.Dispose();
    }

    [Fact]
    public void Render_Counter_KeepsItsNameAndSortsLabels()
    {
        var counter = _meter.CreateCounter<long>("dial_failure_count", description: "Failed dials.");
        counter.Add(2, new("reason", "no_agent"), new("a", "x"));
        counter.Add(3, new("a", "x"), new KeyValuePair<string, object?>("reason", "no_agent"));

        Assert.Contains(
            "# HELP dial_failure_count Failed dials.\n# TYPE dial_failure_count counter\ndial_failure_count{a=\"x\",reason=\"no_agent\"} 5\n",
            _text.Render(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Histogram_HasGoBoundsCumulativeBucketsSumAndCount()
    {
        var histogram = Histogram("dial_duration_seconds");
        histogram.Record(0.000001);
        histogram.Record(0.004);
        histogram.Record(100);

        Assert.Contains(
            """
            # HELP dial_duration_seconds dial_duration_seconds
            # TYPE dial_duration_seconds histogram
            dial_duration_seconds_bucket{le="1e-06"} 1
            dial_duration_seconds_bucket{le="1e-05"} 1
            dial_duration_seconds_bucket{le="0.0001"} 1
            dial_duration_seconds_bucket{le="0.005"} 2
            dial_duration_seconds_bucket{le="12.5"} 2
            dial_duration_seconds_bucket{le="+Inf"} 3
            dial_duration_seconds_sum 100.004001
            dial_duration_seconds_count 3

            """,
            _text.Render(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Render_HistogramThatRecordedNaN_IsThereAndEmpty()
    {
        Histogram("h").Record(double.NaN, new KeyValuePair<string, object?>("code", "200"));

        var family = Parse()["h"];
        Assert.All(family.Samples, s => Assert.Equal(0, s.Value));
        Assert.All(family.Samples, s => Assert.Equal("200", s.Labels["code"]));
    }

    [Fact]
    public void Render_OtherInstruments_AreGaugesAndCounters()
    {
        _meter.CreateUpDownCounter<int>("up_down").Add(-3);
        _meter.CreateGauge<double>("set").Record(0.5);
        _meter.CreateObservableGauge("seen", () => 7);
        _meter.CreateObservableUpDownCounter("seen_up_down", () => -7L);
        _meter.CreateObservableCounter("seen_total", () => 1.5);

        var families = Parse();
        Assert.Equal(("gauge", -3.0), (families["up_down"].Type, families["up_down"].Value()));
        Assert.Equal(("gauge", 0.5), (families["set"].Type, families["set"].Value()));
        Assert.Equal(("gauge", 7.0), (families["seen"].Type, families["seen"].Value()));
        Assert.Equal(("gauge", -7.0), (families["seen_up_down"].Type, families["seen_up_down"].Value()));
        Assert.Equal(("counter", 1.5), (families["seen_total"].Type, families["seen_total"].Value()));
    }

    [Fact]
    public void Render_ObservedLabelSetThatIsGone_Disappears()
    {
        string[] agents = ["a", "b"];
        _meter.CreateObservableGauge("agents", () => agents.Select(a => new Measurement<int>(1, new KeyValuePair<string, object?>("agent", a))));
        Assert.Equal(2, Parse()["agents"].Samples.Count);

        agents = ["b"];
        Assert.Equal("b", Assert.Single(Parse()["agents"].Samples).Labels["agent"]);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("quote \" back \\ line \n end \\n")]
    [InlineData("{},= ünïcode ☃")]
    [InlineData("")]
    public void Render_AnyLabelValue_ReadsBack(string value)
    {
        _meter.CreateCounter<long>("c_total", description: "a \\ b\nc \"d\"").Add(1, new KeyValuePair<string, object?>("l", value));

        var family = Parse()["c_total"];
        Assert.Equal(value, Assert.Single(family.Samples).Labels["l"]);
        Assert.Equal("a \\ b\nc \"d\"", family.Help);
    }

    [Fact]
    public void Render_MeterOfAnotherHostOrName_IsNotHeard()
    {
        using var other = new MeterFactory();
        other.Create(new MeterOptions(Name)).CreateCounter<long>("foreign_total").Add(1);
        _factory.Create(new MeterOptions("Other")).CreateCounter<long>("unnamed_total").Add(1);

        Assert.Equal(["clusterproxy_metrics_dropped_total"], Parse().Keys);
    }

    [Fact]
    public void Publish_NameThatIsNoMetricName_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => _meter.CreateCounter<long>("dotted.name"));

    [Fact]
    public void Record_LabelThatCannotBeExported_IsRefused()
    {
        Assert.Throws<InvalidOperationException>(() => _meter.CreateCounter<long>("c_total").Add(1, new KeyValuePair<string, object?>("dotted.name", "x")));
        Assert.Throws<InvalidOperationException>(() => Histogram("h").Record(1, new KeyValuePair<string, object?>("le", "x")));
    }

    [Fact]
    public void Record_LabelWithoutEnd_IsBoundedAndCounted()
    {
        var counter = _meter.CreateCounter<long>("c_total");
        for (var i = 0; i < 2100; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("l", i));
        }

        var families = Parse();
        Assert.Equal(2000, families["c_total"].Samples.Count);
        Assert.Equal(100, families["clusterproxy_metrics_dropped_total"].Value());
    }

    [Fact]
    public void Record_UpToThreeTags_AllocatesNothing()
    {
        var counter = _meter.CreateCounter<long>("c_total");
        var histogram = Histogram("h");
        Record();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Record();
        }

        // One allocation a record would be 24 bytes times 2,000; the runtime itself may need a few once.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        void Record()
        {
            counter.Add(1, new("a", "1"), new("b", "2"), new("c", "3"));
            histogram.Record(0.1, new KeyValuePair<string, object?>("a", "1"));
        }
    }

    [Fact]
    public async Task Record_FromManyThreadsDuringScrapes_LosesNothingAndStaysWellFormed()
    {
        const int Threads = 4;
        const int Each = 20_000;
        var counter = _meter.CreateCounter<long>("c_total");
        var fractions = _meter.CreateCounter<double>("f_total");
        var histogram = Histogram("h");
        var writers = Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("l", "x"));
                fractions.Add(0.5);
                histogram.Record(1);
            }
        })).ToArray();
        var all = Task.WhenAll(writers);
        while (!all.IsCompleted)
        {
            Parse();
        }

        await all.DefaultTimeout();
        var families = Parse();
        Assert.Equal(Threads * Each, families["c_total"].Value(("l", "x")));
        Assert.Equal(Threads * Each / 2.0, families["f_total"].Value());
        Assert.Equal(Threads * Each, families["h"].Samples[^1].Value);
        Assert.Equal(Threads * Each, families["h"].Samples[^2].Value);
    }

    [Fact]
    public void ProcessMetrics_Always_ReportSaneValues()
    {
        using var text = new PrometheusText(_factory, [ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(_factory);
        GC.Collect();

        var families = PrometheusTextParser.Parse(text.Render());
        Assert.InRange(families["process_resident_memory_bytes"].Value(), 1 << 20, 1L << 40);
        Assert.InRange(families["process_cpu_seconds_total"].Value(), 0.001, 1e6);
        Assert.True(families["dotnet_gc_collections_total"].Value(("generation", "gen2")) >= 1);
        var started = DateTimeOffset.FromUnixTimeMilliseconds((long)(families["process_start_time_seconds"].Value() * 1000));
        Assert.InRange(started, DateTimeOffset.UtcNow.AddHours(-12), DateTimeOffset.UtcNow);
        if (OperatingSystem.IsLinux())
        {
            Assert.InRange(families["process_open_fds"].Value(), 3, families["process_max_fds"].Value());
            Assert.True(families["process_virtual_memory_bytes"].Value() >= families["process_resident_memory_bytes"].Value());
        }
    }

    [SkippableFact]
    public async Task Render_CheckedByPromtool_HasNoFaults()
    {
        var promtool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, "promtool")).FirstOrDefault(File.Exists);
        Skip.If(promtool is null, "promtool (Debian package prometheus) is not installed");
        using var text = new PrometheusText(_factory, [Name, ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(_factory);
        _meter.CreateCounter<long>("c_total", description: "A \\ counter.").Add(1, new KeyValuePair<string, object?>("l", "quote \" line \n"));
        Histogram("dial_duration_seconds").Record(0.1);

        var start = new ProcessStartInfo(promtool!, ["check", "metrics"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(text.Render()).DefaultTimeout();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().DefaultTimeout();

        // 3 means that the text is well formed but a name is not to promtool's taste: upstream's names end in _count.
        Assert.True(process.ExitCode is 0 or 3, await output + await errors);
    }

    private Histogram<double> Histogram(string name) => _meter.CreateHistogram(
        name, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1e-6, 1e-5, 1e-4, 0.005, 12.5] });

    private IReadOnlyDictionary<string, PrometheusFamily> Parse() => PrometheusTextParser.Parse(_text.Render());
}
