using System.Text;
using ClusterProxy.Hosting.Audit;

namespace ClusterProxy.Server.Tests.Audit;

/// <summary>An output that the test holds up, or makes fail.</summary>
internal sealed class GatedOutput : IAuditOutput
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly StringBuilder _text = new();
    private readonly Lock _gate = new();

    public ObservedCount Writes { get; } = new();

    public Exception? Fault { get; set; }

    public bool IsDisposed { get; private set; }

    public string[] Lines
    {
        get
        {
            lock (_gate)
            {
                return _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            }
        }
    }

    public void Hold() => _open.Reset();

    public void Release() => _open.Set();

    public void Write(ReadOnlySpan<byte> lines)
    {
        Writes.Add(1);
        _open.Wait();
        if (Fault is { } fault)
        {
            throw fault;
        }

        lock (_gate)
        {
            _text.Append(Encoding.UTF8.GetString(lines));
        }
    }

    public void Dispose()
    {
        IsDisposed = true;
        _open.Dispose();
    }
}
