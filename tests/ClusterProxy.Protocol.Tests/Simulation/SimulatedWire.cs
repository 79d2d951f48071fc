using System.Buffers;
using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>One direction of a tunnel's transport: it delivers in pieces of any size, late, and may stall or break.</summary>
internal sealed class SimulatedWire
{
    private readonly SimulatedScheduler _scheduler;
    private readonly Random _random;
    private readonly Pipe _sent;
    private readonly Pipe _arrived;
    private readonly SimulatedEvent _broken;
    private readonly bool _fragments;
    private bool _stalled;

    public SimulatedWire(SimulatedWorld world)
    {
        _scheduler = world.Scheduler;
        _random = world.Random;
        _broken = new SimulatedEvent(_scheduler);
        _fragments = _random.Next(2) == 0;
        var window = world.Options.WireWindow;
        var options = new PipeOptions(
            readerScheduler: _scheduler, writerScheduler: _scheduler, pauseWriterThreshold: window,
            resumeWriterThreshold: window / 2, useSynchronizationContext: false);
        _sent = new Pipe(options);
        _arrived = new Pipe(options);
        Output = new SimulatedOutput(_sent.Writer, _scheduler, _random);
    }

    /// <summary>For the sending end.</summary>
    public PipeWriter Output { get; }

    /// <summary>For the receiving end.</summary>
    public PipeReader Input => _arrived.Reader;

    /// <summary>Loses everything that is under way, at once.</summary>
    public void Break()
    {
        if (!_broken.IsCompleted)
        {
            _broken.Set();
            _sent.Reader.CancelPendingRead();
            _arrived.Writer.CancelPendingFlush();
        }
    }

    /// <summary>Delivers nothing more, and says so to nobody.</summary>
    public void Stall() => _stalled = true;

    /// <summary>Carries bytes until the sender has ended or the wire breaks.</summary>
    public async Task RunAsync()
    {
        while (!_broken.IsCompleted)
        {
            var result = await _sent.Reader.ReadAsync();
            while (_random.Next(4) == 0)
            {
                await _scheduler.YieldAsync();
            }

            if (_stalled)
            {
                await _broken;
            }

            if (_broken.IsCompleted)
            {
                break;
            }

            var bytes = result.Buffer.Slice(0, Piece(result.Buffer.Length));
            foreach (var segment in bytes)
            {
                _arrived.Writer.Write(segment.Span);
            }

            var ends = result.IsCompleted && bytes.Length == result.Buffer.Length;
            _sent.Reader.AdvanceTo(bytes.End);
            if ((await _arrived.Writer.FlushAsync()).IsCompleted || ends)
            {
                break;
            }
        }

        await _sent.Reader.CompleteAsync();
        await _arrived.Writer.CompleteAsync(_broken.IsCompleted && _random.Next(2) == 0 ? new IOException("broken") : null);
    }

    private long Piece(long length) =>
        _fragments && length > 0 && _random.Next(2) == 0 ? _random.NextInt64(1, length + 1) : length;
}
