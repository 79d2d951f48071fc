using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>Both directions of one connection, and its ends. A dial that is tried again gets a new one.</summary>
internal sealed class SimulatedTransfer(string name, int key, SimulatedAgent agent, TunnelConnection dialed)
{
    /// <summary>Frontend to target.</summary>
    public ByteHistory Upload { get; } = new($"{name} upload", key);

    /// <summary>Target to frontend.</summary>
    public ByteHistory Download { get; } = new($"{name} download", key + 1);

    public SimulatedAgent Agent => agent;

    public TunnelConnection Dialed => dialed;

    public TunnelConnection? Dialer { get; set; }

    /// <summary>The frontend broke off; peers without half-close cannot tell that from an end.</summary>
    public bool IsCut { get; set; }

    /// <summary>Neither end has seen the end.</summary>
    public bool IsOpen => !dialed.Completion.IsCompleted && Dialer is { Completion.IsCompleted: false };

    /// <summary>Credit is neither made nor negative. What is under way is missing from what the sender has.</summary>
    public void CheckCredit(bool nothingUnderWay)
    {
        if (Dialer is { Window: { } atDialer } dialer && dialed.Window is { } atDialed)
        {
            Check(dialer.SendCredit, atDialed, nothingUnderWay, "upload");
            Check(dialed.SendCredit, atDialer, nothingUnderWay, "download");
        }
    }

    private void Check(long left, ReceiveWindow window, bool nothingUnderWay, string direction)
    {
        var outstanding = window.Granted - window.Received;
        if (left < 0 || outstanding < left || (nothingUnderWay && outstanding != left))
        {
            throw new SimulationException(
                $"{name} {direction}: {window.Granted} bytes granted, {window.Received} received, and the sender has credit for {left}");
        }
    }
}
